import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { describePostgres, type TestDatabases } from './databases.ts';

const program = process.env.PGBOUNCER ?? '';

/** Runs a suite where a real PgBouncer and PostgreSQL are. `PGBOUNCER=/usr/sbin/pgbouncer npm test` */
export function describePgbouncer(title: string, suite: (databases: TestDatabases) => void): void {
  if (existsSync(program)) describePostgres(title, suite);
  else describe.skip(`${title} (skipped: PGBOUNCER is not the path of a pgbouncer)`, () => it('needs it', () => {}));
}

/** A pooler in transaction mode with its defaults. */
export interface Pgbouncer {
  /** The URL of the database through the pooler. */
  url: string;
  close(): Promise<void>;
}

/**
 * @param target the URL of the database
 * @param connections to PostgreSQL; more clients than that share them
 */
export async function startPgbouncer(target: string, connections: number): Promise<Pgbouncer> {
  const { hostname, port: serverPort, username, password, pathname } = new URL(target);
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-pgbouncer-'));
  // Above 32767 the system hands out ports for outgoing connections.
  const port = randomInt(10_000, 32_768);
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]
${pathname.slice(1)} = host=${hostname} port=${serverPort || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${folder}/users
pool_mode = transaction
default_pool_size = ${connections}
`,
  );
  await writeFile(join(folder, 'users'), `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`);
  // It refuses to run as root.
  const isRoot = userInfo().uid === 0;
  await chmod(folder, 0o755);
  const child = spawn(program, [...(isRoot ? ['-u', 'nobody'] : []), join(folder, 'pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const exited = once(child, 'exit');
  for (;;) {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended: ${errors}`);
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) break;
    await sleep(20);
  }
  const url = new URL(target);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    async close() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}
