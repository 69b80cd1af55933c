import type { Context } from '../context.ts';
import { prepare } from '../database/prepare.ts';
import type { Api, CredentialSource } from '../http/api.ts';
import { authorizationCredentials } from '../http/authorization-header.ts';
import { basicCredentials } from '../oauth/clients/credentials.ts';
import { splitScope } from '../oauth/scope.ts';
import { actorColumns, toActor } from '../oauth/tokens/find-actor.ts';
import { sha256 } from '../secrets.ts';
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
  const [row] = await findTokenWithUser(context.database, { hash: sha256(token), api: profile.api });
  const actor = await toActor(row, context);
  if (typeof actor === 'string') throw new PpmessageError('wrongAccessToken');
  const allowed = rulesOf(request.path).levels;
  const levels = splitScope(actor.scope).filter((level) => allowed.includes(level));
  if (levels.length === 0)
    throw new PpmessageError(
      'wrongAccessToken',
      `The level of the access token is not allowed here, only ${allowed.join(', ')}`,
    );
  const { appUuid, apiUuid, userUuid, ownerUuid } = row as TokenWithUser;
  if (appUuid === null || apiUuid === null || userUuid === null) throw new PpmessageError('wrongAccessToken');
  const managesUsers = ownerUuid === userUuid && levels.some((level) => level.endsWith('CONSOLE'));
  return { appUuid, apiUuid, apiKey: actor.clientId, userUuid, tokenId: actor.tokenId, managesUsers };
}

/** A token with its key, the key's app, and the user, unless the user was removed. */
const findTokenWithUser = prepare((database, { hash, api }: { hash: string; api: string }) =>
  database
    .selectFrom('oauth_tokens')
    .leftJoin('ppmessage_keys as key', 'key.api_key', 'oauth_tokens.client_id')
    .leftJoin('ppmessage_apps as app', 'app.uuid', 'key.app_uuid')
    .leftJoin('ppmessage_users as user', (join) =>
      join
        .onRef('user.app_uuid', '=', 'key.app_uuid')
        .onRef('user.uuid', '=', 'oauth_tokens.user_id')
        .on('user.removed_at', 'is', null),
    )
    .select(actorColumns)
    .select(['key.app_uuid as appUuid', 'key.uuid as apiUuid', 'user.uuid as userUuid', 'app.user_uuid as ownerUuid'])
    .where('access_hash', '=', hash)
    .where('api', '=', api),
);

type TokenWithUser = Awaited<ReturnType<typeof findTokenWithUser>>[number];
