import { createHash } from 'node:crypto';
import { createParser } from 'eventsource-parser';
import { afterAll, beforeAll, expect } from 'vitest';
import type { components } from '../../generated/gobelieve.ts';
import { gobelieve } from '../../src/gobelieve/index.ts';
import { prepareApp } from '../../src/gobelieve/model/apps.ts';
import { createStore } from '../../src/gobelieve/model/stores.ts';
import { addSupporter } from '../../src/gobelieve/model/supporters.ts';
import type { Answer } from '../../src/verify/judge.ts';
import { createChecker } from '../contract/checker.ts';
import { describeEachDatabase, type TestDatabases } from '../support/databases.ts';
import { startServer, type TestServer } from '../support/server.ts';

type Schemas = components['schemas'];
export type Message = Schemas['Message'];
export type Event = Schemas['Event'];
export type ClientGroup = Schemas['ClientGroup'];

export const checker = createChecker('gobelieve');

/** One app of the sandbox, with its store. */
interface DemoApp {
  appid: number;
  appsecret: string;
  users: { uid: number; token: string }[];
  store_id: number;
  seller_id: number;
  seller_token: string;
}

/** This API's member of `/sandbox/credentials`. */
export interface Demo extends DemoApp {
  base_url: string;
  other_app: DemoApp;
}

export interface Reply {
  status: number;
  headers: Headers;
  meta: { code: number; message: string };
  // biome-ignore lint/suspicious/noExplicitAny: the checker has validated it, and each test knows the shape
  data: any;
  bytes: Buffer;
}

export interface Sent {
  /** Sent as JSON. */
  json?: unknown;
  /** Sent unchanged. */
  body?: BodyInit;
  headers?: Record<string, string>;
}

// Eleven digits, like the phone numbers that real apps use: 32 bits are not enough for them.
let lastUid = 13_600_000_000;

/** A uid that no test has used. */
export const newUid = (): number => ++lastUid;

/**
 * Sends a request and validates the answer against the contract: every test also finds a wrong envelope, an undeclared
 * status or a wrong header.
 */
