import { InvalidGrantError } from '@node-oauth/oauth2-server';
import type { Transaction } from '../../database/open.ts';
import { sha256 } from '../../secrets.ts';
import { splitScope } from '../clients.ts';
import { OAuthError } from '../errors.ts';
import { lockSignIns, revokeGrant } from '../tokens.ts';
import type { Grant, Subject } from './grant.ts';

/**
 * RFC 6749 §4.1.3 and RFC 7636. The code is consumed by a conditional update, so of many tries at once one wins; a code
 * that comes a second time revokes what was issued from it (RFC 6749 §4.1.2).
 */
export const authorizationCode: Grant = ({ profile, client, body, context }) => {
  if (body.redirect_uri === undefined) throw new OAuthError('invalid_request', 'redirect_uri is missing');
  const hash = sha256(body.code ?? '');
  let replayed: Parameters<typeof revokeGrant>[1] | undefined;
  const find = (trx: Transaction) =>
    trx
      .selectFrom('oauth_codes')
      .selectAll()
      .where('code_hash', '=', hash)
      .where('api', '=', profile.api)
      .where('client_id', '=', client.id)
      .executeTakeFirst();
  return {
    withRefreshToken: profile.grants.includes('refresh_token'),
    model: (trx) => ({
      async getAuthorizationCode() {
        const found = await find(trx);
        if (found === undefined) return undefined;
        await lockSignIns(trx, profile, found.user_id);
        // Again: it may have been used or ended while this waited.
        const row = await find(trx);
        if (row === undefined) return undefined;
        if (row.consumed_at !== null) {
          replayed = row;
          throw new InvalidGrantError('The code was used before');
        }
        if (row.redirect_uri !== body.redirect_uri) {
          throw new InvalidGrantError('redirect_uri differs from the one that the code was asked for with');
        }
        const user: Subject = { userId: row.user_id, grantId: row.grant_id };
        return {
          authorizationCode: body.code,
          expiresAt: new Date(row.expires_at),
          redirectUri: row.redirect_uri,
          scope: splitScope(row.scope),
          client: { id: client.id },
          user,
          row,
          ...(row.code_challenge !== null && { codeChallenge: row.code_challenge, codeChallengeMethod: 'S256' }),
        };
      },
      async revokeAuthorizationCode({ row }: { row: NonNullable<typeof replayed> }) {
        const { numUpdatedRows } = await trx
          .updateTable('oauth_codes')
          .set({ consumed_at: Date.now() })
          .where('code_hash', '=', hash)
          .where('consumed_at', 'is', null)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) replayed = row;
        return numUpdatedRows > 0n;
      },
    }),
    async failed() {
      if (replayed !== undefined) await revokeGrant(context.database, replayed);
    },
  };
};
