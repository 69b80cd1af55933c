import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import pg from 'pg';
import { credentialsOf, get, post, type RequestText } from './requests.ts';
import { Server } from './server.ts';
import { median } from './slices.ts';

const READERS_PER_NODE = 100;

export const SENDS_PER_NODE = 600;

/** Clients that send one request after the other. */
const SENDERS_PER_NODE = 8;

const ROUNDS = 11;

/** Until the code of all nodes is compiled: a node that has had few requests takes three times as long for one. */
const WARM_UP_ROUNDS = 15;

/** The columns of the table, for one number of nodes. CPU times are those of all nodes together, in microseconds. */
export interface NodesFigures {
  operation: string;
  nodes: number;
  cpuPerRequest: number;
  /** Of the request and what follows from it, by the events that arrive at readers. */
  cpuPerEvent: number;
  /** Of a request to as many servers that share nothing and work at the same time. */
  cpuApart: number;
  /** The largest share of the CPU time that one node has used, times the number of nodes: 1 when all do the same. */
  skew: number;
  /** How much more these nodes can carry than one, if neither PostgreSQL nor Redis is the limit. */
  capacity: number;
}

/**
 * Messages between users whose event streams are spread over the nodes, on one PostgreSQL and one Redis. They are compared
 * with as many nodes that have a database and a number of Redis each, and all readers of their users: several processes
 * on a few cores wait and miss caches, which is not what sharing costs. Rounds alternate, so that other load on the machine
 * affects all of them; the medians count: of the times, and of the ratios in each round.
 */
export async function nodes(isWanted: (operation: string) => boolean): Promise<NodesFigures[]> {
  const { TEST_POSTGRES_URL: postgres, TEST_REDIS_URL: redis } = process.env;
  if (!postgres || !redis) throw new Error('The bench of nodes needs TEST_POSTGRES_URL and TEST_REDIS_URL');
  const start = (count: number, number: number) => startNodes(count, postgres, `${redis}/${number}`);
  const apart = [await start(1, 11), await start(1, 12), await start(1, 13)];
  const together = [await start(2, 14), await start(3, 15)];
  const figures: NodesFigures[] = [];
  for (const operation of operations.filter(({ name }) => isWanted(name))) {
    for (let round = 0; round < WARM_UP_ROUNDS; round++)
      for (const set of [apart, ...together.map((one) => [one])]) await runRound(set, operation);
    const alone: Round[] = [];
    const rounds = together.map(() => ({ apart: [] as Round[], together: [] as Round[] }));
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await runRound(apart.slice(0, 1), operation));
      for (const [index, set] of together.entries()) {
        rounds[index]?.apart.push(await runRound(apart.slice(0, index + 2), operation));
        rounds[index]?.together.push(await runRound([set], operation));
      }
    }
    for (const [index, { apart, together }] of [{ apart: alone, together: alone }, ...rounds].entries()) {
      const cpuPerRequest = median(together.map(({ cpuPerRequest }) => cpuPerRequest));
      const ratios = together.map(({ cpuPerRequest }, round) => (apart[round] as Round).cpuPerRequest / cpuPerRequest);
      figures.push({
        operation: operation.name,
        nodes: index + 1,
        cpuPerRequest,
        cpuPerEvent: cpuPerRequest / operation.eventsPerRequest,
        cpuApart: median(apart.map(({ cpuPerRequest }) => cpuPerRequest)),
        skew: median(together.map(({ skew }) => skew)),
        capacity: (index + 1) * median(ratios),
      });
    }
  }
  for (const set of [...apart, ...together]) await stopNodes(set, postgres);
  return figures;
}

interface Operation {
  name: string;
  path: string;
  body(receiver: number, sender: number): object;
  eventsPerRequest: number;
}

const operations: readonly Operation[] = [
  {
    name: 'GoBelieve: sendPeerMessage',
    path: '/messages/peers',
    body: (receiver, sender) => ({ sender, receiver }),
    eventsPerRequest: 2,
  },
  {
    name: 'GoBelieve: sendNotification',
    path: '/messages/notifications',
    body: (receiver) => ({ receiver }),
    eventsPerRequest: 1,
  },
];

/** Nodes that share a database, with their readers. */
export interface NodeSet {
  servers: Server[];
  readers: Reader[];
  basic: string;
  database: string;
}

