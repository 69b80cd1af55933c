import { InvalidGrantError } from '@node-oauth/oauth2-server';
import { splitScope } from '../clients.ts';
import { OAuthError } from '../errors.ts';
import { findByRefreshToken, keepAnswer, lockSignIns, repeatAnswer, revokeGrant, rotate } from '../tokens.ts';
import type { Grant, Subject } from './grant.ts';

/**
 * RFC 6749 §6 with rotation: a refresh token works once. One that comes again revokes what was issued from it, except
 * shortly after the first time and before the new access token was used: then the client has lost the answer and gets
 * the same again.
 */
export const refreshToken: Grant = ({ profile, client, body, context }) => {
  const token = body.refresh_token ?? '';
  if (body.redirect_uri !== undefined && !client.redirectUris.includes(body.redirect_uri)) {
    throw new OAuthError('invalid_grant', 'redirect_uri is not registered for this application');
  }
  let replayed: Parameters<typeof revokeGrant>[1] | undefined;
  const find = async (...parameters: Parameters<typeof findByRefreshToken>) => {
    const row = await findByRefreshToken(...parameters);
    return row?.client_id === client.id ? row : undefined;
  };
  return {
    withRefreshToken: true,
    async repeat(trx) {
      const row = await find(trx, profile, token);
      if (row === undefined) return undefined;
      await lockSignIns(trx, profile, row.user_id);
      const used = await find(trx, profile, token);
      return used && repeatAnswer(trx, used, token);
    },
    model: (trx) => ({
      async getRefreshToken() {
        const row = await find(trx, profile, token);
        if (row === undefined) return undefined;
        if (row.rotated_at !== null) {
          replayed = row;
          throw new InvalidGrantError('The refresh token was used before');
        }
        if (row.revoked_at !== null)
          throw new InvalidGrantError('The refresh token was revoked or replaced by a newer one');
        const user: Subject = { userId: row.user_id, grantId: row.grant_id };
        return {
          refreshToken: token,
          row,
          scope: splitScope(row.scope),
          client: { id: client.id },
          user,
          ...(row.refresh_expires_at !== null && { refreshTokenExpiresAt: new Date(row.refresh_expires_at) }),
        };
      },
      revokeToken: ({ row }: { row: Parameters<typeof rotate>[1] }) => rotate(trx, row),
    }),
    async issued(trx, answer) {
      const used = await find(trx, profile, token);
      if (used !== undefined) await keepAnswer(trx, used, token, answer);
    },
    async failed() {
      if (replayed !== undefined) await revokeGrant(context.database, replayed);
    },
  };
};
