import { beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { idsOf, readPages } from './caller.ts';
import { useTeam } from './team.ts';

// Comments on todos (T-45, T-46).
describeEachDatabase('comments', (databases) => {
  const team = useTeam(databases);
  let todo: string;

  beforeAll(async () => {
    todo = await team.todo(await team.todolist(await team.project([team.ids.lin])));
  });

  const comment = (content: string) => team.owner.post(`/todos/${todo}/comments`, { comment: { content } });
  const recipientsOf = async (content: string) => {
    const { database } = team.tower;
    await database.deleteFrom('tower_notifications').execute();
    await comment(content);
    return (await database.selectFrom('tower_notifications').select('member_id').execute()).map(
      ({ member_id }) => member_id,
    );
  };
  const mention = (id: string) => `<a href="/members/${id}" data-mention="true">@他</a>`;

  it('removes scripts, handlers and styles, and keeps mentions', async () => {
    const dirty = `<p style="color:red" onclick="x()">${mention(team.ids.lin)}<script>x()</script><iframe src="//a"></iframe></p>`;
    expect((await comment(dirty)).data.attributes.content).toBe(`<p>${mention(team.ids.lin)}</p>`);
    const links = '<a href="data:text/html,x">a</a><a href="//b.example">b</a><img src="javascript:x" onerror="x()" />';
    expect((await comment(links)).data.attributes.content).toBe('<a>a</a><a>b</a><img />');
  });

  it.each(['<script>x()</script>', ' ', '<p>&nbsp;<br></p>'])(
    'returns 422 to %j, which shows nothing',
    async (content) => {
      const { status, errors } = await comment(content);
      expect([status, errors[0]?.source]).toEqual([422, { pointer: '/comment/content' }]);
    },
  );

  it('takes the outer object of older clients, and needs one of the two', async () => {
    const older = await team.owner.post(`/todos/${todo}/comments`, { todos_comment: { content: '旧' } });
    expect([older.status, older.data.attributes.content]).toEqual([200, '旧']);
    for (const body of [{}, { content: 'x' }, { comment: {} }])
      expect((await team.owner.post(`/todos/${todo}/comments`, body)).status).toBe(400);
  });

  it('notifies each mentioned member that can see the todo once, and never the author', async () => {
    expect(await recipientsOf(mention(team.ids.lin).repeat(2))).toEqual([team.ids.lin]);
    expect(await recipientsOf(mention(team.ids.owner))).toEqual([]);
    // Not a member of the project.
    expect(await recipientsOf(mention(team.ids.chen))).toEqual([]);
    expect(await recipientsOf(mention(team.ids.admin))).toEqual([team.ids.admin]);
    expect(await recipientsOf(`<a href="/members/${team.ids.lin}">Lin</a>`)).toEqual([]);
    const absolute = `<a data-mention="true" title="x" href="https://tower.im/members/${team.ids.lin}/">@Lin</a>`;
    expect(await recipientsOf(absolute)).toEqual([team.ids.lin]);
  });

  it('lists comments oldest first, with their authors', async () => {
    const own = await team.todo(await team.todolist(await team.project([team.ids.lin])));
    const ids: string[] = [];
    for (const caller of [team.owner, team.lin, team.owner])
      ids.push((await caller.post(`/todos/${own}/comments`, { comment: { content: '看' } })).data.id);
    const { data, included } = await team.lin.list(`/todos/${own}/comments`);
    expect(idsOf(data)).toEqual(ids);
    expect(new Set(idsOf(included))).toEqual(new Set([team.ids.owner, team.ids.lin]));
    expect((await readPages(team.lin, `/todos/${own}/comments?page[size]=2`)).flatMap(idsOf)).toEqual(ids);
    const detail = await team.lin.get(`/todos/${own}`);
    expect(detail.data.relationships?.comments?.data).toEqual(ids.map((id) => ({ id, type: 'comments' })));
  });
});
