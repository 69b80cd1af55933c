import { describe, expect, it } from 'vitest';
import { createSandbox } from '../src/create-sandbox.ts';

describe('createSandbox in this process', () => {
  it('gives each sandbox a world of one server', async () => {
    const [one, other] = await Promise.all([createSandbox({ world: true }), createSandbox({ world: true })]);
    expect(new URL(one.url).origin).toBe(new URL(other.url).origin);
    expect(one.url).not.toBe(other.url);
    await one.clock.advance('2h');
    expect((await other.clock.get()).offset).toBe(0);
    await one.close();
    await one.close();
    expect((await other.clock.get()).offset).toBe(0);
    await other.close();
  });

  it('gives a sandbox without a world a server of its own', async () => {
    const [one, other] = await Promise.all([createSandbox(), createSandbox({ world: false })]);
    expect(new URL(one.url).pathname).toBe('/');
    expect(one.url).not.toBe(other.url);
    const { tower } = await one.as('demo');
    expect((await tower.GET('/api/v1/user')).response.status).toBe(200);
    await Promise.all([one.close(), one.close()]);
    await expect(fetch(one.url)).rejects.toThrow();
    expect((await other.clock.get()).frozen).toBe(false);
    await other.close();
  });

  it('names an option that it does not have', async () => {
    const options = { seeds: {} } as object;
    await expect(createSandbox(options)).rejects.toThrow(
      'createSandbox has no option seeds; it has attach, world, seed',
    );
  });

  it('ends while streams and sockets are open', async () => {
    const sandbox = await createSandbox();
    const { gobelieve, tower } = await sandbox.as('demo');
    const connected = gobelieve.events()[Symbol.asyncIterator]();
    expect((await connected.next()).value).toMatchObject({ event: 'connected' });
    const states: string[] = [];
    const { WebSocket } = (await import('ws')) as unknown as typeof globalThis;
    const { uid } = sandbox.credentials.gobelieve.people[0] ?? { uid: 0 };
    const connection = gobelieve.connect({ uid, WebSocket, onState: (state) => states.push(state) });
    await expect.poll(() => states).toContain('open');
    const waiting = sandbox.outbox.waitFor({ to: 'stranger' });
    waiting.catch(() => {});
    await tower.GET('/api/v1/user');
    await sandbox.close();
    connection.close();
    await connected.return?.();
    await expect(waiting).rejects.toThrow();
  });

  it('makes fifty at once', async () => {
    const sandboxes = await Promise.all(Array.from({ length: 50 }, () => createSandbox({ world: true })));
    expect(new Set(sandboxes.map(({ url }) => url)).size).toBe(50);
    await Promise.all(
      sandboxes.map(async (sandbox, index) => {
        const { tower } = await sandbox.as('demo');
        const params = { path: { team_id: sandbox.credentials.tower.team_id } };
        const project = { name: `项目 ${index}` };
        await tower.POST('/api/v1/teams/{team_id}/projects', { params, body: { project } });
        const { data } = await tower.GET('/api/v1/teams/{team_id}/projects', { params });
        const made = data?.data.map(({ attributes }) => attributes.name).filter((name) => name.startsWith('项目 '));
        expect(made).toEqual([project.name]);
        await sandbox.close();
      }),
    );
  });

  it.each([true, false])('says that nothing answers at the address (world: %s)', async (world) => {
    const attaching = createSandbox({ attach: 'http://127.0.0.1:9', world });
    await expect(attaching).rejects.toThrow('No sandbox answers at http://127.0.0.1:9');
  });

  it('attaches to a running one', async () => {
    const running = await createSandbox({ world: true });
    const attached = await createSandbox({ attach: running.url });
    await attached.clock.advance('1h');
    await attached.close();
    expect((await running.clock.get()).offset).toBe(3_600_000);
    await running.close();
  });
});
