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
import { isOwnProgram, levelsOfToken } from './model/levels.ts';
import { PERSON_TOKEN_SECONDS } from './model/person-tokens.ts';
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
  const { levels, ...caller } = await findTokenCaller(token, context);
  const allowed = rulesOf(request.path).levels;
  const here = levels.filter((level) => allowed.includes(level));
  // A query names the operation, whose levels count, in its body.
  if (here.length === 0 && allowed.length > 0)
    throw new PpmessageError(
      'wrongAccessToken',
      `The level of the access token is not allowed here, only ${allowed.join(', ')}`,
    );
  return { ...caller, managesUsers: caller.isOwner && here.some((level) => level.endsWith('CONSOLE')) };
}

/**
 * Finds who a token stands for, with all its levels. It does not depend on the operation.
 *
 * @throws PpmessageError wrongAccessToken
 */
export async function findTokenCaller(token: string, context: Context) {
  const [row] = await findTokenWithUser(context.database, { hash: sha256(token), api: profile.api });
  const actor = await toActor(row, context);
  if (typeof actor === 'string') throw new PpmessageError('wrongAccessToken');
  const { appUuid, apiUuid, keyAppUuid, userUuid, ownerUuid } = row as TokenWithUser;
  if (appUuid === null || apiUuid === null || keyAppUuid === null || ownerUuid === null || userUuid !== actor.userId)
    throw new PpmessageError('wrongAccessToken');
  await keepUsedToken(row as TokenWithUser, context);
  const scope = splitScope(actor.scope);
  return {
    appUuid,
    // A key of another app does not stand for this one (P-14).
    apiUuid: keyAppUuid === appUuid ? apiUuid : appUuid,
    apiKey: actor.clientId,
    userUuid,
    tokenId: actor.tokenId,
    levels: levelsOfToken(scope, userUuid),
    isOwnProgram: isOwnProgram(scope),
    isOwner: ownerUuid === userUuid,
  };
}

const DAY_MS = 24 * 3600 * 1000;

/** Prolongs the token of a person in an own program at most once a day (P-61). */
async function keepUsedToken(token: TokenWithUser, { clock, database }: Context): Promise<void> {
  if (token.user_id === null || !isOwnProgram(splitScope(token.scope))) return;
  const end = clock.now() + PERSON_TOKEN_SECONDS * 1000;
  if (token.access_expires_at > end - DAY_MS) return;
  await database.updateTable('oauth_tokens').set({ access_expires_at: end }).where('id', '=', token.id).execute();
}

/** A token with its key, the app of the key, its own app, and its user, unless they were removed. */
const findTokenWithUser = prepare((database, { hash, api }: { hash: string; api: string }) =>
  database
    .selectFrom('oauth_tokens')
    .leftJoin('ppmessage_keys as key', 'key.api_key', 'oauth_tokens.client_id')
    .leftJoin('ppmessage_apps as app', (join) =>
      join
        .on((on) => on('app.uuid', '=', on.fn.coalesce('oauth_tokens.owner_id', 'key.app_uuid')))
        .on('app.removed_at', 'is', null),
    )
    .leftJoin('ppmessage_apps as keyApp', (join) =>
      join.onRef('keyApp.uuid', '=', 'key.app_uuid').on('keyApp.removed_at', 'is', null),
    )
    .leftJoin('ppmessage_users as user', (join) =>
      join
        .onRef('user.app_uuid', '=', 'app.uuid')
        .onRef('user.uuid', '=', 'oauth_tokens.user_id')
        .on('user.removed_at', 'is', null),
    )
    .select(actorColumns)
    .select([
      'app.uuid as appUuid',
      'app.user_uuid as ownerUuid',
      'key.uuid as apiUuid',
      'keyApp.uuid as keyAppUuid',
      'user.uuid as userUuid',
    ])
    .where('access_hash', '=', hash)
    .where('api', '=', api),
);

type TokenWithUser = Awaited<ReturnType<typeof findTokenWithUser>>[number];
