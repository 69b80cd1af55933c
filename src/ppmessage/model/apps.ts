import type { Insertable } from 'kysely';
import { type Config, limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { together, togetherIn } from '../../database/together.ts';
import { afterCommit, lockInTransaction } from '../../database/transact.ts';
import type { AppRow, PpmessageUsersTable } from '../database/tables.ts';
import { profile } from '../profile.ts';
import type { Caller } from './callers.ts';
import { PpmessageError } from './errors.ts';
import { insertKeys, type NewKey, prepareKey } from './keys.ts';
import { isOwnProgram, type Level } from './levels.ts';
import { countRows, type Page } from './pages.ts';
import { requireUser } from './users.ts';

/** Apps. An app is one customer-service team with its owner and its keys. */

export interface NewApp {
  uuid: string;
  name: string;
  /** The owner's account in this app. */
  owner: Insertable<PpmessageUsersTable>;
  redirectUris: readonly string[];
  /** Random by default. */
  keys?: Partial<Record<keyof typeof levelsOf, Pick<NewKey, 'apiKey' | 'apiSecret'>>>;
}

/** The keys of a new app (P-31, P-58). */
const levelsOf = {
  own: ['THIRD_PARTY_KEFU', 'THIRD_PARTY_CONSOLE'],
  kefu: ['THIRD_PARTY_KEFU'],
  console: ['THIRD_PARTY_CONSOLE'],
  ppcom: ['PPCOM'],
  ppkefu: ['PPKEFU'],
  ppconsole: ['PPCONSOLE'],
} satisfies Record<string, Level[]>;

export const keyKinds = Object.keys(levelsOf) as readonly (keyof typeof levelsOf)[];

/** The welcome text of a new app, and of an app that has none. */
const STOCK_WELCOME = '您好，有什么可以帮您？';

/** What greets a customer. */
export const welcomeOf = ({ welcome_message }: Pick<AppRow, 'welcome_message'>): string =>
  welcome_message ?? STOCK_WELCOME;

export type PreparedApp = Awaited<ReturnType<typeof prepareApp>>;

/** The rows of a new app and its keys. */
export async function prepareApp(
  context: Pick<Context, 'clock' | 'config' | 'passwords'>,
  { uuid, name, owner, redirectUris, keys }: NewApp,
) {
  const prepare = (kind: keyof typeof levelsOf) => {
    const key = { appUuid: uuid, appName: name, levels: levelsOf[kind], redirectUris };
    // The original's own programs do not come through the sign-in page.
    return prepareKey(context, { ...key, ...(isOwnProgram(key.levels) && { redirectUris: [] }), ...keys?.[kind] });
  };
  const [own, kefu, console, ...ownPrograms] = await Promise.all([
    prepare('own'),
    prepare('kefu'),
    prepare('console'),
    prepare('ppcom'),
    prepare('ppkefu'),
    prepare('ppconsole'),
  ]);
  const now = context.clock.now();
  const app = {
    uuid,
    app_name: name,
    user_uuid: owner.uuid,
    app_key: own.apiKey,
    app_billing_email: owner.user_email ?? null,
    welcome_message: STOCK_WELCOME,
    offline_message: '现在没有客服在线，请留言，我们会尽快回复。',
    created_at: now,
    updated_at: now,
  };
  return { app, owner, own, kefu, console, ownPrograms };
}

/**
 * Checks in the transaction that creates an app that its owner may own one more (P-55).
 *
 * @throws PpmessageError notPermitted
 */
export async function requireRoomForApp(trx: Transaction, ownerUuid: string, config: Config): Promise<void> {
  await lockInTransaction(trx, `ppmessage_apps:${ownerUuid}`);
  const { count } = await trx
    .selectFrom('ppmessage_apps')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('user_uuid', '=', ownerUuid)
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow();
  const limit = limitOf(config, 'PPMESSAGE_APP_LIMIT');
  if (Number(count) >= limit) throw new PpmessageError('notPermitted', `A user may own at most ${limit} apps`);
}

export async function insertApp(
  trx: Transaction,
  { app, owner, own, kefu, console, ownPrograms }: PreparedApp,
): Promise<void> {
  await trx.insertInto('ppmessage_apps').values(app).execute();
  await trx.insertInto('ppmessage_users').values(owner).execute();
  await insertKeys(trx, [own, kefu, console, ...ownPrograms]);
}

/** The topic of the bus on which the streams of an app hear that it was removed. */
export const removalTopicOf = (appUuid: string) => `ppmessage:${appUuid}:removed`;

/**
 * Removes an app. From the commit on its keys, tokens and streams are worth nothing, and no query finds it;
 * `deleteRemovedApp` deletes its rows later (P-86).
 *
 * @returns false when there is none
 */
export async function removeApp(
  trx: Transaction,
  uuid: string,
  { bus, clock }: Pick<Context, 'bus' | 'clock'>,
): Promise<boolean> {
  // The app comes first: other transactions that write into it then wait.
  const { numUpdatedRows } = await trx
    .updateTable('ppmessage_apps')
    .set({ removed_at: clock.now() })
    .where('uuid', '=', uuid)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await trx
    .updateTable('oauth_clients')
    .set({ grants: '[]', redirect_uris: '[]' })
    .where('api', '=', profile.api)
    .where('owner_id', '=', uuid)
    .execute();
  afterCommit(trx, () => bus.publish([removalTopicOf(uuid)], null));
  return true;
}

/**
 * Checks that a uuid is that of the token's app, or the `api_uuid` of one of its keys, which stands for the app (P-14).
 *
 * @throws PpmessageError notPermitted for another app, noSuchApp for none
 */
export async function requireApp(uuid: string, caller: Caller, { database }: Context): Promise<void> {
  if (uuid === caller.appUuid || uuid === caller.apiUuid) return;
  const present = database.selectFrom('ppmessage_apps').select('uuid').where('removed_at', 'is', null);
  const app = await present.where('uuid', '=', uuid).executeTakeFirst();
  const key = await database
    .selectFrom('ppmessage_keys')
    .select('app_uuid')
    .where('uuid', '=', uuid)
    .where('app_uuid', 'in', present)
    .executeTakeFirst();
  if (key?.app_uuid === caller.appUuid) return;
  throw new PpmessageError(app === undefined && key === undefined ? 'noSuchApp' : 'notPermitted');
}

/**
 * Reads the token's app.
 *
 * @throws PpmessageError noSuchApp when it was removed a moment ago
 */
export const getOwnApp = ({ appUuid }: Caller, context: Context): Promise<AppRow> => getApp(appUuid, context);

/** @throws PpmessageError noSuchApp */
export const getApp = (uuid: string, { database }: Context): Promise<AppRow> =>
  database
    .selectFrom('ppmessage_apps')
    .selectAll()
    .where('uuid', '=', uuid)
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow(() => new PpmessageError('noSuchApp'));

/** Reads a page of the apps in which a user has an account, oldest first, and counts all of them. */
export async function pageAppsOfUser(userUuid: string, { offset, size }: Page, { database }: Context) {
  const [{ total }, list] = await together(database, (view) => {
    const apps = view
      .selectFrom('ppmessage_apps as app')
      .innerJoin('ppmessage_users as user', 'user.app_uuid', 'app.uuid')
      .where('user.uuid', '=', userUuid)
      .where('user.removed_at', 'is', null)
      .where('app.removed_at', 'is', null);
    return [
      countRows(apps),
      apps
        .selectAll('app')
        .orderBy('app.created_at')
        .orderBy('app.uuid')
        .limit(size)
        .offset(offset * size)
        .execute(),
    ];
  });
  return { list, total };
}

/**
 * Checks that a user owns the token's app and that the token is the owner's (P-31).
 *
 * @throws PpmessageError notOwner, or notPermitted when the token is another user's
 */
export async function requireOwner(uuid: string, caller: Caller, context: Context): Promise<void> {
  const [user, app] = await togetherIn(context, (view) => [requireUser(uuid, caller, view), getOwnApp(caller, view)]);
  if (user.uuid !== app.user_uuid) throw new PpmessageError('notOwner');
  if (caller.userUuid !== user.uuid)
    throw new PpmessageError('notPermitted', 'Only the owner may do this, with a token of their own');
}
