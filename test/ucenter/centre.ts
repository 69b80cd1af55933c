import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import type { components } from '../../generated/ucenter.ts';
import { type Database, shareOf } from '../../src/database/open.ts';
import { Browser, type Page } from '../support/browser.ts';
import type { TestDatabases } from '../support/databases.ts';
import { startServer, type TestServer } from '../support/server.ts';

export type Schemas = components['schemas'];
export type Token = Schemas['Token'];

export interface User {
  user_id: number;
  username: string;
  password: string;
}

export interface App {
  client_id: string;
  client_secret: string;
  redirect_uri: string;
}

/** `ucenter` of GET /sandbox/credentials. */
export interface Credentials extends App {
  base_url: string;
  /** Has a role with at least three permissions in the first application. */
  user: User;
  /** Administers the second application only. */
  second_user: User;
  /** A `developer` of the first application. */
  admin: User;
  second_app: App;
  expired_access_token: string;
}

/** An answer under `/api`: `{code, message, data}` with its status and headers. */
export interface Answer<Data = Record<string, unknown>> {
  status: number;
  headers: Headers;
  code: number;
  message: string;
  data: Data;
}

export type Fields = Record<string, string | undefined>;

export interface Sent {
  /** Is sent in the Authorization header. */
  token?: Pick<Token, 'access_token'> | undefined;
  query?: Fields;
  form?: Fields;
  json?: unknown;
  multipart?: FormData;
  headers?: Record<string, string>;
}

/** The HTTP statuses of each code (U-3). */
const statuses: Record<number, readonly number[]> = {
  1: [200],
  0: [200],
  1000: [400, 406, 413, 415, 416],
  1001: [401],
  1003: [403, 429],
  1004: [404, 405],
  [-1]: [500],
};

/** UCenter of a real server, used over HTTP; `server.context` is for what HTTP cannot do. */
export class Centre {
  readonly server: TestServer;
  readonly credentials: Credentials;

  constructor(server: TestServer, credentials: Credentials) {
    this.server = server;
    this.credentials = credentials;
  }

  get url(): string {
    return `${this.server.url}/ucenter`;
  }

  get database(): Database {
    return shareOf(this.server.context.database, 'ucenter');
  }

  get app(): App {
    const { client_id, client_secret, redirect_uri } = this.credentials;
    return { client_id, client_secret, redirect_uri };
  }

