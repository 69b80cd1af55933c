import type { Database, Transaction } from '../../database/open.ts';
import { hashPassword, randomHex } from '../../secrets.ts';

/** People, teams and who belongs to which: what Tower's own web pages made and its API only reads. */

export interface NewUser {
  id?: string | undefined;
  /** What is typed into the sign-in form; compared in lower case. */
  username: string;
  password: string;
  nickname: string;
  /** Defaults to the username. */
  email?: string;
  secondStep?: boolean;
}

/** The row of a new user. Apart from the insert because hashing the password is slow and has no place in a transaction. */
export async function prepareUser({
  id = randomHex(16),
  username,
  password,
  nickname,
  email = username,
  secondStep = false,
}: NewUser) {
  const now = Date.now();
  return {
    id,
    username: username.trim().toLowerCase(),
    email,
    nickname,
    gavatar: `https://avatar.example/${id}.png`,
    password_hash: await hashPassword(password),
    second_step: secondStep ? (1 as const) : (0 as const),
    created_at: now,
    updated_at: now,
  };
}

/** Creates a team. It has no members yet. */
export async function createTeam(
  database: Database | Transaction,
  { id = randomHex(16), name }: { id?: string | undefined; name: string },
) {
  const now = Date.now();
  await database.insertInto('tower_teams').values({ id, name, created_at: now, updated_at: now }).execute();
  return { id, name };
}

/** Makes a user a member of a team, with the user's own nickname and picture. */
export async function addMember(
  database: Database | Transaction,
  member: {
    id?: string;
    teamId: string;
    user: { id: string; nickname: string; gavatar: string };
    role: 'owner' | 'admin' | 'member';
  },
) {
  const now = Date.now();
  const { id = randomHex(16), teamId, user, role } = member;
  await database
    .insertInto('tower_members')
    .values({
      id,
      team_id: teamId,
      user_id: user.id,
      nickname: user.nickname,
      gavatar: user.gavatar,
      role,
      comment: null,
      phone: null,
      created_at: now,
      updated_at: now,
    })
    .execute();
  return { id };
}
