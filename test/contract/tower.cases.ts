import type { operations } from '../../generated/tower.ts';
import { tower } from '../../src/tower/index.ts';
import type { Exchange } from './exchange.ts';
import type { Suite } from './harness.ts';

interface Person {
  username: string;
  password: string;
}

interface Demo {
  client_id: string;
  client_secret: string;
  redirect_uri: string;
  team_id: string;
  user: Person;
  otp_user: Person;
  outsider: Person;
}

/** A browser: its cookie, and the token of its forms. */
interface Browser {
  headers: { Cookie: string };
  csrf_token: string;
}

interface Token {
  access_token: string;
  refresh_token: string;
}

const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';
const WRONG_GUESSES = 6;

/** What people and applications do before the request that counts. */
class TowerWorld {
  readonly demo: Demo;
  private readonly url: string;
  private twice: Promise<Browser> | undefined;

  constructor(url: string, demo: Demo) {
    this.url = url;
    this.demo = demo;
  }

  /** Somebody who is not signed in. */
  async visit(): Promise<Browser> {
    return browserIn(await this.fetch('/oauth/sign_in'));
  }

  async signIn({ username, password }: Person): Promise<Browser> {
    const { headers, csrf_token } = await this.visit();
    const response = await this.post('/oauth/sign_in', { csrf_token, username, password }, headers);
    return this.signedIn(response);
  }

  /** The browser after it was signed in. */
  async signedIn(response: Response): Promise<Browser> {
    const Cookie = cookieIn(response);
    return browserIn(await this.fetch('/app_center', { headers: { Cookie } }), Cookie);
  }

  /** A browser that gave the right password of a person with a second step. */
  async startSecondStep(): Promise<Browser & { challenge: string }> {
    const browser = await this.visit();
    const response = await this.post(
      '/oauth/sign_in',
      { csrf_token: browser.csrf_token, ...this.demo.otp_user },
      browser.headers,
    );
    return { ...browser, challenge: valueIn(await response.text(), 'challenge') };
  }

  /** The person with a second step, signed in once: codes are limited. */
  async signInTwice(): Promise<Browser> {
    this.twice ??= this.startSecondStep().then(async ({ headers, csrf_token, challenge }) =>
      this.signedIn(
        await this.post('/oauth/sign_in', { csrf_token, challenge, captcha: await this.codeSent() }, headers),
      ),
    );
    return this.twice;
  }

  /** The newest code that was sent to the person with a second step. */
  async codeSent(): Promise<string> {
    const response = await this.fetch(
      `/../sandbox/outbox?wait=10s&to=${encodeURIComponent(this.demo.otp_user.username)}`,
    );
    const [message] = (await response.json()) as { code: string }[];
    return message?.code ?? '';
  }

  async token({ username, password } = this.demo.user): Promise<Token> {
    const response = await this.post('/oauth/token', { ...this.client, grant_type: 'password', username, password });
    return (await response.json()) as Token;
  }

  /** The application's own credentials, as a form has them. */
  get client() {
    const { client_id, client_secret } = this.demo;
    return { client_id, client_secret };
  }

  get basic() {
    return { Authorization: `Basic ${btoa(`${this.demo.client_id}:${this.demo.client_secret}`)}` };
  }

  get authorization() {
    const { client_id, redirect_uri } = this.demo;
    return { client_id, redirect_uri, response_type: 'code', state: '北京 & 50%' };
  }

  /** An authorization code for the demo application. */
  async code(): Promise<string> {
    const { headers, csrf_token } = await this.signIn(this.demo.user);
    const response = await this.post(
      '/oauth/authorize',
      { ...this.authorization, csrf_token, decision: 'allow' },
      headers,
    );
    return new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? '';
  }

  /** A new application of the demo team. */
  async createApplication({ headers, csrf_token }: Browser): Promise<{ team_id: string; client_id: string }> {
    const { team_id } = this.demo;
    const form = { csrf_token, name: '新应用', redirect_uris: 'https://app.example/callback' };
    const response = await this.post(`/app_center/teams/${team_id}/applications`, form, headers);
    return { team_id, client_id: /id="client_id">([^<]+)/.exec(await response.text())?.[1] ?? '' };
  }

  async post(path: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, { method: 'POST', headers, body: new URLSearchParams(form) });
  }

  private fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url + path, { redirect: 'manual', ...init });
  }
}

