import type { Exchange } from '../../../src/verify/exchange.ts';
import { suite } from '../../contract/tower.cases.ts';
import type { Login, TowerWorld } from '../../contract/tower.world.ts';
import type { GrowingApi } from './growing-api.ts';

/** `rows` todos in one team, in the lists of as many projects and members as a team of that size has. */
const sizes = (rows: number) => ({
  members: Math.min(200, Math.max(30, rows / 500)),
  projects: Math.min(2000, Math.max(30, rows / 50)),
  events: Math.max(rows, Math.min(rows * 10, 1_000_000)),
  /** In one project, on one todo. */
  inOne: rows / 2,
});

const PAGE = 25;
const first = `7${'1'.padStart(31, '0')}`;

const page = (number: number) => ({
  'page[number]': String(Math.max(1, Math.floor(number))),
  'page[size]': String(PAGE),
});

const by =
  (login: (world: TowerWorld) => Login, exchange: (world: TowerWorld) => Exchange) => async (world: TowerWorld) => ({
    ...exchange(world),
    headers: await world.bearer(login(world)),
  });
const owner = ({ demo }: TowerWorld) => demo.user;
const member = ({ colleague }: TowerWorld) => colleague;
const team = ({ demo: { team_id } }: TowerWorld) => ({ team_id });

/** The query of the page after one that has a number, as its links have it (T-68). */
async function queryAfter(world: TowerWorld, path: string, query: Record<string, string>) {
  const headers = await world.bearer(world.demo.user);
  const response = await world.fetch(`/api/v1${path}?${new URLSearchParams(query)}`, { headers });
  const { links } = (await response.json()) as { links: { next: string | null } };
  if (links.next === null) throw new Error(`${path} ends before`);
  return Object.fromEntries(new URL(links.next).searchParams);
}

