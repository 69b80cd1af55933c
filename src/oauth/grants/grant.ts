import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import type { Client } from '../clients/clients.ts';
import { OAuthError } from '../errors.ts';
import type { Profile } from '../profile.ts';
import type { IssuedToken } from '../tokens/issue-token.ts';

/**
 * A grant of RFC 6749 §4. It does first what must not happen in a transaction, such as checking a password, and returns
 * the steps that run in one.
 *
 * @throws OAuthError; so do the steps
 */
export type Grant = (request: GrantRequest) => Promise<TransactionSteps> | TransactionSteps;

/** Runs again when the database asks to retry the transaction. */
export type TransactionSteps = (trx: Transaction) => Promise<IssuedToken>;

/** A token request whose client is authenticated. */
export interface GrantRequest {
  profile: Profile;
  client: Client;
  parameters: TokenParameters;
  /** Where the request comes from, for limits. */
  network: string;
  context: Context;
}

/** The parameters of RFC 6749 §4 and RFC 7636 §4.5, and the code of two-step verification. */
export interface TokenParameters {
  grant_type: string;
  username?: string | undefined;
  password?: string | undefined;
  captcha?: string | undefined;
  code?: string | undefined;
  redirect_uri?: string | undefined;
  code_verifier?: string | undefined;
  refresh_token?: string | undefined;
  scope?: string | undefined;
}

/**
 * A parameter that the grant requires, of printable ASCII characters (RFC 6749 §A.11 and §A.17).
 *
 * @throws OAuthError invalid_request
 */
export function requireParameter(parameters: TokenParameters, name: 'code' | 'refresh_token'): string {
  const { [name]: value } = parameters;
  if (!value) throw new OAuthError('invalid_request', `Missing parameter: ${name}`);
  if (!/^[\x20-\x7e]+$/.test(value)) throw new OAuthError('invalid_request', `Invalid parameter: ${name}`);
  return value;
}
