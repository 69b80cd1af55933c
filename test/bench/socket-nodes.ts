import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import pg from 'pg';
import { commands } from '../../src/gobelieve/socket/protocol.ts';
import { credentialsOf } from './requests.ts';
import { Server } from './server.ts';
import { SocketUser } from './socket-user.ts';

const USERS_PER_NODE = 100;

/** Each user sends them one after the other. */
const MESSAGES_PER_USER = 10;

const ROUNDS = 3;

export interface SocketNodesFigures {
  nodes: number;
  /** Microseconds of all nodes together for each message that arrived live. */
  cpuPerDelivery: number;
  /** Events that Redis sent to one node for each message that was sent: all of it has if a node gets everything. */
  eventsPerNode: number;
  /** The same of the node whose users took no part; undefined for a single node. */
  eventsOfBystander: number | undefined;
}

/**
 * Peer messages over sockets whose users are spread over the nodes, on one PostgreSQL and one Redis. The users of the last
 * node only wait when there are several.
 */
export async function socketNodes(): Promise<SocketNodesFigures[]> {
  const { TEST_POSTGRES_URL: postgres, TEST_REDIS_URL: redis } = process.env;
  if (!postgres || !redis) return [];
  const figures: SocketNodesFigures[] = [];
  for (const count of [1, 2, 3, 4]) figures.push(await measure(count, postgres, redis));
  return figures;
}

async function measure(count: number, postgres: string, redis: string): Promise<SocketNodesFigures> {
  const name = `qiyue_bench_${randomBytes(6).toString('hex')}`;
  await administer(postgres, `create database ${name}`);
  const url = new URL(postgres);
  url.pathname = name;
  const servers: Server[] = [];
  const wires: Wire[] = [];
  for (let index = 0; index < count; index++) {
    const wire = await countEvents(new URL(redis));
    wires.push(wire);
    servers.push(await new Server('./product.ts', ['shared', '0', url.href, `${wire.url}/11`]).start());
  }
  const ports = servers.map(({ port }) => port);
  const { basic } = await credentialsOf(ports[0] as number);
  const users = await Promise.all(
    Array.from({ length: count * USERS_PER_NODE }, (_, index) =>
      openUser(ports[index % count] as number, index, basic),
    ),
  );
  const isActive = (index: number) => count === 1 || index % count !== count - 1;
  const active = users.filter((_, index) => isActive(index));
  const uids = users.map((_, index) => uidOf(index)).filter((_, index) => isActive(index));
  const rounds: SocketNodesFigures[] = [];
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const used = await cpuOf(servers);
    for (const wire of wires) wire.events = 0;
    await Promise.all(
      active.map(async (user, index) => {
        const receiver = uids[(index * 7 + 1) % uids.length] as number;
        for (let sent = 1; sent <= MESSAGES_PER_USER; sent++) {
          user.say(commands.peerMessage, receiver, '{"text":"hello"}');
          await user.until(commands.ack, round * MESSAGES_PER_USER + sent);
        }
      }),
    );
    const messages = active.length * MESSAGES_PER_USER;
    const arrived = () => active.reduce((sum, user) => sum + user.count(commands.peerMessage), 0);
    while (arrived() < (round + 1) * messages) await new Promise((resolve) => setTimeout(resolve, 5));
    const bystander = count > 1 ? (wires.at(-1) as Wire).events / messages : undefined;
    const events = wires.slice(0, count > 1 ? -1 : undefined).map((wire) => wire.events / messages);
    rounds.push({
      nodes: count,
      cpuPerDelivery: ((await cpuOf(servers)) - used) / messages,
      eventsPerNode: events.reduce((sum, one) => sum + one, 0) / events.length,
      eventsOfBystander: bystander,
    });
  }
  for (const user of users) user.close();
  for (const { child } of servers) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const wire of wires) wire.close();
  await administer(postgres, `drop database ${name} with (force)`);
  return rounds.slice(1).sort((a, b) => a.cpuPerDelivery - b.cpuPerDelivery)[ROUNDS >> 1] as SocketNodesFigures;
}

const cpuOf = async (servers: readonly Server[]): Promise<number> =>
  (await Promise.all(servers.map((server) => server.cpu()))).reduce((sum, one) => sum + one, 0);

const uidOf = (index: number): number => 20_001 + index;

async function openUser(port: number, index: number, basic: string): Promise<SocketUser> {
  const uid = uidOf(index);
  const response = await fetch(`http://127.0.0.1:${port}/gobelieve/auth/grant`, {
    method: 'POST',
    headers: { Authorization: basic, 'Content-Type': 'application/json' },
    body: JSON.stringify({ uid }),
  });
  const { data } = (await response.json()) as { data: { token: string } };
  return SocketUser.open(port, uid, data.token);
}

interface Wire {
  url: string;
  /** Events that Redis has sent. */
  events: number;
  close(): void;
}

/** A way to Redis that counts the events on it. */
async function countEvents(redis: URL): Promise<Wire> {
  const server = createServer((socket) => {
    const upstream = connect(Number(redis.port || 6379), redis.hostname);
    socket.on('error', () => upstream.destroy()).pipe(upstream);
    upstream.on('error', () => socket.destroy()).pipe(socket);
    upstream.on('data', (chunk: Buffer) => {
      wire.events += chunk.toString('latin1').split('$7\r\nmessage\r\n').length - 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const wire: Wire = {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events: 0,
    close: () => server.close(),
  };
  return wire;
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

export function socketNodesTable(figures: readonly SocketNodesFigures[]): string {
  const [alone] = figures;
  const lines = figures.map(
    ({ nodes, cpuPerDelivery, eventsPerNode, eventsOfBystander }) =>
      `| ${nodes} | ${cpuPerDelivery.toFixed(0)} | ${(cpuPerDelivery / (alone?.cpuPerDelivery ?? 1)).toFixed(2)} | ${eventsPerNode.toFixed(2)} | ${eventsOfBystander?.toFixed(2) ?? ''} |`,
  );
  return [
    '| nodes | CPU µs/delivered message, all nodes | ÷ one node | events from Redis to a node, per message | to a node without users that take part |',
    '| ---: | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}
