import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, expect, it } from 'vitest';
import { describeEachDatabase } from './support/databases.ts';

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** The server as an operator starts it, on a free port. */
async function start(databaseUrl: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts'], {
    env: { ...process.env, DATABASE_URL: databaseUrl, PORT: '0', MOCK_PORT: 'off', NODE_ENV: '', LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.once('exit', (code) => reject(new Error(`The server stopped with ${code}: ${output}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const found = /"url":"(http:[^"]+)"/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { child, url };
}

describeEachDatabase('acknowledged data', (databases) => {
  it('survives kill -9 under load', async () => {
    const databaseUrl = await databases.createUrl();
    const first = await start(databaseUrl);
    const { tower } = (await (await fetch(`${first.url}/sandbox/credentials`)).json()) as {
      tower: Record<string, string> & { otp_user: Record<string, string> };
    };
    // Each response `otp_required` promises that a code is queued.
    const body = new URLSearchParams({
      grant_type: 'password',
      client_id: tower.client_id ?? '',
      client_secret: tower.client_secret ?? '',
      ...tower.otp_user,
    });
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

    const second = await start(databaseUrl);
    const messages = (await (await fetch(`${second.url}/sandbox/outbox?limit=1000`)).json()) as unknown[];
    expect(messages.length).toBeGreaterThanOrEqual(acknowledged);
    // The server still works.
    const answer = await fetch(`${second.url}/tower/oauth/token`, { method: 'POST', body });
    expect(answer.status).toBe(401);
    second.child.kill('SIGKILL');
  });
});
