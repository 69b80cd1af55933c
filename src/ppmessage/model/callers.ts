import { sql } from 'kysely';
import type { Context } from '../../context.ts';
import { PpmessageError } from '../wire/errors.ts';
import type { Caller } from '../wire/operation.ts';

/**
 * Who may do what to what. Whatever a request names has to be of the token's app; facts, section 8, rows 17 to 19.
 */

/**
 * The app that a request names has to be the token's own; the `api_uuid` of each of its keys stands for it too.
 *
 * @throws PpmessageError 20 for somebody else's app, 13 for none
 */
export async function requireApp(uuid: string, caller: Caller, { database }: Context): Promise<void> {
  if (uuid === caller.appUuid || uuid === caller.apiUuid) return;
  const app = await database.selectFrom('ppmessage_apps').select('uuid').where('uuid', '=', uuid).executeTakeFirst();
  const key = await database
    .selectFrom('ppmessage_keys')
    .select('app_uuid')
    .where('uuid', '=', uuid)
    .executeTakeFirst();
  if (key?.app_uuid === caller.appUuid) return;
  throw new PpmessageError(app === undefined && key === undefined ? 13 : 20);
}

/**
 * A user of the token's app.
 *
 * @throws PpmessageError 40 for a user of another app, 7 for none
 */
export async function requireUser(uuid: string, { appUuid }: Caller, { database }: Context) {
  const users = await database
    .selectFrom('ppmessage_users')
    .selectAll()
    .where('uuid', '=', uuid)
    .where('removed_at', 'is', null)
    .execute();
  const user = users.find(({ app_uuid }) => app_uuid === appUuid);
  if (user === undefined) throw new PpmessageError(users.length > 0 ? 40 : 7);
  return user;
}

/** Like `requireUser`, for several, in their order and without repetition. */
export async function requireUsers(uuids: readonly string[], caller: Caller, context: Context) {
  const wanted = [...new Set(uuids)];
  if (wanted.length === 0) return [];
  const found = await context.database
    .selectFrom('ppmessage_users')
    .selectAll()
    .where('app_uuid', '=', caller.appUuid)
    .where('uuid', 'in', wanted)
    .where('removed_at', 'is', null)
    .execute();
  const users = new Map(found.map((user) => [user.uuid, user]));
  return Promise.all(wanted.map((uuid) => users.get(uuid) ?? requireUser(uuid, caller, context)));
}

/** Whether a token may act for a user of its app: a console for everybody, others for themselves and for customers. */
export const mayActFor = (caller: Caller, user: { uuid: string; is_service_user: 0 | 1 }): boolean =>
  caller.isConsole || user.uuid === caller.userUuid || user.is_service_user === 0;

/** `mayActFor` as a condition of a query, on a column with a user of the app. */
export const mayActForColumn = (caller: Caller, column: string) =>
  caller.isConsole
    ? sql<boolean>`1 = 1`
    : sql<boolean>`exists (
        select 1 from ppmessage_users as subject
        where subject.app_uuid = ${caller.appUuid} and subject.uuid = ${sql.ref(column)}
          and (subject.uuid = ${caller.userUuid} or subject.is_service_user = 0)
      )`;

/** Like `requireUser`, for a user in whose name something happens. Throws 20 when the token may not act for them. */
export async function requireSubject(uuid: string, caller: Caller, context: Context) {
  const user = await requireUser(uuid, caller, context);
  if (!mayActFor(caller, user)) throw new PpmessageError(20);
  return user;
}

/** A group of agents. Throws 30. */
export async function requireGroup(uuid: string, { appUuid }: Caller, { database }: Context) {
  const group = await database
    .selectFrom('ppmessage_groups')
    .selectAll()
    .where('uuid', '=', uuid)
    .where('app_uuid', '=', appUuid)
    .executeTakeFirst();
  if (group === undefined) throw new PpmessageError(30);
  return group;
}

/** A device of one user. Throws 8. */
export async function requireDevice(uuid: string, userUuid: string, { appUuid }: Caller, { database }: Context) {
  const device = await database
    .selectFrom('ppmessage_devices')
    .selectAll()
    .where('uuid', '=', uuid)
    .where('app_uuid', '=', appUuid)
    .where('user_uuid', '=', userUuid)
    .executeTakeFirst();
  if (device === undefined) throw new PpmessageError(8);
  return device;
}