  async request<Data = Record<string, unknown>>(method: string, path: string, sent: Sent = {}): Promise<Answer<Data>> {
    const { token, query, form, json, multipart, headers = {} } = sent;
    const search = query === undefined ? '' : `?${toForm(query)}`;
    const body = multipart ?? (form && toForm(form)) ?? (json === undefined ? undefined : JSON.stringify(json));
    return read(
      await fetch(`${this.url}${path}${search}`, {
        method,
        headers: {
          ...(token && bearer(token)),
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body }),
      }),
    );
  }

  get<Data = Record<string, unknown>>(path: string, token?: Sent['token'], query?: Fields): Promise<Answer<Data>> {
    return this.request('GET', path, { token, ...(query && { query }) });
  }

  post<Data = Record<string, unknown>>(path: string, form: Fields, token?: Sent['token']): Promise<Answer<Data>> {
    return this.request('POST', path, { token, form });
  }

  put<Data = Record<string, unknown>>(path: string, form: Fields, token?: Sent['token']): Promise<Answer<Data>> {
    return this.request('PUT', path, { token, form });
  }

  /** Sends a form to the token endpoint. */
  grant(fields: Fields, headers: Record<string, string> = {}): Promise<Answer<Token>> {
    return this.request('POST', '/api/oauth/accessToken', { form: fields, headers });
  }

  passwordFields(
    { username, password }: Pick<User, 'username' | 'password'> = this.credentials.user,
    { client_id, client_secret }: App = this.app,
  ): Fields {
    return { grant_type: 'password', client_id, client_secret, username, password };
  }

  refreshFields({ refresh_token }: Token, { client_id, client_secret }: App = this.app): Fields {
    return { grant_type: 'refresh_token', client_id, client_secret, refresh_token };
  }

  codeFields(code: string, { client_id, client_secret, redirect_uri }: App = this.app): Fields {
    return { grant_type: 'authorization_code', client_id, client_secret, redirect_uri, code };
  }

  /** A user's token, by password. */
  async signIn(user?: Pick<User, 'username' | 'password'>, app?: App): Promise<Token> {
    return expectToken(await this.grant(this.passwordFields(user, app)));
  }

  /** An application's own token. */
  async appToken({ client_id, client_secret }: App = this.app): Promise<Token> {
    return expectToken(await this.grant({ grant_type: 'client_credentials', client_id, client_secret }));
  }

  /** The status that a token gets: 200 while it is valid, 401 afterwards. */
  async statusOf(token: Pick<Token, 'access_token'>): Promise<number> {
    return (await this.get('/api/user', token)).status;
  }

  /** Address of the authorization page; `undefined` removes a default parameter. */
  authorizeUrl(parameters: Fields = {}, { client_id, redirect_uri }: App = this.app): string {
    return `${this.url}/oauth/authorize?${toForm({ client_id, redirect_uri, response_type: 'code', ...parameters })}`;
  }

  /** A browser with a signed-in user. */
  async signedIn({ username, password }: Pick<User, 'username' | 'password'> = this.credentials.user) {
    const browser = new Browser(this.server.url);
    const page = await browser.visit(`${this.url}/oauth/sign_in`);
    const account = await browser.submit(page.forms[0], { username, password });
    expect([account.status, account.url.pathname], account.html).toEqual([200, '/ucenter/oauth/account']);
    return browser;
  }

  /** Opens the consent page and decides. Returns the page that follows. */
  async decide(decision: 'allow' | 'deny', parameters: Fields = {}, app?: App, browser?: Browser): Promise<Page> {
    const visitor = browser ?? (await this.signedIn());
    const consent = await visitor.visit(this.authorizeUrl(parameters, app));
    expect(consent.status, consent.html).toBe(200);
    return visitor.submit(consent.forms[0], { decision });
  }

  /** An authorization code of the browser's user. */
  async code(parameters: Fields = {}, app?: App, browser?: Browser): Promise<string> {
    const { url } = await this.decide('allow', parameters, app, browser);
    const code = url.searchParams.get('code');
    expect(code, url.href).toMatch(/^[A-Za-z0-9]{40}$/);
    return code as string;
  }

  /** The messages to a phone or address, newest first, as the sandbox shows them. */
  async messagesTo(to: string, wait = '0'): Promise<OutboxMessage[]> {
    const response = await fetch(`${this.server.url}/sandbox/outbox?${new URLSearchParams({ to, wait })}`);
    return (await response.json()) as OutboxMessage[];
  }

  /** Sends a code to a phone and returns it. */
  async sendCode(phone: string, token?: Sent['token'], purpose?: 'reset_password'): Promise<string> {
    const sender = token ?? (await this.appToken());
    expectSuccess(await this.post('/api/sms/code', { phone, purpose }, sender), '发送成功');
    return this.codeSentTo(phone);
  }

  async codeSentTo(phone: string): Promise<string> {
    const [message] = await this.messagesTo(phone, '10s');
    expect(message?.code).toMatch(/^[1-9]\d{5}$/);
    return message?.code as string;
  }

  /** The link in the latest message about an account change. */
  async linkSentTo(to: string): Promise<string> {
    const [message] = await this.messagesTo(to, '10s');
    const [, link] = /\/ucenter\/oauth\/account\/change\?link=([A-Za-z0-9]{40})/.exec(message?.body ?? '') ?? [];
    expect(link, message?.body).toBeDefined();
    return link as string;
  }

  /** A new user, registered by a code (section 2.2 of the document). */
  async register(
    options: { phone?: string; password?: string; token?: Sent['token'] } = {},
  ): Promise<User & { phone: string }> {
    const { phone = newPhone(), password = `password of ${phone}`, token } = options;
    const code = await this.sendCode(phone);
    const answer = await this.post<Schemas['Registration']>('/api/user', { phone, password, code }, token);
    const { user_id, username } = expectSuccess(answer, '注册成功');
    return { user_id, username, phone, password };
  }

  /** A new user with a token. */
  async newUser(app?: App): Promise<User & { phone: string; token: Token }> {
    const user = await this.register();
    return { ...user, token: await this.signIn(user, app) };
  }

  async profileOf(token: Sent['token']): Promise<Schemas['User']> {
    return expectSuccess(await this.get<Schemas['User']>('/api/user', token), '获取用户信息成功');
  }
}

