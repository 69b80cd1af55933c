import { beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { idsOf, readPages } from './caller.ts';
import { useTeam } from './team.ts';

// Time logs (T-56, T-57).
describeEachDatabase('time logs', (databases) => {
  const team = useTeam(databases);
  let project: string;
  let todo: string;

  beforeAll(async () => {
    project = await team.project([team.ids.lin]);
    todo = await team.todo(await team.todolist(project));
  });

  const book = (time_log: object, caller = team.owner) => caller.post(`/todos/${todo}/time_logs`, { time_log });
  const hours = (day: string, from: string, to: string) => ({ starts_at: `${day}T${from}`, ends_at: `${day}T${to}` });

  it('have the minutes between two times in China, and belong to the caller', async () => {
    const { data, included } = await book({ ...hours('2026-03-02', '09:00', '11:00'), desc: '画草图' });
    expect(data).toEqual({
      id: expect.stringMatching(/^[1-9]\d*$/),
      type: 'time_logs',
      attributes: {
        desc: '画草图',
        starts_at: '2026-03-02T09:00:00.000+08:00',
        ends_at: '2026-03-02T11:00:00.000+08:00',
        duration: 120,
        created_at: expect.stringMatching(/\+08:00$/),
        updated_at: expect.stringMatching(/\+08:00$/),
      },
      relationships: {
        todo: { data: { id: todo, type: 'todos' } },
        creator: { data: { id: team.ids.owner, type: 'members' } },
      },
    });
    expect(idsOf(included)).toEqual([team.ids.owner]);
    const night = await book({ starts_at: '2026-03-02T23:30', ends_at: '2026-03-03T00:15' });
    expect([night.data.attributes.duration, night.data.attributes.desc]).toEqual([45, '']);
  });

  it.each([
    [{ starts_at: '2026-03-02T09:00', ends_at: '2026-03-02T09:00' }, '/time_log/ends_at'],
    [{ starts_at: '2026-03-02T09:00', ends_at: '2026-03-01T10:00' }, '/time_log/ends_at'],
    [{ starts_at: '2026-02-30T09:00', ends_at: '2026-03-02T09:00' }, '/time_log/starts_at'],
    [{ starts_at: '2026-03-01T24:00', ends_at: '2026-03-02T09:00' }, '/time_log/starts_at'],
    [{ starts_at: '2026-03-02T09:00', ends_at: '2026-03-02T10:00', creator_id: 'x' }, '/time_log/creator_id'],
  ])('returns 422 to %j', async (time_log, pointer) => {
    const { status, errors } = await book(time_log);
    expect([status, errors[0]?.source]).toEqual([422, { pointer }]);
  });

  it('can be booked on another member, who can change and delete them, like managers', async () => {
    const { data } = await book({ ...hours('2026-03-04', '09:00', '10:00'), creator_id: team.ids.lin });
    expect(data.relationships?.creator?.data).toEqual({ id: team.ids.lin, type: 'members' });
    const change = (time_log: object, caller = team.lin) => caller.patch(`/time_logs/${data.id}`, { time_log });
    expect((await change({ ends_at: '2026-03-04T10:30' })).data.attributes).toMatchObject({ duration: 90, desc: '' });
    expect((await change({ starts_at: '2026-03-04T11:00' })).errors[0]?.source).toEqual({
      pointer: '/time_log/ends_at',
    });
    expect((await change({ creator_id: team.ids.owner }, team.admin)).status).toBe(200);
    expect((await change({ desc: '改' })).status).toBe(403);
    expect((await team.lin.delete(`/time_logs/${data.id}`)).status).toBe(403);
    expect((await team.chen.delete(`/time_logs/${data.id}`)).status).toBe(404);
    expect((await team.owner.delete(`/time_logs/${data.id}`)).status).toBe(204);
    expect((await team.owner.patch(`/time_logs/${data.id}`, { time_log: {} })).status).toBe(404);
  });

  it('are listed by todo and by project, the latest start first, and filtered by member and day', async () => {
    project = await team.project([team.ids.lin]);
    const list = await team.todolist(project);
    const ids: Record<string, string> = {};
    for (const [name, starts_at, ends_at, caller] of [
      ['second', '2026-03-02T00:00', '2026-03-02T01:00', team.owner],
      ['third', '2026-03-02T23:59', '2026-03-03T00:30', team.lin],
      ['first', '2026-03-01T09:00', '2026-03-01T10:00', team.owner],
    ] as const) {
      todo = await team.todo(list);
      ids[name] = (await book({ starts_at, ends_at }, caller)).data.id;
    }
    const listed = async (query = '') => idsOf((await team.lin.list(`/projects/${project}/time_logs${query}`)).data);
    expect(await listed()).toEqual([ids.third, ids.second, ids.first]);
    expect(await listed('?starts_date=2026-03-02&ends_date=2026-03-02')).toEqual([ids.third, ids.second]);
    expect(await listed('?ends_date=2026-03-01')).toEqual([ids.first]);
    expect(await listed('?starts_date=2026-03-03')).toEqual([]);
    expect(await listed(`?creator_id=${team.ids.owner}&starts_date=2026-03-02`)).toEqual([ids.second]);
    const pages = await readPages(team.lin, `/projects/${project}/time_logs?page[size]=2&starts_date=2026-03-01`);
    expect(pages.map(idsOf)).toEqual([[ids.third, ids.second], [ids.first]]);
    expect(idsOf((await team.lin.list(`/todos/${todo}/time_logs`)).data)).toEqual([ids.first]);
    const wrong = await team.lin.list(`/projects/${project}/time_logs?starts_date=2026-02-30`);
    expect([wrong.status, wrong.errors[0]?.source]).toEqual([422, { parameter: 'starts_date' }]);
  });

  it('disappear with their todo', async () => {
    const { data } = await book(hours('2026-03-02', '09:00', '10:00'));
    await team.owner.delete(`/todos/${todo}`);
    expect((await team.owner.patch(`/time_logs/${data.id}`, { time_log: {} })).status).toBe(404);
    expect((await book(hours('2026-03-02', '09:00', '10:00'))).status).toBe(404);
    expect(idsOf((await team.owner.list(`/projects/${project}/time_logs`)).data)).not.toContain(data.id);
  });
});
