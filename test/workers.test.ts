import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { commands } from '../src/gobelieve/socket/protocol.ts';
import type { Demo } from './gobelieve/apps.ts';
import { SocketClient } from './gobelieve/socket/client.ts';
import { describePostgres } from './support/databases.ts';
import { startProcess } from './support/process.ts';

const redis = process.env.TEST_REDIS_URL;

interface LogLine {
  worker?: number;
  msg: string;
  variable?: string;
  port?: number;
}

/** The lines that the process and its workers have logged since the call. */
function readLog(child: ChildProcess): () => LogLine[] {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => toLines(text);
}

const toLines = (text: string): LogLine[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);

const METRICS_TOKEN = 'a-token-of-at-least-32-characters';

/** Two workers as in production: a sandbox has one process. */
const workers = (databaseUrl: string): Record<string, string> => ({
  WORKERS: '2',
  QIYUE_SANDBOX: '0',
  HOST: '127.0.0.1',
  MIGRATE_ON_START: '1',
  METRICS_TOKEN,
  DATABASE_URL: databaseUrl,
  REDIS_URL: `${redis}/12`,
});

/** Puts the demo data into a database: a sandbox starts on it and ends. Returns those of GoBelieve. */
async function addDemoData(databaseUrl: string): Promise<Demo> {
  const { child, url } = await startProcess({ DATABASE_URL: databaseUrl });
  const { gobelieve } = (await (await fetch(`${url}/sandbox/credentials`)).json()) as { gobelieve: Demo };
  child.kill('SIGTERM');
  await once(child, 'exit');
  return gobelieve;
}

/** Sends requests on connections of their own, until the condition holds. */
async function requestUntil(url: string, isMet: (text: string) => boolean): Promise<void> {
  for (;;) {
    const headers = { Connection: 'close', Authorization: `Bearer ${METRICS_TOKEN}` };
    const response = await fetch(url, { headers });
    expect(response.status).toBe(200);
    if (isMet(await response.text())) return;
    await sleep(20);
  }
}

describe.skipIf(!redis)(`WORKERS${redis ? '' : ' (skipped, TEST_REDIS_URL is not set)'}`, () => {
  describePostgres('several processes', (databases) => {
    it('share the port, say which of them logs, start again and close together', async () => {
      const databaseUrl = await databases.createEmptyUrl();
      const { child, url, output } = await startProcess(workers(databaseUrl));
      const readLines = readLog(child);
      const workersOf = (lines: LogLine[]) => new Set(lines.map(({ worker }) => worker));
      expect(output().match(/"msg":"listening"/g)).toHaveLength(1);
      expect(output().match(/"msg":"database migrated"/g)).toHaveLength(1);

      // Both answer, and the metrics are those of both.
      const metadata = `${url}/tower/.well-known/oauth-authorization-server`;
      await requestUntil(metadata, () => workersOf(readLines()).size === 2);
      const answered = readLines().filter(({ msg }) => msg === 'request').length;
      await requestUntil(`${url}/metrics`, (text) => requestsIn(text) >= answered);

      // A worker that ends is replaced, and the other one answers meanwhile.
      const [victim] = await workerPids(child);
      process.kill(victim as number, 'SIGKILL');
      // A connection that Node was handing to it at this moment would get no answer.
      while (!readLines().some(({ msg }) => msg.startsWith('a worker has ended'))) await sleep(20);
      await requestUntil(metadata, () => true);
      let pids: number[] = [];
      while (pids.length < 2 || pids.includes(victim as number)) {
        await sleep(50);
        pids = await workerPids(child);
      }
      const before = readLines().length;
      await requestUntil(metadata, () => workersOf(readLines().slice(before)).size === 2);

      await addDemoData(databaseUrl);
      // A signal that reaches all of them, as from a terminal, lets the streams end in order.
      const stream = await fetch(`${url}/gobelieve/client/events`, {
        headers: { Authorization: 'Bearer DemoTokenOfUser10002ofApp1xxxx' },
      });
      for (const pid of pids) process.kill(pid, 'SIGTERM');
      child.kill('SIGTERM');
      const [code] = await once(child, 'exit');
      expect(await stream.text()).toContain('retry:');
      expect(code).toBe(0);
      expect(pids.filter(isAlive)).toEqual([]);
    });

    it('share the ports of sockets', async () => {
      const databaseUrl = await databases.createEmptyUrl();
      const demo = await addDemoData(databaseUrl);
      const { child, output } = await startProcess({ ...workers(databaseUrl), IM_PORT: '0', IM_WS_PORT: '0' });
      const readOpened = () => toLines(output()).filter(({ msg }) => msg === 'listening for sockets');
      // A worker writes its lines a moment after it is ready.
      while (readOpened().length < 4) await sleep(20);
      const opened = readOpened();
      const portsOf = (variable: string) => opened.filter((line) => line.variable === variable).map(({ port }) => port);
      const [tcpPort, webSocketPort] = [portsOf('IM_PORT'), portsOf('IM_WS_PORT')];
      expect(tcpPort).toEqual([tcpPort[0], tcpPort[0]]);
      expect(webSocketPort).toEqual([webSocketPort[0], webSocketPort[0]]);

      const [user, friend] = demo.users as [Demo['users'][0], Demo['users'][0]];
      // Node gives the connections of a port to the workers in turn.
      const clients = [
        await SocketClient.tcp(tcpPort[0] as number),
        await SocketClient.tcp(tcpPort[0] as number),
        await SocketClient.webSocket(`ws://127.0.0.1:${webSocketPort[0]}/ws`),
        await SocketClient.webSocket(`ws://127.0.0.1:${webSocketPort[0]}/ws`),
      ];
      for (const [index, client] of clients.entries())
        await client.logIn(friend.token, { deviceId: `device-${index}` });
      const writer = await SocketClient.tcp(tcpPort[0] as number);
      await writer.logIn(user.token);
      await writer.ack(writer.say(commands.peerMessage, user, friend.uid, 'to both workers'));
      const hasIt = (client: SocketClient) =>
        client.of(commands.peerMessage).some(({ body }) => body.content === 'to both workers');
      await Promise.all(clients.map((client) => client.until(() => hasIt(client))));

      // The connections of a worker that ends are closed, and the others stay.
      const [victim] = await workerPids(child);
      process.kill(victim as number, 'SIGKILL');
      while (clients.filter(({ isClosed }) => isClosed).length < 2) await sleep(20);
      const alive = clients.filter(({ isClosed }) => !isClosed);
      expect(alive).toHaveLength(2);

      child.kill('SIGTERM');
      const [code] = await once(child, 'exit');
      expect(code).toBe(0);
      while (!alive.every(({ isClosed }) => isClosed)) await sleep(20);
    });
  });
});

/** The number of requests in the metrics. */
const requestsIn = (text: string): number =>
  [...text.matchAll(/^http_request_duration_seconds_count\{.*\} (\d+)$/gm)].reduce(
    (sum, [, one]) => sum + Number(one),
    0,
  );

/** The process has other children: the bundler. */
async function workerPids({ pid }: ChildProcess): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const pids = text.trim().split(' ').filter(Boolean).map(Number);
  const commands = await Promise.all(pids.map((one) => readFile(`/proc/${one}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => commands[index]?.includes('start.mjs'));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
