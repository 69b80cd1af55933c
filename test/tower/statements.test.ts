import { expect, it, onTestFinished } from 'vitest';
import { tower } from '../../src/tower/index.ts';
import { startCounting } from '../support/counting-server.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { mostRepeated } from '../support/statements.ts';
import { useTeam } from './team.ts';

// The number of statements does not depend on the number of rows in the page.
describeEachDatabase('statements of a list', (databases) => {
  const team = useTeam(databases);

  it('are at most six, each sent once', async () => {
    const project = await team.project([team.ids.lin, team.ids.chen]);
    const list = await team.todolist(project);
    const todo = await team.todo(list);
    for (const member of [team.ids.lin, team.ids.chen]) {
      await team.todo(list, { assignee_id: member, parent_id: todo });
      await team.todolist(project);
    }
    await team.owner.patch(`/todos/${todo}/cc_members`, { guids: [team.ids.owner, team.ids.lin] });
    for (const caller of [team.owner, team.lin])
      await caller.post(`/todos/${todo}/comments`, { comment: { content: '看' } });
    const topics: string[] = [];
    for (const content of ['one', 'two']) {
      const attfile_guid = await team.storeFile(team.owner, content);
      await team.owner.post(`/projects/${project}/uploads`, { attfile_guid });
      const attfile_guids = [await team.storeFile(team.owner, content)];
      const topic = { message: { subject: content }, attfile_guids };
      topics.push((await team.owner.post(`/projects/${project}/topics`, topic)).data.id);
    }
    for (const topic of topics) {
      await team.lin.post(`/topics/${topic}/comments`, { comment: { content: '看' } });
    }
    for (const caller of [team.owner, team.lin]) {
      const time_log = { starts_at: '2026-03-02T09:00', ends_at: '2026-03-02T11:00' };
      await caller.post(`/todos/${todo}/time_logs`, { time_log });
    }
    const lists = [
      '/teams',
      `/teams/${team.teamId}/members`,
      `/teams/${team.teamId}/projects`,
      `/projects/${project}/members`,
      `/projects/${project}/todolists`,
      `/todolists/${list}/todos`,
      `/members/${team.ids.owner}/created_uncompleted_todos`,
      `/members/${team.ids.lin}/assigned_uncompleted_todos`,
      `/todos/${todo}/comments`,
      `/todos/${todo}/cc_members`,
      `/teams/${team.teamId}/events`,
      `/teams/${team.teamId}/notifications`,
      `/projects/${project}/uploads`,
      `/projects/${project}/topics`,
      `/projects/${project}/time_logs`,
      `/todos/${todo}/time_logs`,
      `/topics/${topics[0]}/comments`,
    ];
    const counting = await startCounting(team.tower.server, [tower]);
    onTestFinished(() => counting.close());
    const beyond: Record<string, unknown> = {};
    for (const path of lists) {
      const { status, data } = await team.owner.list(`${counting.url}/tower/api/v1${path}`);
      expect([path, status, data.length > 0]).toEqual([path, 200, true]);
      const sent = await counting.statements();
      const [statements, repeats] = [sent.texts.length, mostRepeated(sent)];
      if (statements < 2 || statements > 6 || repeats > 1) beyond[path] = { statements, repeats };
    }
    expect(beyond).toEqual({});
  });
});
