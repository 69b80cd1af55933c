import type { operations } from '../../generated/ucenter.ts';
import { ucenter } from '../../src/ucenter/index.ts';
import type { Exchange } from '../../src/verify/exchange.ts';
import { bearer, Centre, type Credentials, newPhone, type Token, type User } from '../ucenter/centre.ts';
import { inJson, type Suite } from './harness.ts';

const WRONG_GUESSES = 6;
const HOURLY = 3;

type Fields = Record<string, string>;

/** The state of a browser: its cookie and the CSRF token of its forms. */
interface Visit {
  headers: { Cookie: string };
  csrf_token: string;
}

/** Prepares requests. Tokens are kept, because most cases need no new ones. */
class UCenterWorld extends Centre {
  readonly admin: Token;
  readonly user: Token;
  readonly application: Token;
  /** A token of the second application's administrator; the cases rotate that application's secret. */
  readonly owner: Token;
  /** The user's, with the scope `user_info` alone. */
  readonly reader: Token;
  /** The user's, with the scope `openid` alone, and with all scopes of OpenID Connect. */
  readonly openid: Token;
  readonly claims: Token;

  private constructor(centre: Centre, tokens: Pick<UCenterWorld, Caller>) {
    super(centre.server, centre.credentials);
    this.admin = tokens.admin;
    this.user = tokens.user;
    this.application = tokens.application;
    this.owner = tokens.owner;
    this.reader = tokens.reader;
    this.openid = tokens.openid;
    this.claims = tokens.claims;
  }

  static async create(centre: Centre): Promise<UCenterWorld> {
    const { admin, second_user, second_app } = centre.credentials;
    return new UCenterWorld(centre, {
      admin: await centre.signIn(admin),
      user: await centre.signIn(),
      application: await centre.appToken(),
      owner: await centre.signIn(second_user, second_app),
      openid: (await centre.grant({ ...centre.passwordFields(), scope: 'openid' })).data,
      claims: (await centre.grant({ ...centre.passwordFields(), scope: 'openid profile email phone address' })).data,
      reader: (await centre.grant({ ...centre.passwordFields(), scope: 'user_info' })).data,
    });
  }

  /** The application's credentials as fields of a form. */
  get client() {
    const { client_id, client_secret } = this.app;
    return { client_id, client_secret };
  }

