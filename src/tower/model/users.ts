import type { OperandExpression, Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { prepare } from '../../database/prepare.ts';
import { HttpError } from '../../errors.ts';
import { randomHex } from '../../secrets.ts';
import type { TowerUsersTable } from '../database/tables.ts';

export type User = Selectable<TowerUsersTable>;

/** Where the pictures of users would be: Tower has no operation that uploads one. */
export const NO_PICTURES = 'https://avatar.example/';

/** The address of the picture of a user. */
export const pictureOf = (id: string): string => `${NO_PICTURES}${id}.png`;

export interface NewUser {
  /** Defaults to a random id. */
  id?: string | undefined;
  /** The login of the sign-in form, in any case. */
  username: string;
  password: string;
  nickname: string;
  /** Defaults to the username. */
  email?: string;
  /** Whether signing in takes a code besides the password. Defaults to false. */
  secondStep?: boolean;
}

/** Creates a user, who is not a member of any team yet. */
export async function createUser(
  context: Pick<Context, 'clock' | 'database' | 'passwords'>,
  user: NewUser,
): Promise<User> {
  const row = await prepareUser(user, context);
  await context.database.insertInto('tower_users').values(row).execute();
  return row;
}

/** The row of a new user, for callers that insert it in a transaction. */
export async function prepareUser(
  { id = randomHex(16), username, password, nickname, email = username, secondStep = false }: NewUser,
  { clock, passwords }: Pick<Context, 'clock' | 'passwords'>,
): Promise<User> {
  const now = clock.now();
  return {
    id,
    username: normalize(username),
    email,
    nickname,
    gavatar: pictureOf(id),
    password_hash: await passwords.hash(password),
    second_step: secondStep ? 1 : 0,
    created_at: now,
    updated_at: now,
  };
}

export const findUser = (
  database: Database | Transaction,
  id: string | OperandExpression<string>,
): Promise<User | undefined> => database.selectFrom('tower_users').selectAll().where('id', '=', id).executeTakeFirst();

/**
 * The user of an access token, who exists as long as the token.
 *
 * @throws HttpError unauthorized when both were deleted in the meantime
 */
export const getUser = (database: Database, id: string | null): Promise<User> =>
  database
    .selectFrom('tower_users')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow(() => invalidToken('The access token is invalid'));

/** The challenge of RFC 6750 §3.1. */
export const invalidToken = (description: string): HttpError =>
  new HttpError('unauthorized', description, {
    headers: { 'WWW-Authenticate': `Bearer realm="Tower", error="invalid_token", error_description="${description}"` },
  });

/** @param username in any case, with or without blanks around it */
export const findUserByUsername = (database: Database | Transaction, username: string): Promise<User | undefined> =>
  database.selectFrom('tower_users').selectAll().where('username', '=', normalize(username)).executeTakeFirst();

/** The nicknames of users by their ids. */
export async function nicknamesOf(database: Database, ids: readonly string[]): Promise<Map<string, string>> {
  const users = await database.selectFrom('tower_users').select(['id', 'nickname']).where('id', 'in', ids).execute();
  return new Map(users.map(({ id, nickname }) => [id, nickname]));
}

export async function findEmail(database: Database, id: string): Promise<string | undefined> {
  const [user] = await emailById(database, { id });
  return user?.email;
}

const emailById = prepare((database, { id }: { id: string }) =>
  database.selectFrom('tower_users').select('email').where('id', '=', id),
);

/** The form in which usernames are stored and compared. */
export const normalize = (username: string): string => username.trim().toLowerCase();
