import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { describeEachDatabase, describePostgres } from './support/databases.ts';
import { askAll, failures } from './support/failures.ts';
import { startProcess } from './support/process.ts';
import { type SilentProxy, startSilentProxy } from './support/silent-proxy.ts';

/** A sign-in that is answered with `otp_required`, 401: that promises that a code is queued. */
async function signInOf(url: string): Promise<URLSearchParams> {
  const { tower } = (await (await fetch(`${url}/sandbox/credentials`)).json()) as {
    tower: Record<string, string> & { otp_user: Record<string, string> };
  };
  return new URLSearchParams({
    grant_type: 'password',
    client_id: tower.client_id ?? '',
    client_secret: tower.client_secret ?? '',
    ...tower.otp_user,
  });
}

describeEachDatabase('acknowledged data', (databases) => {
  it('survives kill -9 under load', async () => {
    const databaseUrl = await databases.createUrl();
    const first = await startProcess({ DATABASE_URL: databaseUrl });
    const body = await signInOf(first.url);
    let acknowledged = 0;
    let running = true;
    const ask = async () => {
      while (running && acknowledged < 500) {
        const response = await fetch(`${first.url}/tower/oauth/token`, { method: 'POST', body }).catch(() => undefined);
        if (response === undefined) return;
        expect(response.status).toBe(401);
        acknowledged += 1;
        if (acknowledged === 40) {
          running = false;
          first.child.kill('SIGKILL');
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, ask));
    expect(acknowledged).toBeGreaterThanOrEqual(40);

    const second = await startProcess({ DATABASE_URL: databaseUrl });
    const messages = (await (await fetch(`${second.url}/sandbox/outbox?limit=1000`)).json()) as unknown[];
    expect(messages.length).toBeGreaterThanOrEqual(acknowledged);
    // The server still works.
    const answer = await fetch(`${second.url}/tower/oauth/token`, { method: 'POST', body });
    expect(answer.status).toBe(401);
    second.child.kill('SIGKILL');
  });
});

/** Breaks connections of a server to its database. Returns whether one of them was in the middle of a transaction. */
type Cut = (administrator: pg.Client, database: string, proxy: SilentProxy) => Promise<boolean>;

// Between two statements of a transaction no call waits for the connection: the worst moment.
const inTransaction = `from pg_stat_activity where datname = $1 and state = 'idle in transaction'`;

const cuts: Record<string, Cut> = {
  async pg_terminate_backend(administrator, database) {
    const { rowCount } = await administrator.query(`select pg_terminate_backend(pid) ${inTransaction}`, [database]);
    return rowCount !== 0;
  },
  async 'a TCP reset'(administrator, database, proxy) {
    const { rowCount } = await administrator.query(`select 1 ${inTransaction}`, [database]);
    if (rowCount !== 0) proxy.reset();
    return rowCount !== 0;
  },
  async 'a restart of the listener'(_administrator, _database, proxy) {
    await proxy.restart();
    return true;
  },
};

// SQLite has no connection that could break.
describePostgres('a server whose connections break', (databases) => {
  it.each(Object.entries(cuts))('goes on after each of 20 cuts under load by %s', async (_how, cut) => {
    const direct = new URL(await databases.createUrl());
    const proxy = await startSilentProxy({ hostname: direct.hostname, port: Number(direct.port || 5432) });
    onTestFinished(() => proxy.close());
    const proxied = new URL(direct);
    proxied.host = `127.0.0.1:${proxy.port}`;
    const { child, url } = await startProcess({ DATABASE_URL: proxied.href });
    const body = await signInOf(url);
    const signIn = async () => {
      const response = await fetch(`${url}/tower/oauth/token`, { method: 'POST', body });
      return { status: response.status, body: (await response.json()) as { error?: string } };
    };
    let isRunning = true;
    const write = async () => {
      while (isRunning) {
        const { status, body } = await signIn();
        expect([`${status} ${body.error}`]).toContain(status === 401 ? '401 otp_required' : '500 server_error');
      }
    };
    const read = async () => {
      while (isRunning) {
        for (const answer of await askAll(url)) {
          const failure = failures.find(({ path }) => path === answer.path);
          if (answer.status === 500) expect(answer).toMatchObject(failure ?? {});
          else expect([200, 401]).toContain(answer.status);
        }
      }
    };
    const callers = Promise.all([...Array.from({ length: 8 }, write), read()]);
    // A rejection is reported by the last lines.
    callers.catch(() => {});

    const administrator = new pg.Client({ connectionString: direct.href });
    await administrator.connect();
    for (let number = 0; number < 20; ) {
      expect(child.exitCode).toBeNull();
      if (await cut(administrator, direct.pathname.slice(1), proxy)) number += 1;
    }
    await administrator.end();
    isRunning = false;
    await callers;
    expect((await signIn()).status).toBe(401);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(child.exitCode).toBeNull();
  });
});
