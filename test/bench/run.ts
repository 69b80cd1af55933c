/**
 * `npm run bench -- simulate [--users N] [--apps N] [--messagesPerHour N] …`: what a load needs, without running anything.
 *
 * `npm run bench -- nodes [--json FILE] [--only sendNotification]`: CPU time per live event on one, two and three nodes.
 *
 * `npm run bench -- costs [--json FILE]`: what the page `/docs/scale/` and `simulate` calculate with.
 *
 * `npm run bench -- streams [--json FILE]`: memory of 10,000 idle event streams, and how fast a message reaches 2,000.
 *
 * `npm run bench -- sockets [--json FILE]`: memory of 10,000 idle sockets, and how fast a message reaches a super group; with
 * TEST_POSTGRES_URL and TEST_REDIS_URL also CPU time and events from Redis for each message, on one to four nodes.
 *
 * `npm run bench -- soak [--minutes 10] [--json FILE]`: whether memory, handles and latency stay as they are under load.
 *
 * `npm run bench -- phone [--json FILE]`: how long a reader on a slow phone waits for an operation in the docs. Needs Chromium.
 *
 * `npm run bench -- fairness [--json FILE]`: how long others wait while many clients keep the server busy.
 *
 * `npm run bench -- start [--json FILE]`: how long the sandbox takes to start, and its first call of the mock. Needs `npm run build`.
 *
 * `npm run bench -- worlds [--json FILE]`: what the sandbox's worlds and resets take.
 *
 * `npm run bench -- sandbox [--json FILE] [--quick] [--only getUser]`: what an idle sandbox and its request log cost a request.
 *
 * `npm run bench -- growth [--json FILE] [--rows 100000] [--apis tower,ucenter] [--only listTodos,getTodo]`: CPU time of every
 * operation with a thousand rows in each table and with many, a million without `--rows`.
 *
 * `npm run bench -- [--json FILE] [--quick] [--only Express,sendNotification] [--profile FOLDER]`: CPU time per request and
 * requests per second in one run, of real operations also on PostgreSQL when TEST_POSTGRES_URL is set. Rounds alternate
 * between the contestants, so that other load on the machine affects all of them; the median counts. Only the ratios can be
 * compared with another machine. `--only` chooses by parts of names; with `--profile` every server writes a CPU profile.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { needsOf } from '../../src/docs/scale.ts';
import { contestants, token } from './contestants.ts';
import { costs, costsTable } from './costs.ts';
import { fairness, fairnessTable } from './fairness.ts';
import { growth, growthTable } from './growth/growth.ts';
import { load } from './load.ts';
import { nodes, nodesTable } from './nodes.ts';
import { realOperations } from './operations.ts';
import { phone, phoneTable } from './phone.ts';
import { credentialsOf, get, post, smallRequest } from './requests.ts';
import { Server } from './server.ts';
import { needsTable, readLoad, simulateOptions } from './simulate.ts';
import { compareInSlices, median, type SliceFigures } from './slices.ts';
import { soak, soakTable } from './soak.ts';
import { socketNodes, socketNodesTable } from './socket-nodes.ts';
import { sockets, socketsTable } from './sockets.ts';
import { start, startTable } from './start.ts';
import { streams, streamsTable } from './streams.ts';
import { worlds, worldsTable } from './worlds.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    quick: { type: 'boolean' },
    only: { type: 'string' },
    profile: { type: 'string' },
    rows: { type: 'string', default: '1000000' },
    apis: { type: 'string' },
    ...simulateOptions,
    minutes: { type: 'string', default: '10' },
  },
});
Server.profiles = values.profile;
const only = values.only?.split(',');
/** Whether a contestant is in this run. */
const isWanted = (name: string) => only === undefined || only.some((part) => name.includes(part));
const names = Object.keys(contestants).filter(isWanted);
const rounds = values.quick ? 3 : 7;
const requests = values.quick ? 2000 : 6000;

const CONNECTIONS = 32;

interface Figures {
  contestant: string;
  operations: number;
  cpuMicroseconds: number;
  requestsPerSecond: number;
}

interface Entry {
  contestant: string;
  operations: number;
  request: (port: number) => string;
  server: Server;
  requests: number;
}

