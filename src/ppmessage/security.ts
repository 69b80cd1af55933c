import type { Context } from '../context.ts';
import type { Api, CredentialSource } from '../http/api.ts';
import { splitScope } from '../oauth/clients.ts';
import { findActor } from '../oauth/tokens.ts';
import { rulesOf } from './wire/contract.ts';
import { PpmessageError } from './wire/errors.ts';
import type { Caller } from './wire/operation.ts';
import { profile } from './profile.ts';

/** The same token under two scheme words: the document's own, and the `token_type` that it came with. */
export const security: Api['security'] = {
  oauthHeader: (source, context) => authenticate('oauth', source, context),
  bearer: (source, context) => authenticate('bearer', source, context),
};

type Source = Pick<CredentialSource, 'headers' | 'request'>;

/** Who calls, by either scheme. Throws 4 when the token is no longer good. */
export async function findCaller(source: Source, context: Context): Promise<Caller> {
  const caller = (await authenticate('oauth', source, context)) ?? (await authenticate('bearer', source, context));
  if (caller === undefined) throw new PpmessageError(4);
  return caller;
}

/**
 * The one place where levels count: a token that the operation's `x-levels` do not name is refused, and only the levels
 * that they do name count further on.
 *
 * @throws PpmessageError 4
 */
async function authenticate(
  scheme: string,
  { headers, request }: Source,
  context: Context,
): Promise<Caller | undefined> {
  const [, word, token] = /^(\S+) +(\S+) *$/.exec(headers.authorization ?? '') ?? [];
  if (token === undefined || word?.toLowerCase() !== scheme) return undefined;
  const actor = await findActor(context, profile, token);
  if (typeof actor === 'string') throw new PpmessageError(4);
  const allowed = rulesOf(request.path).levels;
  const levels = splitScope(actor.scope).filter((level) => allowed.includes(level));
  if (levels.length === 0)
    throw new PpmessageError(4, `The level of the access token is not allowed here, only ${allowed.join(', ')}`);
  const key = await context.database
    .selectFrom('ppmessage_keys as key')
    .innerJoin('ppmessage_users as user', 'user.app_uuid', 'key.app_uuid')
    .select(['key.app_uuid as appUuid', 'key.uuid as apiUuid', 'key.api_key as apiKey', 'user.uuid as userUuid'])
    .where('key.api_key', '=', actor.clientId)
    .where('user.uuid', '=', actor.userId)
    .where('user.removed_at', 'is', null)
    .executeTakeFirst();
  if (key === undefined) throw new PpmessageError(4);
  return { ...key, tokenId: actor.tokenId, isConsole: levels.some((level) => level.endsWith('CONSOLE')) };
}
