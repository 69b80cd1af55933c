import pg from 'pg';
import { expect, it } from 'vitest';
import { describeEachDatabase, describePostgres } from './support/databases.ts';
import { startProcess } from './support/process.ts';

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

const server = process.env.TEST_POSTGRES_URL;

// SQLite has no connection that could break.
describePostgres('a server whose connections break', (databases) => {
  it('goes on after each of 20 cuts under load', async () => {
    const databaseUrl = await databases.createUrl();
    const { child, url } = await startProcess({ DATABASE_URL: databaseUrl });
    const body = await signInOf(url);
    const signIn = async () => {
      const response = await fetch(`${url}/tower/oauth/token`, { method: 'POST', body });
      await response.text();
      return response.status;
    };
    let isRunning = true;
    const write = async () => {
      while (isRunning) expect([401, 500]).toContain(await signIn());
    };
    const writers = Promise.all(Array.from({ length: 4 }, write));
    // A rejection is reported by the last line.
    writers.catch(() => {});

    const administrator = new pg.Client({ connectionString: server });
    await administrator.connect();
    const name = new URL(databaseUrl).pathname.slice(1);
    // Between two statements of a transaction no call waits for the connection: the worst moment for a cut.
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and state = 'idle in transaction'`;
    for (let cuts = 0; cuts < 20; ) {
      expect(child.exitCode).toBeNull();
      cuts += (await administrator.query(cut, [name])).rowCount === 0 ? 0 : 1;
    }
    await administrator.end();
    isRunning = false;
    await writers;
    expect(await signIn()).toBe(401);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    child.kill('SIGKILL');
  });
});
