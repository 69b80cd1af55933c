import type { Database, Transaction } from '../../database/open.ts';
import { hashPassword } from '../../secrets.ts';
import type { Schemas } from '../wire/operation.ts';
import { toUser } from '../wire/views.ts';

export interface NewPerson {
  id?: number | undefined;
  username: string;
  password: string;
  email?: string | undefined;
  phone?: string | undefined;
  /** The app that the person came from. */
  clientId?: string | undefined;
}

/** The row of a new user. Apart from the insert because hashing the password is slow and has no place in a transaction. */
export async function prepareUser({ id, username, password, email, phone, clientId }: NewPerson) {
  const now = Date.now();
  return {
    ...(id !== undefined && { id }),
    username,
    ...emailColumns(email),
    phone: phone ?? null,
    password_hash: await hashPassword(password),
    client_id: clientId ?? null,
    created_at: now,
    updated_at: now,
  };
}

/** An address as it was typed and as it is compared. */
export const emailColumns = (email: string | undefined) => ({
  email: email ?? null,
  email_key: email?.toLowerCase() ?? null,
});

const users = (database: Database | Transaction) => database.selectFrom('ucenter_users').selectAll();

/** By what people type to sign in: with `@` an address first, of 11 digits a phone first, else the user name. */
export async function findByLogin(database: Database | Transaction, login: string) {
  const byEmail = login.includes('@') && users(database).where('email_key', '=', login.toLowerCase());
  const byPhone = isPhoneLike(login) && users(database).where('phone', '=', login);
  return (
    (byEmail && (await byEmail.executeTakeFirst())) ||
    (byPhone && (await byPhone.executeTakeFirst())) ||
    users(database).where('username', '=', login).executeTakeFirst()
  );
}

export const isPhoneLike = (text: string): boolean => /^\d{11}$/.test(text);

/** A whole profile, or `undefined` when there is no such user. */
export async function readUser(database: Database | Transaction, id: number): Promise<Schemas['User'] | undefined> {
  const user = await users(database).where('id', '=', id).executeTakeFirst();
  return user && toUser(user, await readDetails(database, id));
}

/** Every field of the catalogue with what the user has filled in. */
export const readDetails = (database: Database | Transaction, userId: number) =>
  database
    .selectFrom('ucenter_fields as field')
    .leftJoin('ucenter_details as detail', (join) =>
      join.onRef('detail.name', '=', 'field.name').on('detail.user_id', '=', userId),
    )
    .select(['field.name', 'field.title', 'detail.value'])
    .orderBy('field.position')
    .orderBy('field.name')
    .execute();
