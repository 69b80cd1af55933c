/** The kinds of errors of a request. Every API writes them in its own format; `HttpError.status` is the HTTP status. */
export type ErrorKind =
  | 'malformed_request' // broken percent-encoding, JSON or UTF-8
  | 'invalid_request' // not allowed by the contract; `details` name the fields
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'request_timeout' // the body stopped arriving
  | 'conflict'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'range_not_satisfiable'
  | 'unprocessable_content' // allowed by the contract, but a value cannot be used; `details` name the fields
  | 'too_many_requests'
  | 'internal'
  | 'not_implemented'
  | 'unavailable'; // the server has too much to do; `Retry-After` says when to try again

const statusOf: Record<ErrorKind, number> = {
  malformed_request: 400,
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  request_timeout: 408,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  unprocessable_content: 422,
  too_many_requests: 429,
  internal: 500,
  not_implemented: 501,
  unavailable: 503,
};

/** One wrong field. `path` is a JSON pointer that begins with the part of the request: `/query/page`, `/body/name`. */
export interface ErrorDetail {
  path: string;
  message: string;
  /** The JSON Schema keyword that failed, such as `required`, `enum` or `maxLength`. */
  keyword: string;
  /** In the document that was read, from 1; where it has lines. */
  line?: number;
}

/** An error whose message the caller may see. Every other error becomes a 500 that shows only the request id. */
export class HttpError extends Error {
  readonly kind: ErrorKind;
  readonly status: number;
  readonly details: readonly ErrorDetail[];
  /** Response headers that belong to the error: `Allow`, `Retry-After`, `WWW-Authenticate`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    kind: ErrorKind,
    message: string,
    more: { details?: readonly ErrorDetail[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.status = statusOf[kind];
    this.details = more.details ?? [];
    this.headers = more.headers ?? {};
  }
}

/** The server has too much to do at this moment. */
export class OverloadError extends HttpError {
  constructor(cause?: unknown) {
    super('unavailable', 'The server is too busy; try again in a moment', { headers: { 'Retry-After': '1' }, cause });
  }
}

/** A configuration that cannot be used. The message is for the operator and names the variable. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}
