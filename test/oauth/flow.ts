import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Database } from '../../src/database/open.ts';
import { createClient } from '../../src/oauth/clients/clients.ts';
import { addMember } from '../../src/tower/model/members.ts';
import { createUser } from '../../src/tower/model/users.ts';
import { profile } from '../../src/tower/profile.ts';
import { Browser, type Page } from '../support/browser.ts';
import type { TestDatabases } from '../support/databases.ts';
import { startServer, type TestServer } from '../support/server.ts';

export const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';

export interface Person {
  username: string;
  password: string;
}

export interface App {
  client_id: string;
  /** Absent for a public client. */
  client_secret?: string;
  redirect_uri: string;
}

/** `tower` of GET /sandbox/credentials. */
export interface Credentials extends Required<App> {
  base_url: string;
  team_id: string;
  empty_team_id: string;
  user: Person;
  /** Another member of the demo team. */
  colleague: Person;
  otp_user: Person;
  outsider: Person;
}

/** The answer of Tower's token endpoint. */
export interface Token {
  access_token: string;
  token_type: string;
  expires_in: number;
  refresh_token: string;
  created_at: number;
  email: string;
  scope?: string;
}

export interface Answer<Body = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: Body;
}

type Fields = Record<string, string | undefined>;

/** Tower on a real server, used over HTTP; `server.context` is for everything that HTTP cannot do. */
export class Tower {
  readonly server: TestServer;
  readonly credentials: Credentials;

  constructor(server: TestServer, credentials: Credentials) {
    this.server = server;
    this.credentials = credentials;
  }

  get url(): string {
    return `${this.server.url}/tower`;
  }

  get database(): Database {
    return this.server.context.database;
  }

  get app(): App {
    const { client_id, client_secret, redirect_uri } = this.credentials;
    return { client_id, client_secret, redirect_uri };
  }

  /** Sends a form without its undefined fields. */
  async post<Body = Record<string, unknown>>(
    path: string,
    fields: Fields,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    return read(await fetch(this.url + path, { method: 'POST', body: toForm(fields), headers }));
  }

  token<Body = Record<string, unknown>>(fields: Fields, headers?: Record<string, string>): Promise<Answer<Body>> {
    return this.post('/oauth/token', fields, headers);
  }

  /** The fields of a password grant. */
  passwordFields(
    { username, password }: Person = this.credentials.user,
    { client_id, client_secret }: App = this.app,
  ): Fields {
    return { grant_type: 'password', client_id, client_secret, username, password };
  }

  /** A token by password, for an account without a second step. */
  async signIn(person?: Person, app?: App): Promise<Token> {
    return expectToken(await this.token(this.passwordFields(person, app)));
  }

  refreshFields({ refresh_token }: Token, { client_id, client_secret }: App = this.app): Fields {
    return { grant_type: 'refresh_token', client_id, client_secret, refresh_token };
  }

  /** The user's own membership, the resource of Tower's documents. */
  async member(
    accessToken: string | undefined,
    teamId = this.credentials.team_id,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const credentials: Record<string, string> =
      accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
    return fetch(`${this.url}/api/v1/teams/${teamId}/member`, { headers: { ...credentials, ...headers } });
  }

  /** 200 while an access token is valid and 401 when it is not, for a member of the demo team. */
  async memberStatus({ access_token }: Token): Promise<number> {
    const response = await this.member(access_token);
    await response.body?.cancel();
    return response.status;
  }

  /** Address of the authorization endpoint; `undefined` removes a default parameter. */
  authorizeUrl(parameters: Fields = {}, { client_id, redirect_uri }: App = this.app): string {
    return `${this.url}/oauth/authorize?${toForm({ client_id, redirect_uri, response_type: 'code', ...parameters })}`;
  }

  /** A browser that is signed in, for an account without a second step. */
  async signedIn(person: Person = this.credentials.user): Promise<Browser> {
    const browser = new Browser(this.server.url);
    const form = await browser.visit(`${this.url}/oauth/sign_in`);
    const page = await browser.submit(form.forms[0], { username: person.username, password: person.password });
    expect(page.status, page.html).toBe(200);
    expect(page.url.pathname).toBe('/tower/app_center');
    return browser;
  }

  /** Allows a request on the consent page, and follows the redirect. */
  async allow(parameters: Fields = {}, app: App = this.app, browser?: Browser): Promise<Page> {
    const visitor = browser ?? (await this.signedIn());
    const consent = await visitor.visit(this.authorizeUrl(parameters, app));
    expect(consent.status, consent.html).toBe(200);
    return visitor.submit(consent.forms[0], { decision: 'allow' });
  }

