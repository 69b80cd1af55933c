import { MAX_DELAY_MS, parseDuration } from '../duration.ts';
import { HttpError } from '../errors.ts';

/** How a caller wants one call to be answered. */
export interface Preferences {
  /** A status. */
  code: string | undefined;
  /** The name of an example. */
  example: string | undefined;
  /** Values made up from the schema. */
  dynamic: boolean;
  delayMs: number;
}

type Values = Record<string, unknown>;

/** Whether a call may have preferences: most have none, and need not be looked at further. */
export const mayPrefer = ({ prefer }: Values, { __code, __example, __dynamic }: Values): boolean =>
  prefer !== undefined || __code !== undefined || __example !== undefined || __dynamic !== undefined;

/**
 * Reads `Prefer` (RFC 7240), or else Prism's query parameters. Other preferences are ignored, as the RFC says.
 *
 * @throws HttpError 400 for a delay that is no duration
 */
export function readPreferences({ prefer = '' }: Values, query: Values): Preferences {
  const pairs = String(prefer).matchAll(/(\w+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;]+)))?/g);
  const inHeader = Object.fromEntries(
    Array.from(pairs, ([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? 'true']),
  ) as Partial<Record<string, string>>;
  const preference = (name: string) => {
    const inQuery = query[`__${name}`];
    return inHeader[name] ?? (typeof inQuery === 'string' ? inQuery : undefined);
  };
  return {
    code: preference('code'),
    example: preference('example'),
    dynamic: preference('dynamic') === 'true',
    delayMs: readDelay(inHeader.delay),
  };
}

const HINT =
  'Prefer takes code=404, example=name, dynamic and delay=800ms, and ?__code=404 does the same; ' +
  'to make several calls fail, there is POST /sandbox/faults';

/**
 * A 400 that names the header, and what can be said in it.
 *
 * @param problem follows the name of the header, as the messages of all fields do: `asks for …`
 */
export function preferenceError(problem: string): HttpError {
  const message = `${problem}. ${HINT}`;
  return new HttpError('invalid_request', `Prefer ${message}`, {
    details: [{ path: '/headers/prefer', message, keyword: 'enum' }],
  });
}

function readDelay(text: string | undefined): number {
  if (text === undefined) return 0;
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds <= MAX_DELAY_MS) return milliseconds;
  throw preferenceError(`has delay=${text}, which is not a duration up to 24h, such as delay=800ms or delay=2s`);
}
