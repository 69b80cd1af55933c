import { beforeAll, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { readPages } from './caller.ts';
import { useTeam } from './team.ts';

// Pages of lists that may be long, along `links.next` (T-68).
describeEachDatabase('the pages of a long list', (databases) => {
  const team = useTeam(databases);
  let project: string;
  let list: string;
  let todo: string;

  beforeAll(async () => {
    project = await team.project([team.ids.lin]);
    list = await team.todolist(project);
    todo = await team.todo(list);
  });

  /** How to make one more of each list, which stands first in it or last. */
  const lists: Record<string, { path: () => string; add: (count: number) => Promise<unknown> }> = {
    todos: { path: () => `/todolists/${list}/todos`, add: () => team.todo(list) },
    'todos of a creator': {
      path: () => `/members/${team.ids.admin}/created_uncompleted_todos`,
      add: () => team.admin.post(`/todolists/${list}/todos`, { todo: { content: '任务' } }),
    },
    comments: {
      path: () => `/todos/${todo}/comments`,
      add: () => team.owner.post(`/todos/${todo}/comments`, { comment: { content: '评论' } }),
    },
    topics: {
      path: () => `/projects/${project}/topics`,
      add: () => team.owner.post(`/projects/${project}/topics`, { message: { subject: '讨论' } }),
    },
    todolists: { path: () => `/projects/${project}/todolists`, add: () => team.todolist(project) },
    uploads: {
      path: () => `/projects/${project}/uploads`,
      add: async (count) =>
        team.owner.post(`/projects/${project}/uploads`, {
          attfile_guid: await team.storeFile(team.owner, `文件 ${count}`),
        }),
    },
    'time logs': {
      path: () => `/projects/${project}/time_logs`,
      add: (count) =>
        team.owner.post(`/todos/${todo}/time_logs`, {
          time_log: { starts_at: `2026-01-${count + 10}T09:00`, ends_at: `2026-01-${count + 10}T10:00` },
        }),
    },
  };

  describe.each(Object.entries(lists))('%s', (_name, { path, add }) => {
    it('neither repeat nor leave out any while new ones come in, and keep their numbers', async () => {
      for (let count = 0; count < 5; count += 1) expect(await add(count)).not.toHaveProperty('errors');
      const all = (await team.owner.list(`${path()}?page[size]=200`)).data.map(({ id }) => id);
      const first = await team.owner.list(`${path()}?page[size]=2`);
      expect(first.links.next).toContain('page%5Bnumber%5D=2');
      await add(5);
      await add(6);
      const rest = await readPages(team.owner, first.links.next ?? '');
      const read = [first.data, ...rest].flat().map(({ id }) => id);
      expect(new Set(read).size).toBe(read.length);
      expect(read.filter((id) => all.includes(id))).toEqual(all);
    });

    it('can still be counted by the client', async () => {
      const all = (await team.owner.list(`${path()}?page[size]=200`)).data.map(({ id }) => id);
      const { data } = await team.owner.list(`${path()}?page[size]=2&page[number]=2`);
      expect(data.map(({ id }) => id)).toEqual(all.slice(2, 4));
    });

    it.each(['7', '1.2.3.4', 'a', '1.', ''])('refuse an end that is not theirs: %s', async (after) => {
      const { status, errors } = await team.owner.list(`${path()}?page[after]=${after}`);
      const isOwn = after === '' || (after === '7' && path().endsWith('/todolists'));
      expect(status).toBe(isOwn ? 200 : 400);
      if (!isOwn) expect(errors[0]?.source).toEqual({ parameter: 'page[after]' });
    });
  });
});
