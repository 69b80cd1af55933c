import { beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { useTeam } from './team.ts';

// Custom fields of todos (T-61). There is no operation to define them.
describeEachDatabase('custom fields', (databases) => {
  const team = useTeam(databases);
  let list: string;

  beforeAll(async () => {
    const project = await team.project([team.ids.lin]);
    const other = await team.project();
    list = await team.todolist(project);
    const options = JSON.stringify([
      { value: 'fcd8170c', label: '网页' },
      { value: '0a1b2c3d', label: '手机' },
    ]);
    const field = (key: string, field_type: 'number' | 'string' | 'date' | 'member' | 'select' | 'hyperlink') => ({
      team_id: team.teamId,
      key,
      project_id: project,
      name: key,
      field_type,
      is_multiple: 0 as 0 | 1,
      options: '[]',
      position: 0,
    });
    await team.tower.database
      .insertInto('tower_custom_fields')
      .values([
        { ...field('number_1', 'number'), project_id: null },
        field('string_1', 'string'),
        field('date_1', 'date'),
        field('member_1', 'member'),
        { ...field('member_2', 'member'), is_multiple: 1 },
        { ...field('select_1', 'select'), options },
        { ...field('select_2', 'select'), options, is_multiple: 1 },
        field('hyperlink_1', 'hyperlink'),
        field('C4SJPfKe', 'string'),
        { ...field('string_other', 'string'), project_id: other },
      ])
      .execute();
  });

  const valuesOf = async (
    todo: string,
  ): Promise<Record<string, { name: string; value: unknown; field_type: string }>> => {
    const { data, included } = await team.lin.get(`/todos/${todo}`);
    const identifier = data.relationships?.custom_field_value?.data;
    const value = included.find(({ type }) => type === 'todos_custom_field_values');
    expect(identifier ?? undefined).toEqual(value && { id: value.id, type: value.type });
    return value?.attributes.custom_fields;
  };

  it('have no value before one is written', async () => {
    expect(await valuesOf(await team.todo(list))).toBeUndefined();
  });

  it('are written beside the attributes of a todo, and read by name', async () => {
    const links = [{ name: '原型', link: 'https://tower.example/a?b=1' }];
    const todo = await team.todo(list, {
      number_1: 10,
      string_1: '文本',
      date_1: '2026-02-28',
      member_1: team.ids.lin,
      member_2: [team.ids.lin, team.ids.owner],
      select_1: 'fcd8170c',
      select_2: ['0a1b2c3d', 'fcd8170c'],
      hyperlink_1: links,
      C4SJPfKe: '旧',
    });
    const values = await valuesOf(todo);
    expect(Object.entries(values).map(([key, { value }]) => [key, value])).toEqual(
      expect.arrayContaining([
        ['number_1', '10'],
        ['string_1', '文本'],
        ['date_1', '2026-02-28'],
        ['member_1', team.ids.lin],
        ['member_2', [team.ids.lin, team.ids.owner]],
        ['select_1', '网页'],
        ['select_2', ['手机', '网页']],
        ['hyperlink_1', links],
        ['C4SJPfKe', '旧'],
      ]),
    );
    expect(values).not.toHaveProperty('string_other');
    expect(values.number_1).toEqual({ name: 'number_1', value: '10', field_type: 'number' });
  });

  it('change alone, are cleared by empty values, and make one event', async () => {
    const todo = await team.todo(list, { string_1: '一', number_1: '2.5' });
    const eventCount = async () => (await team.owner.list(`/teams/${team.teamId}/events?limit=100`)).data.length;
    const before = await eventCount();
    const { status } = await team.lin.patch(`/todos/${todo}`, { todo: { string_1: '', select_1: '0a1b2c3d' } });
    expect(status).toBe(200);
    expect(await valuesOf(todo)).toMatchObject({
      string_1: { value: null },
      number_1: { value: '2.5' },
      select_1: { value: '手机' },
    });
    expect(await eventCount()).toBe(before + 1);
  });

  it.each([
    ['number_1', 'zehn'],
    ['string_1', { text: 'x' }],
    ['date_1', '2026-02-30'],
    ['member_1', 'unknown'],
    ['member_2', ['unknown']],
    ['select_1', '网页'],
    ['select_1', ['fcd8170c', '0a1b2c3d']],
    ['hyperlink_1', [{ name: 'x', link: 'javascript:x' }]],
    ['hyperlink_1', 'https://tower.example'],
  ])('return 422 to %s = %j', async (key, value) => {
    const { status, errors } = await team.owner.post(`/todolists/${list}/todos`, {
      todo: { content: '任务', [key]: value },
    });
    expect([status, errors[0]?.source]).toEqual([422, { pointer: `/todo/${key}` }]);
  });

  it('ignore keys of other projects and unknown attributes', async () => {
    const todo = await team.todo(list, { string_other: 'x', is_completed: true, toString: 'x' });
    expect(await valuesOf(todo)).toBeUndefined();
  });
});