  get basic() {
    const { client_id, client_secret } = this.app;
    return { Authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` };
  }

  get authorization() {
    const { client_id, redirect_uri } = this.app;
    return { client_id, redirect_uri, response_type: 'code', state: '北京 & 50%' };
  }

  /** A browser without a signed-in user. */
  async visit(): Promise<Visit> {
    return visitIn(await this.fetch('/oauth/sign_in'));
  }

  async enter({ username, password }: Pick<User, 'username' | 'password'> = this.credentials.user): Promise<Visit> {
    const { headers, csrf_token } = await this.visit();
    const Cookie = cookieIn(await this.send('/oauth/sign_in', { csrf_token, username, password }, headers));
    return visitIn(await this.fetch('/oauth/account', { headers: { Cookie } }), Cookie);
  }

  /** A role of the demo application that no user has. */
  async createRole(): Promise<string> {
    return String((await this.post<{ id: number }>('/api/role', named(), this.admin)).data.id);
  }

  /** A permission of the demo application in a group; without `group_id` a group. */
  async createPermission(group: Fields = {}): Promise<string> {
    return String((await this.post<{ id: number }>('/api/permission', { ...named(), ...group }, this.admin)).data.id);
  }

  /** A link to undo or confirm a new e-mail address. */
  async accountLink(): Promise<string> {
    const { phone, token } = await this.newUser();
    await this.put('/api/user', { email: `${phone}@example.com` }, token);
    return this.linkSentTo(phone);
  }

  /** The role `developer` of the demo application, which cannot be changed. */
  async developer(): Promise<string> {
    const { data } = await this.get<{ roles: { id: number; name: string }[] }>('/api/role', this.admin);
    return String(data.roles.find(({ name }) => name === 'developer')?.id);
  }

  async upload(): Promise<{ date: string; name: string }> {
    const multipart = new FormData();
    multipart.set('file', new File(['文件的内容'], '说明.txt'));
    const { data } = await this.request<{ file_path: string }>('POST', '/api/file', { token: this.user, multipart });
    const [date = '', name = ''] = data.file_path.split('/').slice(-2);
    return { date, name };
  }

  async send(path: string, form: Fields, headers: Fields = {}): Promise<Response> {
    return this.fetch(path, { method: 'POST', headers, body: new URLSearchParams(form) });
  }

  private fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url + path, { redirect: 'manual', ...init });
  }
}

const cookieIn = (response: Response) => response.headers.get('set-cookie')?.split(';', 1)[0] ?? '';

async function visitIn(response: Response, Cookie = cookieIn(response)): Promise<Visit> {
  const [, csrf_token = ''] = /name="csrf_token" value="([^"]*)"/.exec(await response.text()) ?? [];
  return { headers: { Cookie }, csrf_token };
}

let made = 0;
/** An unused name for a role or a permission. */
const named = () => ({ name: `made-${++made}`, title: '新的' });

/** Sends a request more often than is allowed. */
async function exhaust(times: number, send: () => Promise<unknown>): Promise<void> {
  for (let sent = 0; sent <= times; sent++) await send();
}

type Make<T> = (world: UCenterWorld) => T | Promise<T>;
type Caller = 'user' | 'admin' | 'application' | 'owner' | 'reader' | 'openid' | 'claims';

/** A request with this caller's token in its header. */
const by =
  (caller: Caller, make: Make<Exchange> = () => ({})): Make<Exchange> =>
  async (world) => {
    const { headers, ...exchange } = await make(world);
    return { ...exchange, headers: { Authorization: `Bearer ${world[caller].access_token}`, ...headers } };
  };

/** The same fields as a form and as JSON, with the token in the header, in the body and in the query. */
const inEach = (caller: Caller, make: Make<Fields>): Make<Exchange>[] => [
  by(caller, async (world) => ({ form: await make(world) })),
  async (world) => ({ json: { ...(await make(world)), access_token: world[caller].access_token } }),
  async (world) => ({ form: { ...(await make(world)), access_token: world[caller].access_token } }),
  async (world) => ({ query: { access_token: world[caller].access_token }, form: await make(world) }),
];

/** The same, and with the other spelling of the token (U-6). */
const inEachAndMisspelt = (caller: Caller, make: Make<Fields>): Make<Exchange>[] => [
  ...inEach(caller, make),
  async (world) => ({ form: { ...(await make(world)), acess_token: world[caller].access_token } }),
  async (world) => ({ query: { acess_token: world[caller].access_token }, json: await make(world) }),
];

/** A GET with the token in the header, in the query, and in the query with the other spelling (U-6). */
const asked = (caller: Caller, query: Fields = {}): Make<Exchange>[] => [
  by(caller, () => ({ query })),
  (world) => ({ query: { ...query, access_token: world[caller].access_token } }),
  (world) => ({ query: { ...query, acess_token: world[caller].access_token } }),
];

/** Forms that get code 0. */
const refused = (caller: Caller, ...forms: Fields[]): Make<Exchange>[] =>
  forms.map((form) => by(caller, () => ({ form })));

/** No token gets 400, a wrong token 401 (U-8). */
const tokens = (make: Make<Exchange> = () => ({})) => ({
  400: make,
  401: [
    async (world: UCenterWorld) => ({ ...(await make(world)), headers: { Authorization: 'Bearer unknown' } }),
    async (world: UCenterWorld) => ({ ...(await make(world)), query: { access_token: 'unknown' } }),
    async (world: UCenterWorld) => ({
      ...(await make(world)),
      headers: { Authorization: `Bearer ${world.credentials.expired_access_token}` },
    }),
  ],
});

/** The errors of operations that only administrators may call (U-33). */
const administration = (make: Make<Exchange> = () => ({})) => ({
  ...tokens(make),
  403: [by('user', make), by('application', make), by('reader', make)],
});

const form =
  (fields: Make<Fields> = () => ({})) =>
  async (world: UCenterWorld) => ({ form: await fields(world) });
const params = (make: Make<Fields>) => async (world: UCenterWorld) => ({ params: await make(world) });

/** Pages of records, and invalid page numbers. */
const records = {
  200: [
    by('admin'),
    by('admin', () => ({ query: { page: '2', page_size: '1' } })),
    by('owner', () => ({ query: { page: '1000000', page_size: '100' } })),
    by('admin', () => ({ query: { page: '0' } })),
    by('admin', () => ({ query: { page_size: '101' } })),
    by('admin', () => ({ query: { page: 'x' } })),
  ],
  ...administration(),
};

/** The form of a page, sent from a browser with or without a signed-in user. */
const fromBrowser =
  (caller: 'user' | 'guest', fields: Make<Fields> = () => ({})): Make<Exchange> =>
  async (world) => {
    const { headers, csrf_token } = caller === 'guest' ? await world.visit() : await world.enter();
    return { headers, form: { csrf_token, ...(await fields(world)) } };
  };

/** A page in a browser with or without a signed-in user. */
const seenBy =
  (caller: 'user' | 'guest', query: Make<Fields> = () => ({})): Make<Exchange> =>
  async (world) => {
    const { headers } = caller === 'guest' ? await world.visit() : await world.enter();
    return { headers, query: await query(world) };
  };

const forged = (world: UCenterWorld) => ({ ...world.authorization, csrf_token: 'forged', decision: 'allow' });

/** A grant with its parameters in each place that takes them. */
const grant = (fields: Make<Fields>): Make<Exchange>[] => [
  async (world) => ({ form: await fields(world) }),
  async (world) => ({ json: await fields(world) }),
  async (world) => ({ query: await fields(world) }),
];

const password = ({ client, credentials: { user } }: UCenterWorld) => ({
  grant_type: 'password',
  ...client,
  username: user.username,
  password: user.password,
});

const wrongSecret = async (world: UCenterWorld, path: string, fields: Fields): Promise<Exchange> => {
  // An unknown client, so that the real ones are not locked out.
  const form = { ...fields, client_id: `nobody${path}`, client_secret: 'wrong' };
  await exhaust(WRONG_GUESSES * 10, () => world.send(path, form));
  return { form };
};

/** A registration of a phone with its code. */
const registration = async (world: UCenterWorld) => {
  const phone = newPhone();
  return { phone, password: 'a new password', code: await world.sendCode(phone, world.application) };
};

/** A request of a new user. The case may change that user. */
const newUser =
  (make: (user: Awaited<ReturnType<Centre['newUser']>>, world: UCenterWorld) => Exchange | Promise<Exchange>) =>
  async (world: UCenterWorld): Promise<Exchange> => {
    const user = await world.newUser();
    const exchange = await make(user, world);
    return { ...exchange, headers: { Authorization: bearer(user.token).authorization } };
  };

const mail = { email: 'user@example.com', subject: '欢迎', content: '<p>欢迎使用。</p>' };
const log = { type: 'U', title: '修改用户', data: '{"sex":"女"}' };
const file = { filename: '照片.jpg', type: 'image/jpeg', content: '文件的内容' };
const nowhere = '2147483647';
const userId = ({ credentials }: UCenterWorld) => String(credentials.user.user_id);
/** A role or permission of another application, which gets the same 404 as an unknown one. */
const elsewhere = async (world: UCenterWorld, what: 'role' | 'permission') => {
  const { data } = await world.post<{ id: number }>(`/api/${what}`, named(), world.owner);
  return String(data.id);
};

export const suite: Suite<operations, UCenterWorld, 'code', never> = {
  api: ucenter,
  errorNumbers: { member: 'code', made: {} },
  environment: {
    WRONG_GUESS_LIMIT: String(WRONG_GUESSES),
    SMS_HOURLY_LIMIT: String(HOURLY),
    UPLOAD_LIMIT: '1048576',
  },
  async createWorld(_url, server) {
    const response = await fetch(`${server.url}/sandbox/credentials`);
    const { ucenter } = (await response.json()) as { ucenter: Credentials };
    return UCenterWorld.create(new Centre(server, ucenter));
  },
  cases: {
    showAuthorization: {
      200: [
        seenBy('user', (world) => world.authorization),
        seenBy('user', (world) => ({ ...world.authorization, scope: 'user_info', unknown: 'x' })),
        inJson(seenBy('user', (world) => world.authorization)),
        inJson(seenBy('guest', (world) => world.authorization)),
        seenBy('user', (world) => ({ ...world.authorization, scope: 'openid phone', nonce: 'n', prompt: 'consent' })),
      ],
      302: [
        seenBy('guest', (world) => world.authorization),
        seenBy('guest', (world) => ({ ...world.authorization, prompt: 'none' })),
        seenBy('user', (world) => ({ ...world.authorization, prompt: 'login', login_hint: 'demo' })),
        seenBy('user', (world) => ({ ...world.authorization, max_age: 'soon' })),
        seenBy('user', (world) => ({ ...world.authorization, request: 'x' })),
        seenBy('user', (world) => ({ ...world.authorization, request_uri: 'https://a.example' })),
        seenBy('user', (world) => ({ ...world.authorization, response_type: 'token' })),
        seenBy('user', (world) => ({ ...world.authorization, scope: 'everything' })),
        seenBy('user', (world) => ({ ...world.authorization, code_challenge: 'x', code_challenge_method: 'plain' })),
      ],
      400: [
        {},
        seenBy('user', (world) => ({ ...world.authorization, client_id: 'nobody' })),
        inJson(seenBy('user', (world) => ({ ...world.authorization, client_id: 'nobody' }))),
        seenBy('guest', (world) => ({ ...world.authorization, redirect_uri: 'https://evil.example/' })),
      ],
    },
    decideAuthorization: {
      200: [
        inJson(fromBrowser('user', (world) => ({ ...world.authorization, decision: 'allow' }))),
        inJson(fromBrowser('user', (world) => ({ ...world.authorization, decision: 'deny' }))),
      ],
      302: [
        fromBrowser('user', (world) => ({ ...world.authorization, decision: 'allow' })),
        fromBrowser('user', (world) => ({ ...world.authorization, decision: 'deny' })),
        fromBrowser('guest', (world) => ({ ...world.authorization, decision: 'allow' })),
      ],
      400: [
        fromBrowser('user', (world) => ({ ...world.authorization, decision: 'maybe' })),
        fromBrowser('user', (world) => ({ ...world.authorization, decision: 'allow', client_id: 'nobody' })),
      ],
      403: [form(forged), fromBrowser('user', forged), inJson(fromBrowser('user', forged))],
    },
    showSignIn: {
      200: [
        {},
        { query: { return_to: 'https://evil.example' } },
        seenBy('guest', () => ({ return_to: '/oauth/account', login_hint: 'demo' })),
        seenBy('user', () => ({ prompt: 'login' })),
        inJson({}),
        inJson(seenBy('user')),
      ],
      302: [seenBy('user'), seenBy('user', () => ({ return_to: '/oauth/authorize?client_id=a&state=%25' }))],
    },
    createSession: {
      200: inJson(
        fromBrowser('guest', ({ credentials: { user } }) => ({ username: user.username, password: user.password })),
      ),
      302: fromBrowser('guest', ({ credentials: { user } }) => ({
        username: user.username,
        password: user.password,
        return_to: '/oauth/account',
      })),
      401: [
        fromBrowser('guest'),
        inJson(fromBrowser('guest')),
        fromBrowser('guest', ({ credentials: { second_user } }) => ({
          username: second_user.username,
          password: 'wrong',
        })),
        inJson(fromBrowser('guest', () => ({ username: 'nobody', password: 'wrong' }))),
      ],
      403: { form: { csrf_token: 'forged', username: 'a', password: 'b' } },
      429: async (world) => {
        const { headers, csrf_token } = await world.visit();
        const form = { csrf_token, username: 'guessed-in-a-browser', password: 'wrong' };
        await exhaust(WRONG_GUESSES, () => world.send('/oauth/sign_in', form, headers));
        return { headers, form };
      },
    },
    deleteSession: {
      302: [fromBrowser('user'), fromBrowser('guest', () => ({ return_to: '/oauth/sign_in' }))],
      403: { form: { csrf_token: 'forged' } },
    },
    showAccount: { 200: seenBy('user'), 302: [{}, seenBy('guest')] },
    showAccountChange: {
      200: async (world) => ({ query: { link: await world.accountLink() } }),
      400: {},
      404: { query: { link: 'unknown' } },
    },
    decideAccountChange: {
      200: [
        async (world) => ({ form: { link: await world.accountLink(), decision: 'undo' } }),
        async (world) => ({ form: { link: await world.accountLink(), decision: 'confirm' } }),
      ],
      400: async (world) => ({ form: { link: await world.accountLink(), decision: 'maybe' } }),
      404: { form: { link: 'unknown', decision: 'undo' } },
    },

    createAccessToken: {
      200: [
        ...grant(password),
        ...grant(({ client }) => ({ grant_type: 'client_credentials', ...client })),
        async (world) => ({
          headers: world.basic,
          form: {
            grant_type: 'authorization_code',
            redirect_uri: world.app.redirect_uri,
            code: await world.code({ scope: 'openid email', nonce: 'n' }),
          },
        }),
        (world) => ({ headers: world.basic, form: { grant_type: 'client_credentials', scope: 'user_info' } }),
        async (world) => ({
          headers: world.basic,
          query: { grant_type: 'authorization_code', redirect_uri: world.app.redirect_uri },
          form: { code: await world.code() },
        }),
        async (world) => ({
          json: {
            grant_type: 'refresh_token',
            ...world.client,
            refresh_token: (await world.signIn()).refresh_token,
          },
        }),
      ],
      400: [
        {},
        ...grant(({ client }) => client),
        ...grant(({ client }) => ({ grant_type: 'implicit', ...client })),
        ...grant(({ client }) => ({ grant_type: 'password', ...client, username: 'somebody' })),
        ...grant(({ client }) => ({ grant_type: 'authorization_code', ...client, redirect_uri: 'https://a.example' })),
        ...grant(({ client, app }) => ({
          grant_type: 'authorization_code',
          ...client,
          code: 'unknown',
          redirect_uri: app.redirect_uri,
        })),
        async (world) => ({
          form: {
            grant_type: 'authorization_code',
            ...world.client,
            code: await world.code(),
            redirect_uri: 'https://other.example/callback',
          },
        }),
        ...grant(({ client }) => ({ grant_type: 'refresh_token', ...client, refresh_token: 'unknown' })),
        ...grant((world) => ({ ...password(world), scope: 'everything' })),
      ],
      401: [
        ...grant((world) => ({ ...password(world), client_secret: 'wrong' })),
        ...grant((world) => ({ ...password(world), client_id: 'nobody' })),
        ...grant((world) => ({ ...password(world), username: 'nobody', password: 'wrong' })),
        { headers: { Authorization: `Basic ${btoa('nobody:wrong')}` }, form: { grant_type: 'client_credentials' } },
      ],
      429: [
        async (world) => {
          const form = { grant_type: 'password', ...world.client, username: 'guessed', password: 'wrong' };
          await exhaust(WRONG_GUESSES, () => world.send('/api/oauth/accessToken', form));
          return { form };
        },
        (world) => wrongSecret(world, '/api/oauth/accessToken', { grant_type: 'client_credentials' }),
      ],
    },
    revokeToken: {
      200: [
        async (world) => ({ form: { ...world.client, token: (await world.appToken()).access_token } }),
        async (world) => ({ json: { ...world.client, token: (await world.signIn()).refresh_token } }),
        (world) => ({ headers: world.basic, form: { token: 'unknown', token_type_hint: 'refresh_token' } }),
      ],
      400: (world) => ({ form: { ...world.client } }),
      401: [
        ({ app }) => ({ form: { client_id: app.client_id, client_secret: 'wrong', token: 'x' } }),
        { form: { token: 'x' } },
        { headers: { Authorization: `Basic ${btoa('nobody:wrong')}` }, json: { token: 'x' } },
      ],
      429: (world) => wrongSecret(world, '/api/oauth/revoke', { token: 'x' }),
    },

    introspectToken: {
      200: [
        async (world) => ({ form: { ...world.client, token: (await world.appToken()).access_token } }),
        async (world) => ({ json: { ...world.client, token: (await world.signIn()).refresh_token } }),
        (world) => ({ headers: world.basic, form: { token: 'unknown', token_type_hint: 'refresh_token' } }),
      ],
      400: (world) => ({ form: { ...world.client } }),
      401: [
        ({ app }) => ({ form: { client_id: app.client_id, client_secret: 'wrong', token: 'x' } }),
        ({ app }) => ({ form: { client_id: app.client_id, token: 'x' } }),
        { form: { token: 'x' } },
      ],
      429: (world) => wrongSecret(world, '/api/oauth/introspect', { token: 'x' }),
    },
    getAuthorizationServerMetadata: { 200: {} },

    getOpenIdConfiguration: { 200: {} },
    getKeySet: { 200: {} },
    getUserInfo: {
      200: [...asked('openid'), by('claims')],
      ...tokens(),
      403: [by('user'), by('application')],
    },
    postUserInfo: {
      200: [...inEachAndMisspelt('openid', () => ({ unknown: 'x' })), by('claims')],
      ...tokens(),
      403: [by('user'), by('application')],
    },

    getUser: {
      200: [
        ...asked('user'),
        by('user', (world) => ({ query: { user_id: userId(world) } })),
        by('admin', (world) => ({ query: { user_id: userId(world) } })),
        ...['abc', '0', '-1', '1.5', '2147483648', ''].map((user_id) => by('user', () => ({ query: { user_id } }))),
      ],
      ...tokens(),
      403: [
        by('application'),
        by('user', ({ credentials }) => ({ query: { user_id: String(credentials.admin.user_id) } })),
      ],
      404: by('admin', () => ({ query: { user_id: nowhere } })),
    },
    createUser: {
      200: [
        async (world) => ({ form: await registration(world) }),
        ...inEachAndMisspelt('application', registration),
        by('user', async (world) => ({ json: await registration(world) })),
        ...refused(
          'application',
          { phone: '', password: 'a new password', code: '123456' },
          { phone: '12345', password: 'a new password', code: '123456' },
          { phone: newPhone(), password: 'short', code: '123456' },
          { phone: newPhone(), password: 'a new password', code: '123456' },
          { phone: newPhone(), password: 'a new password', code: '1' },
        ),
        async (world) => {
          const { phone } = await world.register();
          return { form: { phone, password: 'a new password', code: await world.sendCode(phone) } };
        },
      ],
      401: tokens(async (world) => ({ form: await registration(world) }))[401],
      429: newUser(async ({ token }, world) => {
        const form = { phone: newPhone(), password: 'a new password', code: '123456' };
        await exhaust(WRONG_GUESSES, () => world.post('/api/user', form, token));
        return { form };
      }),
    },
    updateUser: {
      200: [
        newUser(() => ({ form: { username: `somebody ${newPhone()}`, position: '工程师', sex: '女', address: '' } })),
        newUser(async ({ phone }) => ({ json: { email: `${phone}@example.com`, unknown: 'x' } })),
        newUser(async ({ token }, world) => {
          const phone = newPhone();
          const code = await world.sendCode(phone, token);
          await world.put('/api/sms/code', { phone, code }, token);
          return { form: { phone } };
        }),
        async (world) => ({
          query: { acess_token: (await world.newUser()).token.access_token },
          form: { school: '北京大学' },
        }),
        async (world) => ({
          json: { access_token: (await world.newUser()).token.access_token, department: '研发部' },
        }),
        ...refused(
          'user',
          {},
          { unknown: 'x' },
          { email: 'nobody' },
          { username: '' },
          { username: 'a@b' },
          { username: newPhone() },
          { phone: '1' },
          { phone: newPhone() },
          { position: '' },
          { sex: '其他' },
        ),
        by('user', ({ credentials }) => ({ form: { username: credentials.admin.username } })),
      ],
      ...tokens(form(() => ({ sex: '男' }))),
      403: [
        by('application', () => ({ form: { sex: '男' } })),
        by('reader', () => ({ form: { email: 'a@example.com' } })),
      ],
    },
    updatePassword: {
      200: [
        newUser(({ password }) => ({ form: { old_password: password, password: 'another password' } })),
        by('application', async (world) => {
          const { phone } = await world.register();
          const code = await world.sendCode(phone, world.application, 'reset_password');
          return { json: { phone, code, password: 'another password' } };
        }),
        newUser(() => ({ form: { old_password: 'wrong', password: 'another password' } })),
        ...refused(
          'application',
          { password: 'another password' },
          { password: 'short', phone: newPhone(), code: '123456' },
          { password: 'another password', phone: newPhone(), code: '123456' },
          { password: 'another password', phone: newPhone() },
          { password: 'another password', phone: newPhone(), code: '123456', old_password: 'both' },
        ),
        by('application', async (world) => {
          const { phone } = await world.register();
          return { form: { phone, code: '000000', password: 'another password' } };
        }),
      ],
      ...tokens(form(() => ({ old_password: 'a', password: 'another password' }))),
      403: by('application', () => ({ form: { old_password: 'a', password: 'another password' } })),
      429: newUser(async ({ token }, world) => {
        const form = { old_password: 'wrong', password: 'another password' };
        await exhaust(WRONG_GUESSES, () => world.put('/api/user/password', form, token));
        return { form };
      }),
    },

    listUserRoles: { 200: [...asked('user'), ...asked('owner')], ...tokens(), 403: by('application') },
    listUserPermissions: { 200: [...asked('user'), ...asked('owner')], ...tokens(), 403: by('application') },
    listUserRolePermissions: { 200: [...asked('user'), ...asked('owner')], ...tokens(), 403: by('application') },
    giveUserRole: {
      200: [
        by('admin', async (world) => ({
          params: { user_id: String((await world.register()).user_id), role_id: await world.createRole() },
        })),
        async (world) => ({
          params: { user_id: userId(world), role_id: await world.createRole() },
          query: { access_token: world.admin.access_token },
        }),
      ],
      ...administration(params(async (world) => ({ user_id: userId(world), role_id: await world.createRole() }))),
      403: [
        by(
          'user',
          params(async (world) => ({ user_id: userId(world), role_id: await world.createRole() })),
        ),
        by(
          'application',
          params((world) => ({ user_id: userId(world), role_id: '1' })),
        ),
        by(
          'admin',
          params(async (world) => ({ user_id: userId(world), role_id: await world.developer() })),
        ),
      ],
      404: [
        by(
          'admin',
          params(async (world) => ({ user_id: nowhere, role_id: await world.createRole() })),
        ),
        by(
          'admin',
          params((world) => ({ user_id: userId(world), role_id: nowhere })),
        ),
        by(
          'admin',
          params(() => ({ user_id: 'x', role_id: '0' })),
        ),
        by(
          'admin',
          params(async (world) => ({ user_id: userId(world), role_id: await elsewhere(world, 'role') })),
        ),
      ],
    },
    takeUserRole: {
      200: by('admin', async (world) => {
        const place = { user_id: String((await world.register()).user_id), role_id: await world.createRole() };
        await world.request('PUT', `/api/user/${place.user_id}/role/${place.role_id}`, { token: world.admin });
        return { params: place };
      }),
      ...tokens(params((world) => ({ user_id: userId(world), role_id: '1' }))),
      403: [
        by(
          'user',
          params(async (world) => ({ user_id: userId(world), role_id: await world.createRole() })),
        ),
        by(
          'application',
          params((world) => ({ user_id: userId(world), role_id: '1' })),
        ),
        by(
          'admin',
          params(async (world) => ({
            user_id: String(world.credentials.admin.user_id),
            role_id: await world.developer(),
          })),
        ),
      ],
      404: [
        by(
          'admin',
          params(async (world) => ({ user_id: nowhere, role_id: await world.createRole() })),
        ),
        by(
          'admin',
          params((world) => ({ user_id: userId(world), role_id: nowhere })),
        ),
      ],
    },

    listRoles: { 200: [by('admin'), by('owner')], ...administration() },
    createRole: {
      200: [
        ...inEach('admin', named),
        ...refused(
          'admin',
          {},
          { name: '1', title: '一' },
          { name: 'x', title: '' },
          { name: 'developer', title: '又' },
        ),
      ],
      ...administration(form(named)),
    },
    updateRole: {
      200: [
        by('admin', async (world) => ({ params: { role_id: await world.createRole() }, form: named() })),
        by('admin', async (world) => ({ params: { role_id: await world.createRole() }, json: { title: '新的' } })),
        by('admin', async (world) => ({
          params: { role_id: await world.createRole() },
          form: { name: 'developer', title: 'x' },
        })),
      ],
      ...administration(async (world) => ({ params: { role_id: await world.createRole() }, form: named() })),
      404: [
        by('admin', () => ({ params: { role_id: nowhere }, form: named() })),
        by('admin', () => ({ params: { role_id: 'x' }, form: named() })),
        by('admin', async (world) => ({ params: { role_id: await elsewhere(world, 'role') }, form: named() })),
      ],
    },
    deleteRole: {
      200: by(
        'admin',
        params(async (world) => ({ role_id: await world.createRole() })),
      ),
      ...administration(params(async (world) => ({ role_id: await world.createRole() }))),
      404: [
        by(
          'admin',
          params(() => ({ role_id: nowhere })),
        ),
        by(
          'admin',
          params(async (world) => ({ role_id: await elsewhere(world, 'role') })),
        ),
      ],
    },
    giveRolePermission: {
      200: by('admin', async (world) => ({
        params: { role_id: await world.createRole(), permission_id: await world.createPermission() },
      })),
      ...administration(params(async (world) => ({ role_id: await world.createRole(), permission_id: '1' }))),
      404: [
        by(
          'admin',
          params(async (world) => ({ role_id: nowhere, permission_id: await world.createPermission() })),
        ),
        by(
          'admin',
          params(async (world) => ({ role_id: await world.createRole(), permission_id: nowhere })),
        ),
        by(
          'admin',
          params(async (world) => ({
            role_id: await world.createRole(),
            permission_id: await elsewhere(world, 'permission'),
          })),
        ),
      ],
    },
    takeRolePermission: {
      200: by('admin', async (world) => {
        const place = { role_id: await world.createRole(), permission_id: await world.createPermission() };
        await world.request('PUT', `/api/role/${place.role_id}/permission/${place.permission_id}`, {
          token: world.admin,
        });
        return { params: place };
      }),
      ...administration(params(async (world) => ({ role_id: await world.createRole(), permission_id: '1' }))),
      404: [
        by(
          'admin',
          params(async (world) => ({ role_id: nowhere, permission_id: await world.createPermission() })),
        ),
        by(
          'admin',
          params(async (world) => ({ role_id: await world.createRole(), permission_id: nowhere })),
        ),
      ],
    },

    listPermissions: { 200: [by('admin'), by('owner')], ...administration() },
    createPermission: {
      200: [
        ...inEach('admin', named),
        by('admin', async (world) => ({ form: { ...named(), group_id: await world.createPermission() } })),
        ...refused(
          'admin',
          {},
          { name: '-', title: '一' },
          { ...named(), group_id: nowhere },
          { ...named(), group_id: 'x' },
        ),
        by('admin', async (world) => {
          const { name } = (await world.post<{ name: string }>('/api/permission', named(), world.admin)).data;
          return { form: { name, title: '又' } };
        }),
      ],
      ...administration(form(named)),
    },
    updatePermission: {
      200: [
        by('admin', async (world) => ({ params: { permission_id: await world.createPermission() }, form: named() })),
        by('admin', async (world) => ({
          params: { permission_id: await world.createPermission() },
          form: { group_id: await world.createPermission() },
        })),
        by('admin', async (world) => ({
          params: { permission_id: await world.createPermission() },
          form: { title: '新的' },
        })),
        by('admin', async (world) => ({
          params: { permission_id: await world.createPermission() },
          form: { group_id: nowhere },
        })),
      ],
      ...administration(async (world) => ({
        params: { permission_id: await world.createPermission() },
        form: named(),
      })),
      404: [
        by('admin', () => ({ params: { permission_id: nowhere }, form: named() })),
        by('admin', async (world) => ({
          params: { permission_id: await elsewhere(world, 'permission') },
          form: named(),
        })),
      ],
    },
    deletePermission: {
      200: by(
        'admin',
        params(async (world) => ({ permission_id: await world.createPermission() })),
      ),
      ...administration(params(async (world) => ({ permission_id: await world.createPermission() }))),
      404: by(
        'admin',
        params(() => ({ permission_id: nowhere })),
      ),
    },

    sendSmsCode: {
      200: [
        ...inEachAndMisspelt('application', () => ({ phone: newPhone() })),
        by('user', () => ({ json: { phone: newPhone() } })),
        by('user', () => ({ json: { phone: newPhone(), purpose: 'reset_password' } })),
        ...refused('user', { phone: newPhone(), purpose: 'other' }),
        ...refused('application', {}, { phone: '1888888888' }, { phone: '12345678901' }, { phone: '+8618888888888' }),
        by('application', async (world) => {
          const phone = newPhone();
          await exhaust(HOURLY, () => world.post('/api/sms/code', { phone }, world.application));
          return { form: { phone } };
        }),
      ],
      ...tokens(form(() => ({ phone: newPhone() }))),
      403: by('reader', () => ({ form: { phone: newPhone() } })),
    },
    verifySmsCode: {
      200: [
        ...inEachAndMisspelt('application', async (world) => {
          const phone = newPhone();
          return { phone, code: await world.sendCode(phone, world.application) };
        }),
        ...refused(
          'user',
          {},
          { phone: newPhone(), code: '12345' },
          { phone: '1', code: '123456' },
          { phone: newPhone(), code: '123456' },
        ),
      ],
      ...tokens(form(() => ({ phone: newPhone(), code: '123456' }))),
      403: by('reader', () => ({ form: { phone: newPhone(), code: '123456' } })),
      429: newUser(async ({ token }, world) => {
        const form = { phone: newPhone(), code: '123456' };
        await exhaust(WRONG_GUESSES, () => world.put('/api/sms/code', form, token));
        return { form };
      }),
    },
    listSmsMessages: records,
    sendEmail: {
      200: [
        ...inEachAndMisspelt('user', () => mail),
        by('application', () => ({ form: mail })),
        ...refused(
          'user',
          {},
          { ...mail, email: 'nobody' },
          { ...mail, subject: '' },
          { ...mail, subject: 'a\r\nBcc: b' },
          { ...mail, content: '' },
        ),
      ],
      ...tokens(form(() => mail)),
      403: by('reader', () => ({ form: mail })),
    },
    listEmails: records,
    uploadFile: {
      200: [
        by('user', () => ({ multipart: { file } })),
        by('application', () => ({ multipart: { file: { ...file, content: '' } } })),
        ({ user }) => ({ multipart: { file, access_token: user.access_token } }),
        ({ user }) => ({ multipart: { acess_token: user.access_token, file } }),
        ({ user }) => ({ query: { access_token: user.access_token }, multipart: { file } }),
        ({ user }) => ({ query: { acess_token: user.access_token }, multipart: { file } }),
        by('user', () => ({ multipart: {} })),
        by('user', () => ({ multipart: { other: 'x' } })),
      ],
      ...tokens(() => ({ multipart: { file } })),
      403: by('reader', () => ({ multipart: { file } })),
    },
    listFiles: records,
    downloadFile: {
      200: async (world) => ({ params: await world.upload() }),
      206: async (world) => ({ params: await world.upload(), headers: { Range: 'bytes=0-2' } }),
      304: async (world) => ({ params: await world.upload(), headers: { 'If-None-Match': '*' } }),
      404: [
        { params: { date: '20160331', name: `${'0'.repeat(32)}.jpg` } },
        { params: { date: '..', name: 'passwd' } },
        async (world) => ({ params: { ...(await world.upload()), date: '20160331' } }),
      ],
      416: async (world) => ({ params: await world.upload(), headers: { Range: 'bytes=100-' } }),
    },
    createLog: {
      200: [
        ...inEachAndMisspelt('user', () => log),
        by('application', () => ({ json: { ...log, sql: 'select 1' } })),
        ...refused(
          'user',
          {},
          { ...log, type: 'a' },
          { ...log, type: 'X' },
          { ...log, title: '' },
          { ...log, data: '' },
        ),
      ],
      ...tokens(form(() => log)),
      403: by('reader', () => ({ json: log })),
    },
    listLogs: records,
    rotateApplicationSecret: {
      // Tokens of the second application stay valid, and no case needs its secret again.
      200: by('owner'),
      ...administration(),
    },
  },
};
