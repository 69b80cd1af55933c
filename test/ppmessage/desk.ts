import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import type { components, paths } from '../../generated/ppmessage.ts';
import { type Database, shareOf } from '../../src/database/open.ts';
import { ppmessage } from '../../src/ppmessage/index.ts';
import { createKey } from '../../src/ppmessage/model/keys.ts';
import type { Level } from '../../src/ppmessage/model/levels.ts';
import type { TestDatabases } from '../support/databases.ts';
import { startServer, type TestServer } from '../support/server.ts';

export interface Key {
  api_key: string;
  api_secret: string;
}

export interface Person {
  user_uuid: string;
  user_email: string;
  user_password: string;
}

/** `ppmessage` of GET /sandbox/credentials. */
export interface Credentials extends Key {
  base_url: string;
  app_uuid: string;
  other_app_uuid: string;
  conversation_uuid: string;
  keys: Record<'ppcom' | 'ppkefu' | 'ppconsole' | 'kefu' | 'console', Key>;
  agents: { user_uuid: string; email: string; password: string }[];
  redirect_uri: string;
  redirect_uri_with_query: string;
  kefu: Key;
  console: Key;
  owner: Person;
  agent: Person;
  other_agent: Person;
  customer: Omit<Person, 'user_password'>;
}

/** Names of operations: `PP_GET_APP_INFO`. */
export type Name = Extract<keyof paths, `/api/${string}`> extends `/api/${infer One}` ? One : never;

type Post<One extends Name> = paths[`/api/${One}`]['post'];
export type Request<One extends Name> = Post<One>['requestBody']['content']['application/json'];
type Reply<One extends Name> = Post<One>['responses'][200]['content']['application/json'];
export type Success<One extends Name> = Extract<Reply<One>, { error_code: '0' | 0 }>;

/** The fields of an operation. A seat adds `app_uuid`. */
export type Fields<One extends Name> = Omit<Request<One>, 'app_uuid'> & { app_uuid?: string };

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** A signed-in program: a token with its app and user. */
export class Seat {
  readonly url: string;
  readonly app_uuid: string;
  readonly user_uuid: string;
  readonly token: string;

  constructor(url: string, { app_uuid, user_uuid, access_token }: Token) {
    this.url = url;
    this.app_uuid = app_uuid;
    this.user_uuid = user_uuid;
    this.token = access_token;
  }

  /** The seat of one of the original's own programs, which get numbers (P-60). */
  get isOwn(): boolean {
    return this.token.startsWith('own-');
  }

  get headers(): { Authorization: string } {
    return { Authorization: `OAuth ${this.token}` };
  }

  /** Calls an operation that has to succeed. Sends the seat's app unless `fields` has another. */
  async ok<One extends Name>(name: One, fields: Fields<One>): Promise<Success<One>> {
    const { body } = await this.post(name, { app_uuid: this.app_uuid, ...fields });
    expect(body, `${name} ${JSON.stringify(fields)}`).toMatchObject({
      error_code: this.isOwn ? 0 : '0',
      error_string: 'success',
    });
    return body as Success<One>;
  }

  /** Calls an operation and returns its error number. */
  async code(name: Name, fields: Record<string, unknown>): Promise<string> {
    const { body } = await this.post(name, { app_uuid: this.app_uuid, ...fields });
    return String(body.error_code);
  }

  /** Calls an operation, and checks what every answer has. */
  async post(name: Name, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.url}/api/${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...this.headers, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const answer = await read(response);
    expect({ status: answer.status, uri: answer.body.uri }, JSON.stringify(answer.body)).toEqual({
      status: 200,
      uri: `/${name}`,
    });
    expect(answer.body.error_code).toEqual(expect.any(this.isOwn ? Number : String));
    return answer;
  }

  /** Creates an anonymous customer. */
  async newCustomer(): Promise<string> {
    return (await this.ok('PP_CREATE_ANONYMOUS', { ppcom_trace_uuid: randomUUID() })).user_uuid;
  }

  /** Creates a conversation of a customer with agents. */
  async newConversation(customer: string, members?: string[]): Promise<string> {
    const fields = { user_uuid: customer, conversation_type: 'P2S' as const };
    return (await this.ok('PP_CREATE_CONVERSATION', { ...fields, ...(members && { member_list: members }) })).uuid;
  }

