import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMockApp } from '../../src/app.ts';
import { DEMO_DAY_MINUTES, demoTime, startOfDay } from '../../src/demo-time.ts';
import { createServer } from '../../src/http/create-server.ts';
import type { Operation } from '../../src/verify/operations.ts';
import { createChecker } from '../contract/checker.ts';
import { Browser } from '../support/browser.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { makeWorld, signIn } from './control.ts';

/** The moment that the examples of Tower and GoBelieve show. */
const MOMENT = '2026-03-22T10:00:00Z';
const DAY_MS = 24 * 60 * 60 * 1000;

let server: TestServer;
let world: string;
let mock: Server;

beforeAll(async () => {
  server = await startServer();
  world = (await makeWorld(server.url, { clock: { now: MOMENT } })).base_url;
  mock = createServer(createMockApp(server.context));
  await new Promise<void>((resolve) => mock.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  mock?.closeAllConnections();
  mock?.close();
  await server?.close();
});

type Row = Record<string, unknown>;

/** How a demo person calls the lists of an API. */
interface Subject {
  /** The headers of a person who sees something in this list. */
  headers(operation: Operation): Promise<Record<string, string>>;
  items(body: unknown): Row[];
}

const bearer = (token: unknown) => ({ Authorization: `Bearer ${token}` });

/** A person of the demo data of the world. */
async function personOf(api: string, key: string): Promise<Row> {
  const credentials = (await (await fetch(`${world}/sandbox/credentials`)).json()) as Record<string, { people: Row[] }>;
  return credentials[api]?.people.find((person) => person.key === key) ?? {};
}

const dataOf = (body: unknown) => (body as { data: Row[] }).data;

const subjects: Record<string, Subject> = {
  tower: {
    headers: async () => bearer(await signIn(world)),
    items: dataOf,
  },
  gobelieve: {
    headers: async ({ id }) =>
      bearer((await personOf('gobelieve', id === 'listMessages' ? 'customer' : 'owner')).token),
    items: dataOf,
  },
};

const isList = ({ id, responses }: Operation) =>
  /^(list|page)/.test(id) && responses.get(200)?.some((type) => type.includes('json')) === true;

/** The path and the query of the contract's example request. */
function exampleOf({ path, parameters }: Operation): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place, examples } of parameters) {
    const [value] = examples;
    if (place === 'path') filled = filled.replace(`{${name}}`, String(value));
    if (place !== 'query' || value === undefined) continue;
    if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value)) query.set(`${name}[${key}]`, String(one));
    else query.set(name, String(value));
  }
  return `${filled}?${query}`;
}

async function read(base: string, api: string, operation: Operation): Promise<Row[]> {
  const subject = subjects[api] as Subject;
  const response = await fetch(`${base}/${api}${exampleOf(operation)}`, {
    method: operation.method,
    headers: await subject.headers(operation),
  });
  const body = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  return subject.items(body);
}

describe.each(Object.keys(subjects))('the demo data of %s', (api) => {
  const operations = [...createChecker(api).operations.values()];
  const lists = operations.filter(isList);

  it.each(lists.map((operation) => [operation.id, operation] as const))(
    '%s has something in it, and the mock shows items of it',
    async (_id, operation) => {
      const items = await read(world, api, operation);
      const examples = await read(`http://127.0.0.1:${(mock.address() as AddressInfo).port}`, api, operation);
      const ids = examples.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length).toBeGreaterThanOrEqual(3);
      expect(ids.length).toBeLessThanOrEqual(5);
      expect(items.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    },
  );

  const single = operations.filter(({ id, path }) => id.startsWith('get') && path.includes('{'));

  it.each(single.map((operation) => [operation.id, operation] as const))(
    '%s finds what the example names',
    async (_id, operation) => {
      const headers = await (subjects[api] as Subject).headers(operation);
      expect((await fetch(`${world}/${api}${exampleOf(operation)}`, { headers })).status).toBe(200);
    },
  );
});

describe("Tower's pages", () => {
  const team = 'd0000000000000000000000000000001';
  const pages = `/app_center/teams/${team}/applications`;

  it.each([
    ['listApplications', pages, 'tower-demo-client'],
    ['listWebhooks', `${pages}/tower-demo-client/webhooks`, 'https://app.example/tower'],
    [
      'listWebhookDeliveries',
      `${pages}/tower-demo-client/webhooks/da0${'1'.padStart(29, '0')}/deliveries`,
      '01900000-0000-7000-8000-000000000003',
    ],
  ])('%s shows demo data', async (_id, path, expected) => {
    const { username, password } = (await personOf('tower', 'owner')) as Record<string, string>;
    const browser = new Browser(server.url);
    const page = await browser.visit(`${server.url}/tower/oauth/sign_in`);
    await browser.submit(page.forms[0], { username: username as string, password: password as string });
    expect((await browser.visit(`${server.url}/tower${path}`)).html).toContain(expected);
  });
});

/** Tables with other times: of what signs in now, and of the sample file, whose address has a fixed day. */
const others = ['gobelieve_tokens', 'ucenter_files'];

describe('the times of the demo data', () => {
  it.each(['tower', 'gobelieve', 'ucenter', 'ppmessage'])('of %s lie in the three weeks before now', async (api) => {
    const { database } = server.context;
    const { rows: tables } = await sql<{ name: string }>`select m.name from sqlite_master m
      join pragma_table_info(m.name) c where m.type = 'table' and c.name = 'created_at'`.execute(database);
    const times: number[] = [];
    for (const { name } of tables) {
      if (!name.startsWith(`${api}_`) || others.includes(name)) continue;
      const { rows } = await sql<{ created_at: number }>`select created_at from ${sql.table(name)}`.execute(database);
      times.push(...rows.map(({ created_at }) => created_at));
    }
    const ages = times.map((time) => (Date.now() - time) / DAY_MS);
    expect(Math.max(...ages)).toBeGreaterThan(18);
    expect(Math.max(...ages)).toBeLessThan(21);
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...ages)).toBeLessThan(1);
  });

  // A world may begin with demo data that are some hours old.
  it.each([0, 1, DAY_MS / 2, DAY_MS - 1])('hold at any time of the day: %d ms after midnight', (after) => {
    const now = startOfDay(Date.parse(MOMENT)) + after;
    const oldest = now - demoTime(now, -20, 0);
    expect(oldest).toBeGreaterThan(18 * DAY_MS);
    expect(oldest).toBeLessThan(21 * DAY_MS - 6 * 60 * 60 * 1000);
    expect(demoTime(now, -1, DEMO_DAY_MINUTES)).toBeLessThan(demoTime(now, 0, 0));
    expect(demoTime(now, 0, DEMO_DAY_MINUTES)).toBeLessThanOrEqual(now);
  });
});
