import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { components } from '../../generated/sandbox.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { control, makeWorld, signIn, statusOf } from './control.ts';

type Token = components['schemas']['Token'];

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startServer();
  url = server.url;
});
afterAll(() => server.close());

const list = async (base: string, query = ''): Promise<Token[]> =>
  (await control(base, 'GET', `/tokens${query}`)).json() as Promise<Token[]>;

describe('tokens', () => {
  it('are listed with their users and times, and never themselves', async () => {
    const { base_url: base } = await makeWorld(url);
    const token = await signIn(base);
    const answer = await control(base, 'GET', '/tokens?api=tower&limit=1');
    const text = await answer.text();
    const [newest] = JSON.parse(text) as Token[];
    expect(newest).toMatchObject({
      api: 'tower',
      client: { id: 'tower-demo-client' },
      user: { name: expect.stringMatching(/\S/) },
      expired: false,
      renewable: true,
    });
    expect(Date.parse(newest?.expires_at ?? '') - Date.parse(newest?.created_at ?? '')).toBe(7_200_000);
    expect(text).not.toContain(token);
    const all = await list(base);
    expect(new Set(all.map(({ api }) => api))).toContain('gobelieve');
    const times = all.map(({ created_at }) => created_at);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('expire at once, and can then be refreshed', async () => {
    const { base_url: base } = await makeWorld(url);
    const token = await signIn(base);
    const [newest] = await list(base, '?api=tower&limit=1');
    const changed = await control(base, 'PATCH', `/tokens/${newest?.id}`, { expires_in: '0s' });
    expect(await changed.json()).toMatchObject({ id: newest?.id, expired: true, renewable: true });
    expect(await statusOf(base, token)).toBe(401);
    const find = async () => (await list(base, '?api=tower')).find(({ id }) => id === newest?.id);
    expect(await find()).toMatchObject({ expired: true });
    // Tower's refresh tokens do not expire.
    await control(base, 'PATCH', '/clock', { advance: '1d' });
    expect(await find()).toMatchObject({ expired: true });
  });

  it('are revoked, each on its own', async () => {
    const { base_url: base } = await makeWorld(url);
    const token = await signIn(base);
    const [newest] = await list(base, '?api=tower&limit=1');
    expect((await control(base, 'DELETE', `/tokens/${newest?.id}`)).status).toBe(204);
    expect(await statusOf(base, token)).toBe(401);
    expect((await control(base, 'DELETE', `/tokens/${newest?.id}`)).status).toBe(404);
  });

  it('of GoBelieve end their connections when they are revoked, and have no time to change', async () => {
    const { base_url: base } = await makeWorld(url);
    const credentials = (await (await control(base, 'GET', '/credentials')).json()) as {
      gobelieve: { users: { uid: number; token: string }[] };
    };
    const [user, friend] = credentials.gobelieve.users;
    const stream = await fetch(`${base}/gobelieve/client/events`, {
      headers: { Authorization: `Bearer ${user?.token}` },
    });
    const kept = (await list(base, '?api=gobelieve')).find((one) => one.user?.id === String(user?.uid));
    expect(kept).toMatchObject({ expires_at: null, expired: false, renewable: false });
    const refused = await control(base, 'PATCH', `/tokens/${kept?.id}`, { expires_in: '0s' });
    expect([refused.status, await refused.json()]).toEqual([409, expect.objectContaining({ error: 'conflict' })]);
    await control(base, 'DELETE', `/tokens/${kept?.id}`);
    // It ends, and does not wait for another event.
    expect(await stream.text()).toContain('event: connected');
    const others = await list(base, '?api=gobelieve');
    expect(others.some((one) => one.user?.id === String(friend?.uid))).toBe(true);
  });
});
