import { randomUUID } from 'node:crypto';
import type { Insertable, Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { guessKey, provePassword } from '../../oauth/accounts.ts';
import { lockSignIns } from '../../oauth/tokens.ts';
import { hashPassword, sha1 } from '../../secrets.ts';
import type { PpmessageUsersTable } from '../database/tables.ts';
import { PpmessageError } from '../wire/errors.ts';
import { nextPosition } from './messages.ts';
import { profile } from '../profile.ts';
import type { CardRow } from '../wire/views.ts';

/** Agents and customers: their accounts, cards and passwords. */

type UserRow = Insertable<PpmessageUsersTable>;

export interface NewPerson {
  uuid?: string | undefined;
  email: string;
  fullname: string;
  /** Who has none cannot sign in. */
  password?: string | undefined;
  isAgent: boolean;
  icon?: string | undefined;
  language?: UserRow['user_language'];
  status?: UserRow['user_status'] | undefined;
}

/** The row of a new account. Apart from the insert because hashing the password is slow and has no place in a transaction. */
export async function prepareUser(appUuid: string, person: NewPerson) {
  const now = Date.now();
  const email = normalizeEmail(person.email);
  return {
    app_uuid: appUuid,
    uuid: person.uuid ?? (randomUUID() as string),
    user_email: email,
    user_name: email,
    user_fullname: person.fullname,
    user_icon: person.icon ?? null,
    user_language: person.language ?? null,
    user_status: person.status ?? 'THIRDPARTY',
    is_service_user: person.isAgent ? 1 : 0,
    is_distributor_user: person.isAgent ? 1 : 0,
    password_hash: person.password ? await hashUserPassword(person.password) : null,
    created_at: now,
    updated_at: now,
  } satisfies UserRow;
}

/** An account found by what people type, which they capitalise as they like. */
export const findByEmail = (appUuid: string, email: string, database: Database | Transaction) =>
  database
    .selectFrom('ppmessage_users')
    .selectAll()
    .where('app_uuid', '=', appUuid)
    .where('user_email', '=', normalizeEmail(email))
    .executeTakeFirst();

export const normalizeEmail = (email: string) => email.trim().toLowerCase();

/** What a password is kept as. The original's clients send its SHA-1, people type the text: both are one password. */
export const hashUserPassword = (password: string): Promise<string> => hashPassword(toSha1(password));

/** An empty password stays one, which nobody has. */
const toSha1 = (password: string) => (/^([0-9a-f]{40})?$/i.test(password) ? password.toLowerCase() : sha1(password));

/**
 * Whether a password is an account's; without an account it takes as long and is not. Counts wrong ones.
 *
 * @param through the key or address that the guess comes through
 * @throws HttpError too_many_requests
 */
export const isPasswordOf = (
  user: Pick<UserRow, 'uuid' | 'password_hash'> | undefined,
  { login, password, through }: { login: string; password: string; through: string },
  context: Context,
) => checkPassword(guessKey(profile, through, user?.uuid ?? login), user?.password_hash, toSha1(password), context);

/**
 * Removes an account: nobody can sign in, write or be found with it any more. Its name stays beside what it wrote.
 * Throws 13 when the app was removed a moment ago.
 */
export async function removeAccount(trx: Transaction, user: Pick<UserRow, 'app_uuid' | 'uuid'>): Promise<void> {
  await nextPosition(trx, user.app_uuid);
  const now = Date.now();
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
  for (const table of [
    'ppmessage_devices',
    'ppmessage_group_members',
    'ppmessage_conversation_members',
    'ppmessage_pushes',
  ] as const) {
    await trx
      .deleteFrom(table)
      .where((is) => is.and(ofUser))
      .execute();
  }
  await trx
    .updateTable('ppmessage_conversations')
    .set({ assigned_uuid: null })
    .where('app_uuid', '=', user.app_uuid)
    .where('assigned_uuid', '=', user.uuid)
    .execute();
  await endSignIns(trx, user);
}

/**
 * Makes sure that users who were looked up before are still there. After `nextPosition`, with which `removeAccount`
 * begins too, they are until the transaction ends.
 *
 * @throws PpmessageError 7
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
  if (removed !== undefined) throw new PpmessageError(7);
}

/** Ends the tokens and codes that a user has through the keys of the app, save one token. */
export async function endSignIns(
  trx: Transaction,
  user: Pick<UserRow, 'app_uuid' | 'uuid'>,
  exceptTokenId?: string,
): Promise<void> {
  await lockSignIns(trx, profile, user.uuid);
  const keys = trx.selectFrom('ppmessage_keys').select('api_key').where('app_uuid', '=', user.app_uuid);
  await trx
    .deleteFrom('oauth_tokens')
    .where('api', '=', profile.api)
    .where('user_id', '=', user.uuid)
    .where('client_id', 'in', keys)
    .$if(exceptTokenId !== undefined, (query) => query.where('id', '!=', exceptTokenId as string))
    .execute();
  await trx
    .deleteFrom('oauth_codes')
    .where('api', '=', profile.api)
    .where('user_id', '=', user.uuid)
    .where('client_id', 'in', keys)
    .execute();
}

/** Users with what their cards show beside the row: groups, and the kinds of their devices that are online. */
export async function withCards(
  appUuid: string,
  users: readonly Selectable<PpmessageUsersTable>[],
  { database }: Context,
): Promise<CardRow[]> {
  if (users.length === 0) return [];
  const uuids = users.map(({ uuid }) => uuid);
  const [groups, devices] = await Promise.all([
    database
      .selectFrom('ppmessage_group_members as member')
      .innerJoin('ppmessage_groups as group', 'group.uuid', 'member.group_uuid')
      .select(['member.user_uuid', 'group.uuid', 'group.group_name'])
      .where('member.app_uuid', '=', appUuid)
      .where('member.user_uuid', 'in', uuids)
      .orderBy('group.created_at')
      .orderBy('group.uuid')
      .execute(),
    database
      .selectFrom('ppmessage_devices')
      .select(['user_uuid', 'device_ostype'])
      .where('app_uuid', '=', appUuid)
      .where('user_uuid', 'in', uuids)
      .where('online_until', '>', Date.now())
      .execute(),
  ]);
  return users.map((user) => ({
    ...user,
    groups: groups
      .filter(({ user_uuid }) => user_uuid === user.uuid)
      .map(({ uuid, group_name }) => ({ uuid, group_name })),
    onlineTypes: devices.filter(({ user_uuid }) => user_uuid === user.uuid).map(({ device_ostype }) => device_ostype),
  }));
}
