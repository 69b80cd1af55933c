import type { Expression, Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { prepare } from '../../database/prepare.ts';
import { together } from '../../database/together.ts';
import { isUniqueViolation, lockInTransaction, transact } from '../../database/transact.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import type { UcenterUsersTable } from '../database/tables.ts';
import { requireScope, requireUserId } from './access.ts';
import { announceChange, trustedFrom } from './account-changes.ts';
import { type Detail, listDetails, updateDetails } from './details.ts';
import { UcenterError } from './errors.ts';
import { useVerification } from './sms-codes.ts';
import { isPhoneLike, requireFree } from './unique-logins.ts';

export type UserRow = Selectable<UcenterUsersTable>;

export interface NewUser {
  /** Defaults to the next id. */
  id?: number | undefined;
  username: string;
  password: string;
  email?: string | undefined;
  phone?: string | undefined;
  /** The application that the user registered through. */
  clientId?: string | undefined;
}

/** The row of a new user. */
export async function prepareUser(
  { id, username, password, email, phone, clientId }: NewUser,
  { clock, passwords }: Pick<Context, 'clock' | 'passwords'>,
) {
  const now = clock.now();
  return {
    ...(id !== undefined && { id }),
    username,
    ...emailColumns(email),
    phone: phone ?? null,
    password_hash: await passwords.hash(password),
    client_id: clientId ?? null,
    created_at: now,
    updated_at: now,
  };
}

/** An address as it was typed, and in lower case for comparisons (U-28). */
const emailColumns = (email: string | undefined) => ({
  email: email ?? null,
  email_key: email?.toLowerCase() ?? null,
});

const users = (database: Database | Transaction) => database.selectFrom('ucenter_users').selectAll();

const userById = prepare((database, { id }: { id: number }) => users(database).where('id', '=', id));

/**
 * The user who signs in with this login. A login with `@` is first tried as an e-mail address, one of 11 digits as a
 * phone, and then as a user name (U-19).
 */
export async function findByLogin(database: Database | Transaction, login: string): Promise<UserRow | undefined> {
  const byEmail = login.includes('@') && users(database).where('email_key', '=', login.toLowerCase());
  const byPhone = isPhoneLike(login) && users(database).where('phone', '=', login);
  return (
    (byEmail && (await byEmail.executeTakeFirst())) ||
    (byPhone && (await byPhone.executeTakeFirst())) ||
    users(database).where('username', '=', login).executeTakeFirst()
  );
}

/** @param id also as a query for it */
export async function findUser(
  database: Database | Transaction,
  id: number | Expression<number>,
): Promise<UserRow | undefined> {
  if (typeof id === 'number') return (await userById(database, { id }))[0];
  return users(database).where('id', '=', id).executeTakeFirst();
}

/** The user names of users by their ids. */
export async function usernamesOf(database: Database, ids: readonly string[]): Promise<Map<string, string>> {
  const users = await database
    .selectFrom('ucenter_users')
    .select(['id', 'username'])
    .where('id', 'in', ids.map(Number))
    .execute();
  return new Map(users.map(({ id, username }) => [String(id), username]));
}

export interface UserWithDetails {
  user: UserRow;
  /** Every field of the catalogue, in its order. */
  details: Detail[];
}

export async function findUserWithDetails(
  database: Database | Transaction,
  id: number,
): Promise<UserWithDetails | undefined> {
  const [user, details] = await together(database, (view) => [findUser(view, id), listDetails(view, id)]);
  return user && { user, details };
}

/**
 * The user of an access token, who exists as long as the token.
 *
 * @throws UcenterError invalidToken when both were deleted in the meantime
 */
export async function getUserWithDetails(database: Database | Transaction, id: number): Promise<UserWithDetails> {
  const found = await findUserWithDetails(database, id);
  if (found === undefined) throw new UcenterError('invalidToken');
  return found;
}

/** New login names of a user. Absent ones stay as they are. */
export interface LoginChanges {
  username?: string | undefined;
  email?: string | undefined;
  phone?: string | undefined;
}

/**
 * Changes the profile of the token's user: everything that is given, or nothing (U-24).
 *
 * @param details by name of the field; names that are not in the catalogue are ignored
 * @param baseUrl the API's own URL, for links
 * @throws HttpError forbidden
 * @throws UcenterError insufficientScope, unchanged, missing, phoneOfAnother, taken, notVerified, tooMany, notText, tooLong,
 *   invalidToken
 */
export async function updateUser(
  actor: TokenActor,
  logins: LoginChanges,
  details: Readonly<Record<string, unknown>>,
  { baseUrl, context }: { baseUrl: string; context: Context },
): Promise<UserWithDetails> {
  const id = requireUserId(actor);
  const { database } = context;
  const update = () =>
    transact(database, async (trx) => {
      await lockInTransaction(trx, `ucenter_users:${id}`);
      const loginsChanged = await updateLogins(trx, actor, logins, { id, baseUrl, context });
      const detailsChanged = await updateDetails(trx, id, details);
      if (!loginsChanged && !detailsChanged) throw new UcenterError('unchanged');
      return getUserWithDetails(trx, id);
    });
  // Two users may take a name at once. The slower one tries again and then gets `taken`.
  return update().catch((error: unknown) => {
    if (isUniqueViolation(error)) return update();
    throw error;
  });
}

/** Changes the login names of a user, who hears of it (U-48). Returns false when none differs. */
async function updateLogins(
  trx: Transaction,
  actor: TokenActor,
  { username: typed, email, phone }: LoginChanges,
  { id, baseUrl, context }: { id: number; baseUrl: string; context: Context },
): Promise<boolean> {
  const now = context.clock.now();
  const user = await users(trx)
    .where('id', '=', id)
    .executeTakeFirstOrThrow(() => new UcenterError('invalidToken'));
  const changes: Partial<UserRow> = {};
  if (phone !== undefined && phone !== user.phone) {
    changes.phone = phone;
    // A user name that is still the phone follows it (U-25).
    if (user.username === user.phone) changes.username = phone;
  }
  // Sign-in trims the name, so a name with blanks around it could not be used.
  const username = typed?.trim();
  if (username === '') throw new UcenterError('missing', { field: 'username' });
  if (username !== undefined && username !== user.username) changes.username = username;
  if (email !== undefined && email !== user.email) Object.assign(changes, emailColumns(email));
  if (Object.keys(changes).length === 0) return false;
  requireScope(actor, 'user_account');

  if (changes.username && isPhoneLike(changes.username) && changes.username !== (changes.phone ?? user.phone))
    throw new UcenterError('phoneOfAnother', { field: 'username' });
  // Before any look at other users: without the phone in hand, the answer does not tell whether it is taken.
  if (changes.phone && !(await useVerification(trx, changes.phone, actor, now)))
    throw new UcenterError('notVerified', { field: 'phone' });
  if (changes.username) await requireFree(trx, 'username', changes.username, { self: id, now });
  if (changes.email_key) await requireFree(trx, 'email_key', changes.email_key, { self: id, now });
  if (changes.phone) await requireFree(trx, 'phone', changes.phone, { self: id, now });
  await announceChange(trx, { user, changes, baseUrl }, context);
  await trx
    .updateTable('ucenter_users')
    .set({
      ...changes,
      ...(changes.email && { email_trusted_at: trustedFrom(context) }),
      ...(changes.phone && { phone_trusted_at: trustedFrom(context) }),
      updated_at: now,
    })
    .where('id', '=', id)
    .execute();
  return true;
}
