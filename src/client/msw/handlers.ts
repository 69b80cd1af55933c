import { type HttpHandler, http } from 'msw';
import type { Example } from './examples.ts';

/** MSW handlers for the operations of a contract. */

/** An operation in the generated types. */
interface AnyOperation {
  parameters: { path?: unknown };
  requestBody?: unknown;
  responses: object;
}

type BodyIn<Response> = Response extends { content: infer Content }
  ? { body: Content[keyof Content] }
  : { body?: never };

/** An answer that the contract declares for an operation. */
export type Reply<Operation extends AnyOperation> = {
  [Status in keyof Operation['responses']]: {
    status: Status;
    headers?: Record<string, string>;
  } & BodyIn<Operation['responses'][Status]>;
}[keyof Operation['responses']];

type JsonOf<Body> = Body extends { content: infer Content } ? Content[keyof Content] : undefined;

/** A call of an operation. */
export interface Call<Operation extends AnyOperation> {
  request: Request;
  /** The parameters in the path, percent-decoded. */
  params: { [Name in keyof Operation['parameters']['path']]: string };
  query: URLSearchParams;
  /** Reads the JSON of the request. */
  json(): Promise<JsonOf<NonNullable<Operation['requestBody']>>>;
}

/** What answers an operation: always the same, or what a function returns. A `Response` can be anything. */
export type Override<Operation extends AnyOperation> =
  | Reply<Operation>
  | ((call: Call<Operation>) => Reply<Operation> | Response | Promise<Reply<Operation> | Response>);

/** Other answers than the examples of the contract, by `operationId`. */
export type Overrides<Operations> = {
  [Name in keyof Operations]?: Operations[Name] extends AnyOperation ? Override<Operations[Name]> : never;
};

export interface HandlerOptions<Override> {
  /** Where the API is. `*` stands for any beginning of an address. */
  baseUrl?: string | undefined;
  override?: Override | undefined;
}

/**
 * Handlers for all operations: more exact paths first, because MSW takes the first that fits.
 *
 * @param baseUrl of the API, or `*` and the path that its addresses have before those of the contract
 * @throws Error when the overrides name an operation that is not in the contract
 */
export function createHandlers(examples: readonly Example[], baseUrl: string, override: object = {}): HttpHandler[] {
  const names = new Set(examples.map(({ operation }) => operation));
  const unknown = Object.keys(override).filter((name) => !names.has(name));
  if (unknown.length > 0) throw new Error(`The contract has no operation ${unknown.join(', ')}`);
  const base = baseUrl.replace(/\/+$/, '');
  const overrides = override as Record<string, Override<AnyOperation> | undefined>;
  return [...examples].sort(byExactness).map((example) => {
    const path = example.path.replace(/\{(\w+)\}/g, ':$1');
    return http[example.method as keyof typeof http](base + path, async ({ request, params }) => {
      const given = overrides[example.operation];
      if (given === undefined) return toResponse(example, example);
      if (typeof given !== 'function') return toResponse(given as AnyReply, example);
      const query = new URL(request.url).searchParams;
      const call = { request, params, query, json: () => request.json() } as unknown as Call<AnyOperation>;
      const reply: AnyReply | Response = await given(call);
      return reply instanceof Response ? reply : toResponse(reply, example);
    });
  });
}

interface AnyReply {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Parameters come after fixed names. */
const byExactness = (one: Example, other: Example): number => (keyOf(one) < keyOf(other) ? -1 : 1);
const keyOf = ({ path }: Example): string => path.replaceAll('{', '\uffff');

function toResponse(
  { status, headers, body }: AnyReply,
  { type: usual, errorType = usual, location }: Example,
): Response {
  if (body === undefined) return new Response(null, { status, headers: { ...(location && { location }), ...headers } });
  const type = status < 400 ? usual : errorType;
  const isText = typeof body === 'string' && type !== undefined && !type.endsWith('json');
  const all = { 'Content-Type': type ?? JSON_TYPE, ...headers };
  if (!isText) return new Response(JSON.stringify(body), { status, headers: all });
  const [, base64] = /^data:[^,]*;base64,(.*)$/s.exec(body) ?? [];
  if (base64 !== undefined) return new Response(bytesOf(base64), { status, headers: all });
  return new Response(type === 'text/event-stream' ? openStream(body) : body, { status, headers: all });
}

const JSON_TYPE = 'application/json';

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** A stream that stays open, as that of a server does: a client would come back at once. */
const openStream = (text: string): ReadableStream =>
  new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(text)) });
