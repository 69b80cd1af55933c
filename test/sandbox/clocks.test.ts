import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { apis } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { serve, serveMock } from '../../src/serve.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { control, createProject, makeWorld, signIn, statusOf } from './control.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

interface Clock {
  now: string;
  frozen: boolean;
  offset: number;
}

const move = async (base: string, changes: object) => {
  const response = await control(base, 'PATCH', '/clock', changes);
  expect(response.status).toBe(200);
  return (await response.json()) as Clock;
};
const read = async (base: string) => (await (await control(base, 'GET', '/clock')).json()) as Clock;

describe('the clock', () => {
  it('makes tokens expire, in its own world alone', async () => {
    const { base_url } = await makeWorld(server.url);
    const [token, outside] = [await signIn(base_url), await signIn(server.url)];
    expect((await move(base_url, { advance: '3h' })).offset).toBeGreaterThan(2.9 * 3_600_000);
    expect(await statusOf(base_url, token)).toBe(401);
    expect(await statusOf(server.url, outside)).toBe(200);
    expect((await control(base_url, 'DELETE', '/clock')).status).toBe(204);
    expect(await read(base_url)).toMatchObject({ frozen: false, offset: 0 });
  });

  it('stands still when it is frozen, also when it is moved, and goes on from there', async () => {
    const { base_url } = await makeWorld(server.url);
    const now = '2026-01-05T08:00:00.000Z';
    expect(await move(base_url, { now, frozen: true })).toMatchObject({ now, frozen: true });
    expect(await read(base_url)).toMatchObject({ now, frozen: true });
    const later = await move(base_url, { advance: '1.5h' });
    expect(later).toMatchObject({ now: '2026-01-05T09:30:00.000Z', frozen: true });
    const running = await move(base_url, { frozen: false });
    expect(running.frozen).toBe(false);
    expect(Date.parse(running.now) - Date.parse(later.now)).toBeLessThan(60_000);
  });

  it('moves by exactly the time that is named, however much passes meanwhile', async () => {
    const { base_url } = await makeWorld(server.url);
    let real = Date.now();
    const passing = vi.spyOn(Date, 'now').mockImplementation(() => ++real);
    try {
      expect(await move(base_url, { advance: '2h' })).toMatchObject({ offset: 7_200_000 });
      expect(await read(base_url)).toMatchObject({ offset: 7_200_000 });
      const now = '2026-01-05T08:00:00.000Z';
      expect(await move(base_url, { now, frozen: true })).toMatchObject({ now, frozen: true });
      expect(await move(base_url, { frozen: true })).toMatchObject({ now, frozen: true });
    } finally {
      passing.mockRestore();
    }
  });

  it('does not freeze when it is set', async () => {
    const { base_url } = await makeWorld(server.url);
    const set = await move(base_url, { now: '2030-01-01T00:00:00Z' });
    expect(set.frozen).toBe(false);
    await expect.poll(async () => (await read(base_url)).now > set.now).toBe(true);
  });

  it('dates what is made, and never reorders it when it goes back', async () => {
    const { base_url } = await makeWorld(server.url, { clock: { now: '2030-06-01T00:00:00Z' } });
    const token = await signIn(base_url);
    await createProject(base_url, token, 'first');
    await move(base_url, { now: '2030-05-31T12:00:00Z' });
    await createProject(base_url, token, 'second');
    const response = await fetch(`${base_url}/tower/api/v1/teams/d0000000000000000000000000000001/events`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const { data } = (await response.json()) as { data: { attributes: { created_at: string } }[] };
    expect(data[0]?.attributes.created_at).toMatch(/^2030-05-31/);
    expect(data[1]?.attributes.created_at).toMatch(/^2030-06-01/);
  });

  it.each([
    ['tower', '/oauth/token', 7200],
    ['ucenter', '/api/oauth/accessToken', 3600],
  ])('goes back without a token of %s that lives longer than a new one', async (api, path, lifetime) => {
    const { base_url } = await makeWorld(server.url);
    const { [api]: demo } = await (await control(base_url, 'GET', '/credentials')).json();
    const { client_id, client_secret } = demo;
    const { username, password } = demo.people.find(({ state }: { state?: string }) => state === undefined);
    const send = async (fields: Record<string, string>) => {
      const body = new URLSearchParams({ client_id, client_secret, ...fields });
      const response = await fetch(`${base_url}/${api}${path}`, { method: 'POST', body });
      expect(response.status).toBe(200);
      return (await response.json()) as { expires_in: number; access_token: string; refresh_token: string };
    };
    const { refresh_token } = await send({ grant_type: 'password', username, password });
    const refresh = { grant_type: 'refresh_token', refresh_token };
    const first = await send(refresh);
    await move(base_url, { now: new Date(Date.now() - 3_600_000).toISOString() });
    expect(await send(refresh)).toMatchObject({ access_token: first.access_token, expires_in: lifetime });
  });

  it('is that of a new world from the beginning: the demo data lie before it', async () => {
    const { base_url } = await makeWorld(server.url, { clock: { advance: '400d' } });
    const response = await fetch(`${base_url}/tower/api/v1/teams/d0000000000000000000000000000001/events`, {
      headers: { Authorization: `Bearer ${await signIn(base_url)}` },
    });
    const { data } = (await response.json()) as { data: { attributes: { created_at: string } }[] };
    const age = Date.parse((await read(base_url)).now) - Date.parse(data[0]?.attributes.created_at ?? '');
    expect(age).toBeLessThan(22 * 24 * 3_600_000);
  });

  it('may be some hours behind: the demo data lie before it, too', async () => {
    await makeWorld(server.url);
    const now = new Date(Date.now() - 5 * 3_600_000).toISOString();
    const { base_url } = await makeWorld(server.url, { clock: { now, frozen: true } });
    const response = await fetch(`${base_url}/tower/api/v1/teams/d0000000000000000000000000000001/member`, {
      headers: { Authorization: `Bearer ${await signIn(base_url)}` },
    });
    const { data } = (await response.json()) as { data: { attributes: { created_at: string } } };
    expect(Date.parse(data.attributes.created_at)).toBeLessThanOrEqual(Date.parse(now));
  });

  it.each([
    ['/clock', { advance: '2 hours' }, 'advance must be a duration, such as 90s, 2h or 1.5d'],
    ['/clock', { now: 'tomorrow' }, 'now must be a time in UTC, such as 2026-01-05T08:00:00Z'],
    ['/clock', { later: true }, 'later is no field here; there are now, advance, frozen'],
    ['/reset', { later: true }, 'later is no field here; there is only to'],
    ['/worlds', { clock: { stop: 1 } }, 'clock.stop is no field here; there are now, advance, frozen'],
    ['/worlds', { ttl: 'short' }, 'ttl must be a duration from 1s to 24h, such as 90s or 15m'],
  ])('says what would be right in place of a pattern: %s %j', async (path, body, message) => {
    const response = await control(server.url, path === '/clock' ? 'PATCH' : 'POST', path, body);
    expect([response.status, (await response.json()).message]).toEqual([400, message]);
  });

  it('names the field that is wrong, and changes nothing', async () => {
    const { base_url } = await makeWorld(server.url);
    for (const [field, changes] of [
      ['now', { now: 'tomorrow' }],
      ['advance', { advance: '2 hours', now: '2030-01-01T00:00:00Z' }],
      ['advance', { advance: '9000000d' }],
      ['frozen', { frozen: 'yes' }],
      ['later', { later: true }],
    ] as const) {
      const response = await control(base_url, 'PATCH', '/clock', changes);
      expect([field, response.status]).toEqual([field, 400]);
      const { details } = (await response.json()) as { details: { path: string }[] };
      expect(details.map(({ path }) => path)).toContain(`/body/${field}`);
    }
    expect(await read(base_url)).toMatchObject({ frozen: false, offset: 0 });
  });
});

describe("the clock on the mock's port", () => {
  const config = () =>
    readConfig(apis, {
      DATABASE_URL: 'sqlite::memory:',
      FILES_URL: `file:${join(tmpdir(), `qiyue-files-${randomUUID()}`)}`,
      LOG_LEVEL: 'silent',
      PORT: '0',
      MOCK_PORT: '0',
      IM_PORT: 'off',
      IM_WS_PORT: 'off',
    });

  it('is that of the server beside it, also after a reset', async () => {
    const { url, mockUrl = '', close } = await serve(config());
    try {
      const { now } = await move(mockUrl, { advance: '2h', frozen: true });
      expect(await read(url)).toMatchObject({ now, frozen: true });
      expect((await control(url, 'POST', '/reset')).status).toBe(204);
      expect(await read(mockUrl)).toMatchObject({ frozen: false, offset: 0 });
      await move(mockUrl, { advance: '1h' });
      expect((await read(url)).offset).toBeGreaterThan(3_500_000);
      expect((await control(mockUrl, 'DELETE', '/clock')).status).toBe(204);
      expect((await read(url)).offset).toBe(0);
    } finally {
      await close();
    }
  });

  it('is beside no control calls that only the server has: they name its port', async () => {
    const { url, close } = await serveMock({ ...config(), port: 3000 });
    try {
      for (const path of ['/worlds', '/reset', '/seed']) {
        const response = await control(url, 'POST', path, {});
        const { message } = (await response.json()) as { message: string };
        expect([path, response.status, message]).toEqual([path, 501, expect.stringContaining('port 3000')]);
      }
      const example = await fetch(`${url}/sandbox/worlds`, { headers: { Prefer: 'code=200' } });
      expect(example.status).toBe(200);
    } finally {
      await close();
    }
  });

  it('is one of its own when the mock runs alone', async () => {
    const { url, close } = await serveMock(config());
    try {
      const now = '2026-01-05T08:00:00.000Z';
      await move(url, { now, frozen: true });
      expect(await read(url)).toMatchObject({ now, frozen: true });
      expect((await move(url, { advance: '1h' })).now).toBe('2026-01-05T09:00:00.000Z');
    } finally {
      await close();
    }
  });
});
