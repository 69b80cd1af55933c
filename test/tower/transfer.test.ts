import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import type { CommandRow } from '../../src/commands.ts';
import { tower as api } from '../../src/tower/index.ts';
import { useTower } from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { Caller, type Resource } from './caller.ts';

// Commands that move a team.
describeEachDatabase('team export and team import', (databases) => {
  const tower = useTower(databases);
  let owner: Caller;
  beforeAll(async () => {
    owner = await Caller.signIn(tower);
  });

  async function run(action: 'export' | 'import', options: Record<string, unknown>): Promise<CommandRow> {
    return (await api.commands?.team?.[action]?.run(options, tower.server.context)) as CommandRow;
  }

  async function newFile(content?: unknown): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'qiyue-team-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'team.json');
    if (content !== undefined) await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  async function exportTeam(team: string) {
    const file = await newFile();
    await run('export', { team, file });
    return JSON.parse(await readFile(file, 'utf8'));
  }

  const teamCount = async () => (await tower.database.selectFrom('tower_teams').select('id').execute()).length;

  const smallest = (more: object = {}) => ({
    format: 'tower-team/1',
    name: '新团队',
    members: [{ username: tower.credentials.user.username, role: 'owner' }],
    ...more,
  });

  it('copies a team without loss', async () => {
    const original = await exportTeam(tower.credentials.team_id);
    expect(original.projects.length).toBeGreaterThan(2);
    const copy = await run('import', { file: await newFile(original) });
    expect(await exportTeam(copy.id as string)).toEqual(original);
    const { data: member } = await owner.get(`/teams/${copy.id}/member`);
    const { data: mine } = await owner.list(`/members/${member.id}/assigned_uncompleted_todos`);
    const { data: theirs } = await owner.list(
      `/members/${(await owner.get(`/teams/${tower.credentials.team_id}/member`)).data.id}/assigned_uncompleted_todos`,
    );
    const contents = (todos: Resource[]) => todos.map(({ attributes }) => attributes.content);
    expect(contents(mine)).toEqual(contents(theirs));
    expect((await owner.list(`/teams/${copy.id}/events`)).data).toEqual([]);
    expect((await owner.list(`/teams/${copy.id}/notifications`)).data).toEqual([]);

    const { data: projects } = await owner.list(`/teams/${copy.id}/projects`);
    const list = await owner.post(`/projects/${projects[0]?.id}/todolists`, { todolist: { name: '新清单' } });
    const todo = { content: '新任务', assignee_id: member.id };
    const added = await owner.post(`/todolists/${list.data.id}/todos`, { todo });
    const count = (await tower.database
      .selectFrom('tower_todos')
      .select(({ fn }) => fn.max('team_wide_id').as('last'))
      .where('team_id', '=', copy.id as string)
      .executeTakeFirstOrThrow()) as { last: number };
    expect(added.data.attributes.team_wide_id).toBe(count.last);
  });

  it('makes a team of what people write', async () => {
    const { id } = await run('import', {
      file: await newFile(
        smallest({
          members: [
            { username: tower.credentials.user.username, role: 'owner' },
            { username: 'New@tower.example', password: 'a password', nickname: '新人' },
          ],
          labels: ['紧急'],
          fields: [{ key: 'member_reviewer', name: '审核', type: 'member' }],
          projects: [
            {
              name: '项目',
              members: ['New@tower.example'],
              todolists: [
                {
                  name: '清单',
                  todos: [
                    {
                      content: '一',
                      assignee: 'New@tower.example',
                      labels: ['紧急'],
                      due_at: '2026-03-10T23:59:59+08:00',
                      values: { member_reviewer: 'New@tower.example' },
                      comments: [
                        {
                          content:
                            '<p onclick="x()"><a href="/members/New%40tower.example" data-mention="true">@新人</a></p>',
                        },
                      ],
                      todos: [{ content: '二', closed_at: '2026-03-01T09:00:00Z' }],
                    },
                  ],
                },
              ],
            },
          ],
        }),
      ),
    });
    const newcomer = await Caller.signIn(tower, { username: 'new@tower.example', password: 'a password' });
    const { data: member } = await newcomer.get(`/teams/${id}/member`);
    const { data: todos } = await newcomer.list(`/members/${member.id}/assigned_uncompleted_todos`);
    const { data: todo, included } = await newcomer.get(`/todos/${todos[0]?.id}`);
    expect(todo.attributes).toMatchObject({ due_at: '2026-03-10T23:59:59.000+08:00', labels: ['紧急'] });
    const resourceOf = (type: string) => included.find((one) => one.type === type)?.attributes;
    expect(resourceOf('todos')).toMatchObject({ content: '二', is_completed: true });
    expect(resourceOf('todos_custom_field_values')?.custom_fields.member_reviewer.value).toBe(member.id);
    const { data: comments } = await newcomer.list(`/todos/${todo.id}/comments`);
    expect(comments[0]?.attributes.content).toBe(
      `<p><a href="/members/${member.id}" data-mention="true">@新人</a></p>`,
    );
    const { data: lists } = await newcomer.list(
      `/projects/${todo.relationships?.project?.data && (todo.relationships.project.data as { id: string }).id}/todolists`,
    );
    expect(lists.map(({ attributes }) => [attributes.name, attributes.position])).toEqual([
      ['清单外任务', 0],
      ['清单', 1],
    ]);
  });

  it.each([
    ['a syntax error', '{\n  "format": "tower-team/1",\n  "name" "x"\n}', /line 3, column 10: /],
    ['another format', { format: 'x' }, /\/format: must be equal to constant/],
    ['a misspelt name', { ...smallestOf('demo@tower.example'), project: [] }, /\/project: is not known/],
    [
      'no owner',
      { ...smallestOf('demo@tower.example'), members: [{ username: 'demo@tower.example' }] },
      /\/members: must have an owner/,
    ],
    [
      'a member twice',
      {
        ...smallestOf('demo@tower.example'),
        members: [{ username: 'demo@tower.example', role: 'owner' }, { username: 'Demo@tower.example' }],
      },
      /\/members: must have each username once/,
    ],
    ['a user who does not exist', smallestOf('nobody@tower.example'), /\/members\/0\/password: is required/],
    [
      'references that lead nowhere',
      {
        ...smallestOf('demo@tower.example'),
        projects: [
          {
            name: '项目',
            creator: 'x@tower.example',
            todolists: [
              {
                name: '清单',
                todos: [
                  {
                    content: '一',
                    assignee: 'y@tower.example',
                    labels: ['没有'],
                    values: { nothing: '1' },
                    time_logs: [{ starts_at: '2026-03-01T10:00:00Z', ends_at: '2026-03-01T09:00:00Z' }],
                  },
                ],
              },
            ],
          },
        ],
      },
      /\/projects\/0\/creator: x@[\s\S]*\/todolists\/0\/todos\/0\/assignee: y@[\s\S]*\/labels\/0: is no label[\s\S]*\/values\/nothing: is no custom field[\s\S]*\/time_logs\/0\/ends_at: must be after/,
    ],
    [
      'a value that its field does not allow',
      {
        ...smallestOf('demo@tower.example'),
        fields: [{ key: 'number_1', name: '工时', type: 'number' }],
        projects: [
          { name: '项目', todolists: [{ name: '清单', todos: [{ content: '一', values: { number_1: 'x' } }] }] },
        ],
      },
      /\/projects\/0\/todolists\/0\/todos\/0\/values: number_1 must be a number/,
    ],
  ])('imports nothing of a file with %s, and says where', async (_title, content, message) => {
    const before = await teamCount();
    await expect(run('import', { file: await newFile(content) })).rejects.toThrow(message);
    expect(await teamCount()).toBe(before);
  });

  it('does not write over a file, and knows its team', async () => {
    const file = await newFile('mine');
    await expect(run('export', { team: tower.credentials.team_id, file })).rejects.toThrow(/EEXIST/);
    expect(await readFile(file, 'utf8')).toBe('mine');
    await expect(run('export', { team: 'nowhere', file })).rejects.toThrow('There is no team nowhere');
  });
});

function smallestOf(username: string) {
  return { format: 'tower-team/1', name: '团队', members: [{ username, role: 'owner' }] };
}
