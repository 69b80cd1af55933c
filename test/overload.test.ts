import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, expect, it } from 'vitest';
import { describePostgres } from './support/databases.ts';
import { startServer, type TestServer } from './support/server.ts';

/** Requests that look a token or an app up, and how each API says that the server is too busy. */
const requests = {
  '/tower/api/v1/teams/1/member': { errors: [{ status: '503', code: 'unavailable' }] },
  '/gobelieve/messages/offline?uid=1': { meta: { code: 503 } },
  '/ucenter/api/user': { code: -1, message: '系统繁忙，请稍后再试', data: {} },
  '/ppmessage/api/PP_GET_APP_INFO': { error_code: '17', uri: '/PP_GET_APP_INFO' },
};
const refusals = { tower: 401, gobelieve: 401, ucenter: 401, ppmessage: 200 };

function send(url: string, path: string): Promise<Response> {
  const headers = { Authorization: 'Bearer nonsense', 'Content-Type': 'application/json' };
  return fetch(url + path, { headers, ...(path.startsWith('/ppmessage') && { method: 'POST', body: '{}' }) });
}

// SQLite has one connection, and no other program can lock one of its tables.
describePostgres('a server that waits for its database', ({ createUrl, createEmptyUrl }) => {
  let server: TestServer | undefined;
  let administrator: pg.Client | undefined;
  afterEach(async () => {
    await administrator?.end();
    await server?.close();
    administrator = undefined;
    server = undefined;
  });

  async function start(environment: Record<string, string>) {
    const databaseUrl = await createUrl();
    administrator = new pg.Client({ connectionString: databaseUrl });
    await administrator.connect();
    server = await startServer({ DATABASE_URL: databaseUrl, ...environment });
    return { administrator, url: server.url };
  }

  it('serves the other APIs while the tables of one are locked', async () => {
    const { administrator, url } = await start({ DATABASE_POOL: '4' });
    await administrator.query('begin; lock table gobelieve_tokens');
    const stuck = Promise.all(Array.from({ length: 20 }, () => send(url, '/gobelieve/messages/offline?uid=1')));
    await expect.poll(() => waitingForLock(administrator), { timeout: 10_000 }).toBe(2);
    const others = await Promise.all([
      send(url, '/tower/api/v1/teams/1/member'),
      send(url, '/ucenter/api/user'),
      fetch(`${url}/readyz`),
    ]);
    expect(await waitingForLock(administrator)).toBe(2);
    expect(others.map(({ status }) => status)).toEqual([401, 401, 200]);
    await administrator.query('rollback');
    expect(new Set((await stuck).map(({ status }) => status))).toEqual(new Set([401]));
  });

  it.each(Object.entries(requests))('refuses more requests than may wait: %s', async (path, body) => {
    const { administrator, url } = await start({ DATABASE_POOL: '4', DATABASE_QUEUE: '3' });
    await administrator.query('begin; lock table oauth_tokens, gobelieve_tokens');
    const answers: Response[] = [];
    const all = Array.from({ length: 10 }, async () => answers.push(await send(url, path)));
    await expect.poll(() => answers.length, { timeout: 10_000 }).toBe(5);
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('Retry-After'), await answer.json()]).toMatchObject([503, '1', body]);
    }
    await administrator.query('rollback');
    await Promise.all(all);
    const refusal = refusals[path.split('/')[1] as keyof typeof refusals];
    expect(answers.slice(5).map(({ status }) => status)).toEqual(Array(5).fill(refusal));
  });

  it('waits when the role has no connection left', async () => {
    // The role makes the tables, and owns them.
    const databaseUrl = new URL(await createEmptyUrl());
    const role = `qiyue_test_${randomBytes(8).toString('hex')}`;
    administrator = new pg.Client({ connectionString: databaseUrl.href });
    await administrator.connect();
    await administrator.query(`create role ${role} login password 'hunter2' connection limit 2`);
    await administrator.query(`alter database ${databaseUrl.pathname.slice(1)} owner to ${role}`);
    databaseUrl.username = role;
    databaseUrl.password = 'hunter2';
    server = await startServer({ DATABASE_URL: databaseUrl.href });
    const { url } = server;
    const answers = await Promise.all(Array.from({ length: 40 }, () => send(url, '/gobelieve/messages/offline?uid=1')));
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(401));
    await server.close();
    server = undefined;
    await administrator.query(`reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`);
  });
});

async function waitingForLock(administrator: pg.Client): Promise<number> {
  const waiting = `select 1 from pg_locks join pg_database as d on d.oid = database and datname = current_database() where not granted`;
  return (await administrator.query(waiting)).rowCount ?? 0;
}
