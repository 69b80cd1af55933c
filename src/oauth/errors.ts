import { type ErrorKind, HttpError } from '../errors.ts';

/** Error codes of RFC 6749 §4.1.2.1 and §5.2, of OpenID Connect Core §3.1.2.6, and `otp_required` for two-step verification. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'access_denied'
  | 'login_required'
  | 'consent_required'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'otp_required';

const kinds: Partial<Record<OAuthErrorCode, ErrorKind>> = {
  invalid_client: 'unauthorized',
  otp_required: 'unauthorized',
};

/** An error response of the authorization server (RFC 6749 §5.2). The message is the `error_description`. */
export class OAuthError extends HttpError {
  readonly code: OAuthErrorCode;

  constructor(code: OAuthErrorCode, description: string) {
    super(kinds[code] ?? 'invalid_request', description);
    this.code = code;
  }
}

/** The user denied an out-of-band authorization. A page says so: the client has no address for the error. */
export class DeniedError extends HttpError {
  constructor() {
    super('invalid_request', 'The user denied the request');
  }
}
