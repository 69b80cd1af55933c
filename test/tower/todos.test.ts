import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type Caller, idsOf, type Resource, readPages } from './caller.ts';
import { useTeam } from './team.ts';

// Todos: their values (T-44), descriptions (T-45), numbers (T-40), deletion (T-43) and who is notified (T-46).
describeEachDatabase('todos', (databases) => {
  const team = useTeam(databases);
  let project: string;
  let list: string;

  beforeAll(async () => {
    project = await team.project([team.ids.lin, team.ids.chen]);
    list = await team.todolist(project);
  });

  const relatedIds = ({ relationships }: Resource, name: string) =>
    [relationships?.[name]?.data ?? []].flat().map(({ id }) => id);
  const create = (todo: Record<string, unknown>, caller: Caller = team.owner) =>
    caller.post(`/todolists/${list}/todos`, { todo: { content: '任务', ...todo } });
  const notificationsOf = (memberId: string) =>
    team.tower.database
      .selectFrom('tower_notifications')
      .innerJoin('tower_progresses', 'tower_progresses.id', 'progress_id')
      .select(['progress_ty', 'target_id', 'creator_id'])
      .where('member_id', '=', memberId)
      .orderBy('tower_progresses.id')
      .execute();
  const eventsOf = async (targetId: string) =>
    (
      await team.tower.database
        .selectFrom('tower_events')
        .select('action')
        .where('target_id', '=', targetId)
        .orderBy('id')
        .execute()
    ).map(({ action }) => action);

  it('lists my todos, completes one and comments with a mention', async () => {
    const id = await team.todo(list, { assignee_id: team.ids.lin, due_at: '2026-03-10' });
    const mine = await team.lin.list(`/members/${team.ids.lin}/assigned_uncompleted_todos`);
    expect(idsOf(mine.data)).toContain(id);
    const done = await team.lin.post(`/todos/${id}/completion`);
    expect(done.data.attributes).toMatchObject({
      is_completed: true,
      closed_at: expect.stringMatching(/\.\d{3}\+08:00$/),
      due_at: '2026-03-10T23:59:59.000+08:00',
    });
    expect(relatedIds(done.data, 'closer')).toEqual([team.ids.lin]);
    const content = `<p><a href="/members/${team.ids.chen}" data-mention="true">@Chen</a> 完成了</p>`;
    const comment = await team.lin.post(`/todos/${id}/comments`, { comment: { content } });
    expect([comment.status, comment.data.attributes.content]).toEqual([200, content]);
    expect(await notificationsOf(team.ids.chen)).toContainEqual({
      progress_ty: 'comment_add',
      target_id: id,
      creator_id: team.ids.lin,
    });
    const uncompleted = await team.lin.list(`/members/${team.ids.lin}/assigned_uncompleted_todos`);
    expect(idsOf(uncompleted.data)).not.toContain(id);
    const completed = await team.lin.list(`/members/${team.ids.lin}/assigned_completed_todos`);
    expect(idsOf(completed.data)).toContain(id);
    expect(await eventsOf(id)).toEqual(['todo.created', 'todo.completed', 'todo.commented']);
  });

  it('creates a todo that needs only its content, and returns it with what it points to', async () => {
    const { data, included } = await create({ desc: '', assignee_id: '', due_at: '', start_at: '', parent_id: '' });
    expect(data.attributes).toMatchObject({
      content: '任务',
      desc: null,
      is_active: true,
      is_completed: false,
      priority: 'normal',
      start_at: null,
      due_at: null,
      closed_at: null,
      labels: [],
    });
    expect(Object.keys(data.relationships ?? {}).sort()).toEqual([
      'assignee',
      'attachments',
      'closer',
      'comments',
      'creator',
      'custom_field_value',
      'parent',
      'project',
      'sub_todos',
      'todolist',
      'todolists',
      'todos_check_items',
    ]);
    expect(idsOf(included).sort()).toEqual([project, list, team.ids.owner].sort());
  });

  it('changes only what is sent', async () => {
    const { data } = await create({
      desc: '<p>描述</p>',
      due_at: '2026-02-28',
      start_at: '2026-02-01',
      priority: 'higher',
    });
    const changed = await team.lin.patch(`/todos/${data.id}`, { todo: { content: '改' } });
    expect(changed.data.attributes).toMatchObject({
      content: '改',
      desc: '<p>描述</p>',
      start_at: '2026-02-01T00:00:00.000+08:00',
      due_at: '2026-02-28T23:59:59.000+08:00',
      priority: 'higher',
    });
    const cleared = await team.lin.patch(`/todos/${data.id}`, { todo: { desc: null, due_at: '', start_at: null } });
    expect(cleared.data.attributes).toMatchObject({ content: '改', desc: null, due_at: null, start_at: null });
    const same = await team.lin.patch(`/todos/${data.id}`, { todo: { content: '改' } });
    expect(same.status).toBe(200);
    expect(await eventsOf(data.id)).toEqual(['todo.created', 'todo.updated', 'todo.due_changed']);
  });

  it.each([
    [{ content: ' ' }, '/todo/content'],
    [{ due_at: '2026-02-30' }, '/todo/due_at'],
    [{ due_at: '2026-02-28T24:01' }, '/todo/due_at'],
    [{ start_at: '0000-00-00' }, '/todo/start_at'],
    [{ assignee_id: 'f'.repeat(32) }, '/todo/assignee_id'],
    [{ parent_id: 'f'.repeat(32) }, '/todo/parent_id'],
    [{ label_ids: [4711] }, '/todo/label_ids'],
  ])('returns 422 to %j, with the place', async (todo, pointer) => {
    const { status, errors } = await create(todo);
    expect([status, errors[0]?.source]).toEqual([422, { pointer }]);
  });

  it('assigns to active members of the team only, and notifies them', async () => {
    const { data } = await create({});
    const assign = (assignee_id: string) =>
      team.owner.patch(`/todos/${data.id}/assignment`, { todos_assignment: { assignee_id } });
    const assigned = await assign(team.ids.chen);
    expect(relatedIds(assigned.data, 'assignee')).toEqual([team.ids.chen]);
    await assign(team.ids.chen);
    const own = (await notificationsOf(team.ids.chen)).filter(({ target_id }) => target_id === data.id);
    expect(own).toEqual([{ progress_ty: 'todo_assign', target_id: data.id, creator_id: team.ids.owner }]);
    const unassigned = await team.chen.delete(`/todos/${data.id}/assignment`);
    expect([unassigned.status, relatedIds(unassigned.data, 'assignee')]).toEqual([200, []]);
    await assign(team.ids.owner);
    expect((await notificationsOf(team.ids.owner)).filter(({ target_id }) => target_id === data.id)).toEqual([]);
    const user = await team.tower.addMember();
    await team.tower.database
      .updateTable('tower_members')
      .set({ is_active: 0 })
      .where('user_id', '=', user.id)
      .execute();
    const { id } = await team.tower.database
      .selectFrom('tower_members')
      .select('id')
      .where('user_id', '=', user.id)
      .executeTakeFirstOrThrow();
    expect((await assign(id)).status).toBe(422);
  });

  it('completes and reopens a todo, each once', async () => {
    const { data } = await create({});
    const first = await team.lin.post(`/todos/${data.id}/completion`);
    const second = await team.chen.post(`/todos/${data.id}/completion`);
    expect(second.data.attributes.closed_at).toBe(first.data.attributes.closed_at);
    expect(relatedIds(second.data, 'closer')).toEqual([team.ids.lin]);
    for (const _ of [1, 2]) {
      const { status, data: open } = await team.chen.delete(`/todos/${data.id}/completion`);
      expect([status, open.attributes.is_completed, open.attributes.closed_at]).toEqual([200, false, null]);
      expect(relatedIds(open, 'closer')).toEqual([]);
    }
    expect(await eventsOf(data.id)).toEqual(['todo.created', 'todo.completed', 'todo.reopened']);
  });

  it('records one completion when two members complete a todo at once', async () => {
    const { data } = await create({});
    const answers = await Promise.all(
      [team.lin, team.chen].map((caller) => caller.post<Resource>(`/todos/${data.id}/completion`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(answers.map(({ data }) => relatedIds(data, 'closer')[0])).size).toBe(1);
    expect(await eventsOf(data.id)).toEqual(['todo.created', 'todo.completed']);
  });

  it('hides completed todos of a list unless they are wanted, and pages the rest', async () => {
    const own = await team.todolist(project);
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push(await team.todo(own));
    await team.owner.post(`/todos/${ids[1]}/completion`);
    expect(idsOf((await team.lin.list(`/todolists/${own}/todos`)).data)).toEqual(ids.toSpliced(1, 1));
    for (const [wanted, count] of Object.entries({ false: 4, 0: 4, 1: 5 }))
      expect((await team.lin.list(`/todolists/${own}/todos?completed_todo=${wanted}`)).data).toHaveLength(count);
    for (const size of [1, 2, 3, 5]) {
      const pages = await readPages(team.lin, `/todolists/${own}/todos?completed_todo=true&page[size]=${size}`);
      expect(pages.flatMap(idsOf)).toEqual(ids);
    }
    const { links } = await team.lin.list(`/todolists/${own}/todos`);
    expect(links).toMatchObject({ prev: null, next: null });
    expect(links).not.toHaveProperty('last');
  });

  it('shows every todo once in pages of any size, whatever was done before', async () => {
    const step = fc.constantFrom('create', 'create', 'complete', 'delete');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (steps, size) => {
        const own = await team.todolist(project);
        let [open, all]: [string[], string[]] = [[], []];
        for (const [index, one] of steps.entries()) {
          const target = all[index % all.length];
          if (one === 'create') {
            const id = await team.todo(own);
            [open, all] = [
              [...open, id],
              [...all, id],
            ];
          } else if (target !== undefined) {
            if (one === 'complete') await team.owner.post(`/todos/${target}/completion`);
            else await team.owner.delete(`/todos/${target}`);
            open = open.filter((id) => id !== target);
            if (one === 'delete') all = all.filter((id) => id !== target);
          }
        }
        for (const [wanted, expected] of [
          ['false', open],
          ['true', all],
        ] as const) {
          const path = `/todolists/${own}/todos?completed_todo=${wanted}&page[size]=${size}`;
          expect((await readPages(team.lin, path)).flatMap(idsOf)).toEqual(expected);
        }
      }),
      { numRuns: 6 },
    );
  });

  it('has sub-todos at several levels, without cycles', async () => {
    const [a, b, c] = [await team.todo(list), await team.todo(list), await team.todo(list)] as const;
    const move = (id: string, parent_id: string | null) => team.owner.patch(`/todos/${id}`, { todo: { parent_id } });
    expect(relatedIds((await move(b, a)).data, 'parent')).toEqual([a]);
    await move(c, b);
    for (const [id, parent] of [
      [a, a],
      [a, b],
      [a, c],
      [b, c],
    ] as const)
      expect([id, parent, (await move(id, parent)).status]).toEqual([id, parent, 422]);
    const { data, included } = await team.owner.get(`/todos/${a}`);
    expect(relatedIds(data, 'sub_todos')).toEqual([b]);
    expect(relatedIds(data, 'todos_check_items')).toEqual([b]);
    expect(included.find(({ type }) => type === 'todos_check_items')?.attributes).toMatchObject({
      name: '任务',
      is_completed: false,
    });
    expect(relatedIds((await move(c, null)).data, 'parent')).toEqual([]);
    expect((await move(c, await team.todo(await team.todolist(project)))).status).toBe(422);
  });

  it('makes no cycle when two todos become sub-todos of each other at once', async () => {
    const [a, b] = [await team.todo(list), await team.todo(list)] as const;
    const move = (id: string, parent_id: string) => team.owner.patch(`/todos/${id}`, { todo: { parent_id } });
    const statuses = (await Promise.all([move(a, b), move(b, a)])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 422]);
  });

  it('deletes a todo with its sub-todos at all levels', async () => {
    const a = await team.todo(list);
    const b = await team.todo(list, { parent_id: a });
    const c = await team.todo(list, { parent_id: b });
    expect((await team.lin.delete(`/todos/${a}`)).status).toBe(204);
    for (const id of [a, b, c]) expect((await team.owner.get(`/todos/${id}`)).status).toBe(404);
    const left = idsOf((await readPages(team.owner, `/todolists/${list}/todos?page[size]=200`)).flat());
    expect(left.filter((id) => [a, b, c].includes(id))).toEqual([]);
    expect((await team.owner.post(`/todos/${a}/completion`)).status).toBe(404);
    expect((await create({ parent_id: b })).status).toBe(422);
  });

  it('leaves no todo in a list that is deleted while todos are added', async () => {
    const own = await team.todolist(project);
    const adding = Array.from({ length: 6 }, () =>
      team.lin.post(`/todolists/${own}/todos`, { todo: { content: '任务' } }),
    );
    const deleting = team.owner.delete(`/todolists/${own}`);
    const statuses = (await Promise.all(adding)).map(({ status }) => status);
    expect((await deleting).status).toBe(204);
    expect(statuses.filter((status) => status !== 200 && status !== 404)).toEqual([]);
    const left = await team.tower.database
      .selectFrom('tower_todos')
      .select('id')
      .where('todolist_id', '=', own)
      .where('is_active', '=', 1)
      .execute();
    expect(left).toEqual([]);
  });

  it('finds a todo by its number in the team, which is not used again', async () => {
    const { data } = await create({});
    const { team_wide_id } = data.attributes;
    const path = `/teams/${team.teamId}/todos/${team_wide_id}`;
    expect((await team.lin.get(path)).data.id).toBe(data.id);
    expect((await team.lin.patch(path, { todo: { content: '改' } })).data.attributes.content).toBe('改');
    expect((await team.outsider.get(path)).status).toBe(404);
    expect((await team.lin.delete(path)).status).toBe(204);
    expect((await team.lin.get(path)).status).toBe(404);
    const created = await Promise.all(Array.from({ length: 4 }, () => create({})));
    const numbers = created.map((answer) => answer.data.attributes.team_wide_id);
    expect(new Set(numbers).size).toBe(4);
    expect(Math.min(...numbers)).toBeGreaterThan(team_wide_id);
    const other = (await team.outsider.post('/teams', { team: { name: '别的团队' } })).data.id;
    expect((await team.outsider.get(`/teams/${other}/todos/${numbers[0]}`)).status).toBe(404);
  });

  it('takes a time of day with the due and the start date', async () => {
    const { data } = await create({ start_at: '2026-03-09T08:30', due_at: '2026-03-10T18:00' });
    expect(data.attributes).toMatchObject({
      start_at: '2026-03-09T08:30:00.000+08:00',
      due_at: '2026-03-10T18:00:00.000+08:00',
    });
    const due = await team.lin.patch(`/todos/${data.id}/due`, { todos_due: { due_at: '2026-03-11T00:00' } });
    expect(due.data.attributes.due_at).toBe('2026-03-11T00:00:00.000+08:00');
  });

  it('changes the due date and the description at their own addresses', async () => {
    const { data } = await create({});
    const due = await team.lin.patch(`/todos/${data.id}/due`, { todos_due: { due_at: '2028-02-29' } });
    expect(due.data.attributes.due_at).toBe('2028-02-29T23:59:59.000+08:00');
    const desc = '<p onclick="x()">描述<script>x()</script> <a href="javascript:x()">a</a></p>';
    const described = await team.lin.patch(`/todos/${data.id}/desc`, { todos_desc: { desc } });
    expect(described.data.attributes.desc).toBe('<p>描述 <a>a</a></p>');
  });

  it.each([
    '<dl><dt>词</dt><dd>义</dd></dl>',
    '<p><ins>加</ins> <small>小</small> <big>大</big> <tt>a</tt> <kbd>b</kbd> <samp>c</samp> <var>d</var></p>',
    '<address>地址</address> <cite>出处</cite> <abbr>缩写</abbr> <acronym>缩写</acronym>',
  ])('keeps the text elements of a description: %s', async (desc) => {
    expect((await create({ desc })).data.attributes.desc).toBe(desc);
  });

  it('replaces the whole cc, and notifies members that are new in it', async () => {
    const { data } = await create({});
    const replace = (guids: string[]) => team.owner.patch<Resource[]>(`/todos/${data.id}/cc_members`, { guids });
    expect(idsOf((await replace([team.ids.lin, team.ids.owner])).data)).toEqual([team.ids.owner, team.ids.lin]);
    expect(idsOf((await replace([team.ids.lin, team.ids.chen])).data)).toEqual([team.ids.lin, team.ids.chen]);
    const seen = await team.lin.list(`/todos/${data.id}/cc_members`);
    expect(seen.data[0]?.attributes).toMatchObject({ mailbox: '', is_locked_by_free_team_quota: false });
    expect(seen.included.map(({ type }) => type)).toEqual(['teams']);
    const ofTodo = async (id: string) =>
      (await notificationsOf(id))
        .filter(({ target_id }) => target_id === data.id)
        .map(({ progress_ty }) => progress_ty);
    expect(await ofTodo(team.ids.lin)).toEqual(['todo_cc']);
    expect(await ofTodo(team.ids.owner)).toEqual([]);
    const { status, errors } = await replace(['f'.repeat(32)]);
    expect([status, errors[0]?.source]).toEqual([422, { pointer: '/guids' }]);
    await team.owner.post(`/todos/${data.id}/comments`, { comment: { content: '看' } });
    expect(await ofTodo(team.ids.chen)).toEqual(['todo_cc', 'comment_add']);
  });

  it('shows the names of labels', async () => {
    const { database } = team.tower;
    const { id } = await database
      .insertInto('tower_labels')
      .values({ team_id: team.teamId, name: '重要' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { data } = await create({ label_ids: [id, id] });
    expect(data.attributes.labels).toEqual(['重要']);
    expect((await team.lin.patch(`/todos/${data.id}`, { todo: { label_ids: [] } })).data.attributes.labels).toEqual([]);
  });

  it("lists a member's todos in the projects that the caller can see", async () => {
    const secret = await team.todolist(await team.project());
    const hidden = await team.todo(secret, { assignee_id: team.ids.chen });
    const shown = await team.todo(list, { assignee_id: team.ids.chen });
    const idsFor = async (caller: Caller, path: string) => idsOf((await caller.list(path)).data);
    for (const path of [
      `/members/${team.ids.chen}/assigned_uncompleted_todos`,
      `/members/${team.ids.owner}/created_uncompleted_todos`,
    ]) {
      expect(await idsFor(team.admin, path)).toEqual(expect.arrayContaining([hidden, shown]));
      expect(await idsFor(team.lin, path)).toContain(shown);
      expect(await idsFor(team.lin, path)).not.toContain(hidden);
      expect((await team.outsider.list(path)).status).toBe(404);
    }
    await team.owner.post(`/todos/${shown}/completion`);
    expect(await idsFor(team.lin, `/members/${team.ids.owner}/created_completed_todos`)).toContain(shown);

    // T-67
    for (const [older, newer] of [
      ['assigned_todos', ['assigned_uncompleted_todos']],
      ['closed_todos', ['assigned_completed_todos']],
      ['created_todos', ['created_uncompleted_todos', 'created_completed_todos']],
    ] as const) {
      const path = (name: string) => `/members/${team.ids.owner}/${name}?page[size]=200`;
      const lists = await Promise.all(newer.map((name) => idsFor(team.admin, path(name))));
      expect(await idsFor(team.admin, path(older))).toEqual(lists.flat());
    }
  });

  it('creates todos and comments that come at once, each with its own outcome, and refuses a wrong one alone', async () => {
    const wishes = Array.from({ length: 12 }, (_, index) => (index === 5 ? { assignee_id: 'unknown' } : {}));
    const answers = await Promise.all(wishes.map((todo) => create(todo)));
    expect(answers.map(({ status }) => status)).toEqual(wishes.map((todo) => ('assignee_id' in todo ? 422 : 200)));
    const created = answers.flatMap(({ status, data }) => (status === 200 ? [data] : []));
    expect(new Set(created.map(({ attributes }) => attributes.team_wide_id)).size).toBe(11);
    const comments = await Promise.all(
      created.map(({ id }) => team.lin.post(`/todos/${id}/comments`, { comment: { content: '<p>好</p>' } })),
    );
    expect(comments.map(({ status }) => status)).toEqual(created.map(() => 200));
    const events = await team.tower.database
      .selectFrom('tower_events')
      .select(['action', 'target_id'])
      .where('target_id', 'in', idsOf(created))
      .execute();
    for (const action of ['todo.created', 'todo.commented']) {
      const targets = events.filter((event) => event.action === action).map(({ target_id }) => target_id);
      expect(targets.toSorted()).toEqual(idsOf(created).toSorted());
    }
  });
});