async function measure(entries: Entry[]): Promise<Figures[]> {
  const samples = new Map(entries.map((entry) => [entry, { cpu: [] as number[], rate: [] as number[] }]));
  for (const { server, request, requests: count } of entries)
    await load(server.port, request(server.port), Math.min(2000, count), CONNECTIONS);
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries) {
      const before = await entry.server.cpu();
      const started = performance.now();
      await load(entry.server.port, entry.request(entry.server.port), entry.requests, CONNECTIONS);
      const seconds = (performance.now() - started) / 1000;
      const sample = samples.get(entry);
      sample?.cpu.push(((await entry.server.cpu()) - before) / entry.requests);
      sample?.rate.push(entry.requests / seconds);
    }
  }
  return entries.map((entry) => ({
    contestant: entry.contestant,
    operations: entry.operations,
    cpuMicroseconds: median(samples.get(entry)?.cpu ?? []),
    requestsPerSecond: median(samples.get(entry)?.rate ?? []),
  }));
}

async function routers(): Promise<Figures[]> {
  const figures: Figures[] = [];
  for (const operations of [30, 200]) {
    const entries = await Promise.all(
      names.map(async (contestant) => ({
        contestant,
        operations,
        request: get(`/things${operations - 1}/abc/parts?limit=5`, `Bearer ${token}`),
        server: await new Server('./contestants.ts', ['serve', contestant, String(operations)]).start(),
        requests,
      })),
    );
    figures.push(...(await measure(entries)));
    for (const { server } of entries) server.child.disconnect();
  }
  return figures;
}

/** Real operations, in the whole server, on each engine that is there. */
async function real(): Promise<Figures[]> {
  const figures: Figures[] = [];
  for (const engine of process.env.TEST_POSTGRES_URL ? ['sqlite', 'postgres'] : ['sqlite']) {
    const server = await new Server('./product.ts', [engine]).start();
    const operations = (await realOperations(server.port)).filter(({ name }) => isWanted(name));
    const entries = operations.map(({ name, request, share }) => ({
      contestant: `${name} (${engine})`,
      operations: 0,
      request,
      server,
      requests: requests * share,
    }));
    figures.push(...(await measure(entries)));
    server.child.disconnect();
  }
  return figures;
}