  /** Sends a text and returns the uuid of the message. */
  async say(conversation: string, from: string, text: string, more: Partial<Fields<'PP_SEND_MESSAGE'>> = {}) {
    const uuid = randomUUID();
    await this.ok('PP_SEND_MESSAGE', { ...this.text(conversation, from, text), uuid, ...more });
    return more.uuid ?? uuid;
  }

  /** The fields of a text message. */
  text(conversation: string, from: string, text: string): Request<'PP_SEND_MESSAGE'> {
    return {
      app_uuid: this.app_uuid,
      uuid: randomUUID(),
      conversation_uuid: conversation,
      from_uuid: from,
      from_type: 'DU',
      to_uuid: this.app_uuid,
      to_type: 'AP',
      message_type: 'NOTI',
      message_subtype: 'TEXT',
      message_body: text,
    };
  }

  /** The unacknowledged messages of a user, newest first. */
  async unacked(user = this.user_uuid): Promise<{ pid: string; text: string; message: Wire }[]> {
    const { list, message } = await this.ok('PP_PAGE_UNACKED_MESSAGE', { user_uuid: user, page_size: 100 });
    return list.map((pid) => {
      const wire = JSON.parse(message[pid] as string) as Wire;
      return { pid, text: wire.bo, message: wire };
    });
  }

  /** The texts of a conversation, newest first. */
  async history(conversation: string): Promise<string[]> {
    const { list } = await this.ok('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid: conversation, page_size: 100 });
    return list.map(({ body }) => body as string);
  }

  /** The open conversations of a user, latest first. */
  async openConversations(user = this.user_uuid): Promise<string[]> {
    const { list } = await this.ok('PP_PAGE_USER_CONVERSATION', { user_uuid: user, page_size: 100 });
    return list.map(({ uuid }) => uuid);
  }
}

/** The wire form of a message (P-44). */
export interface Wire {
  id: string;
  ci: string;
  ct: string;
  fi: string;
  ft: string;
  ti: string;
  tt: string;
  mt: string;
  ms: string;
  tl: string | null;
  bo: string;
  ts: number;
}

export type Token = components['schemas']['Token'];

/** An app and its signed-in users. */
export interface TestApp {
  app_uuid: string;
  keys: { kefu: Key; console: Key };
  owner: Person;
  agent: Person;
  /** The owner with the console key. */
  console: Seat;
  /** The agent with the kefu key. */
  kefu: Seat;
}

/** The things of an app after its first customer. */
export interface Things {
  customer: string;
  /** The customer's browser. */
  device: string;
  /** The conversation of the customer and the agent. */
  conversation: string;
  /** A message of the customer, not acknowledged by the agent. */
  message: string;
  /** The agent's push record of the message. */
  push: string;
  /** A group with the agent. */
  group: string;
  script: string;
  scriptGroup: string;
}

/** Creates one thing of each kind in an app. */
export async function furnish({ kefu, console }: TestApp): Promise<Things> {
  const customer = await kefu.newCustomer();
  const conversation = await kefu.newConversation(customer, [kefu.user_uuid]);
  const message = await kefu.say(conversation, customer, '什么时候发货？');
  const { uuid: group } = await console.ok('PP_CREATE_ORG_GROUP', { group_name: '售前', group_desc: '买之前' });
  await console.ok('PP_ADD_ORG_GROUP_USER', { group_uuid: group, user_list: [kefu.user_uuid] });
  const { uuid: scriptGroup } = await console.ok('PP_ADD_PREDEFINED_SCRIPT_GROUP', { group_name: '问候' });
  const { uuid: script } = await kefu.ok('PP_ADD_PREDEFINED_SCRIPT', {
    script_answer: '您好',
    group_uuid: scriptGroup,
  });
  const { pid } = (await kefu.unacked()).find((unacked) => unacked.message.id === message) ?? { pid: '' };
  const device = await newDevice(kefu, customer);
  return { customer, device, conversation, message, push: pid, group, script, scriptGroup };
}

/** Registers a browser of a user. */
export async function newDevice(seat: Seat, user_uuid: string): Promise<string> {
  const fields = { user_uuid, device_ostype: 'MAB' as const, ppcom_trace_uuid: randomUUID() };
  return (await seat.ok('PP_CREATE_DEVICE', fields)).device_uuid;
}

/** The demo app of a real server. Tests use HTTP, and `server.context` only for what HTTP cannot do. */
export class Desk implements TestApp {
  readonly server: TestServer;
  readonly credentials: Credentials;
  readonly keys: TestApp['keys'];
  private readonly tokens = new Map<string, Promise<Token>>();
  private other: Promise<TestApp> | undefined;
  private own: Promise<Things> | undefined;
  private others: Promise<Things> | undefined;
  declare readonly console: Seat;
  declare readonly kefu: Seat;
  /** Another agent with the kefu key. */
  declare readonly otherKefu: Seat;
  /** The agent with the key that has both third-party levels. */
  declare readonly both: Seat;
  /** Seats with the levels of the original's own programs. */
  declare readonly ppcom: Seat;
  declare readonly ppkefu: Seat;
  declare readonly ppconsole: Seat;
  /** The console before the sign-in. */
  declare readonly entrance: Seat;

