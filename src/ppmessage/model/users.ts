import { randomUUID } from 'node:crypto';
import { type Insertable, sql, type Updateable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { isUniqueViolation, transact } from '../../database/transact.ts';
import type { PpmessageUsersTable, UserRow } from '../database/tables.ts';
import { type Caller, mayActFor } from './callers.ts';
import { PpmessageError } from './errors.ts';
import { memberNumber } from './members-key.ts';
import { nextPosition } from './positions.ts';
import { endSignIns, hashUserPassword } from './sign-ins.ts';

/** Users of an app: agents (the contract's service users) and customers (portal users). */

export interface NewUser {
  /** Random by default. */
  uuid?: string | undefined;
  email: string;
  fullname: string;
  /** A user without a password cannot sign in. */
  password?: string | undefined;
  isAgent: boolean;
  icon?: string | undefined;
  language?: UserRow['user_language'];
  status?: UserRow['user_status'] | undefined;
}

/** The row of a new user. */
export async function prepareUser(appUuid: string, user: NewUser, context: Pick<Context, 'clock' | 'passwords'>) {
  const now = context.clock.now();
  const email = normalizeEmail(user.email);
  return {
    app_uuid: appUuid,
    uuid: user.uuid ?? (randomUUID() as string),
    user_email: email,
    user_name: email,
    user_fullname: user.fullname,
    user_icon: user.icon ?? null,
    user_language: user.language ?? null,
    user_status: user.status ?? 'THIRDPARTY',
    is_service_user: user.isAgent ? 1 : 0,
    is_distributor_user: user.isAgent ? 1 : 0,
    password_hash: user.password ? await hashUserPassword(user.password, context) : null,
    created_at: now,
    updated_at: now,
  } satisfies Insertable<PpmessageUsersTable>;
}

/** People type their address in any case and with blanks around it. */
export const normalizeEmail = (email: string) => email.trim().toLowerCase();

export const findUserByEmail = (appUuid: string, email: string, database: Database) =>
  database
    .selectFrom('ppmessage_users')
    .selectAll()
    .where('app_uuid', '=', appUuid)
    .where('user_email', '=', normalizeEmail(email))
    .executeTakeFirst();

/** A query for the agents of an app, oldest first. The alias of the table is `user`. */
/** The full names of users by their ids. */
export async function fullNamesOf(database: Database, uuids: readonly string[]): Promise<Map<string, string>> {
  const users = await database
    .selectFrom('ppmessage_users')
    .select(['uuid', 'user_fullname'])
    .where('uuid', 'in', uuids)
    .execute();
  return new Map(users.map(({ uuid, user_fullname }) => [uuid, user_fullname]));
}

export const agentsOf = (appUuid: string, database: Database | Transaction) =>
  database
    .selectFrom('ppmessage_users as user')
    .where('user.app_uuid', '=', appUuid)
    .where('user.is_service_user', '=', 1)
    .where('user.removed_at', 'is', null)
    .orderBy('user.created_at')
    .orderBy('user.uuid');

/**
 * Reads a user of the token's app.
 *
 * @throws PpmessageError notAppUser for a user of another app, noSuchUser for none
 */
export async function requireUser(uuid: string, { appUuid }: Caller, { database }: Context): Promise<UserRow> {
  const users = await database
    .selectFrom('ppmessage_users')
    .selectAll()
    .where('uuid', '=', uuid)
    .where('removed_at', 'is', null)
    .execute();
  const user = users.find(({ app_uuid }) => app_uuid === appUuid);
  if (user === undefined) throw new PpmessageError(users.length > 0 ? 'notAppUser' : 'noSuchUser');
  return user;
}

/** Like `requireUser` for several uuids; the users come in their order, each once. */
export async function requireUsers(uuids: readonly string[], caller: Caller, context: Context): Promise<UserRow[]> {
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

/**
 * Like `requireUser` for a user that the request acts for (P-22).
 *
 * @throws PpmessageError notPermitted when the token may not act for the user
 */
export async function requireSubject(uuid: string, caller: Caller, context: Context): Promise<UserRow> {
  const user = await requireUser(uuid, caller, context);
  if (!mayActFor(caller, user)) throw new PpmessageError('notPermitted');
  return user;
}

/**
 * Checks in a transaction that users who were read before it have not been removed. After `nextPosition`, with which
 * `removeFromApp` begins too, they stay until the transaction ends.
 *
 * @throws PpmessageError noSuchUser
 */
export async function requirePresent(
  trx: Transaction,
  appUuid: string,
  users: readonly Pick<UserRow, 'uuid'>[],
): Promise<void> {
  const uuids = users.map(({ uuid }) => uuid);
  const removed = await trx
    .selectFrom('ppmessage_users')
    .select('uuid')
    .where('app_uuid', '=', appUuid)
    .where('uuid', 'in', uuids)
    .where('removed_at', 'is not', null)
    .executeTakeFirst();
  if (removed !== undefined) throw new PpmessageError('noSuchUser');
}

export interface UserChanges extends Updateable<PpmessageUsersTable> {
  /** A new password. It ends every token and code of the user except the token `keepTokenId`. */
  password?: string | undefined;
  keepTokenId: string;
}

/**
 * Changes columns of a user.
 *
 * @throws PpmessageError nothingToUpdate, userExists for an e-mail address that another user has, and noSuchUser or
 * wrongPassword when another request removed the user or changed the password
 */
export async function changeUser(
  user: UserRow,
  { password, keepTokenId, ...columns }: UserChanges,
  context: Context,
): Promise<void> {
  const { clock, database } = context;
  const changesPassword = password !== undefined;
  const values = { ...columns, ...(changesPassword && { password_hash: await hashUserPassword(password, context) }) };
  if (Object.keys(values).length === 0) throw new PpmessageError('nothingToUpdate');
  await transact(database, async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('ppmessage_users')
      .set({ ...values, updated_at: clock.now() })
      .where('app_uuid', '=', user.app_uuid)
      .where('uuid', '=', user.uuid)
      .where('removed_at', 'is', null)
      .$if(changesPassword, (query) => query.where('password_hash', '=', user.password_hash))
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new PpmessageError(changesPassword ? 'wrongPassword' : 'noSuchUser');
    if (changesPassword) await endSignIns(trx, user, keepTokenId);
  }).catch((error: unknown) => {
    throw isUniqueViolation(error) ? new PpmessageError('userExists') : error;
  });
}

/**
 * Removes a user from an app: the user can neither sign in nor write nor be found, and waits no longer. Old messages keep
 * the name (P-29).
 *
 * @param now in milliseconds
 * @throws PpmessageError noSuchApp when the app was removed a moment ago
 */
export async function removeFromApp(
  trx: Transaction,
  user: Pick<UserRow, 'app_uuid' | 'uuid'>,
  now: number,
): Promise<void> {
  await nextPosition(trx, user.app_uuid);
  const ofUser = { app_uuid: user.app_uuid, user_uuid: user.uuid };
  await trx
    .updateTable('ppmessage_users')
    .set({
      user_email: null,
      user_name: '',
      user_firstname: null,
      user_lastname: null,
      user_icon: null,
      user_mobile: null,
      user_qq: null,
      user_wechat: null,
      user_company: null,
      user_signature: null,
      ppcom_trace_uuid: null,
      user_defined: null,
      password_hash: null,
      removed_at: now,
    })
    .where('app_uuid', '=', user.app_uuid)
    .where('uuid', '=', user.uuid)
    .execute();
  // An assignee is a member.
  await trx
    .updateTable('ppmessage_conversations')
    .set(({ eb }) => ({
      assigned_uuid: sql<string | null>`nullif(assigned_uuid, ${user.uuid})`,
      members_key: eb('members_key', '-', memberNumber(user.uuid)),
    }))
    .where('uuid', 'in', (from) =>
      from
        .selectFrom('ppmessage_conversation_members')
        .select('conversation_uuid')
        .where((is) => is.and(ofUser)),
    )
    .execute();
  for (const table of [
    'ppmessage_devices',
    'ppmessage_group_members',
    'ppmessage_conversation_members',
    'ppmessage_pushes',
    'ppmessage_waiting_customers',
    'ppmessage_navigations',
  ] as const) {
    await trx
      .deleteFrom(table)
      .where((is) => is.and(ofUser))
      .execute();
  }
  await endSignIns(trx, user);
}
