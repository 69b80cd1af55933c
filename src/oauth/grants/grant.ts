import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import type { Client } from '../clients.ts';
import type { Profile } from '../profile.ts';
import type { IssuedToken } from '../tokens.ts';

/** A token request after its client was authenticated. */
export interface GrantRequest {
  profile: Profile;
  client: Client;
  body: TokenParameters;
  context: Context;
}

/** The parameters of RFC 6749 §4 and RFC 7636 that the grants read. */
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

/** Whom a token is for, and the sign-in that it comes from. */
export interface Subject {
  userId: string | null;
  grantId: string;
}

/**
 * What a grant gives to the library that carries it out (@node-oauth/oauth2-server): the parts of its model that belong
 * to the grant, working in one transaction.
 */
export interface GrantModel {
  model(trx: Transaction): Record<string, unknown>;
  /** An answer that was given already and is given again, in place of the grant. */
  repeat?(trx: Transaction): Promise<IssuedToken | undefined>;
  /** Runs after the token was issued, in the same transaction. */
  issued?(trx: Transaction, token: IssuedToken): Promise<void>;
  /** Runs after the transaction failed and was undone: for what has to remain. */
  failed?(): Promise<void>;
  /** False for grants without a refresh token. */
  withRefreshToken: boolean;
}

/** Does what must not happen inside of a transaction, such as looking at passwords. Throws `OAuthError`. */
export type Grant = (request: GrantRequest) => Promise<GrantModel> | GrantModel;