  /** A code for the signed-in user of `browser`. */
  async code(parameters: Fields = {}, app: App = this.app, browser?: Browser): Promise<string> {
    const { url } = await this.allow(parameters, app, browser);
    const code = url.searchParams.get('code');
    expect(code, url.href).not.toBeNull();
    return code as string;
  }

  codeFields(code: string, { client_id, client_secret, redirect_uri }: App = this.app): Fields {
    return { grant_type: 'authorization_code', client_id, client_secret, redirect_uri, code };
  }

  /** Adds a client. */
  async addApp(
    options: { name?: string; redirectUris?: string[]; scopes?: string[]; isPublic?: boolean; secret?: string } = {},
  ): Promise<App> {
    const { name = 'Another application', redirectUris = ['https://another.example/callback'], ...rest } = options;
    const { client, secret } = await createClient(this.server.context, profile, {
      name,
      redirectUris,
      ...rest,
    });
    return {
      client_id: client.id,
      ...(secret !== undefined && { client_secret: secret }),
      redirect_uri: redirectUris[0] as string,
    };
  }

  /** Adds a member to the demo team. */
  async addMember(options: { secondStep?: boolean; role?: 'admin' | 'member' } = {}): Promise<Person & { id: string }> {
    const username = `${randomBytes(6).toString('hex')}@tower.example`;
    const password = `password of ${username}`;
    const { secondStep = false, role = 'member' } = options;
    const user = await createUser(this.server.context, { username, password, nickname: username, secondStep });
    await addMember(this.database, { teamId: this.credentials.team_id, user, role }, systemClock.now());
    return { id: user.id, username, password };
  }

  /** The codes in the sandbox's outbox that were sent to this address, newest first. */
  async codesSentTo(to: string): Promise<string[]> {
    const response = await fetch(`${this.server.url}/sandbox/outbox?${new URLSearchParams({ to })}`);
    return ((await response.json()) as { code: string }[]).map(({ code }) => code);
  }
}

/** Starts a server for the suite. */
export function useTower(databases: TestDatabases, environment: Record<string, string> = {}): Tower {
  const tower = Object.create(Tower.prototype) as Tower;
  beforeAll(async () => {
    Object.assign(tower, await startTower({ DATABASE_URL: await databases.createUrl(), ...environment }));
  });
  afterAll(() => tower.server?.close());
  return tower;
}

export async function startTower(environment: Record<string, string>): Promise<Tower> {
  const server = await startServer(environment);
  const response = await fetch(`${server.url}/sandbox/credentials`);
  const { tower } = (await response.json()) as { tower: Credentials };
  return new Tower(server, tower);
}

export function toForm(fields: Fields): URLSearchParams {
  return new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

export async function read<Body>(response: Response): Promise<Answer<Body>> {
  const text = await response.text();
  expect(response.headers.get('content-type'), text).toMatch(/^application\/(vnd\.api\+)?json/);
  return { status: response.status, headers: response.headers, body: JSON.parse(text) as Body };
}

/** Asserts a 200 of the token endpoint. */
export function expectToken({ status, body }: Answer<unknown>): Token {
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { access_token: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  return body as Token;
}

/** Asserts an error of RFC 6749 §5.2, with the headers of §5.1. */
export function expectError({ status, headers, body }: Answer, expectedStatus: number, error: string): void {
  expect({ status, error: body.error }, JSON.stringify(body)).toEqual({ status: expectedStatus, error });
  expect(body.error_description).toEqual(expect.stringMatching(/\S/));
  expect(headers.get('cache-control')).toContain('no-store');
  expect(headers.get('pragma')).toBe('no-cache');
  if (expectedStatus === 401) expect(headers.get('www-authenticate')).toMatch(/^\S+ .*realm=/);
}

/** HTTP Basic with both halves form-encoded (RFC 6749 §2.3.1). */
export function basic({ client_id, client_secret = '' }: App): { authorization: string } {
  const encode = (text: string) => new URLSearchParams({ x: text }).toString().slice(2);
  return { authorization: `Basic ${Buffer.from(`${encode(client_id)}:${encode(client_secret)}`).toString('base64')}` };
}

export const bearer = ({ access_token }: Token) => ({ authorization: `Bearer ${access_token}` });

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A PKCE pair (RFC 7636 §4). */
export function pkce(verifier = randomBytes(32).toString('base64url')): { verifier: string; challenge: string } {
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}
