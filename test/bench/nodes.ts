import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import pg from 'pg';
import { credentialsOf, get, post } from './requests.ts';
import { Server } from './server.ts';

const READERS_PER_NODE = 100;

const SENDS_PER_NODE = 600;

/** Clients that send one request after the other. */
const SENDERS_PER_NODE = 8;

const ROUNDS = 3;

/** The columns of the table, for one number of nodes. CPU times are those of all nodes together, in microseconds. */
export interface NodesFigures {
  operation: string;
  nodes: number;
  cpuPerRequest: number;
  /** Of the request and what follows from it, by the events that arrive at readers. */
  cpuPerEvent: number;
  /** The largest share of the CPU time that one node has used, times the number of nodes: 1 when all do the same. */
  skew: number;
  /** How much more these nodes can carry than one, if neither PostgreSQL nor Redis is the limit. */
  capacity: number;
}

/** Messages between users whose event streams are spread over the nodes, on one PostgreSQL and one Redis. */
export async function nodes(): Promise<NodesFigures[]> {
  const { TEST_POSTGRES_URL: postgres, TEST_REDIS_URL: redis } = process.env;
  if (!postgres || !redis) throw new Error('The bench of nodes needs TEST_POSTGRES_URL and TEST_REDIS_URL');
  const figures: NodesFigures[] = [];
  for (const count of [1, 2, 3]) figures.push(...(await measureNodes(count, postgres, `${redis}/11`)));
  for (const one of figures) {
    const alone = figures.find(({ operation, nodes }) => operation === one.operation && nodes === 1);
    one.capacity = (one.nodes * (alone?.cpuPerRequest ?? 0)) / one.cpuPerRequest;
  }
  return figures;
}

async function measureNodes(count: number, postgres: string, redis: string): Promise<NodesFigures[]> {
  const name = `qiyue_bench_${randomBytes(6).toString('hex')}`;
  await administer(postgres, `create database ${name}`);
  const url = new URL(postgres);
  url.pathname = name;
  const servers: Server[] = [];
  // One after the other: the first one migrates and makes the demo data.
  for (let index = 0; index < count; index++)
    servers.push(await new Server('./product.ts', ['shared', '0', url.href, redis]).start());
  const ports = servers.map(({ port }) => port);
  const { basic } = await credentialsOf(ports[0] as number);

  const readers = await Promise.all(
    Array.from({ length: count * READERS_PER_NODE }, (_, index) =>
      openReader(ports[index % count] as number, index, basic),
    ),
  );
  const receiver = (sequence: number) => uidOf((sequence * 7) % readers.length);
  const operations = [
    {
      operation: 'GoBelieve: sendPeerMessage',
      request: (sequence: number) =>
        json('/messages/peers', { sender: receiver(sequence + 1), receiver: receiver(sequence) }, basic),
      eventsPerRequest: 2,
    },
    {
      operation: 'GoBelieve: sendNotification',
      request: (sequence: number) => json('/messages/notifications', { receiver: receiver(sequence) }, basic),
      eventsPerRequest: 1,
    },
  ];
  const figures: NodesFigures[] = [];
  for (const { operation, request, eventsPerRequest } of operations) {
    const rounds: { total: number; skew: number }[] = [];
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      const before = await Promise.all(servers.map((server) => server.cpu()));
      const expected = countOf(readers) + count * SENDS_PER_NODE * eventsPerRequest;
      await sendAll(ports, request);
      while (countOf(readers) < expected) await new Promise((resolve) => setTimeout(resolve, 5));
      const used = await Promise.all(servers.map(async (server, index) => (await server.cpu()) - (before[index] ?? 0)));
      const total = used.reduce((sum, one) => sum + one, 0);
      if (round > 0) rounds.push({ total, skew: (Math.max(...used) / total) * count });
    }
    const { total, skew } = rounds.sort((a, b) => a.total - b.total)[ROUNDS >> 1] ?? { total: 0, skew: 0 };
    const cpuPerRequest = total / (count * SENDS_PER_NODE);
    figures.push({
      operation,
      nodes: count,
      cpuPerRequest,
      cpuPerEvent: cpuPerRequest / eventsPerRequest,
      skew,
      capacity: 1,
    });
  }
  for (const { socket } of readers) socket.destroy();
  for (const { child } of servers) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await administer(postgres, `drop database ${name} with (force)`);
  return figures;
}

const uidOf = (index: number): number => 20_001 + index;

const json = (path: string, body: object, basic: string) =>
  post(`/gobelieve${path}`, JSON.stringify({ content: '{"text":"hello"}', ...body }), 'application/json', basic);

interface Reader {
  socket: Socket;
  count: number;
}

const countOf = (readers: readonly Reader[]): number => readers.reduce((sum, { count }) => sum + count, 0);

async function openReader(port: number, index: number, basic: string): Promise<Reader> {
  const uid = uidOf(index);
  const response = await fetch(`http://127.0.0.1:${port}/gobelieve/auth/grant`, {
    method: 'POST',
    headers: { Authorization: basic, 'Content-Type': 'application/json' },
    body: JSON.stringify({ uid, user_name: String(uid) }),
  });
  const { data } = (await response.json()) as { data: { token: string } };
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  socket.write(get('/gobelieve/client/events', `Bearer ${data.token}`)(port));
  const reader: Reader = { socket, count: 0 };
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      if (text.includes('event: connected')) resolve();
      reader.count += text.split('hello').length - 1;
    });
  });
  return reader;
}

/** Sends to all nodes at once. Every response must have the status 200. */
async function sendAll(
  ports: readonly number[],
  request: (sequence: number) => (port: number) => string,
): Promise<void> {
  let left = ports.length * SENDS_PER_NODE;
  const clients = ports.flatMap((port) => Array.from({ length: SENDERS_PER_NODE }, () => port));
  await Promise.all(
    clients.map(async (port) => {
      const socket = connect(port, '127.0.0.1').setNoDelay(true);
      while (left > 0) {
        left -= 1;
        socket.write(request(left)(port));
        const [answer] = (await once(socket, 'data')) as [Buffer];
        if (!answer.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(`Unexpected answer: ${answer}`);
      }
      socket.destroy();
    }),
  );
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

export function nodesTable(figures: readonly NodesFigures[]): string {
  const lines = figures
    .toSorted((a, b) => a.operation.localeCompare(b.operation) || a.nodes - b.nodes)
    .map(
      ({ operation, nodes, cpuPerRequest, cpuPerEvent, skew, capacity }) =>
        `| ${operation} | ${nodes} | ${cpuPerRequest.toFixed(0)} | ${cpuPerEvent.toFixed(0)} | ${skew.toFixed(2)} | ${capacity.toFixed(2)} |`,
    );
  return [
    '| operation | nodes | CPU µs/request, all nodes | CPU µs/event | busiest ÷ mean | capacity ÷ one node |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}