/** GoBelieve's queues, small and large: sending and reading should cost the same. */
async function queues(): Promise<string> {
  const sizes = values.quick ? [1024, 100_000] : [1024, 1_000_000];
  const entries: Entry[] = [];
  for (const rows of sizes) {
    const server = await new Server('./product.ts', ['sqlite', String(rows)]).start();
    const { basic, bearer } = await credentialsOf(server.port);
    const message = JSON.stringify({ sender: 10001, receiver: 10002, content: '{"text":"hello"}' });
    const send = post('/gobelieve/messages/peers', message, 'application/json', basic);
    const entry = { operations: rows, server, requests: requests / 10 };
    entries.push(
      { ...entry, contestant: 'GoBelieve: sendPeerMessage', request: send },
      { ...entry, contestant: 'GoBelieve: listMessages', request: get('/gobelieve/messages', bearer) },
      { ...entry, contestant: 'GoBelieve: getOfflineFlag', request: get('/gobelieve/messages/offline', bearer) },
    );
  }
  const figures = await measure(entries);
  for (const server of new Set(entries.map((entry) => entry.server))) server.child.disconnect();
  const lines = figures.slice(0, 3).map(({ contestant, cpuMicroseconds: few }) => {
    const many = figures.findLast((one) => one.contestant === contestant)?.cpuMicroseconds ?? 0;
    return `| ${contestant} | ${few.toFixed(0)} | ${many.toFixed(0)} | ${(many / few).toFixed(2)} |`;
  });
  const [few, many] = sizes;
  return [
    `| operation | CPU µs at ${few} messages | at ${many} | ratio |`,
    '| --- | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}

/**
 * Requests to an idle sandbox with its request log, which is only written, and with `REQUEST_LOG=0`; the latter also
 * compared with itself, to see what the comparison is worth, and with a server without a sandbox.
 */
async function requestLog(): Promise<Report> {
  const server = await new Server('./product.ts', []).start();
  const ports = [
    await server.ask<number>('portWithoutLog'),
    await server.ask<number>('portWithoutLog'),
    server.port,
    await server.ask<number>('portWithoutSandbox'),
  ];
  const smallest = { name: 'Tower: getAuthorizationServerMetadata', request: smallRequest, share: 1 };
  const figures: { contestant: string; figures: SliceFigures[] }[] = [];
  for (const { name, request, share } of [smallest, ...(await realOperations(server.port))]) {
    if (!isWanted(name)) continue;
    const count = Math.ceil((values.quick ? 100 : 400) * share);
    figures.push({ contestant: name, figures: await compareInSlices(server, ports, request, count) });
  }
  server.child.disconnect();
  const lines = figures.map(({ contestant, figures: [none, ...others] }) => {
    const ratios = others.map(({ ratio }) => ratio.toFixed(3));
    return `| ${contestant} | ${none?.cpuMicroseconds.toFixed(0)} | ${ratios.join(' | ')} |`;
  });
  const head = [
    '| operation | CPU µs, REQUEST_LOG=0 | again | with the log | without a sandbox |',
    '| --- | ---: | ---: | ---: | ---: |',
  ];
  return [figures, [...head, ...lines].join('\n')];
}

function table(figures: Figures[]): string {
  const lines = figures.map(({ contestant, operations, cpuMicroseconds, requestsPerSecond }) => {
    // Real operations are compared with Express at 30.
    const express = figures.find((one) => one.contestant === 'Express' && one.operations === (operations || 30));
    const ratio = express ? (cpuMicroseconds / express.cpuMicroseconds).toFixed(2) : '';
    return `| ${contestant} | ${operations || ''} | ${cpuMicroseconds.toFixed(0)} | ${requestsPerSecond.toFixed(0)} | ${ratio} |`;
  });
  const growth = names.map((name) => {
    const [few, many] = [30, 200].map((count) =>
      figures.find((one) => one.contestant === name && one.operations === count),
    );
    return `| ${name} | ${((many?.cpuMicroseconds ?? 0) / (few?.cpuMicroseconds ?? 1)).toFixed(2)} |`;
  });
  return [
    '| contestant | operations | CPU µs/request | requests/s | CPU ÷ Express |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...lines,
    '',
    '| contestant | CPU at 200 ÷ at 30 operations |',
    '| --- | ---: |',
    ...growth,
  ].join('\n');
}

/** What a run measured, and as text. */
type Report = [figures: unknown, text: string];

const modes: Record<string, () => Promise<Report>> = {
  async simulate() {
    const load = readLoad(values);
    return [[needsOf(load)], needsTable(load)];
  },
  async nodes() {
    const figures = await nodes(isWanted);
    return [figures, nodesTable(figures)];
  },
  async costs() {
    const figures = await costs();
    return [figures, costsTable(figures)];
  },
  async streams() {
    const figures = await streams();
    return [figures, streamsTable(figures)];
  },
  async sockets() {
    const [one, several] = [await sockets(), await socketNodes()];
    return [{ one, several }, `${socketsTable(one)}\n\n${socketNodesTable(several)}`];
  },
  async soak() {
    const figures = await soak(Number(values.minutes));
    return [figures, soakTable(figures)];
  },
  async fairness() {
    const figures = await fairness();
    return [figures, fairnessTable(figures)];
  },
  async phone() {
    const figures = await phone();
    return [figures, phoneTable(figures)];
  },
  async start() {
    const figures = await start();
    return [figures, startTable(figures)];
  },
  async worlds() {
    const figures = await worlds();
    return [figures, worldsTable(figures)];
  },
  async growth() {
    const rows = Number(values.rows);
    const figures = await growth(rows, values.apis?.split(','), only);
    return [figures, growthTable(figures, rows)];
  },
  sandbox: requestLog,
  async requests() {
    const figures = [...(await routers()), ...(await real())];
    const texts = [table(figures)];
    if (isWanted('queues')) texts.push(await queues());
    if (isWanted('phone')) texts.push(phoneTable(await phone()));
    return [figures, texts.join('\n\n')];
  },
};

const [mode = 'requests'] = positionals;
const run = modes[mode];
if (run === undefined) throw new Error(`The bench has no mode ${mode}: ${Object.keys(modes).join(', ')}`);
const [figures, text] = await run();
console.log(text);
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ node: process.version, figures }, null, 2)}\n`);
