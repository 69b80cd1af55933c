import type { Context } from '../../context.ts';
import { listPublicKeys } from '../../oauth/openid/signing-keys.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import { requireUserId } from '../model/access.ts';
import { getUserWithDetails } from '../model/users.ts';
import { profile } from '../profile.ts';
import { toClaims } from '../wire/claims.ts';
import { toMetadata } from '../wire/metadata.ts';
import type { Operation } from '../wire/operation.ts';

export const getOpenIdConfiguration: Operation<'getOpenIdConfiguration'> = ({ request }) => ({
  status: 200,
  body: toMetadata(request),
});

export const getKeySet: Operation<'getKeySet'> = async (_input, context) => ({
  status: 200,
  body: { keys: await listPublicKeys(profile, context) },
});

export const getUserInfo: Operation<'getUserInfo'> = ({ actor }, context) => readClaims(actor, context);

export const postUserInfo: Operation<'postUserInfo'> = ({ actor }, context) => readClaims(actor, context);

/** The UserInfo endpoint (OpenID Connect Core §5.3). */
async function readClaims(actor: TokenActor, { database }: Context) {
  const user = await getUserWithDetails(database, requireUserId(actor));
  const headers = { 'Cache-Control': 'no-store' } as const;
  return { status: 200 as const, headers, body: toClaims(user, actor.scope) };
}