export async function call(url: string, method: string, target: string, sent: Sent = {}): Promise<Reply> {
  const { json, body = json === undefined ? undefined : JSON.stringify(json), headers = {} } = sent;
  const response = await fetch(url + target, {
    method,
    headers: { ...(json !== undefined && { 'Content-Type': 'application/json' }), ...headers },
    ...(body !== undefined && { body }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const answer: Answer = { status: response.status, headers: Object.fromEntries(response.headers), body: bytes };
  const { id } = operationAt(method, target.split('?', 1)[0] ?? '') ?? {};
  if (id !== undefined) expect(checker.problems(id, answer), `${method} ${target}: ${bytes}`).toEqual([]);
  const isJson = response.headers.get('content-type')?.includes('json');
  const { meta, data } = isJson ? JSON.parse(bytes.toString()) : {};
  return { status: response.status, headers: response.headers, meta, data, bytes };
}

/** A literal path takes precedence over a template. */
function operationAt(method: string, path: string) {
  const fits = (template: string) => new RegExp(`^${template.replace(/{[^}]+}/g, '[^/]+')}$`).test(path);
  const here = [...checker.operations.values()].filter((one) => one.method === method && fits(one.path));
  return here.find((one) => one.path === path) ?? here[0];
}

export const md5 = (text: string | Uint8Array) => createHash('md5').update(text).digest('hex');

/** A third party's app, acting through its server. */
export class App {
  readonly url: string;
  readonly appid: number;
  readonly appsecret: string;

  constructor(url: string, { appid, appsecret }: { appid: number; appsecret: string }) {
    this.url = url;
    this.appid = appid;
    this.appsecret = appsecret;
  }

  get headers() {
    return { Authorization: `Basic ${btoa(`${this.appid}:${md5(this.appsecret)}`)}` };
  }

  send(method: string, target: string, json?: unknown): Promise<Reply> {
    return call(this.url, method, target, { json, headers: this.headers });
  }

  /** Sends a request that must succeed, and returns the data. */
  async do(method: string, target: string, json?: unknown) {
    return succeeded(await this.send(method, target, json));
  }

  /** A user with a token. */
  async user(uid = newUid(), user_name?: string): Promise<User> {
    const { token } = await this.do('POST', '/auth/grant', { uid, user_name });
    return new User(this.url, uid, token);
  }

  users(count: number): Promise<User[]> {
    return Promise.all(Array.from({ length: count }, () => this.user()));
  }

  async pair(): Promise<[User, User]> {
    return [await this.user(), await this.user()];
  }

  /** Creates a group and returns its id. */
  async group(master: number, members: readonly unknown[] = [], more: object = {}): Promise<number> {
    return (await this.do('POST', '/groups', { master, name: '周末骑行', members, ...more })).group_id;
  }

  /** The same app at another node. */
  at(url: string): App {
    return new App(url, this);
  }

  peer = (sender: number, receiver: number, content: string) =>
    this.do('POST', '/messages/peers', { sender, receiver, content });

  say = (sender: number, receiver: number, content: string) =>
    this.do('POST', '/messages/groups', { sender, receiver, content });

  /** The offline messages of a user. */
  async offline(uid: number): Promise<{ new: number; count: number }> {
    return this.do('GET', `/messages/offline?uid=${uid}`);
  }
}

/** A user, acting through a device. */
export class User {
  readonly url: string;
  readonly uid: number;
  readonly token: string;

  constructor(url: string, uid: number, token: string) {
    this.url = url;
    this.uid = uid;
    this.token = token;
  }

  get headers() {
    return { Authorization: `Bearer ${this.token}` };
  }

  /** The same user at another node. */
  at(url: string): User {
    return new User(url, this.uid, this.token);
  }

  send(method: string, target: string, json?: unknown): Promise<Reply> {
    return call(this.url, method, target, { json, headers: this.headers });
  }

  async do(method: string, target: string, json?: unknown) {
    return succeeded(await this.send(method, target, json));
  }

  history = (): Promise<Message[]> => this.do('GET', '/messages');
  groups = (fields = 'members,quiet'): Promise<ClientGroup[]> => this.do('GET', `/client/groups?fields=${fields}`);
  contents = async (): Promise<string[]> => (await this.history()).map(({ content }) => content);

  /** Members of a group as this user sees them, smallest first. */
  async members(gid: number): Promise<number[]> {
    const { members = [] }: ClientGroup = await this.do('GET', `/client/groups/${gid}`);
    return members.map(({ uid }) => uid).sort((a, b) => a - b);
  }

  async listen(options: Listening = {}): Promise<EventReader> {
    const reader = new EventReader();
    await reader.open(this, options);
    return reader;
  }
}

export interface Listening {
  rooms?: readonly number[];
  lastEventId?: string | undefined;
}

const markers = new Set<string>();

/** One connection to the event stream. */
export class EventReader {
  /** All received events, in order. */
  readonly events: Event[] = [];
  /** The id to resume from. */
  lastEventId: string | undefined;
  private readonly stop = new AbortController();
  private wake = () => {};
  private ended = false;

  async open({ url, headers }: User, { rooms = [], lastEventId }: Listening): Promise<void> {
    const query = rooms.map((room) => `room=${room}`).join('&');
    const response = await fetch(`${url}/client/events${query && `?${query}`}`, {
      headers: { ...headers, ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) },
      signal: this.stop.signal,
    });
    expect(response.status).toBe(200);
    this.read(response.body as ReadableStream<Uint8Array>).catch(() => {});
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const parser = createParser({
      onEvent: ({ id, event, data }) => {
        this.lastEventId = id ?? this.lastEventId;
        // Only the start position.
        if (event === 'connected') return;
        this.events.push({ ...(id !== undefined && { id }), event, data: JSON.parse(data) } as Event);
        this.wake();
      },
    });
    const decoder = new TextDecoder();
    const reader = body.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        parser.feed(decoder.decode(value, { stream: true }));
      }
    } finally {
      this.ended = true;
      this.wake();
    }
  }

  /** Waits until the condition holds. */
  private async until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (this.ended) throw new Error(`the stream ended after ${JSON.stringify(this.events)}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  async first(count: number): Promise<Event[]> {
    await this.until(() => this.events.length >= count);
    return this.events.slice(0, count);
  }

  /** Waits until the server has closed the connection. */
  async end(): Promise<void> {
    while (!this.ended) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /**
   * All events up to now. The app sends one more system message; when it has arrived, so has everything before it. This
   * proves the absence of an event without a timeout.
   */
  async all(app: App, uid: number): Promise<Event[]> {
    const marker = `marker ${newUid()}`;
    markers.add(marker);
    await app.do('POST', '/messages/systems', { receiver: uid, content: marker });
    const isMarker = ({ data }: Event) => data.content === marker;
    await this.until(() => this.events.some(isMarker));
    const before = this.events.slice(0, this.events.findIndex(isMarker));
    return before.filter(({ data }) => !('content' in data && markers.has(data.content)));
  }

  close(): void {
    this.stop.abort();
  }
}

export function succeeded(reply: Reply) {
  expect([reply.status, reply.meta], JSON.stringify(reply.meta)).toEqual([
    200,
    { code: 200, message: expect.any(String) },
  ]);
  return reply.data;
}

/** Returns the status of a failure, and checks that the envelope has the same. */
export function refused({ status, meta, data }: Reply): number {
  expect([meta.code, data]).toEqual([status, undefined]);
  return status;
}

/** The kind and the fields of a group notification, without its time. */
export function notificationIn(event: Event | undefined): [kind: string, fields: Record<string, unknown>] {
  expect(event?.event).toBe('group_notification');
  const entries = Object.entries(JSON.parse(event?.data.content ?? '') as Record<string, Record<string, unknown>>);
  expect(entries).toHaveLength(1);
  const [kind, { timestamp, ...fields }] = entries[0] as [string, Record<string, unknown>];
  expect(timestamp).toSatisfy(Number.isInteger);
  return [kind, fields];
}

/** A server with the two apps of the sandbox. */
export interface Installation {
  server: TestServer;
  url: string;
  demo: Demo;
  app: App;
  other: App;
}

export async function install(environment: Record<string, string>): Promise<Installation> {
  const server = await startServer(environment, [gobelieve]);
  const response = await fetch(`${server.url}/sandbox/credentials`);
  const demo = ((await response.json()) as { gobelieve: Demo }).gobelieve;
  const url = `${server.url}/gobelieve`;
  return { server, url, demo, app: new App(url, demo), other: new App(url, demo.other_app) };
}

/** A new app without a store. */
export async function createApp({ server, url }: Pick<Installation, 'server' | 'url'>): Promise<App> {
  const { row, secret } = await prepareApp({ name: '新应用' }, server.context);
  const created = server.context.database.insertInto('gobelieve_apps').values(row).returning('id');
  return new App(url, { appid: (await created.executeTakeFirstOrThrow()).id, appsecret: secret });
}

/** A new app, with a store that has as many supporters as there are names. */
export async function createTenant(place: Installation, supporters: readonly string[] = []) {
  const { database, clock } = place.server.context;
  const app = await createApp(place);
  const { appid } = app;
  const { id: store_id } = await createStore(database, { appid, name: '咨询台' });
  const sellers: number[] = [];
  for (const name of supporters) {
    const uid = newUid();
    const supporter = { appid, storeId: store_id, uid, name, avatar: `https://a.example/${uid}.png` };
    await addSupporter(database, supporter, clock.now());
    sellers.push(uid);
  }
  return { app, store_id, sellers };
}

/** Runs a suite on both databases, with one server for all of its tests. */
export function describeApps(
  title: string,
  suite: (place: Installation, databases: TestDatabases) => void,
  environment: Record<string, string> = {},
): void {
  describeEachDatabase(title, (databases) => {
    const place = {} as Installation;
    beforeAll(async () => {
      Object.assign(place, await install({ ...environment, DATABASE_URL: await databases.createUrl() }));
    });
    afterAll(() => place.server?.close());
    suite(place, databases);
  });
}
