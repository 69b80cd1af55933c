import fc from 'fast-check';
import { expect, it } from 'vitest';
import { STEP_ROWS } from '../../src/database/steps.ts';
import { deleteExpired } from '../../src/tower/database/housekeeping.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { rowsOfTransactions } from '../support/watch-transactions.ts';
import { type Caller, idsOf, readPages } from './caller.ts';
import { useTeam } from './team.ts';

// Projects and todolists: visibility (T-42), default list, positions and deletion (T-43).
describeEachDatabase('projects and todolists', (databases) => {
  const team = useTeam(databases);

  const positionsOf = async (caller: Caller, projectId: string) =>
    (await caller.list(`/projects/${projectId}/todolists`)).data.map(({ attributes }) => attributes.position);

  it('creates a project with its default list; the creator is a member', async () => {
    const { status, data, included } = await team.lin.post(`/teams/${team.teamId}/projects`, {
      project: { name: '官网', desc: '说明', member_ids: [team.ids.chen] },
    });
    expect([status, data.type, data.attributes.name, data.attributes.desc]).toEqual([200, 'projects', '官网', '说明']);
    const lists = included.filter(({ type }) => type === 'todolists');
    expect(lists.map(({ attributes }) => attributes)).toMatchObject([
      { name: '清单外任务', is_default: true, position: 0 },
    ]);
    const members = await team.chen.list(`/projects/${data.id}/members`);
    expect(new Set(idsOf(members.data))).toEqual(new Set([team.ids.lin, team.ids.chen]));
  });

  it('shows a project to its members, owners and admins only', async () => {
    const project = await team.project([team.ids.lin]);
    const list = await team.todolist(project);
    const todo = await team.todo(list);
    const paths = [
      `/projects/${project}`,
      `/projects/${project}/members`,
      `/projects/${project}/todolists`,
      `/todolists/${list}`,
      `/todolists/${list}/todos`,
      `/todos/${todo}`,
      `/todos/${todo}/comments`,
      `/todos/${todo}/cc_members`,
    ];
    for (const path of paths) {
      for (const caller of [team.owner, team.admin, team.lin])
        expect([path, (await caller.get(path)).status]).toEqual([path, 200]);
      for (const caller of [team.chen, team.outsider])
        expect([path, (await caller.get(path)).status]).toEqual([path, 404]);
    }
    const seenBy = async (caller: Caller) => idsOf((await caller.list(`/teams/${team.teamId}/projects`)).data);
    expect(await seenBy(team.lin)).toContain(project);
    expect(await seenBy(team.admin)).toContain(project);
    expect(await seenBy(team.chen)).not.toContain(project);
    expect((await team.outsider.list(`/teams/${team.teamId}/projects`)).status).toBe(404);
  });

  it('lets its creator and admins change a project, and no other member', async () => {
    const project = await team.project([team.ids.lin, team.ids.chen]);
    const change = { project: { name: '改名', member_ids: [team.ids.lin] } };
    expect((await team.lin.patch(`/projects/${project}`, change)).status).toBe(403);
    expect((await team.lin.delete(`/projects/${project}`)).status).toBe(403);
    const { status, data } = await team.admin.patch(`/projects/${project}`, change);
    expect([status, data.attributes.name]).toEqual([200, '改名']);
    expect((await team.chen.get(`/projects/${project}`)).status).toBe(404);
    expect((await team.lin.get(`/projects/${project}`)).status).toBe(200);
    const { errors } = await team.admin.patch(`/projects/${project}`, { project: { member_ids: ['f'.repeat(32)] } });
    expect(errors[0]).toMatchObject({ status: '422', source: { pointer: '/project/member_ids' } });
  });

  it('deletes a project with everything in it', async () => {
    const project = await team.project();
    const list = await team.todolist(project);
    const todo = await team.todo(list, { assignee_id: team.ids.lin });
    expect((await team.owner.delete(`/projects/${project}`)).status).toBe(204);
    for (const path of [`/projects/${project}`, `/todolists/${list}`, `/todos/${todo}`, `/todos/${todo}/comments`])
      expect([path, (await team.owner.get(path)).status]).toEqual([path, 404]);
    expect(idsOf((await team.owner.list(`/teams/${team.teamId}/projects`)).data)).not.toContain(project);
    const assigned = await team.owner.list(`/members/${team.ids.lin}/assigned_uncompleted_todos`);
    expect(idsOf(assigned.data)).not.toContain(todo);
    expect((await team.owner.delete(`/projects/${project}`)).status).toBe(404);
  });

  it('deletes a large project in steps, and finishes a deletion that was interrupted', async () => {
    const { database } = team.tower.server.context;
    const project = await team.project();
    await team.todo(await team.todolist(project));
    const sample = (await findTodo(project)) as NonNullable<Awaited<ReturnType<typeof findTodo>>>;
    const todos = Array.from({ length: STEP_ROWS + 1 }, (_, index) => ({
      ...sample,
      id: `${project.slice(0, 24)}${String(index).padStart(8, '0')}`,
      team_wide_id: 1_000_000 + index,
    }));
    for (let at = 0; at < todos.length; at += 100)
      await database
        .insertInto('tower_todos')
        .values(todos.slice(at, at + 100))
        .execute();
    const transactions = await rowsOfTransactions(() => team.owner.delete(`/projects/${project}`));
    expect(Math.max(...transactions)).toBeLessThanOrEqual(STEP_ROWS);
    expect(await findTodo(project)).toBeUndefined();

    await database.updateTable('tower_todos').set({ is_active: 1 }).where('project_id', '=', project).execute();
    await database.updateTable('tower_projects').set({ is_emptied: 0 }).where('id', '=', project).execute();
    await deleteExpired(database, Date.now());
    expect(await findTodo(project)).toBeUndefined();
  });

  const findTodo = (projectId: string) =>
    team.tower.server.context.database
      .selectFrom('tower_todos')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('is_active', '=', 1)
      .executeTakeFirst();

  it('gives todolists the positions 0, 1, 2, … in the order of creation, whatever is deleted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 8 }), async (steps) => {
        const project = await team.project();
        const kept: number[] = [0];
        let next = 1;
        for (const isCreation of steps) {
          const lists = (await team.owner.list(`/projects/${project}/todolists`)).data;
          const last = lists.at(-1);
          if (isCreation) {
            await team.todolist(project);
            kept.push(next++);
          } else if (last !== undefined && lists.length > 1) {
            expect((await team.owner.delete(`/todolists/${last.id}`)).status).toBe(204);
            kept.pop();
          }
        }
        expect(await positionsOf(team.owner, project)).toEqual(kept);
      }),
      { numRuns: 6 },
    );
  });

  it('gives todolists that are created at once different positions', async () => {
    const project = await team.project([team.ids.lin]);
    const create = (caller: Caller) => caller.post(`/projects/${project}/todolists`, { todolist: { name: '清单' } });
    await Promise.all([team.owner, team.lin, team.owner, team.lin].map(create));
    expect(await positionsOf(team.owner, project)).toEqual([0, 1, 2, 3, 4]);
  });

  it('changes and deletes a todolist with its todos, but never the default list', async () => {
    const project = await team.project([team.ids.lin]);
    const [standard] = (await team.lin.list(`/projects/${project}/todolists`)).data;
    expect((await team.lin.delete(`/todolists/${standard?.id}`)).status).toBe(403);
    const list = await team.todolist(project);
    const todo = await team.todo(list);
    const changed = await team.lin.patch(`/todolists/${list}`, { todolist: { desc: '<p style="x">说明</p>' } });
    expect(changed.data.attributes).toMatchObject({ name: '清单', desc: '<p>说明</p>' });
    expect((await team.lin.delete(`/todolists/${list}`)).status).toBe(204);
    for (const path of [`/todolists/${list}`, `/todolists/${list}/todos`, `/todos/${todo}`])
      expect([path, (await team.lin.get(path)).status]).toEqual([path, 404]);
  });

  it('names the open todos of a list of todolists, each in its list', async () => {
    const project = await team.project();
    const [one, other] = [await team.todolist(project), await team.todolist(project)];
    const open = await team.todo(one, { assignee_id: team.ids.lin });
    const done = await team.todo(other);
    await team.owner.post(`/todos/${done}/completion`);
    const { data, included } = await team.owner.list(`/projects/${project}/todolists`);
    const related = data.map(({ relationships }) => relationships?.todos?.data);
    expect(related).toEqual([[], [{ id: open, type: 'todos' }], []]);
    expect(included.map(({ type }) => type).sort()).toEqual(['members', 'members', 'todos']);
  });

  it('pages projects and todolists without losing or repeating one', async () => {
    const project = await team.project();
    for (let count = 0; count < 4; count++) await team.todolist(project);
    for (const path of [`/teams/${team.teamId}/projects`, `/projects/${project}/todolists`]) {
      const all = idsOf((await team.owner.list(path)).data);
      for (const size of [1, 2, 3]) {
        const pages = await readPages(team.owner, `${path}?page[size]=${size}`);
        expect(pages.flatMap(idsOf)).toEqual(all);
      }
    }
  });
});
