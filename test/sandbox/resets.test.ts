import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { ask, control, createProject, makeWorld, projectsOf, signIn, statusOf } from './control.ts';

describeEachDatabase('a reset', (databases) => {
  const withServer = async (work: (server: TestServer) => Promise<void>, databaseUrl?: string) => {
    const server = await startServer({ DATABASE_URL: databaseUrl ?? (await databases.createUrl()) });
    try {
      await work(server);
    } finally {
      await server.close();
    }
  };
  const reset = async (url: string, to?: string) => {
    const response = await control(url, 'POST', '/reset', to === undefined ? undefined : { to });
    expect(response.status).toBe(204);
  };

  it('brings the demo data back, ends tokens and streams, and empties the outbox', () =>
    withServer(async ({ url, context }) => {
      const before = await projectsOf(url, await signIn(url));
      const token = await signIn(url);
      await createProject(url, token, 'gone');
      await context.messages.enqueue(context.database, { api: 'tower', channel: 'sms', to: 'lily', body: 'gone' });
      const stream = await fetch(`${url}/gobelieve/client/events`, {
        headers: { Authorization: 'Bearer DemoTokenOfUser10002ofApp1xxxx' },
      });
      await reset(url);
      expect(await stream.text()).toContain('retry:');
      expect(await statusOf(url, token)).toBe(401);
      expect(await projectsOf(url, await signIn(url))).toEqual(before);
      expect(await (await control(url, 'GET', '/outbox')).json()).toEqual([]);
      // The second one is of services that the first has made.
      await createProject(url, await signIn(url), 'gone again');
      await reset(url);
      expect(await projectsOf(url, await signIn(url))).toEqual(before);
    }));

  it('is refused to a website that does not use CORS', () =>
    withServer(async ({ url }) => {
      const token = await signIn(url);
      const site = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://website.example' };
      const form = { ...site, 'Sec-Fetch-Mode': 'navigate', 'Content-Type': 'application/x-www-form-urlencoded' };
      const beacon = { ...site, 'Sec-Fetch-Mode': 'no-cors' };
      const old = { Origin: site.Origin, 'Content-Type': 'text/plain;charset=UTF-8' };
      for (const headers of [form, beacon, { ...beacon, 'Sec-Fetch-Site': 'same-site' }, old]) {
        const refused = await ask(url, '/sandbox/reset', headers, 'POST');
        expect(refused.status).toBe(403);
        expect(JSON.parse(refused.text)).toMatchObject({ error: 'forbidden', message: expect.stringMatching('CORS') });
      }
      const { id } = await makeWorld(url);
      expect((await ask(url, `/w/${id}/sandbox/reset`, beacon, 'POST')).status).toBe(403);
      expect(await statusOf(url, token)).toBe(200);
      expect((await ask(url, '/sandbox/outbox.html', form)).status).toBe(200);
      const script = { ...site, 'Sec-Fetch-Mode': 'cors' };
      expect((await ask(url, '/sandbox/reset', script, 'POST')).status).toBe(204);
      const own = { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Site': 'same-origin', Origin: url };
      expect((await ask(url, '/sandbox/reset', own, 'POST')).status).toBe(204);
    }));

  it('goes back to a snapshot, which survives a restart and is there for all worlds', async () => {
    const databaseUrl = await databases.createUrl();
    let token = '';
    await withServer(async ({ url }) => {
      token = await signIn(url);
      await createProject(url, token, 'kept');
      expect((await control(url, 'PUT', '/snapshots/kept')).status).toBe(201);
      await createProject(url, token, 'too late');
      await reset(url, 'kept');
      expect(await projectsOf(url, token)).toContain('kept');
      expect(await projectsOf(url, token)).not.toContain('too late');
      await reset(url);
      expect(await statusOf(url, token)).toBe(401);
    }, databaseUrl);
    await withServer(async ({ url }) => {
      const world = await makeWorld(url, { from: 'kept' });
      expect(await projectsOf(world.base_url, token)).toContain('kept');
      await createProject(world.base_url, token, 'in the world');
      expect((await control(world.base_url, 'PUT', '/snapshots/kept')).status).toBe(200);
      await reset(url, 'kept');
      expect(await projectsOf(url, token)).toContain('in the world');
      expect((await control(url, 'DELETE', '/snapshots/kept')).status).toBe(204);
      expect(await projectsOf(world.base_url, token)).toContain('in the world');
    }, databaseUrl);
  });

  it('gives the same ids to what is made after it', () =>
    withServer(async ({ url }) => {
      const register = async (base: string) => {
        const token = await signIn(base);
        await createProject(base, token, 'numbered');
        const response = await fetch(`${base}/tower/api/v1/teams/d0000000000000000000000000000001/events`, {
          headers: { Authorization: `Bearer ${token}` },
        });
        return ((await response.json()) as { data: { id: string }[] }).data[0]?.id;
      };
      await reset(url);
      const first = await register(url);
      await reset(url);
      expect(await register(url)).toBe(first);
    }));

  it('lets calls under way finish, or refuses them; none fails', () =>
    withServer(async ({ url }) => {
      const statuses = new Set<number>();
      let isOver = false;
      const caller = async () => {
        while (!isOver) {
          const token = await signIn(url).catch(() => '');
          const response = await fetch(`${url}/tower/api/v1/teams/d0000000000000000000000000000001/projects`, {
            method: 'POST',
            headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
            body: JSON.stringify({ project: { name: 'under way' } }),
          });
          await response.text();
          statuses.add(response.status);
        }
      };
      const callers = Array.from({ length: 4 }, caller);
      for (let count = 0; count < 5; count += 1) await reset(url);
      isOver = true;
      await Promise.all(callers);
      expect([...statuses].filter((status) => status >= 500)).toEqual([]);
    }));

  it('of a world leaves the others and the outside alone', () =>
    withServer(async ({ url }) => {
      const [one, other] = [await makeWorld(url), await makeWorld(url)];
      const tokens = await Promise.all([one.base_url, other.base_url, url].map((base) => signIn(base)));
      await reset(one.base_url);
      expect(await statusOf(one.base_url, tokens[0] as string)).toBe(401);
      expect(await statusOf(other.base_url, tokens[1] as string)).toBe(200);
      expect(await statusOf(url, tokens[2] as string)).toBe(200);
    }));
});