  constructor(server: TestServer, credentials: Credentials) {
    this.server = server;
    this.credentials = credentials;
    this.keys = { kefu: credentials.kefu, console: credentials.console };
  }

  /** Signs the demo users in. */
  async open(): Promise<this> {
    const { owner, agent, other_agent } = this.credentials;
    const [console, kefu, otherKefu, both, ppcom, ppkefu, ppconsole, entrance] = await Promise.all([
      this.seat(owner, this.keys.console),
      this.seat(agent, this.keys.kefu),
      this.seat(other_agent, this.keys.kefu),
      this.seat(agent, this.credentials),
      this.keySeat(this.credentials.keys.ppcom),
      this.seatOf(agent, ['PPKEFU']),
      this.seatOf(owner, ['PPCONSOLE']),
      this.keySeat(this.credentials.keys.ppconsole),
    ]);
    return Object.assign(this, { console, kefu, otherKefu, both, ppcom, ppkefu, ppconsole, entrance });
  }

  get url(): string {
    return `${this.server.url}/ppmessage`;
  }

  get database(): Database {
    return shareOf(this.server.context.database, 'ppmessage');
  }

  get app_uuid(): string {
    return this.credentials.app_uuid;
  }

  get owner(): Person {
    return this.credentials.owner;
  }

  get agent(): Person {
    return this.credentials.agent;
  }

  get otherAgent(): Person {
    return this.credentials.other_agent;
  }

  /** The seat of a user with a key; each signs in once. */
  async seat(person: Person, key: Key): Promise<Seat> {
    const name = `${person.user_email} ${key.api_key}`;
    const token = this.tokens.get(name) ?? this.signIn(person, key);
    this.tokens.set(name, token);
    return new Seat(this.url, await token);
  }

  /** Creates one more key of the demo app. */
  async newKey(levels: readonly Level[]): Promise<Key> {
    const key = {
      appUuid: this.app_uuid,
      appName: '又一把密钥',
      levels,
      redirectUris: [this.credentials.redirect_uri],
    };
    const { apiKey, apiSecret } = await createKey(this.server.context, key);
    return { api_key: apiKey, api_secret: apiSecret };
  }

  /** A seat with these levels. Users cannot sign in with a key of PPCOM alone, so its grants are changed here. */
  async seatOf(person: Person, levels: readonly Level[]): Promise<Seat> {
    const key = await this.newKey(levels);
    const grants = JSON.stringify(['authorization_code']);
    await this.database.updateTable('oauth_clients').set({ grants }).where('id', '=', key.api_key).execute();
    return this.seat(person, key);
  }

  /** A seat without a user: the widget, or the console before the sign-in. */
  async keySeat({ api_key: client_id, api_secret: client_secret }: Key): Promise<Seat> {
    const form = { grant_type: 'client_credentials', client_id, client_secret };
    const { body } = await this.postForm('/ppauth/token', form).then(read);
    return new Seat(this.url, { ...(body as unknown as Token), user_uuid: '' });
  }

