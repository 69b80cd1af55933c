import { parseObject } from './oauth.ts';

/** Answers that are not the JSON of the API: those of a proxy in front of it, or of another server at its address. */

/** An answer of an operation. */
export interface Answer {
  /** The path in the contract: `/api/v1/teams/{team_id}/member`. */
  path: string;
  response: Response;
  /** Undefined when the answer is not a JSON object or array. */
  body: object | undefined;
  /** Why there is no body, as a sentence for developers. */
  problem: string;
}

type Result = { data?: unknown; error?: unknown; response: Response };
type Options = { parseAs?: string } | undefined;
type Request = (method: string, path: string, options?: Options) => Promise<Result>;

const methods = ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'] as const;

/**
 * Gives the methods of an openapi-fetch client other results. openapi-fetch throws a SyntaxError for a success that is not
 * JSON, and has no data for an empty one.
 *
 * Downloads (`parseAs` other than `json`), redirects and HEAD stay as they are.
 *
 * @param toResult makes the result of a success or an error; may throw
 */
export function mapAnswers<Client extends object>(client: Client, toResult: (answer: Answer) => Result): Client {
  const { request: send } = client as unknown as { request: Request };
  const request: Request = async (method, path, options) => {
    const { parseAs = 'json' } = options ?? {};
    const isJson = parseAs === 'json';
    const result = await send(method, path, isJson ? { ...options, parseAs: 'text' } : options);
    const { data, error, response } = result;
    if (method.toUpperCase() === 'HEAD' || (response.ok ? !isJson : response.status < 400)) return result;
    // openapi-fetch parses errors, and leaves those as text that are not JSON.
    const text = (response.ok ? data : error) ?? '';
    const body = typeof text === 'string' ? parseObject(text) : text;
    return toResult({ path, response, body, problem: describeUnreadable(response, text === '') });
  };
  const calls = methods.map((method) => [method, (path: string, options?: Options) => request(method, path, options)]);
  return { ...client, ...Object.fromEntries(calls), request };
}

/** The same client, which throws `toError` for answers that are not JSON. */
export const requireJson = <Client extends object>(client: Client, toError: (answer: Answer) => Error): Client =>
  mapAnswers(client, (answer) => {
    const { response, body } = answer;
    if (body === undefined) throw toError(answer);
    return response.ok ? { data: body, response } : { error: body, response };
  });

/** Reads an answer: its JSON, or why there is none. */
export async function readAnswer(response: Response): Promise<{ body?: Record<string, unknown>; problem?: string }> {
  const text = await response.text();
  const body = parseObject(text);
  return body ? { body } : { problem: describeUnreadable(response, text === '') };
}

/** "The answer has status 502 and is text/html, not JSON". */
function describeUnreadable({ status, headers }: Response, isEmpty: boolean): string {
  const type = headers.get('Content-Type')?.split(';', 1)[0] || 'text';
  const what = isEmpty ? 'is empty' : type.endsWith('json') ? 'is broken JSON' : `is ${type}, not JSON`;
  return `The answer has status ${status} and ${what}`;
}
