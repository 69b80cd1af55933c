import { Redis } from 'ioredis';
import {
  countOf,
  grantToken,
  json,
  type NodeSet,
  openReader,
  SENDS_PER_NODE,
  sendAll,
  startNodes,
  stopNodes,
  uidOf,
} from './nodes.ts';
import { realOperations } from './operations.ts';
import { median } from './slices.ts';

const ROUNDS = 7;

/** Streams that are opened in one round. */
const CONNECTS = 200;

const WARM_UP_ROUNDS = 8;

/** Sent one after the other. */
const LONE_MESSAGES = 300;

/** What the page `/docs/scale/` calculates with (`costs` in `src/docs/scale.ts`). */
export interface CostFigures {
  /** Microseconds of CPU time of the nodes. */
  read: number;
  message: number;
  event: number;
  connect: number;
  /** What the event of a stored message takes on its way into Redis or out of it, with the answer. */
  redisMessageBytes: number;
  /** From a request that sends a message alone to its response. Most of it is one transaction. */
  messageMilliseconds: number;
}

/** The costs of single operations on two nodes with one PostgreSQL and one Redis. Rounds alternate; the medians count. */
export async function costs(): Promise<CostFigures> {
  const { TEST_POSTGRES_URL: postgres, TEST_REDIS_URL: redisUrl } = process.env;
  if (!postgres || !redisUrl) throw new Error('The bench of costs needs TEST_POSTGRES_URL and TEST_REDIS_URL');
  const nodes = await startNodes(2, postgres, `${redisUrl}/14`);
  const redis = new Redis(redisUrl);
  const { servers, readers, basic } = nodes;
  const ports = servers.map(({ port }) => port);
  const sends = SENDS_PER_NODE * ports.length;
  const real = await realOperations(ports[0] as number);
  const read = real.find(({ name }) => name.includes('getCurrentMember'));
  if (read === undefined) throw new Error('The bench has no operation that reads');
  const message = (receiver: (sequence: number) => number) => (sequence: number) =>
    json('/messages/peers', { sender: receiver(sequence + 1), receiver: receiver(sequence) }, basic);
  const online = message((sequence) => uidOf((sequence * 7) % readers.length));
  const offline = message((sequence) => uidOf(100_000 + (sequence % 200)));

  const samples = { read: [] as number[], offline: [] as number[], online: [] as number[], connect: [] as number[] };
  const bytes: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const figures = {
      read: (await cpuOf(nodes, () => sendAll(ports, () => read.request))) / sends,
      offline: (await cpuOf(nodes, () => sendAll(ports, offline))) / sends,
      online: 0,
      connect: await connectCost(nodes, round),
    };
    const before = await trafficOf(redis);
    const expected = countOf(readers) + 2 * sends;
    figures.online =
      (await cpuOf(nodes, async () => {
        await sendAll(ports, online);
        while (countOf(readers) < expected) await new Promise((resolve) => setTimeout(resolve, 5));
      })) / sends;
    if (round < 0) continue;
    const after = await trafficOf(redis);
    // Each goes in once and out once.
    bytes.push((after.bytes - before.bytes) / (2 * (after.published - before.published)));
    for (const name of ['read', 'offline', 'online', 'connect'] as const) samples[name].push(figures[name]);
  }
  const times: number[] = [];
  for (let sent = 0; sent < LONE_MESSAGES; sent++) {
    const started = performance.now();
    await sendAll(ports.slice(0, 1), offline, 1);
    times.push(performance.now() - started);
  }
  redis.disconnect();
  await stopNodes(nodes, postgres);
  const sent = median(samples.offline);
  return {
    read: median(samples.read),
    message: sent,
    event: (median(samples.online) - sent) / 2,
    connect: median(samples.connect),
    redisMessageBytes: median(bytes),
    messageMilliseconds: median(times),
  };
}

async function cpuOf({ servers }: NodeSet, work: () => Promise<unknown>): Promise<number> {
  const total = async () =>
    (await Promise.all(servers.map((server) => server.cpu()))).reduce((sum, one) => sum + one, 0);
  const before = await total();
  await work();
  return (await total()) - before;
}

/** Of a stream that is opened, gets one message that it has missed, and is closed again. The users are new ones. */
async function connectCost(nodes: NodeSet, round: number): Promise<number> {
  const ports = nodes.servers.map(({ port }) => port);
  const uids = Array.from({ length: CONNECTS }, (_, index) =>
    uidOf(200_000 + (round + WARM_UP_ROUNDS) * CONNECTS + index),
  );
  const portOf = (index: number) => ports[index % ports.length] as number;
  const tokens = await Promise.all(uids.map((uid, index) => grantToken(portOf(index), uid, nodes.basic)));
  const message = (left: number) => ({ sender: uidOf(0), receiver: uids[left] });
  await sendAll(ports, (left) => json('/messages/peers', message(left), nodes.basic), CONNECTS);
  const used = await cpuOf(nodes, async () => {
    const opened = await Promise.all(
      tokens.map((token, index) => openReader(portOf(index), token, 'Last-Event-ID: 0\r\n')),
    );
    while (countOf(opened) < CONNECTS) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const { socket } of opened) socket.destroy();
  });
  return used / CONNECTS;
}

async function trafficOf(redis: Redis): Promise<{ bytes: number; published: number }> {
  const info = `${await redis.info('stats')}${await redis.info('commandstats')}`;
  const read = (name: string) => Number(new RegExp(`${name}(\\d+)`).exec(info)?.[1] ?? 0);
  return {
    bytes: read('total_net_input_bytes:') + read('total_net_output_bytes:'),
    published: read('cmdstat_publish:calls='),
  };
}

const rows = [
  ['Reading a record, CPU µs', 'read', 'Tower: getCurrentMember'],
  ['Sending a message, CPU µs', 'message', 'GoBelieve: sendPeerMessage between users who are offline'],
  [
    'A message at one reader, CPU µs',
    'event',
    'the same between users with an event stream each: half of what it costs more',
  ],
  ['Opening an event stream, CPU µs', 'connect', 'GoBelieve: streamEvents with one missed message'],
  ['A message through Redis, bytes', 'redisMessageBytes', '`INFO` of Redis meanwhile'],
  ['A message alone, ms', 'messageMilliseconds', 'GoBelieve: sendPeerMessage, one after the other'],
] as const;

export const costsTable = (figures: CostFigures): string =>
  [
    '| cost | | measured by |',
    '| --- | ---: | --- |',
    ...rows.map(
      ([title, name, how]) =>
        `| ${title} | ${figures[name].toFixed(name === 'messageMilliseconds' ? 1 : 0)} | ${how} |`,
    ),
  ].join('\n');
