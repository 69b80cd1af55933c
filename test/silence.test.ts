import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describePostgres } from './support/databases.ts';
import { askAll, failures } from './support/failures.ts';
import { startServer, type TestServer } from './support/server.ts';
import { type SilentProxy, startSilentProxy } from './support/silent-proxy.ts';

/** An unknown token is a refusal: the database has answered. PPMessage refuses with 200. */
async function expectRefusals(url: string): Promise<void> {
  expect((await askAll(url)).map(({ status }) => status)).toEqual([401, 401, 401, 200]);
}

// SQLite is part of the process and cannot fall silent.
describePostgres('the database', ({ createUrl }) => {
  let proxy: SilentProxy;
  let server: TestServer;
  let direct: string;

  beforeAll(async () => {
    direct = await createUrl();
    const { hostname, port } = new URL(direct);
    proxy = await startSilentProxy({ hostname, port: Number(port || 5432) });
    const proxied = new URL(direct);
    proxied.host = `127.0.0.1:${proxy.port}`;
    server = await startServer({ DATABASE_URL: proxied.href, DATABASE_TIMEOUT: '2000' });
  });
  afterAll(async () => {
    await server?.close();
    proxy?.close();
  });

  it('that does not answer fails requests and readiness, until it answers again', async () => {
    await expectRefusals(server.url);
    proxy.silence();
    expect(await askAll(server.url)).toMatchObject(failures);
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { checks: { database: 'failed' } }]);
    proxy.speak();
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status, { timeout: 30_000 }).toBe(200);
    await expectRefusals(server.url);
  });

  it('that waits for a lock fails the request, and not the next one', async () => {
    const administrator = new pg.Client({ connectionString: direct });
    await administrator.connect();
    await administrator.query('begin');
    await administrator.query('lock table oauth_tokens, gobelieve_tokens, gobelieve_apps');
    expect((await askAll(server.url)).map(({ status }) => status)).toContain(500);
    await administrator.query('rollback');
    await administrator.end();
    await expectRefusals(server.url);
  });
});
