import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import contract from '../../generated/sandbox.json' with { type: 'json' };
import { resolve, unwrap } from '../../src/client/index.ts';
import { createSandbox, type SandboxOptions, type SandboxSeed } from '../../src/client/sandbox.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

async function attach(options: Partial<SandboxOptions> = {}) {
  const sandbox = await createSandbox({ attach: server.url, world: true, ...options });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

describe('createSandbox, attached', () => {
  it('has a world of its own, which ends with it', async () => {
    const [one, other] = await Promise.all([attach(), attach()]);
    expect(one.url).toMatch(/\/w\/\w+$/);
    expect(one.credentials.tower.base_url).toBe(`${one.url}/tower`);
    const teamId = one.credentials.tower.team_id;
    const projects = async ({ as }: typeof one) => {
      const { tower } = await as('demo');
      const { data } = await tower.GET('/api/v1/teams/{team_id}/projects', { params: { path: { team_id: teamId } } });
      return data ? resolve(data).map(({ name }) => name) : [];
    };
    const { tower } = await one.as('demo');
    const params = { path: { team_id: teamId } };
    await tower.POST('/api/v1/teams/{team_id}/projects', { params, body: { project: { name: '年会筹备' } } });
    expect(await projects(one)).toContain('年会筹备');
    expect(await projects(other)).not.toContain('年会筹备');

    await one.reset();
    expect(await projects(one)).not.toContain('年会筹备');
    await Promise.all([one.close(), one.close()]);
    await one.close();
    expect((await fetch(`${one.url}/sandbox/clock`)).status).toBe(404);
    await expect(one.clock.get()).rejects.toMatchObject({ name: 'SandboxError', status: 404, code: 'world_gone' });
  });

  it('shares the data of the address without a world', async () => {
    const world = await attach();
    const sandbox = await attach({ attach: `${world.url}/`, world: false });
    expect(sandbox.url).toBe(world.url);
    await sandbox.close();
    expect((await fetch(`${world.url}/sandbox/clock`)).status).toBe(200);
  });

  it('signs in to every API as the first person of each', async () => {
    const sandbox = await attach();
    const { tower, ucenter, ppmessage, gobelieve } = await sandbox.as('demo');
    const { credentials } = sandbox;
    expect((await tower.GET('/api/v1/user')).data?.data.type).toBe('users');
    expect((await ucenter.GET('/api/user')).data?.username).toBe(credentials.ucenter.people[0]?.username);
    const { uuid } = await ppmessage.call('PP_GET_APP_INFO', {});
    expect(uuid).toBe(credentials.ppmessage.app_uuid);
    expect(Array.isArray(await unwrap(gobelieve.GET('/messages')))).toBe(true);
    // Tower and UCenter end the former token of a user with each sign-in.
    expect((await sandbox.as('demo')).tower).toBe(tower);
    expect((await sandbox.as(credentials.tower.people[0]?.key as string)).tower).toBe(tower);
  });

  it('signs in everybody who can', async () => {
    const sandbox = await attach();
    const apis = ['tower', 'ucenter', 'ppmessage', 'gobelieve'] as const;
    for (const api of apis) {
      for (const { key, state } of sandbox.credentials[api].people) {
        const signIn = sandbox.as(key).then((clients) => clients[api]);
        if (state === 'removed' || state === 'unverified') await signIn.catch(() => undefined);
        else expect(await signIn, `${api} ${key}`).toBeDefined();
      }
    }
  });

  it('signs in with the code of two-step verification', async () => {
    const sandbox = await attach();
    const { key = '' } = sandbox.credentials.tower.people.find(({ state }) => state === 'two_step') ?? {};
    const { tower } = await sandbox.as(key);
    expect((await tower.GET('/api/v1/user')).response.status).toBe(200);
    await sandbox.reset();
    expect((await (await sandbox.as(key)).tower.GET('/api/v1/user')).response.status).toBe(200);
  });

  it('says who there is', async () => {
    const sandbox = await attach();
    await expect(sandbox.as('stranger')).rejects.toThrow(/tower has no person stranger; there are demo, owner, /);
    const clients = await sandbox.as('two_step');
    expect(clients.tower).toBeDefined();
    expect(() => clients.gobelieve).toThrow(/^gobelieve has no person two_step; there are demo, /);
  });

  it('says that there are no people after a reset to nothing, and signs in those of a seed by its application', async () => {
    const sandbox = await attach();
    await sandbox.reset('empty');
    await expect(sandbox.as('demo')).rejects.toThrow(/tower has no people; .*seed what the test needs/);
    const body = {
      tower: {
        users: [{ ref: 'owner', username: 'boss@example.com' }],
        teams: [{ ref: 'crew', name: '小队', owner: 'owner' }],
      },
    };
    expect((await sandbox.client.POST('/seed', { body })).response.status).toBe(201);
    const other = await attach({ attach: sandbox.url, world: false });
    const signedIn = await other.as('owner');
    expect(() => signedIn.tower).toThrow(/tower has no application/);
    const seeded = await attach({
      attach: sandbox.url,
      world: false,
      seed: { tower: { apps: [{ ref: 'app', team: 'crew', name: '应用' }] } },
    });
    const { tower } = await seeded.as('owner');
    expect((await tower.GET('/api/v1/user')).data?.data.type).toBe('users');
  });

  it('throws what the sign-in has thrown, and tries again', async () => {
    const sandbox = await attach();
    await sandbox.faults.add({ api: 'tower', operation: 'createToken', status: 503, times: 1 });
    const clients = await sandbox.as('demo');
    expect(() => clients.tower).toThrow(expect.objectContaining({ name: 'OAuthError', status: 503 }));
    expect(clients.ucenter).toBeDefined();
    expect((await sandbox.as('demo')).tower).toBeDefined();
  });

  it('adds a seed, again after a reset', async () => {
    const { value: seed } = contract.components.examples.Seed;
    const sandbox = await attach({ seed: seed as SandboxSeed });
    const before = sandbox.ids.tower ?? {};
    expect(Object.keys(before)).toEqual(expect.arrayContaining(seed.tower.users.map(({ ref }) => ref)));
    for (const api of ['tower', 'ucenter', 'ppmessage', 'gobelieve'] as const) {
      const refs = Object.keys(sandbox.ids[api] ?? {});
      const people = sandbox.credentials[api].people.filter(({ key }) => refs.includes(key));
      expect(people).not.toEqual([]);
      for (const { key } of people) expect((await sandbox.as(key))[api], `${api} ${key}`).toBeDefined();
    }
    await sandbox.reset();
    expect(Object.keys(sandbox.ids.tower ?? {})).toEqual(Object.keys(before));
    await sandbox.reset('demo');
    expect(sandbox.ids).toEqual({});
    const ref = seed.tower.users[0]?.ref as string;
    expect(sandbox.credentials.tower.people.map(({ key }) => key)).not.toContain(ref);
  });

  it('takes a seed in YAML, and leaves no world when it is refused', async () => {
    const worlds = async () => (await (await fetch(`${server.url}/sandbox/worlds`)).json()) as unknown[];
    const { ids } = await attach({ seed: 'tower:\n  users:\n    - ref: zhao\n      username: zhao@example.com\n' });
    expect(ids.tower).toEqual({ zhao: expect.any(String) });
    const before = (await worlds()).length;
    await expect(attach({ seed: 'tower:\n  users:\n    - rf: zhao\n' })).rejects.toMatchObject({
      name: 'SandboxError',
      status: 400,
    });
    expect(await worlds()).toHaveLength(before);
  });

  it('moves the clock', async () => {
    const { clock } = await attach();
    expect((await clock.advance('2h')).offset).toBe(7_200_000);
    expect(await clock.freeze(new Date('2026-01-05T08:00:00Z'))).toMatchObject({ now: '2026-01-05T08:00:00.000Z' });
    expect(await clock.set('2026-02-05T08:00:00Z')).toMatchObject({ now: '2026-02-05T08:00:00.000Z', frozen: true });
    await clock.reset();
    expect(await clock.get()).toMatchObject({ frozen: false, offset: 0 });
  });

  it('makes calls fail', async () => {
    const sandbox = await attach();
    const { tower } = await sandbox.as('demo');
    const { id } = await sandbox.faults.add({ api: 'tower', operation: 'getUser', status: 503 });
    expect(await sandbox.faults.list()).toMatchObject([{ id, fired: 0 }]);
    expect((await tower.GET('/api/v1/user')).response.status).toBe(503);
    await sandbox.faults.clear();
    expect((await tower.GET('/api/v1/user')).response.status).toBe(200);
    await expect(sandbox.faults.add({ api: 'nothing' })).rejects.toMatchObject({
      name: 'SandboxError',
      status: 400,
      code: 'invalid_request',
      details: [{ path: '/body/api' }],
    });
  });

  it('waits for requests and messages', async () => {
    const sandbox = await attach();
    const request = sandbox.requests.waitFor({ api: 'tower', operation: 'createToken' });
    const message = sandbox.outbox.waitFor({ to: 'otp@tower.example' });
    await sandbox.as('two_step');
    expect(await request).toMatchObject({ operation: 'createToken', request: { body: { password: '***' } } });
    expect((await message).code).toMatch(/^\d+$/);
    expect((await sandbox.requests.list({ api: 'tower' })).map(({ status }) => status)).toEqual([200, 401]);
    expect(await sandbox.outbox.list()).toHaveLength(1);
  });

  it('rejects when nothing comes', async () => {
    const { outbox, requests } = await attach();
    await expect(outbox.waitFor({ to: 'stranger@tower.example', wait: '10ms' })).rejects.toThrow(
      'No message {"to":"stranger@tower.example"} has come within 10ms',
    );
    await expect(requests.waitFor({ api: 'tower', wait: '10ms' })).rejects.toThrow(
      'No request {"api":"tower"} has come within 10ms',
    );
  });

  it('names an option that it does not have, and those that it has', async () => {
    const options = { attach: server.url, world: false, wrold: true };
    await expect(createSandbox(options)).rejects.toThrow(
      new TypeError('createSandbox has no option wrold; it has attach, world, seed, fetch'),
    );
  });

  it.each(['', '/docs/', '/nothing/'])('says that there is no sandbox at %s of another server', async (path) => {
    const other = { attach: `${server.url}/tower${path}`, world: false };
    await expect(createSandbox(other)).rejects.toMatchObject({ name: 'SandboxError' });
  });
});