/** @param redis with a number that no other nodes have */
export async function startNodes(count: number, postgres: string, redis: string): Promise<NodeSet> {
  const database = `qiyue_bench_${randomBytes(6).toString('hex')}`;
  await administer(postgres, `create database ${database}`);
  const url = new URL(postgres);
  url.pathname = database;
  const servers: Server[] = [];
  // One after the other: the first one migrates and makes the demo data.
  for (let index = 0; index < count; index++) {
    const title = `${index + 1} of ${count} at ${new URL(redis).pathname}`;
    servers.push(await new Server('./product.ts', ['shared', '0', url.href, redis], title).start());
  }
  const { basic } = await credentialsOf((servers[0] as Server).port);
  const readers = await Promise.all(
    Array.from({ length: count * READERS_PER_NODE }, async (_, index) => {
      const { port } = servers[index % count] as Server;
      return openReader(port, await grantToken(port, uidOf(index), basic));
    }),
  );
  return { servers, readers, basic, database };
}

export async function stopNodes({ servers, readers, database }: NodeSet, postgres: string): Promise<void> {
  for (const { socket } of readers) socket.destroy();
  for (const { child } of servers) {
    child.disconnect();
    await once(child, 'exit');
  }
  await administer(postgres, `drop database ${database} with (force)`);
}

interface Round {
  /** Of all nodes. */
  cpuPerRequest: number;
  skew: number;
}

/** Sends to all nodes of some sets at once. */
async function runRound(sets: readonly NodeSet[], operation: Operation): Promise<Round> {
  const servers = sets.flatMap((set) => set.servers);
  const before = await Promise.all(servers.map((server) => server.cpu()));
  await Promise.all(sets.map((set) => sendToReaders(set, operation)));
  const used = await Promise.all(servers.map(async (server, index) => (await server.cpu()) - (before[index] ?? 0)));
  const total = used.reduce((sum, one) => sum + one, 0);
  const requests = servers.length * SENDS_PER_NODE;
  return { cpuPerRequest: total / requests, skew: (Math.max(...used) / total) * servers.length };
}

/** Resolves when all that was sent has arrived. */
async function sendToReaders({ servers, readers, basic }: NodeSet, operation: Operation): Promise<void> {
  const receiver = (sequence: number) => uidOf((sequence * 7) % readers.length);
  const expected = countOf(readers) + servers.length * SENDS_PER_NODE * operation.eventsPerRequest;
  await sendAll(
    servers.map(({ port }) => port),
    (sequence) => json(operation.path, operation.body(receiver(sequence), receiver(sequence + 1)), basic),
  );
  while (countOf(readers) < expected) await new Promise((resolve) => setTimeout(resolve, 5));
}

export const uidOf = (index: number): number => 20_001 + index;

export const json = (path: string, body: object, basic: string) =>
  post(`/gobelieve${path}`, JSON.stringify({ content: '{"text":"hello"}', ...body }), 'application/json', basic);

export interface Reader {
  socket: Socket;
  /** Messages that it has got. */
  count: number;
}

export const countOf = (readers: readonly Reader[]): number => readers.reduce((sum, { count }) => sum + count, 0);

export async function grantToken(port: number, uid: number, basic: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/gobelieve/auth/grant`, {
    method: 'POST',
    headers: { Authorization: basic, 'Content-Type': 'application/json' },
    body: JSON.stringify({ uid, user_name: String(uid) }),
  });
  return ((await response.json()) as { data: { token: string } }).data.token;
}

/** @param header a further line of the request */
export async function openReader(port: number, token: string, header = ''): Promise<Reader> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  socket.write(get('/gobelieve/client/events', `Bearer ${token}`)(port).replace(/\r\n$/, `${header}\r\n`));
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
export async function sendAll(
  ports: readonly number[],
  request: (sequence: number) => RequestText,
  count = ports.length * SENDS_PER_NODE,
): Promise<void> {
  let left = count;
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
      ({ operation, nodes, cpuPerRequest, cpuPerEvent, cpuApart, skew, capacity }) =>
        `| ${operation} | ${nodes} | ${cpuPerRequest.toFixed(0)} | ${cpuPerEvent.toFixed(0)} | ${cpuApart.toFixed(0)} | ${skew.toFixed(2)} | ${capacity.toFixed(2)} |`,
    );
  return [
    '| operation | nodes | CPU µs/request, all nodes | CPU µs/event | µs/request, nothing shared | busiest ÷ mean | capacity ÷ one node |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}