const cookieIn = (response: Response) => response.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
const valueIn = (page: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';

async function browserIn(response: Response, Cookie = cookieIn(response)): Promise<Browser> {
  return { headers: { Cookie }, csrf_token: valueIn(await response.text(), 'csrf_token') };
}

/** Sends a request until one more is too many. */
async function exhaust(times: number, send: () => Promise<Response>): Promise<void> {
  for (let sent = 0; sent <= times; sent++) await send();
}

/** The exchange in both forms that the token endpoints take. */
const inBoth = (fields: (world: TowerWorld) => Record<string, string> | Promise<Record<string, string>>) => [
  async (world: TowerWorld): Promise<Exchange> => ({ form: await fields(world) }),
  async (world: TowerWorld): Promise<Exchange> => ({ json: await fields(world) }),
];

const wrongSecret = async (world: TowerWorld, path: string, fields: Record<string, string>): Promise<Exchange> => {
  // A client that nobody knows, so that the real ones are not locked out.
  const form = { ...fields, client_id: `nobody${path}`, client_secret: 'wrong' };
  await exhaust(WRONG_GUESSES * 10, () => world.post(path, form));
  return { form };
};

/** The form of a page, sent from a browser of somebody. */
const fromBrowser =
  (
    who: 'user' | 'otp_user' | 'outsider' | 'nobody',
    form: (world: TowerWorld) => Record<string, string> = () => ({}),
    params?: (world: TowerWorld, browser: Browser) => Promise<Record<string, string>> | Record<string, string>,
  ) =>
  async (world: TowerWorld): Promise<Exchange> => {
    const browser =
      who === 'nobody'
        ? await world.visit()
        : who === 'otp_user'
          ? await world.signInTwice()
          : await world.signIn(world.demo[who]);
    const { headers, csrf_token } = browser;
    return { headers, form: { csrf_token, ...form(world) }, ...(params && { params: await params(world, browser) }) };
  };

/** The page that somebody asks for. */
const seenBy =
  (
    who: 'user' | 'outsider' | 'nobody',
    query?: (world: TowerWorld) => Record<string, string>,
    params?: (world: TowerWorld) => Record<string, string>,
  ) =>
  async (world: TowerWorld): Promise<Exchange> => {
    const { headers } = who === 'nobody' ? await world.visit() : await world.signIn(world.demo[who]);
    return { headers, ...(query && { query: query(world) }), ...(params && { params: params(world) }) };
  };

const forged = (world: TowerWorld) => ({ ...world.authorization, csrf_token: 'forged', decision: 'allow' });
const team = ({ demo: { team_id } }: TowerWorld) => ({ team_id });
const demoApplication = ({ demo: { team_id, client_id } }: TowerWorld) => ({ team_id, client_id });
const ownApplication = (world: TowerWorld, browser: Browser) => world.createApplication(browser);
const newApplication = () => ({ name: '应用', redirect_uris: `https://app.example/a\n${OUT_OF_BAND}` });

export const suite: Suite<operations, TowerWorld> = {
  api: tower,
  environment: { WRONG_GUESS_LIMIT: String(WRONG_GUESSES) },
  async createWorld(url, server) {
    const response = await fetch(`${server.url}/sandbox/credentials`);
    return new TowerWorld(url, ((await response.json()) as { tower: Demo }).tower);
  },
  cases: {
    getAuthorizationServerMetadata: { 200: {} },

    showAuthorization: {
      200: [
        seenBy('user', (world) => world.authorization),
        seenBy('user', ({ authorization }) => ({ ...authorization, redirect_uri: OUT_OF_BAND, ui_locales: 'en' })),
      ],
      302: [
        seenBy('nobody', (world) => world.authorization),
        seenBy('user', ({ authorization }) => ({ ...authorization, response_type: 'token' })),
        seenBy('user', ({ authorization }) => ({ ...authorization, scope: 'everything' })),
        seenBy('user', ({ authorization }) => ({
          ...authorization,
          code_challenge_method: 'plain',
          code_challenge: 'x',
        })),
      ],
      400: [
        {},
        seenBy('user', ({ authorization }) => ({ ...authorization, client_id: 'nobody' })),
        seenBy('nobody', ({ authorization }) => ({ ...authorization, redirect_uri: 'https://evil.example/' })),
        seenBy('user', ({ authorization }) => ({
          ...authorization,
          redirect_uri: OUT_OF_BAND,
          response_type: 'token',
        })),
      ],
    },
    decideAuthorization: {
      302: [
        fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'allow' })),
        fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'deny' })),
        fromBrowser('user', ({ authorization }) => ({
          ...authorization,
          decision: 'allow',
          redirect_uri: OUT_OF_BAND,
        })),
        fromBrowser('nobody', ({ authorization }) => ({ ...authorization, decision: 'allow' })),
      ],
      400: [
        fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'maybe' })),
        fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'allow', client_id: 'nobody' })),
        fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'deny', redirect_uri: OUT_OF_BAND })),
      ],
      403: [(world) => ({ form: forged(world) }), fromBrowser('user', forged)],
    },
    showAuthorizationCode: {
      200: seenBy('user', () => ({ code: 'abc', state: '' })),
      302: seenBy('nobody', () => ({ code: 'abc' })),
      400: seenBy('user', () => ({ code: '' })),
    },

    createToken: {
      200: [
        ...inBoth(({ client, demo }) => ({ grant_type: 'password', ...client, ...demo.user })),
        async (world) => ({
          headers: world.basic,
          form: { grant_type: 'authorization_code', code: await world.code(), redirect_uri: world.demo.redirect_uri },
        }),
        async (world) => ({
          json: { grant_type: 'refresh_token', ...world.client, refresh_token: (await world.token()).refresh_token },
        }),
        async (world) => {
          const { access_token, refresh_token } = await world.token();
          return {
            headers: { Authorization: `Bearer ${access_token}` },
            form: { grant_type: 'refresh_token', refresh_token },
          };
        },
        async (world) => {
          const form = { grant_type: 'password', ...world.client, ...world.demo.otp_user };
          await world.post('/oauth/token', form);
          return { form: { ...form, captcha: await world.codeSent() } };
        },
      ],
      400: [
        ...inBoth(({ client }) => ({ grant_type: 'password', ...client, username: 'nobody', password: 'wrong' })),
        ...inBoth(({ client }) => ({
          grant_type: 'authorization_code',
          ...client,
          code: 'x',
          redirect_uri: 'https://a.example',
        })),
        ...inBoth(({ client }) => ({ grant_type: 'refresh_token', ...client, refresh_token: 'x' })),
        ...inBoth(({ client }) => ({ grant_type: 'client_credentials', ...client })),
        ...inBoth(({ client, demo }) => ({ grant_type: 'password', ...client, ...demo.user, scope: 'everything' })),
        (world) => ({
          headers: world.basic,
          form: { grant_type: 'password', ...world.client, client_secret: 'another', ...world.demo.user },
        }),
      ],
      401: [
        ...inBoth(({ demo }) => ({
          grant_type: 'password',
          client_id: demo.client_id,
          client_secret: 'wrong',
          ...demo.user,
        })),
        ...inBoth(({ demo }) => ({ grant_type: 'password', ...demo.user })),
        ...inBoth(({ client, demo }) => ({ grant_type: 'password', ...client, ...demo.otp_user })),
        { headers: { Authorization: 'Bearer unknown' }, form: { grant_type: 'refresh_token', refresh_token: 'x' } },
      ],
      429: [
        async (world) => {
          const form = { grant_type: 'password', ...world.client, username: 'guessed', password: 'wrong' };
          await exhaust(WRONG_GUESSES, () => world.post('/oauth/token', form));
          return { form };
        },
        (world) => wrongSecret(world, '/oauth/token', { grant_type: 'refresh_token', refresh_token: 'x' }),
      ],
    },
    revokeToken: {
      200: [
        ...inBoth(async (world) => ({ ...world.client, token: (await world.token()).access_token })),
        (world) => ({ headers: world.basic, form: { token: 'unknown', token_type_hint: 'refresh_token' } }),
      ],
      401: inBoth(({ demo }) => ({ client_id: demo.client_id, client_secret: 'wrong', token: 'x' })),
      429: (world) => wrongSecret(world, '/oauth/revoke', { token: 'x' }),
    },
    introspectToken: {
      200: [
        ...inBoth(async (world) => ({ ...world.client, token: (await world.token()).access_token })),
        ...inBoth(async (world) => ({ ...world.client, token: (await world.token()).refresh_token })),
        ...inBoth((world) => ({ ...world.client, token: 'unknown' })),
      ],
      401: inBoth(() => ({ token: 'x' })),
      429: (world) => wrongSecret(world, '/oauth/introspect', { token: 'x' }),
    },

    showSignIn: {
      200: [
        {},
        seenBy('nobody', () => ({ return_to: '/app_center' })),
        { query: { return_to: 'https://evil.example' } },
      ],
      302: [seenBy('user'), seenBy('user', () => ({ return_to: '/oauth/authorize?client_id=a&state=%25' }))],
    },
    createSession: {
      200: fromBrowser('nobody', ({ demo }) => ({ ...demo.otp_user })),
      302: [
        fromBrowser('nobody', ({ demo }) => ({ ...demo.user, return_to: '/app_center' })),
        async (world) => {
          const { headers, csrf_token, challenge } = await world.startSecondStep();
          return { headers, form: { csrf_token, challenge, captcha: await world.codeSent() } };
        },
      ],
      401: [
        fromBrowser('nobody'),
        fromBrowser('nobody', ({ demo }) => ({ ...demo.outsider, password: 'wrong' })),
        fromBrowser('nobody', () => ({ challenge: 'unknown', captcha: '123456' })),
      ],
      403: { form: { csrf_token: 'forged', username: 'a', password: 'b' } },
      429: async (world) => {
        const { headers, csrf_token } = await world.visit();
        const form = { csrf_token, username: 'guessed-in-a-browser', password: 'wrong' };
        await exhaust(WRONG_GUESSES, () => world.post('/oauth/sign_in', form, headers));
        return { headers, form };
      },
    },
    deleteSession: {
      302: [fromBrowser('user'), fromBrowser('nobody', () => ({ return_to: '/oauth/sign_in' }))],
      403: { form: { csrf_token: 'forged' } },
    },

    showAppCenter: { 200: [seenBy('user'), seenBy('outsider')], 302: [{}, seenBy('nobody')] },
    listApplications: {
      200: seenBy('user', undefined, team),
      302: [{}, seenBy('nobody', undefined, team)],
      404: [seenBy('outsider', undefined, team), seenBy('user', undefined, () => ({ team_id: '没有' }))],
    },
    createApplication: {
      200: fromBrowser('user', newApplication, team),
      302: fromBrowser('nobody', newApplication, team),
      400: [
        fromBrowser('user', () => ({ name: ' ', redirect_uris: ' ' }), team),
        fromBrowser('user', () => ({ name: 'x', redirect_uris: 'javascript:alert(1)', scopes: 'a' }), team),
        fromBrowser('user', () => ({ name: 'x'.repeat(257), redirect_uris: 'https://a.example' }), team),
      ],
      403: [
        fromBrowser('user', () => ({ ...newApplication(), csrf_token: 'forged' }), team),
        fromBrowser('otp_user', newApplication, team),
      ],
      404: fromBrowser('outsider', newApplication, team),
    },
    rotateApplicationSecret: {
      200: fromBrowser('user', undefined, ownApplication),
      302: fromBrowser('nobody', undefined, demoApplication),
      403: [
        fromBrowser('user', () => ({ csrf_token: 'forged' }), demoApplication),
        fromBrowser('otp_user', undefined, demoApplication),
      ],
      404: [
        fromBrowser('outsider', undefined, demoApplication),
        fromBrowser('user', undefined, (world) => ({ ...team(world), client_id: 'nobody' })),
      ],
    },
    deleteApplication: {
      302: [fromBrowser('user', undefined, ownApplication), fromBrowser('nobody', undefined, demoApplication)],
      403: [
        fromBrowser('user', () => ({ csrf_token: 'forged' }), demoApplication),
        fromBrowser('otp_user', undefined, demoApplication),
      ],
      404: [
        fromBrowser('outsider', undefined, demoApplication),
        fromBrowser('user', undefined, (world) => ({ ...team(world), client_id: 'nobody' })),
      ],
    },

    getCurrentMember: {
      200: [
        async (world) => ({
          params: team(world),
          headers: { Authorization: `Bearer ${(await world.token()).access_token}` },
        }),
        async (world) => ({
          params: team(world),
          headers: { Authorization: `bearer ${(await world.token()).access_token}`, Accept: 'application/json' },
        }),
      ],
      401: [
        {},
        { headers: { Authorization: 'Bearer unknown' } },
        { headers: { Authorization: 'Basic YTpi' } },
        async (world) => {
          const { access_token } = await world.token();
          await world.token();
          return { headers: { Authorization: `Bearer ${access_token}` } };
        },
      ],
      404: [
        async (world) => ({
          params: team(world),
          headers: { Authorization: `Bearer ${(await world.token(world.demo.outsider)).access_token}` },
        }),
        async (world) => ({
          params: { team_id: 'nowhere' },
          headers: { Authorization: `Bearer ${(await world.token()).access_token}` },
        }),
      ],
    },
  },
};
