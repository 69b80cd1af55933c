import type { Context } from '../context.ts';
import type { Api, CredentialSource } from '../http/api.ts';
import { authorizationCredentials } from '../http/authorization-header.ts';
import { basicCredentials } from '../oauth/clients/credentials.ts';
import { splitScope } from '../oauth/scope.ts';
import { findActor } from '../oauth/tokens/find-actor.ts';
import type { Caller } from './model/callers.ts';
import { PpmessageError } from './model/errors.ts';
import { profile } from './profile.ts';
import { rulesOf } from './wire/contract.ts';

/** The same token in two schemes: `OAuth`, which the document asks for, and `Bearer`, its `token_type` (P-12). */
export const security: Api['security'] = {
  oauthHeader: (source, context) => authenticate('oauth', source, context),
  bearer: (source, context) => authenticate('bearer', source, context),
  clientBasic: ({ headers }) => basicCredentials(headers.authorization),
};

type Source = Pick<CredentialSource, 'headers' | 'request'>;

/**
 * Finds the caller by either scheme.
 *
 * @throws PpmessageError wrongAccessToken when the token has ended
 */
export async function findCaller(source: Source, context: Context): Promise<Caller> {
  const caller = (await authenticate('oauth', source, context)) ?? (await authenticate('bearer', source, context));
  if (caller === undefined) throw new PpmessageError('wrongAccessToken');
  return caller;
}

/**
 * Finds the caller by one scheme, and checks the levels of the token (P-21): only those in the operation's `x-levels`
 * count.
 *
 * @throws PpmessageError wrongAccessToken
 */
async function authenticate(
  scheme: string,
  { headers, request }: Source,
  context: Context,
): Promise<Caller | undefined> {
  const token = authorizationCredentials(headers.authorization, scheme);
  if (token === undefined) return undefined;
  const actor = await findActor(context, profile, token);
  if (typeof actor === 'string') throw new PpmessageError('wrongAccessToken');
  const allowed = rulesOf(request.path).levels;
  const levels = splitScope(actor.scope).filter((level) => allowed.includes(level));
  if (levels.length === 0)
    throw new PpmessageError(
      'wrongAccessToken',
      `The level of the access token is not allowed here, only ${allowed.join(', ')}`,
    );
  const key = await context.database
    .selectFrom('ppmessage_keys as key')
    .innerJoin('ppmessage_users as user', 'user.app_uuid', 'key.app_uuid')
    .innerJoin('ppmessage_apps as app', 'app.uuid', 'key.app_uuid')
    .select(['key.app_uuid as appUuid', 'key.uuid as apiUuid', 'key.api_key as apiKey', 'user.uuid as userUuid'])
    .select('app.user_uuid as ownerUuid')
    .where('key.api_key', '=', actor.clientId)
    .where('user.uuid', '=', actor.userId)
    .where('user.removed_at', 'is', null)
    .executeTakeFirst();
  if (key === undefined) throw new PpmessageError('wrongAccessToken');
  const { ownerUuid, ...caller } = key;
  const managesUsers = ownerUuid === caller.userUuid && levels.some((level) => level.endsWith('CONSOLE'));
  return { ...caller, tokenId: actor.tokenId, managesUsers };
}
