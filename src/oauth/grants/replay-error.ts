import type { OauthTokensTable } from '../database/tables.ts';
import { OAuthError } from '../errors.ts';

/** The columns that name a grant: one authorization or sign-in, and all tokens that come from it. */
export type GrantReference = Pick<OauthTokensTable, 'api' | 'grant_id' | 'user_id'>;

/**
 * A code or refresh token was used a second time. Its grant has to be revoked, in a transaction of its own: the one that
 * throws this is rolled back.
 */
export class ReplayError extends OAuthError {
  readonly grant: GrantReference;

  constructor(description: string, grant: GrantReference) {
    super('invalid_grant', description);
    this.grant = grant;
  }
}
