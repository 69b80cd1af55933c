import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';

const program = process.env.NGINX ?? '';

/** Runs a suite behind a real nginx. `NGINX=/usr/sbin/nginx npm test` */
export function describeNginx(title: string, suite: () => void): void {
  if (existsSync(program)) describe(title, suite);
  else describe.skip(`${title} (skipped: NGINX is not the path of an nginx)`, () => it('needs nginx', () => {}));
}

export interface Nginx {
  url: string;
  close(): Promise<void>;
}

/**
 * Starts nginx with its defaults.
 *
 * @param lines the lines of `location /`
 */
export async function startNginx(lines: string): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-nginx-'));
  // Above 32767 the system hands out ports for outgoing connections.
  const port = randomInt(10_000, 32_768);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location / {
      ${lines}
    }
  }
}
`,
  );
  const child = spawn(program, ['-e', 'stderr', '-p', folder, '-c', 'nginx.conf'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  await untilOpen(port, child);
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}

async function untilOpen(port: number, child: ChildProcess): Promise<void> {
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${errors}`);
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
