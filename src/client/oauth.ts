/** Error codes of RFC 6749 (§4.1.2.1, §5.2) and of the APIs; the last three are found by the client. */
export type OAuthErrorCode =
  | 'access_denied'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_request'
  | 'invalid_scope'
  | 'otp_required'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'state_mismatch'
  | 'issuer_mismatch'
  | 'invalid_response';

/** A sign-in or a refresh failed. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly code: OAuthErrorCode;
  /** For developers; the wording may change. */
  readonly description: string;
  /** HTTP status; undefined when the error came with the callback or was found by the client. */
  readonly status: number | undefined;
  /** Seconds to wait before the next attempt. */
  readonly retryAfter: number | undefined;

  constructor(code: OAuthErrorCode, description: string, status?: number, retryAfter?: number) {
    super(`${code}: ${description}`);
    this.code = code;
    this.description = description;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Keep this while the user is at the authorization page, in `sessionStorage` for example. */
export interface AuthorizationFlow {
  redirectUri: string;
  state: string;
  codeVerifier: string;
}

export interface AuthorizationRequest {
  redirectUri: string;
  scope?: string | undefined;
  /** Random by default. */
  state?: string | undefined;
}

/**
 * An authorization request with PKCE. It needs WebCrypto, which browsers have on https and localhost only.
 *
 * @param page address of the authorization page
 */
export async function createAuthorization(
  page: string,
  clientId: string,
  { redirectUri, scope, state = randomText() }: AuthorizationRequest,
): Promise<AuthorizationFlow & { url: string }> {
  const codeVerifier = randomText();
  const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(codeVerifier));
  const query = formOf({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: base64url(new Uint8Array(challenge)),
    code_challenge_method: 'S256',
  });
  return { url: `${page}?${query}`, redirectUri, state, codeVerifier };
}

/**
 * The code of an authorization response.
 *
 * @param issuer the expected `iss` (RFC 9207), if the response has one
 * @throws OAuthError state_mismatch, issuer_mismatch, invalid_response, and the error of the response
 */
export function readCallback(url: string | URL, state: string, issuer: string): string {
  const answer = new URL(url, issuer).searchParams;
  // State first: nothing else in the response to another request can be trusted.
  const isExpected = Boolean(state) && answer.get('state') === state;
  if (!isExpected) throw new OAuthError('state_mismatch', 'The response is for another request');
  const sender = answer.get('iss') ?? issuer;
  if (sender !== issuer) throw new OAuthError('issuer_mismatch', `The answer is from ${sender}, not ${issuer}`);
  const error = answer.get('error');
  if (error !== null) throw new OAuthError(error as OAuthErrorCode, answer.get('error_description') ?? '');
  const code = answer.get('code');
  if (code === null) throw new OAuthError('invalid_response', 'The answer has neither a code nor an error');
  return code;
}

export type Fields = Record<string, string | undefined>;

export const formOf = (fields: Fields) =>
  new URLSearchParams(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/**
 * The API's absolute URL without a slash at its end. In browsers a path is enough.
 *
 * @throws TypeError when it is not an http or https URL
 */
export function absolute(baseUrl: string): string {
  const page = globalThis.location?.href;
  const { protocol, href } = URL.canParse(baseUrl, page) ? new URL(baseUrl, page) : { protocol: '', href: '' };
  if (!/^https?:$/.test(protocol)) {
    throw new TypeError(`baseUrl must be an address such as http://127.0.0.1:3000/tower, not ${baseUrl}`);
  }
  return href.replace(/\/+$/, '');
}

/** The `Retry-After` header, in seconds. It is a number of seconds or a date (RFC 9110 §10.2.3). */
export function retryAfter({ headers }: Response): number | undefined {
  const value = headers.get('Retry-After') ?? '';
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - Date.now()) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.max(seconds, 0);
}

/** A JSON object or array; undefined for everything else. */
export function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** 256 random bits in base64url, for `state` and `code_verifier`. */
export const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
