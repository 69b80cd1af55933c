import { beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { readPages } from './caller.ts';
import { useTeam } from './team.ts';

// The caller's own notifications (T-46, T-58).
describeEachDatabase('notifications', (databases) => {
  const team = useTeam(databases);
  let list: string;

  beforeAll(async () => {
    list = await team.todolist(await team.project([team.ids.lin, team.ids.chen]));
  });

  const notificationsOf = (caller = team.lin, query = '') => caller.list(`/teams/${team.teamId}/notifications${query}`);

  it('has one for each act of others, newest first, with the act', async () => {
    const todo = await team.todo(list, { content: '写首页', assignee_id: team.ids.lin });
    await team.owner.patch(`/todos/${todo}/cc_members`, { guids: [team.ids.lin] });
    const content = `<a href="/members/${team.ids.lin}" data-mention="true">@Lin</a>`;
    await team.chen.post(`/todos/${todo}/comments`, { comment: { content } });
    const { data, included, links } = await notificationsOf();
    expect(data.map(({ attributes }) => attributes)).toEqual(
      data.map(({ attributes: { created_at } }) => ({
        notifyable_type: 'Todo',
        read: false,
        target_guid: todo,
        created_at,
        extra_info: {},
      })),
    );
    expect(included.map(({ type, attributes }) => [type, attributes.progress_ty, attributes.subject_str])).toEqual([
      ['progresses', 'comment_add', '写首页'],
      ['progresses', 'todo_cc', '写首页'],
      ['progresses', 'todo_assign', '写首页'],
    ]);
    expect(included[0]?.attributes).toMatchObject({ action_str: '评论了任务', content_str: content });
    expect([links.prev, links.next]).toEqual([null, null]);
    expect((await notificationsOf(team.admin)).data).toEqual([]);
  });

  it("has none for the caller's own acts", async () => {
    const before = (await notificationsOf(team.chen)).data.length;
    const { data } = await team.chen.post(`/todolists/${list}/todos`, {
      todo: { content: '自己的', assignee_id: team.ids.chen },
    });
    await team.chen.patch(`/todos/${data.id}/cc_members`, { guids: [team.ids.chen] });
    await team.chen.post(`/todos/${data.id}/comments`, { comment: { content: '看' } });
    expect((await notificationsOf(team.chen)).data).toHaveLength(before);
  });

  it('neither repeats nor leaves out any while new ones come in', async () => {
    const assign = () => team.todo(list, { assignee_id: team.ids.chen });
    for (let count = 0; count < 5; count += 1) await assign();
    const all = (await notificationsOf(team.chen)).data;
    const { data: first, links } = await notificationsOf(team.chen, '?page[size]=2');
    await assign();
    await assign();
    const rest = await readPages(team.chen, links.next ?? '');
    expect([first, ...rest].flat()).toEqual(all);
    expect((await notificationsOf(team.chen)).data).toHaveLength(all.length + 2);
  });

  it('is not for others', async () => {
    expect((await notificationsOf(team.outsider)).status).toBe(404);
    const { data } = await notificationsOf(team.chen);
    // The notification of another member is no place to begin.
    const foreign = await notificationsOf(team.lin, `?page[until]=${data[3]?.id}`);
    expect(foreign.data).toEqual((await notificationsOf(team.lin)).data);
  });
});
