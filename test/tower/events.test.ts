import { beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { idsOf } from './caller.ts';
import { useTeam } from './team.ts';

// Events and numbers of a team (T-40, T-59, T-60).
describeEachDatabase('events', (databases) => {
  const team = useTeam(databases);
  let open: string;
  let secret: string;
  let todo: string;

  const actionsIn = async (query: string, caller = team.owner) =>
    (await caller.list(`/teams/${team.teamId}/events?${query}`)).data.map(({ attributes }) => attributes.action);

  beforeAll(async () => {
    open = await team.project([team.ids.lin], '公开');
    secret = await team.project([], '秘密');
    await team.todolist(secret, '秘密清单');
    todo = await team.todo(await team.todolist(open), { content: '写首页' });
    await team.lin.post(`/todos/${todo}/completion`);
  });

  it('lists what happened, newest first, with the project and the member', async () => {
    const { data, included } = await team.lin.list(`/teams/${team.teamId}/events?by_project=${open}`);
    expect(data.map(({ attributes }) => attributes)).toMatchObject([
      { ancestor_type: 'Project', ancestor_name: '公开', action: '完成了任务', title: '写首页' },
      { action: '创建了任务', title: '写首页' },
      { action: '创建了任务清单', title: '清单' },
      { action: '创建了项目', title: '公开' },
    ]);
    expect(data[0]?.relationships?.creator?.data).toEqual({ id: team.ids.lin, type: 'members' });
    expect(new Set(idsOf(included))).toEqual(new Set([team.ids.lin, team.ids.owner]));
  });

  it('continues below an event, whatever happens in between', async () => {
    const path = `/teams/${team.teamId}/events?by_project=${open}&limit=2`;
    const { data: first } = await team.owner.list(path);
    await team.owner.delete(`/todos/${todo}/completion`);
    const { data: second } = await team.owner.list(`${path}&last_item_id=${first[1]?.id}`);
    expect(second.map(({ attributes }) => attributes.action)).toEqual(['创建了任务清单', '创建了项目']);
    const { data: third } = await team.owner.list(`${path}&last_item_id=${second[1]?.id}`);
    expect(third).toEqual([]);
  });

  it('filters by member and project, also by both', async () => {
    expect(await actionsIn(`by_member=${team.ids.lin}`)).toEqual(['完成了任务']);
    expect(await actionsIn(`by_member=${team.ids.lin}&by_project=${secret}`)).toEqual([]);
    expect(await actionsIn(`by_project=${secret}`)).toEqual(['创建了任务清单', '创建了项目']);
    expect(await actionsIn('by_member=unknown')).toEqual([]);
  });

  it('has only projects that the caller can see now', async () => {
    expect(await actionsIn(`by_project=${secret}`, team.lin)).toEqual([]);
    expect(await actionsIn(`by_project=${secret}`, team.admin)).toHaveLength(2);
    expect((await team.outsider.get(`/teams/${team.teamId}/events`)).status).toBe(404);
    const gone = await team.project([team.ids.lin], '消失');
    expect(await actionsIn(`by_project=${gone}`, team.lin)).toHaveLength(1);
    await team.owner.delete(`/projects/${gone}`);
    expect(await actionsIn(`by_project=${gone}`)).toEqual([]);
  });

  it.each(['limit=0', 'limit=101', 'last_item_id=x'])('returns 400 to %s', async (query) => {
    expect((await team.owner.get(`/teams/${team.teamId}/events?${query}`)).status).toBe(400);
  });

  it('tells what a number in the team is', async () => {
    const number = async (id: string) => (await team.owner.get(`/todos/${id}`)).data.attributes.team_wide_id;
    const resource = (of: number, caller = team.owner) => caller.get(`/teams/${team.teamId}/resources/${of}`);
    expect((await resource(await number(todo), team.lin)).data).toEqual({ id: todo, type: 'todos' });
    const hidden = await team.todo(await team.todolist(secret));
    const hiddenNumber = await number(hidden);
    expect((await resource(hiddenNumber)).data.id).toBe(hidden);
    expect((await resource(hiddenNumber, team.lin)).status).toBe(404);
    await team.owner.delete(`/todos/${hidden}`);
    expect((await resource(hiddenNumber)).status).toBe(404);
  });

  it("finds a member's own events below thousands of others", async () => {
    const own = await Promise.all(['一', '二'].map((name) => team.project([team.ids.chen], name)));
    for (const project of own) await team.todolist(project);
    const before = (await team.chen.list(`/teams/${team.teamId}/events`)).data;
    expect(before).toHaveLength(4);
    const others = Array.from({ length: 2500 }, (_, index) => ({
      team_id: team.teamId,
      project_id: secret,
      creator_id: team.ids.owner,
      action: 'project.updated' as const,
      title: String(index),
      target_id: secret,
      created_at: 0,
    }));
    while (others.length > 0)
      await team.tower.database.insertInto('tower_events').values(others.splice(0, 500)).execute();
    expect((await team.chen.list(`/teams/${team.teamId}/events`)).data).toEqual(before);
    const rest = await team.chen.list(`/teams/${team.teamId}/events?limit=2&last_item_id=${before[0]?.id}`);
    expect(rest.data).toEqual(before.slice(1, 3));
    expect(await actionsIn(`by_member=${team.ids.owner}`, team.chen)).toHaveLength(4);
    expect(await actionsIn(`by_member=${team.ids.lin}`, team.chen)).toEqual([]);
  });
});