export interface OutboxMessage {
  channel: string;
  to: string;
  subject?: string;
  body: string;
  code?: string;
}

/** A server for one suite. */
export function useCentre(databases: TestDatabases, environment: Record<string, string> = {}): Centre {
  const centre = Object.create(Centre.prototype) as Centre;
  beforeAll(async () => {
    Object.assign(centre, await startCentre({ DATABASE_URL: await databases.createUrl(), ...environment }));
  });
  afterAll(() => centre.server?.close());
  return centre;
}

export async function startCentre(environment: Record<string, string> = {}): Promise<Centre> {
  const server = await startServer(environment);
  const response = await fetch(`${server.url}/sandbox/credentials`);
  const { ucenter } = (await response.json()) as { ucenter: Credentials };
  return new Centre(server, ucenter);
}

/** An unused mainland mobile number. */
export const newPhone = () => `1${randomInt(3, 10)}${String(randomInt(1_000_000_000)).padStart(9, '0')}`;

export const bearer = ({ access_token }: Pick<Token, 'access_token'>) => ({ authorization: `Bearer ${access_token}` });

export function toForm(fields: Fields): URLSearchParams {
  return new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Reads an answer and asserts its envelope (U-2) and that its status matches its code (U-3). */
export async function read<Data>(response: Response): Promise<Answer<Data>> {
  const { status, headers } = response;
  const text = await response.text();
  expect(headers.get('content-type'), text).toMatch(/^application\/json/);
  const body = JSON.parse(text) as { code: number; message: string; data: Data & object };
  const { code: _code, data: _data, message: _message, ...others } = body;
  // Beside the envelope there are the members of a token, or an error of OAuth (U-50).
  if ('error' in others) expect(Object.keys(others).sort(), text).toEqual(['error', 'error_description']);
  else expect(others, text).toEqual('access_token' in body.data ? body.data : {});
  expect(body.message, text).toMatch(/\S/);
  expect([typeof body.data, Array.isArray(body.data), body.data === null], text).toEqual(['object', false, false]);
  expect(statuses[body.code], text).toContain(status);
  return { status, headers, ...body };
}

/** Asserts code 1 and the exact message. */
export function expectSuccess<Data>({ status, code, message, data }: Answer<Data>, expected: string): Data {
  expect({ status, code, message }, JSON.stringify(data)).toEqual({ status: 200, code: 1, message: expected });
  return data;
}

/** Asserts code 0 and the exact message. `field` is the first entry of `data.errors`. */
export function expectFailure(
  { status, code, message, data }: Answer<unknown>,
  expected: string,
  field?: string,
): void {
  expect({ status, code, message }, JSON.stringify(data)).toEqual({ status: 200, code: 0, message: expected });
  const [first] = (data as Schemas['ProblemData']).errors ?? [];
  expect(first?.field).toBe(field);
  if (first) expect(first.message).toBe(expected);
}

/** Asserts an error other than code 0. */
export function expectRefused(answer: Answer<unknown>, status: number, message?: string | RegExp): void {
  expect(answer.status, answer.message).toBe(status);
  expect(answer.code).not.toBe(1);
  if (typeof message === 'string') expect(answer.message).toBe(message);
  else if (message) expect(answer.message).toMatch(message);
}

/** Asserts a token (U-17). `refresh`: whether a refresh token must be there. */
export function expectToken(answer: Answer<Token>, refresh?: boolean): Token {
  const token = expectSuccess(answer, '获取access_token成功');
  expect(token).toMatchObject({ access_token: expect.stringMatching(/^[A-Za-z0-9]{40}$/), token_type: 'Bearer' });
  // A second may have passed since the token was issued.
  expect([3599, 3600]).toContain(token.expires_in);
  if (refresh !== undefined) expect('refresh_token' in token).toBe(refresh);
  expect(answer.headers.get('cache-control')).toContain('no-store');
  return token;
}