  /** Runs the whole flow: page, code, token. */
  async signIn(person: Person, key: Key = this.credentials): Promise<Token> {
    const { status, body } = await this.token(await this.code(person, key), key);
    expect(status, JSON.stringify(body)).toBe(200);
    return body as unknown as Token;
  }

  async code(person: Person = this.agent, key: Key = this.credentials, more: Record<string, string> = {}) {
    const location = await this.submit({ ...this.request(key), ...credentialsOf(person), ...more });
    const code = new URL(location).searchParams.get('code');
    expect(code, location).not.toBeNull();
    return code as string;
  }

  /** The parameters of an authorization request. */
  request({ api_key }: Key = this.credentials): Record<string, string> {
    return { client_id: api_key, redirect_uri: this.credentials.redirect_uri, response_type: 'code' };
  }

  /** Sends the form of the page and returns the redirect. */
  async submit(form: Record<string, string>): Promise<string> {
    const response = await this.postForm('/ppauth/auth', form);
    expect(response.status, await response.text()).toBe(302);
    return response.headers.get('location') as string;
  }

  token(code: string, { api_key, api_secret }: Key = this.credentials, more: Record<string, string> = {}) {
    const { redirect_uri } = this.credentials;
    const form = {
      grant_type: 'authorization_code',
      code,
      client_id: api_key,
      client_secret: api_secret,
      redirect_uri,
    };
    return this.postForm('/ppauth/token', { ...form, ...more }).then(read);
  }

  postForm(path: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + path, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' });
  }

  /** Creates one more agent of the demo app, signed in with the kefu key. */
  newAgent(): Promise<{ person: Person; seat: Seat }> {
    return this.hire(this);
  }

  private async hire({ console, keys }: Pick<TestApp, 'console' | 'keys'>): Promise<{ person: Person; seat: Seat }> {
    const user_email = `${randomUUID()}@desk.example`;
    const user_password = `password of ${user_email}`;
    const fields = { user_email, user_password, user_fullname: '客服', is_service_user: true };
    const { uuid: user_uuid } = await console.ok('PP_CREATE_USER', fields);
    const person = { user_uuid, user_email, user_password };
    return { person, seat: await this.seat(person, keys.kefu) };
  }

  /** Creates another app of the demo owner, with an agent. */
  async newApp(): Promise<TestApp> {
    const { uuid, ppkefu_thirdparty, ppconsole_thirdparty } = await this.console.ok('PP_CREATE_APP', {
      user_uuid: this.owner.user_uuid,
      app_name: '另一个团队',
    });
    const keys = { kefu: ppkefu_thirdparty, console: ppconsole_thirdparty };
    const console = await this.seat(this.owner, keys.console);
    const { person: agent, seat: kefu } = await this.hire({ console, keys });
    return { app_uuid: uuid, keys, owner: this.owner, agent, console, kefu };
  }

  /** A second app, always the same. */
  otherApp(): Promise<TestApp> {
    this.other ??= this.newApp();
    return this.other;
  }

  /** The things of the demo app, created once. */
  things(): Promise<Things> {
    this.own ??= furnish(this);
    return this.own;
  }

  /** The things of the second app, created once. */
  otherThings(): Promise<Things> {
    this.others ??= this.otherApp().then(furnish);
    return this.others;
  }
}

export const credentialsOf = ({ user_email, user_password }: Person) => ({ user_email, user_password });

export async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  expect(response.headers.get('content-type'), text).toMatch(/^application\/json/);
  return { status: response.status, headers: response.headers, body: JSON.parse(text) };
}

export async function openDesk(server: TestServer): Promise<Desk> {
  const response = await fetch(`${server.url}/sandbox/credentials`);
  const credentials = ((await response.json()) as { ppmessage: Credentials }).ppmessage;
  return new Desk(server, credentials).open();
}

/** Starts a server for one suite. */
export function useDesk(databases: TestDatabases, environment: Record<string, string> = {}): Desk {
  const desk = Object.create(Desk.prototype) as Desk;
  beforeAll(async () => {
    const url = await databases.createUrl();
    Object.assign(desk, await openDesk(await startServer({ DATABASE_URL: url, ...environment }, [ppmessage])));
  });
  afterAll(() => desk.server?.close());
  return desk;
}
