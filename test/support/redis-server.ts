import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { createCertificate } from './certificate.ts';

const program = process.env.REDIS_SERVER ?? '';

/** A Redis of its own, which a test can end. */
export interface RedisServer {
  /** Host and port. */
  address: string;
  port: number;
  /** A connection to it. */
  redis: Redis;
  /** Ends the server and starts it again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Where servers of one suite keep their files. */
export interface RedisFolder {
  /** The certificate for `localhost`, which clients have to trust. */
  certificate: string;
  /**
   * @param options of the server at its port
   * @param isEncrypted whether all its connections are over TLS
   */
  start(options?: (port: number) => Record<string, string>, isEncrypted?: boolean): Promise<RedisServer>;
}

/**
 * Runs a suite with servers of Redis 7 or newer. `REDIS_SERVER=/usr/bin/redis-server npm test`
 *
 * @param suite gets a function that returns the folder while tests run
 */
export function describeRedis(title: string, suite: (folder: () => RedisFolder) => void): void {
  if (!existsSync(program)) {
    describe.skip(`${title} (skipped: REDIS_SERVER is not the path of a redis-server)`, () => it('needs it', () => {}));
    return;
  }
  describe(title, () => {
    const { cert, key } = createCertificate();
    let path = '';
    beforeAll(async () => {
      path = await mkdtemp(join(tmpdir(), 'qiyue-redis-'));
      await writeFile(join(path, 'cert.pem'), cert);
      await writeFile(join(path, 'key.pem'), key);
    });
    afterAll(() => rm(path, { recursive: true }));
    suite(() => ({
      certificate: join(path, 'cert.pem'),
      start: (options = () => ({}), isEncrypted = false) => startServer(path, options, isEncrypted ? cert : undefined),
    }));
  });
}

async function startServer(
  folder: string,
  options: (port: number) => Record<string, string>,
  ca: string | undefined,
): Promise<RedisServer> {
  // The port of a cluster's own connections is 10000 higher. Above 32767 the system hands out ports for outgoing ones.
  const port = randomInt(10_000, 22_000);
  const all = { ...usual(folder), ...(ca === undefined ? { port: String(port) } : encrypted(port)), ...options(port) };
  const parameters = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  const start = () => spawn(program, parameters, { cwd: folder, stdio: 'ignore' });
  let child = start();
  const redis = new Redis({
    host: 'localhost',
    family: 4,
    port,
    retryStrategy: () => 20,
    maxRetriesPerRequest: null,
    ...(ca !== undefined && { tls: { ca } }),
  });
  redis.on('error', () => {});
  await redis.ping();
  return {
    address: `${ca === undefined ? '127.0.0.1' : 'localhost'}:${port}`,
    port,
    redis,
    async restart() {
      await end(child);
      child = start();
    },
    async close() {
      redis.disconnect();
      await end(child);
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

const usual = (dir: string) => ({ bind: '127.0.0.1', dir, save: '', appendonly: 'no' });

const encrypted = (port: number) => ({
  port: '0',
  'tls-port': String(port),
  'tls-cert-file': 'cert.pem',
  'tls-key-file': 'key.pem',
  'tls-ca-cert-file': 'cert.pem',
  'tls-auth-clients': 'no',
});
