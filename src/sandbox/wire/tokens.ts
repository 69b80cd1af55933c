import type { Clock } from '../../clock.ts';
import { LATEST } from '../model/clocks.ts';
import type { ApiToken } from '../model/tokens.ts';
import type { Schemas } from './operation.ts';

/** A token without the token itself (S-12). */
export function toToken({ api, id, client, user, ...token }: ApiToken, clock: Clock): Schemas['Token'] {
  const { scope, createdAt, expiresAt, isRenewable } = token;
  return {
    id: `${api}-${id}`,
    api,
    client,
    user,
    scope,
    created_at: new Date(createdAt).toISOString(),
    expires_at: expiresAt === null ? null : new Date(Math.min(expiresAt, LATEST)).toISOString(),
    expired: expiresAt !== null && expiresAt <= clock.now(),
    renewable: isRenewable,
  };
}