export const growingTower: GrowingApi<TowerWorld> = {
  suite,

  async copies({ demo }, rows, { digits }, find) {
    const { members, projects, events } = sizes(rows);
    const memberOf = (username: string) =>
      find(`select m.id from tower_members m join tower_users u on u.id = m.user_id
        where m.team_id = '${demo.team_id}' and u.username = '${username}'`);
    const ownMember = await memberOf(demo.user.username);
    const colleague = await memberOf('colleague@tower.example');
    const now = Date.now();
    const like = `team_id = '${demo.team_id}'`;
    const active = `${like} and is_active = 1`;
    const anyMember = digits(`1 + n % ${members}`);
    const times = { created_at: `${now - rows} + n`, updated_at: `${now}` };
    // Every second thing is in the first project.
    const someProject = digits(`case when n % 2 = 0 then 1 else 1 + n % ${projects} end`);
    const placed = {
      id: digits('n'),
      project_id: someProject,
      creator_id: `case when n % 3 = 0 then '${ownMember}' else ${anyMember} end`,
      ...times,
    };
    const someTodo = digits(`case when n % 2 = 0 then 1 else 1 + n % ${rows} end`);
    return [
      { table: 'tower_users', rows, set: { id: digits('n'), username: digits('n'), email: digits('n') } },
      {
        table: 'tower_members',
        rows: members,
        like: `${active} and role = 'member'`,
        set: { id: digits('n'), user_id: digits('n'), ...times },
      },
      {
        table: 'tower_projects',
        rows: projects,
        like: active,
        set: { id: digits('n'), creator_id: anyMember, ...times },
      },
      {
        table: 'tower_project_members',
        rows: projects * 10,
        set: {
          project_id: digits(`1 + (n - 1) / 10`),
          member_id: `case when n <= 30 and n % 10 = 0 then '${colleague}' else ${digits(`1 + ((n - 1) / 10 * 3 + n % 10) % ${members}`)} end`,
        },
      },
      {
        table: 'tower_todolists',
        rows: projects,
        like: active,
        set: { id: digits('n'), project_id: digits('n'), position: '0', is_default: '1', ...times },
      },
      {
        table: 'tower_todos',
        rows,
        like: active,
        set: {
          ...placed,
          todolist_id: someProject,
          parent_id: 'null',
          team_wide_id: '1000000 + n',
          assignee_id: `case when n % 3 = 0 then '${ownMember}' else ${anyMember} end`,
          is_completed: 'case when n % 8 < 4 then 1 else 0 end',
          closer_id: 'null',
          closed_at: 'null',
        },
      },
      { table: 'tower_todo_labels', rows, set: { todo_id: digits('n') } },
      { table: 'tower_custom_field_values', rows: rows / 10, set: { id: undefined, todo_id: digits('n') } },
      { table: 'tower_todo_cc_members', rows, set: { todo_id: digits('n'), member_id: anyMember } },
      { table: 'tower_comments', rows, like: active, set: { ...placed, target_type: "'todo'", target_id: someTodo } },
      { table: 'tower_topics', rows, like: active, set: { ...placed, team_wide_id: '11000000 + n' } },
      {
        table: 'tower_attfiles',
        rows,
        like: 'target_id is not null',
        set: {
          id: digits('n'),
          target_type: "'upload'",
          target_id: digits('n'),
          file_id: digits('n'),
          created_at: `${now}`,
        },
      },
      {
        table: 'tower_uploads',
        rows,
        like: active,
        set: { ...placed, team_wide_id: '21000000 + n', attfile_id: digits('n') },
      },
      {
        table: 'tower_time_logs',
        rows,
        like: active,
        set: {
          ...placed,
          id: undefined,
          todo_id: someTodo,
          starts_at: `${now} + n * 1000`,
          ends_at: `${now + 3_600_000} + n * 1000`,
        },
      },
      {
        table: 'tower_events',
        rows: events,
        like,
        set: {
          id: undefined,
          project_id: someProject,
          creator_id: placed.creator_id,
          created_at: `${now - events} + n`,
        },
      },
      { table: 'tower_progresses', rows, set: { id: undefined, creator_id: anyMember, created_at: times.created_at } },
      {
        table: 'tower_notifications',
        rows,
        like,
        set: {
          id: digits('n'),
          member_id: `'${ownMember}'`,
          progress_id: '(select max(id) from tower_progresses) - n',
          created_at: times.created_at,
        },
      },
    ];
  },

  requests(rows) {
    const { members, projects, inOne } = sizes(rows);
    const lists: [string, Record<string, string>, number, ((world: TowerWorld) => Record<string, string>)?][] = [
      ['listMembers', {}, members, team],
      ['listProjects', {}, projects, team],
      ['listProjectMembers', { project_id: first }, 1],
      ['listTodolists', { project_id: first }, 1],
      ['listTodos', { todolist_id: first }, inOne / 2],
      ['listComments', { todo_id: first }, inOne],
      ['listTopics', { project_id: first }, inOne],
      ['listUploads', { project_id: first }, inOne],
      ['listProjectTimeLogs', { project_id: first }, inOne],
      ['listTimeLogs', { todo_id: first }, inOne],
      ['listNotifications', {}, rows, team],
    ];
    const continued: [string, (world: TowerWorld) => string, number][] = [
      ['listTodos', () => `/todolists/${first}/todos`, inOne / 2],
      ['listComments', () => `/todos/${first}/comments`, inOne],
      ['listTopics', () => `/projects/${first}/topics`, inOne],
      ['listUploads', () => `/projects/${first}/uploads`, inOne],
      ['listProjectTimeLogs', () => `/projects/${first}/time_logs`, inOne],
      ['listTimeLogs', () => `/todos/${first}/time_logs`, inOne],
      ['listNotifications', (world) => `/teams/${world.demo.team_id}/notifications`, rows],
    ];
    const assigned = ['listAssignedUncompletedTodos', 'listAssignedCompletedTodos'];
    const created = ['listCreatedUncompletedTodos', 'listCreatedCompletedTodos'];
    return [
      ...lists.flatMap(([id, params, length, more]) =>
        [1, length / PAGE].map((number) => ({
          operation: id,
          what: number === 1 ? 'first page of a long list' : 'last page',
          prepare: by(owner, (world) => ({ params: { ...params, ...more?.(world) }, query: page(number) })),
        })),
      ),
      ...continued.map(([operation, path, length]) => ({
        operation,
        what: 'last page, by the link of the page before',
        prepare: async (world: TowerWorld) => {
          const query = await queryAfter(world, path(world), page(length / PAGE - 1));
          const params = { ...team(world), project_id: first, todolist_id: first, todo_id: first };
          return { params, query, headers: await world.bearer(world.demo.user) };
        },
      })),
      ...[...assigned, ...created].flatMap((id) =>
        [1, rows / 6 / PAGE].map((number) => ({
          operation: id,
          what: number === 1 ? 'first page of a long list' : 'last page',
          prepare: async (world: TowerWorld) => {
            const params = { member_id: await world.memberId(world.demo.user) };
            return { params, query: page(number), headers: await world.bearer(world.demo.user) };
          },
        })),
      ),
      {
        operation: 'listProjects',
        what: 'as a member of few',
        prepare: by(member, (world) => ({ params: team(world) })),
      },
      {
        operation: 'listEvents',
        what: 'as a member of few projects',
        prepare: by(member, (world) => ({ params: team(world) })),
      },
      {
        operation: 'listEvents',
        what: 'of one project',
        prepare: by(owner, (world) => ({ params: team(world), query: { project_id: first } })),
      },
      { operation: 'getProject', what: 'a large one', prepare: by(owner, () => ({ params: { project_id: first } })) },
      { operation: 'getTodolist', what: 'a long one', prepare: by(owner, () => ({ params: { todolist_id: first } })) },
      { operation: 'getTodo', what: 'with many comments', prepare: by(owner, () => ({ params: { todo_id: first } })) },
    ];
  },
};
