import { setImmediate } from 'node:timers/promises';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { createTowerClient, resolve, type TowerClient, TowerError, type TowerEvent } from '../../src/client/index.ts';
import { startTower, type Tower } from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { redisUrl as redis } from '../support/redis.ts';
import { Caller } from './caller.ts';
import { useTeam } from './team.ts';

// The stream of a team (T-62), read with the client.
describeEachDatabase('streams', (databases) => {
  const team = useTeam(databases);
  let lin: TowerClient;
  let owner: TowerClient;
  let open: string;
  let secret: string;

  const clientOf = (accessToken: string) =>
    createTowerClient({ baseUrl: team.tower.url, clientId: 'app', tokens: { access_token: accessToken } });

  beforeAll(async () => {
    owner = clientOf(team.owner.accessToken);
    lin = clientOf(team.lin.accessToken);
    open = await team.todolist(await team.project([team.ids.lin], '公开'));
    secret = await team.todolist(await team.project([], '秘密'));
  });

  /** Follows the stream of the team. It has begun when the promise resolves. */
  async function follow(client: TowerClient, lastEventId?: string) {
    const end = new AbortController();
    onTestFinished(() => end.abort());
    const start = lastEventId ?? (await beginningOf(client));
    const stream = client.events(team.teamId, { signal: end.signal, lastEventId: start });
    return {
      /** The next items. */
      async take(count: number): Promise<TowerEvent[]> {
        const items: TowerEvent[] = [];
        while (items.length < count) {
          const { value } = await stream.next();
          if (!value) throw new Error('The stream has ended');
          items.push(value);
        }
        return items;
      },
      close: () => end.abort(),
    };
  }

  /** The id of `connected`: where a stream begins that is opened now. */
  async function beginningOf(client: TowerClient, baseUrl = team.tower.url): Promise<string> {
    const response = await fetch(`${baseUrl}/api/v1/teams/${team.teamId}/stream`, {
      headers: { Authorization: `Bearer ${client.tokens?.access_token}` },
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const [, id] = /id: (.*)\nevent: connected/.exec(text) ?? [];
      if (id !== undefined) return id;
    }
    throw new Error('The stream has no beginning');
  }

  const summarize = (item: TowerEvent) =>
    item.event === 'event'
      ? [resolve(item.data).action, resolve(item.data).title, resolve(item.data).creator.nickname !== undefined]
      : [resolve(item.data).progress.progress_ty, resolve(item.data).progress.subject_str];

  it('delivers events in their order, and the notifications of the reader alone', async () => {
    const [mine, others] = await Promise.all([follow(lin), follow(owner)]);
    const todo = await team.todo(open, { content: '写首页', assignee_id: team.ids.lin });
    await team.lin.post(`/todos/${todo}/completion`);
    const items = await mine.take(3);
    expect(items.filter(({ event }) => event === 'event').map(summarize)).toEqual([
      ['创建了任务', '写首页', true],
      ['完成了任务', '写首页', true],
    ]);
    expect(items.filter(({ event }) => event === 'notification').map(summarize)).toEqual([['todo_assign', '写首页']]);
    expect((await others.take(2)).map(({ event }) => event)).toEqual(['event', 'event']);
  });

  it('delivers the same documents as the lists', async () => {
    const stream = await follow(lin);
    const todo = await team.todo(open);
    await team.owner.patch(`/todos/${todo}/cc_members`, { guids: [team.ids.lin] });
    const items = await stream.take(2);
    const { data: events } = await team.lin.list(`/teams/${team.teamId}/events?limit=1`);
    const { data: notifications, included } = await team.lin.list(`/teams/${team.teamId}/notifications?page[size]=1`);
    expect(items.find(({ event }) => event === 'event')?.data.data).toEqual(events[0]);
    const notification = items.find(({ event }) => event === 'notification');
    expect(notification?.data).toMatchObject({ data: notifications[0], included });
  });

  it('has only projects that the reader can see', async () => {
    const stream = await follow(lin);
    await team.todo(secret, { content: '秘密' });
    await team.todo(open, { content: '公开' });
    expect((await stream.take(1)).map(summarize)).toEqual([['创建了任务', '公开', true]]);
  });

  it('resumes after the last item, without loss or repetition', async () => {
    const stream = await follow(lin);
    await team.todo(open, { content: '一', assignee_id: team.ids.lin });
    const before = await stream.take(2);
    stream.close();
    for (const content of ['二', '三']) await team.todo(open, { content });
    await team.todo(secret);
    await team.todo(open, { content: '四', assignee_id: team.ids.lin });
    const resumed = await follow(lin, before.at(-1)?.id);
    await team.todo(open, { content: '五' });
    const after = await resumed.take(5);
    const titles = after.filter(({ event }) => event === 'event').map((item) => summarize(item)[1]);
    expect(titles).toEqual(['二', '三', '四', '五']);
    expect(after.filter(({ event }) => event === 'notification').map(summarize)).toEqual([['todo_assign', '四']]);
  });

  it('delivers everything once while many write at the same time', async () => {
    const stream = await follow(lin);
    const contents = Array.from({ length: 30 }, (_, index) => `任务 ${index}`);
    const create = (content: string) => team.todo(open, { content, assignee_id: team.ids.lin });
    const [items] = await Promise.all([stream.take(60), ...contents.map(create)]);
    const titles = items.filter(({ event }) => event === 'event').map((item) => summarize(item)[1]);
    expect([...titles].sort()).toEqual([...contents].sort());
    const ids = items.flatMap((item) => (item.event === 'event' ? [Number(item.data.data.id)] : []));
    expect(ids).toEqual([...ids].sort((one, other) => one - other));
    expect(new Set(items.map(({ data }) => data.data.id)).size).toBe(60);
  });

  it.each(['leaves the team', 'revokes the token'])('ends within a minute after the reader %s', async (reason) => {
    const person = await team.tower.addMember();
    const { access_token } = await team.tower.signIn(person);
    // Only the checks of open streams run by intervals here.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const response = await fetch(`${team.tower.url}/api/v1/teams/${team.teamId}/stream`, {
      headers: { Authorization: `Bearer ${access_token}` },
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const ended = (async () => {
      for (;;) if ((await reader.read()).done) return true;
    })();
    const isOpen = () => Promise.race([ended.then(() => false), setImmediate(true)]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await isOpen()).toBe(true);
    if (reason === 'leaves the team')
      await team.tower.database
        .updateTable('tower_members')
        .set({ is_active: 0 })
        .where('user_id', '=', person.id)
        .execute();
    else await team.tower.signIn(person);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await ended).toBe(true);
  });

  it.skipIf(!redis)(`goes on at another node${redis ? '' : ' (skipped, TEST_REDIS_URL is not set)'}`, async () => {
    const environment = { DATABASE_URL: await databases.createUrl(), REDIS_URL: redis as string };
    const here = await startTower(environment);
    const there = await startTower(environment);
    onTestFinished(async () => void (await Promise.all([here.server.close(), there.server.close()])));
    const { team_id, user, colleague } = here.credentials;
    const writer = await Caller.signIn(here, user);
    const { access_token } = await here.signIn(colleague);
    const member = (await new Caller(here, access_token).get(`/teams/${team_id}/member`)).data;
    const clientAt = (tower: Tower) =>
      createTowerClient({ baseUrl: tower.url, clientId: 'app', tokens: { access_token } });
    const project = { name: '两个节点', desc: '', member_ids: [member.id] };
    const { id: projectId } = (await writer.post(`/teams/${team_id}/projects`, { project })).data;
    const { id: list } = (await writer.post(`/projects/${projectId}/todolists`, { todolist: { name: '清单' } })).data;
    const create = (content: string) => writer.post(`/todolists/${list}/todos`, { todo: { content } });

    const start = await beginningOf(clientAt(there), there.url);
    const end = new AbortController();
    onTestFinished(() => end.abort());
    const stream = clientAt(there).events(team_id, { signal: end.signal, lastEventId: start });
    const titles: string[] = [];
    let last = start;
    await create('0');
    for await (const item of stream) {
      last = item.id;
      titles.push(String(summarize(item)[1]));
      if (titles.length === 3) break;
      await create(String(titles.length));
    }
    for (const content of ['3', '4']) await create(content);
    for await (const item of clientAt(here).events(team_id, { signal: end.signal, lastEventId: last })) {
      titles.push(String(summarize(item)[1]));
      if (titles.length === 5) break;
    }
    expect(titles).toEqual(['0', '1', '2', '3', '4']);
  });

  it('rejects strangers and positions that are none', async () => {
    const first = (client: TowerClient, lastEventId?: string) =>
      client
        .events(team.teamId, { lastEventId })
        .next()
        .catch((reason: unknown) => reason);
    expect(await first(clientOf(team.outsider.accessToken))).toMatchObject({ status: 404 });
    const error = await first(lin, '12');
    expect(error).toBeInstanceOf(TowerError);
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining('last-event-id') });
    expect(await first(clientOf('unknown'))).toMatchObject({ status: 401 });
  });
});
