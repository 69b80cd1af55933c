import type { Insertable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import type { Tables } from '../../database/tables.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { writeFieldValues } from './custom-fields.ts';
import { newId } from './ids.ts';
import { fromMentions } from './member-links.ts';
import { problemsOf } from './read-team-file.ts';
import { sanitizeHtml } from './rich-text.ts';
import type { MemberEntry, TeamFile } from './team-file.ts';
import { TeamRows } from './team-rows.ts';
import { createTeam, type Team } from './teams.ts';
import { findTodo } from './todos.ts';
import { normalize, prepareUser, type User } from './users.ts';

/** How many rows one statement inserts. */
const ROWS = 500;

/**
 * Creates a new team from a file, all of it or nothing. There are no notifications, and the team's events begin anew.
 *
 * @throws Error that names the paths of the values that cannot be used
 */
export async function importTeam(
  file: TeamFile,
  context: Pick<Context, 'clock' | 'database' | 'passwords'>,
): Promise<{ team: Team; rows: TeamRows }> {
  const now = context.clock.now();
  const { users, created } = await prepareUsers(file.members, context);
  const memberIds = new Map(file.members.map(({ username }) => [normalize(username), newId(now)]));
  const rows = new TeamRows(file, memberIds, now);
  if (rows.problems.length > 0) throw problemsOf(rows.problems);
  await cleanHtml(rows, memberIds);
  return transact(context.database, async (trx) => {
    await insert(trx, 'tower_users', created);
    const team = await createTeam(trx, { name: file.name }, now);
    const ofTeam = { team_id: team.id };
    const members = file.members.map((member, index) => {
      const id = memberIds.get(normalize(member.username)) ?? '';
      return { id, ...ofTeam, ...toMemberRow(member, users[index] as User, now) };
    });
    await insert(trx, 'tower_members', members);
    const labels = new Map<string, number>();
    for (const name of rows.labels) {
      const label = trx.insertInto('tower_labels').values({ name, ...ofTeam });
      labels.set(name, (await label.returning('id').executeTakeFirstOrThrow()).id);
    }
    await insert(trx, 'tower_projects', withTeam(rows.projects, ofTeam));
    await insert(trx, 'tower_project_members', rows.projectMembers);
    await insert(trx, 'tower_custom_fields', withTeam(rows.fields, ofTeam));
    await insert(trx, 'tower_todolists', withTeam(rows.todolists, ofTeam));
    await insert(trx, 'tower_todos', withTeam(rows.todos, ofTeam));
    await insert(
      trx,
      'tower_todo_labels',
      rows.todoLabels.map(({ todo_id, name }) => ({ todo_id, label_id: labels.get(name) ?? 0 })),
    );
    await insert(trx, 'tower_todo_cc_members', rows.cc);
    await insert(trx, 'tower_topics', withTeam(rows.topics, ofTeam));
    await insert(trx, 'tower_comments', withTeam(rows.comments, ofTeam));
    await insert(trx, 'tower_time_logs', withTeam(rows.timeLogs, ofTeam));
    for (const { path, todoId, values } of rows.values) await writeValues(trx, path, todoId, values);
    const numbers = { last_wide_id: rows.todos.length + rows.topics.length };
    await trx.updateTable('tower_teams').set(numbers).where('id', '=', team.id).execute();
    return { team, rows };
  });
}

/** Sanitises all HTML, and makes its mentions name the new members. */
async function cleanHtml(rows: TeamRows, memberIds: ReadonlyMap<string, string>): Promise<void> {
  for (const row of [...rows.todolists, ...rows.todos])
    if (typeof row.description === 'string') row.description = (await sanitizeHtml(row.description)) || null;
  for (const row of [...rows.topics, ...rows.comments])
    row.content = fromMentions(await sanitizeHtml(row.content), memberIds);
}

/** The users of the members, in their order, and the rows of those who do not exist yet. */
async function prepareUsers(
  members: readonly MemberEntry[],
  context: Pick<Context, 'clock' | 'database' | 'passwords'>,
): Promise<{ users: User[]; created: User[] }> {
  const known = await context.database
    .selectFrom('tower_users')
    .selectAll()
    .where(
      'username',
      'in',
      members.map(({ username }) => normalize(username)),
    )
    .execute();
  const users: User[] = [];
  const created: User[] = [];
  const problems: string[] = [];
  for (const [index, { username, password, nickname = username }] of members.entries()) {
    let user = known.find((one) => one.username === normalize(username));
    if (user === undefined && password !== undefined) {
      user = await prepareUser({ username, password, nickname }, context);
      created.push(user);
    }
    if (user === undefined)
      problems.push(`/members/${index}/password: is required, because there is no user ${username} yet`);
    else users.push(user);
  }
  if (problems.length > 0) throw problemsOf(problems);
  return { users, created };
}

function toMemberRow(member: MemberEntry, user: User, now: number) {
  const { role = 'member', is_active = true, comment = null, phone = null } = member;
  const created_at = member.created_at === undefined ? now : Date.parse(member.created_at);
  return {
    user_id: user.id,
    nickname: member.nickname ?? user.nickname,
    gavatar: user.gavatar,
    role,
    is_active: is_active ? (1 as const) : (0 as const),
    comment,
    phone,
    created_at,
    updated_at: now,
  };
}

const withTeam = <Row extends object>(rows: readonly Row[], team: { team_id: string }) =>
  rows.map((row) => ({ ...row, ...team }));

async function insert<Table extends keyof Tables>(
  trx: Transaction,
  table: Table,
  rows: readonly Insertable<Tables[Table]>[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS)
    await trx
      .insertInto(table)
      .values(rows.slice(start, start + ROWS))
      .execute();
}

async function writeValues(
  trx: Transaction,
  path: string,
  todoId: string,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  const todo = await findTodo(trx, todoId);
  if (todo === undefined) throw new Error(`There is no todo ${todoId}`);
  await writeFieldValues(trx, todo, values).catch((error: unknown) => {
    if (!(error instanceof HttpError)) throw error;
    throw problemsOf([`${path}: ${error.message.replace('todo.', '')}`]);
  });
}
