import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type App, expectError, expectToken, startTower, type Tower } from './flow.ts';

// T-28.
describeEachDatabase('wrong client secrets', (databases) => {
  let environment: Record<string, string>;
  let tower: Tower;
  let app: App;

  beforeAll(async () => {
    environment = { DATABASE_URL: await databases.createUrl(), WRONG_GUESS_LIMIT: '2', TRUST_PROXY: '1' };
    tower = await startTower(environment);
    app = await tower.addApp({ secret: 'one secret' });
  });
  afterAll(() => tower?.server.close());

  const right = (address: string) =>
    tower.token(tower.passwordFields(undefined, { ...app, client_secret: 'one secret' }), {
      'x-forwarded-for': address,
    });
  const wrong = (address: string, client_id = app.client_id) =>
    tower.token({ ...tower.passwordFields(), client_id, client_secret: 'wrong' }, { 'x-forwarded-for': address });

  async function restart() {
    await tower.server.close();
    tower = await startTower(environment);
  }

  const forgetDigests = () => tower.database.updateTable('oauth_clients').set({ secret_digest: null }).execute();

  it('are limited for an IPv6 /64, also in a burst', async () => {
    const verify = vi.spyOn(tower.server.context.passwords, 'verify');
    const answers = await Promise.all(Array.from({ length: 60 }, (_, host) => wrong(`2001:db8:1:1::${host + 1}`)));
    expect(
      answers
        .map(({ status }) => status)
        .sort()
        .at(-1),
    ).toBe(429);
    expect(verify.mock.calls.length).toBeLessThanOrEqual(2 * 10 + 4);
    verify.mockRestore();
  });

  it('of a stranger do not lock out a client that this server has not seen since its start', async () => {
    await restart();
    await forgetDigests();
    for (let count = 0; count <= 20; count++) await wrong('192.0.2.1');
    expectError(await wrong('192.0.2.1'), 429, 'temporarily_unavailable');
    expectToken(await right('192.0.2.2'));
  });

  it('on the same network do not lock out a client that was seen before the start', async () => {
    await forgetDigests();
    await restart();
    expectToken(await right('192.0.2.3'));
    await restart();
    for (let count = 0; count <= 20; count++) await wrong('192.0.2.4');
    expectError(await wrong('192.0.2.4'), 429, 'temporarily_unavailable');
    expectToken(await right('192.0.2.4'));
  });

  it('are hashed as often for an unknown and a public client', async () => {
    const { client_id } = await tower.addApp({ isPublic: true });
    const verify = vi.spyOn(tower.server.context.passwords, 'verify');
    const counts: number[] = [];
    for (const id of [app.client_id, 'unknown', client_id]) {
      verify.mockClear();
      expectError(await wrong('192.0.2.5', id), 401, 'invalid_client');
      counts.push(verify.mock.calls.length);
    }
    expect(counts).toEqual([1, 1, 1]);
    verify.mockRestore();
  });
});
