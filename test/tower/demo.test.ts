import { expect, it } from 'vitest';
import { useTower } from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { Caller, idsOf } from './caller.ts';

// The data that the sandbox begins with.
describeEachDatabase('the demo team', (databases) => {
  const tower = useTower(databases);
  const signIn = () => Caller.signIn(tower);
  const path = (rest: string) => `/teams/${tower.credentials.team_id}${rest}`;

  it('has eight members in groups', async () => {
    const { data, included } = await (await signIn()).list(path('/members'));
    expect(data).toHaveLength(8);
    expect(new Set(data.map(({ attributes }) => attributes.role))).toEqual(new Set(['owner', 'admin', 'member']));
    expect(included.map(({ attributes }) => attributes.name)).toEqual(
      expect.arrayContaining(['演示团队', '设计组', '研发组', '产品组']),
    );
  });

  it('has projects with lists, done and overdue todos, sub-todos and custom fields', async () => {
    const caller = await signIn();
    const { data: projects } = await caller.list(path('/projects'));
    expect(projects.map(({ attributes }) => attributes.name)).toEqual(['官网改版', '手机应用 2.0', '春季推广']);
    const { data: lists } = await caller.list(`/projects/${projects[0]?.id}/todolists`);
    expect(lists.map(({ attributes: { name, position } }) => [name, position])).toEqual([
      ['清单外任务', 0],
      ['设计', 1],
      ['开发', 2],
      ['内容', 3],
    ]);
    const { data: todos } = await caller.list(`/todolists/${lists[2]?.id}/todos?completed_todo=true`);
    const now = new Date().toISOString();
    const isOverdue = ({ attributes: { is_completed, due_at } }: (typeof todos)[number]) =>
      !is_completed && due_at !== null && new Date(due_at).toISOString() < now;
    expect(todos.some(isOverdue)).toBe(true);
    expect(todos.some(({ attributes }) => attributes.is_completed)).toBe(true);
    const parent = todos.find(({ attributes }) => attributes.content === '搭建首页');
    const { data, included } = await caller.get(`/todos/${parent?.id}`);
    expect(data.relationships?.sub_todos?.data).toHaveLength(3);
    expect(included.find(({ type }) => type === 'todos_custom_field_values')?.attributes.custom_fields).toMatchObject({
      select_C4SJPfKe: { name: '平台', value: '网页' },
    });
  });

  it('has events in the order of time, and notifications', async () => {
    const caller = await signIn();
    const { data: events } = await caller.list(path('/events?limit=100'));
    const times = events.map(({ attributes }) => Date.parse(attributes.created_at));
    expect(times.length).toBeGreaterThan(40);
    expect(times).toEqual([...times].sort((one, other) => other - one));
    expect(times[0]).toBeLessThan(Date.now());
    expect((await caller.list(path('/notifications'))).data.length).toBeGreaterThan(2);
  });

  it('has discussions, files and time logs', async () => {
    const caller = await signIn();
    const { data: projects } = await caller.list(path('/projects'));
    const project = `/projects/${projects[0]?.id}`;
    const { data: topics } = await caller.list(`${project}/topics`);
    expect(topics.map(({ attributes }) => attributes.title)).toEqual(['首页用哪张图', '上线时间', '首页改版方向']);
    const { data: files, included } = await caller.list(`${project}/uploads`);
    expect(files.map(({ attributes }) => attributes.name)).toEqual(['需求说明.txt', '首页视觉稿.png', '值班表.txt']);
    const [text, picture] = included.filter(({ type }) => type === 'attachments');
    expect(await (await fetch(text?.attributes.url)).text()).toContain('新官网');
    expect(picture?.attributes).toMatchObject({ content_type: 'image/png', width: 640, height: 360 });
    expect((await fetch(picture?.attributes.url)).headers.get('content-type')).toBe('image/png');
    const { data: timeLogs } = await caller.list(`${project}/time_logs`);
    expect(timeLogs.length).toBeGreaterThan(2);
    expect(timeLogs.every(({ attributes: { duration } }) => duration >= 60 && duration <= 180)).toBe(true);
  });

  it('gives the next todo the next number', async () => {
    const caller = await signIn();
    const { data: projects } = await caller.list(path('/projects'));
    const { data: lists } = await caller.list(`/projects/${projects[0]?.id}/todolists`);
    const { status, data } = await caller.post(`/todolists/${lists[0]?.id}/todos`, { todo: { content: '新的' } });
    expect(status).toBe(200);
    const { data: found } = await caller.get(path(`/resources/${data.attributes.team_wide_id}`));
    expect(found.id).toBe(data.id);
  });

  it('has a second team without projects, and one in which the demo user is a plain member', async () => {
    const caller = await signIn();
    const { data } = await caller.list('/teams');
    expect(idsOf(data).slice(0, 2)).toEqual([tower.credentials.team_id, tower.credentials.empty_team_id]);
    expect(data.map(({ attributes }) => attributes.name)).toEqual(['演示团队', '空团队', '读书会']);
    const { data: own } = await caller.get(`/teams/${data[2]?.id}/member`);
    expect(own.attributes.role).toBe('member');
    expect((await caller.list(`/teams/${tower.credentials.empty_team_id}/projects`)).data).toEqual([]);
  });
});
