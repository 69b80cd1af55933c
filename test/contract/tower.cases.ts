import type { operations, security } from '../../generated/tower.ts';
import { systemClock } from '../../src/clock.ts';
import { createClient } from '../../src/oauth/clients/clients.ts';
import { tower } from '../../src/tower/index.ts';
import { addMember } from '../../src/tower/model/members.ts';
import { createUser } from '../../src/tower/model/users.ts';
import { profile } from '../../src/tower/profile.ts';
import type { Exchange } from '../../src/verify/exchange.ts';
import { fillThumbnailTurns, tinyPng } from '../support/thumbnails.ts';
import { inJson, type Suite } from './harness.ts';
import { type Browser, type Demo, type Login, OUT_OF_BAND, TowerWorld } from './tower.world.ts';

const WRONG_GUESSES = 6;

/** Sends a request until the limit is exceeded. */
async function exhaust(times: number, send: () => Promise<Response>): Promise<void> {
  for (let sent = 0; sent <= times; sent++) await send();
}

/** The same fields as a form and as JSON. */
const inBoth = (fields: (world: TowerWorld) => Record<string, string> | Promise<Record<string, string>>) => [
  async (world: TowerWorld): Promise<Exchange> => ({ form: await fields(world) }),
  async (world: TowerWorld): Promise<Exchange> => ({ json: await fields(world) }),
];

const wrongSecret = async (world: TowerWorld, path: string, fields: Record<string, string>): Promise<Exchange> => {
  // The client is unknown, so that the limit does not block a real one.
  const form = { ...fields, client_id: `unknown${path}`, client_secret: 'wrong' };
  await exhaust(WRONG_GUESSES * 10, () => world.post(path, form));
  return { form };
};

/** A stranger is not signed in; the others are users of the demo. */
type Visitor = 'user' | 'otp_user' | 'outsider' | 'stranger';

async function openBrowser(world: TowerWorld, visitor: Visitor): Promise<Browser> {
  if (visitor === 'stranger') return world.visit();
  return visitor === 'otp_user' ? world.signInWithCode() : world.signIn(world.demo[visitor]);
}

/** A form of a page, sent from a browser. */
const fromBrowser =
  (
    visitor: Visitor,
    form: (world: TowerWorld) => Record<string, string> = () => ({}),
    params?: (world: TowerWorld, browser: Browser) => Promise<Record<string, string>> | Record<string, string>,
  ) =>
  async (world: TowerWorld): Promise<Exchange> => {
    const browser = await openBrowser(world, visitor);
    const { headers, csrf_token } = browser;
    return { headers, form: { csrf_token, ...form(world) }, ...(params && { params: await params(world, browser) }) };
  };

/** A page, requested by a browser. */
const seenBy =
  (
    visitor: Visitor,
    query?: (world: TowerWorld) => Record<string, string>,
    params?: (world: TowerWorld) => Record<string, string>,
  ) =>
  async (world: TowerWorld): Promise<Exchange> => {
    const { headers } = await openBrowser(world, visitor);
    return { headers, ...(query && { query: query(world) }), ...(params && { params: params(world) }) };
  };

const forged = (world: TowerWorld) => ({ ...world.authorization, csrf_token: 'forged', decision: 'allow' });
const team = ({ demo: { team_id } }: TowerWorld) => ({ team_id });
const demoApplication = ({ demo: { team_id, client_id } }: TowerWorld) => ({ team_id, client_id });
const ownApplication = (world: TowerWorld, browser: Browser) => world.createApplication(browser);
const ownWebhook = (world: TowerWorld, browser: Browser) => world.createWebhook(browser);
const ownDelivery = (world: TowerWorld, browser: Browser) => world.createDelivery(browser);
const newApplication = () => ({ name: '应用', redirect_uris: `https://app.example/a\n${OUT_OF_BAND}` });

/** A request of a signed-in user to a resource. */
const by =
  (
    login: (world: TowerWorld) => Login,
    exchange: (world: TowerWorld) => Exchange | Promise<Exchange> = () => ({}),
    json?: unknown,
  ) =>
  async (world: TowerWorld): Promise<Exchange> => {
    const prepared = await exchange(world);
    // Last: a new token makes the user's previous one void.
    const headers = { ...prepared.headers, ...(await world.bearer(login(world))) };
    return { ...prepared, ...(json !== undefined && { json }), headers };
  };

const user = ({ demo }: TowerWorld) => demo.user;
const outsider = ({ demo }: TowerWorld) => demo.outsider;
const colleague = (world: TowerWorld) => world.colleague;
const inTeam = (world: TowerWorld) => ({ params: team(world) });
const aMember = async (world: TowerWorld) => ({ params: { member_id: await world.memberId() } });
const aProject = async (world: TowerWorld) => ({ params: { project_id: await world.project() } });
const aTodolist = async (world: TowerWorld) => ({ params: { todolist_id: await world.todolist() } });
const aTodo = async (world: TowerWorld) => ({ params: { todo_id: await world.todo() } });
const anUpload = async (world: TowerWorld) => ({ params: { upload_id: (await world.upload()).id } });
const anAttfile = async (world: TowerWorld) => ({ params: { attfile_id: (await world.upload()).attfile } });
const aTopic = async (world: TowerWorld) => ({ params: { topic_id: (await world.topic()).id } });
const aTimeLog = async (world: TowerWorld) => ({ params: { time_log_id: (await world.timeLog()).id } });
const noSuch = (name: string) => () => ({ params: { [name]: 'unknown' } });
const unknownTimeLog = () => ({ params: { time_log_id: '1e3' } });
const twoHours = { starts_at: '2026-03-02T09:00', ends_at: '2026-03-02T11:00' };
const aTeamTodo = async (world: TowerWorld) => ({ params: { ...team(world), team_wide_id: await world.teamWideId() } });

const fileOf = (content: string) => ({ filename: 'a.txt', type: 'text/plain', content });

/** A todo with every attribute that can be written. */
const everyField = async (world: TowerWorld, login: Login) => ({
  content: '任务',
  desc: '<p>描述</p>',
  assignee_id: await world.memberId(world.colleague),
  due_at: '2026-03-10',
  start_at: '2026-03-01',
  priority: 'highest',
  label_ids: [],
  parent_id: '',
  attfile_guids: [await world.storedFile('abc', login)],
});

/** The cases of changing a todo at either of its addresses. */
const todoChanges = (aTodo: (world: TowerWorld) => Promise<Exchange>) => ({
  200: [
    by(colleague, async (world) => ({
      ...(await aTodo(world)),
      json: { todo: await everyField(world, world.colleague) },
    })),
    by(user, aTodo, { todo: { assignee_id: '', due_at: '', start_at: '', desc: '' } }),
  ],
  401: { json: { todo: {} } },
  404: by(outsider, aTodo, { todo: { content: '改' } }),
  422: by(user, aTodo, { todo: { content: ' ' } }),
});

const unknownWebhook = (world: TowerWorld) => ({ ...demoApplication(world), webhook_id: 'unknown' });

/** The refusals of a form about a webhook, and its redirects. */
const webhookRefusals = (more: Record<string, string>, ...redirects: ((world: TowerWorld) => Promise<Exchange>)[]) => {
  const unknown = (world: TowerWorld) => ({ ...unknownWebhook(world), ...more });
  return {
    302: [...redirects, fromBrowser('stranger', undefined, unknown)],
    403: [fromBrowser('user', () => ({ csrf_token: 'forged' }), unknown), fromBrowser('otp_user', undefined, unknown)],
    404: [fromBrowser('outsider', undefined, unknown), fromBrowser('user', undefined, unknown)],
  };
};

const pages = { 'page[number]': '2', 'page[size]': '1' };

export const suite: Suite<Pick<operations, keyof security>, TowerWorld> = {
  api: tower,
  environment: { WRONG_GUESS_LIMIT: String(WRONG_GUESSES), UPLOAD_LIMIT: '200000' },
  async createWorld(url, server) {
    const response = await fetch(`${server.url}/sandbox/credentials`);
    const { tower: demo } = (await response.json()) as { tower: Demo };
    const colleague = { username: 'colleague@tower.example', password: 'colleague-password' };
    const row = await createUser(server.context, { ...colleague, nickname: '同事' });
    await addMember(server.context.database, { teamId: demo.team_id, user: row, role: 'member' }, systemClock.now());
    const redirectUris = [demo.redirect_uri];
    const { client } = await createClient(server.context, profile, { name: '手机应用', redirectUris, isPublic: true });
    return new TowerWorld(url, demo, colleague, client.id, server.context.limits);
  },
  cases: {
    getAuthorizationServerMetadata: { 200: {} },

    showAuthorization: {
      200: [
        seenBy('user', (world) => world.authorization),
        seenBy('user', ({ authorization }) => ({ ...authorization, redirect_uri: OUT_OF_BAND, ui_locales: 'en' })),
        inJson(seenBy('user', (world) => world.authorization)),
        inJson(seenBy('stranger', (world) => world.authorization)),
      ],
      302: [
        seenBy('stranger', (world) => world.authorization),
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
        seenBy('user', ({ authorization }) => ({ ...authorization, client_id: 'unknown' })),
        inJson(seenBy('user', ({ authorization }) => ({ ...authorization, client_id: 'unknown' }))),
        seenBy('stranger', ({ authorization }) => ({ ...authorization, redirect_uri: 'https://evil.example/' })),
        seenBy('user', ({ authorization }) => ({
          ...authorization,
          redirect_uri: OUT_OF_BAND,
          response_type: 'token',
        })),
      ],
    },
    decideAuthorization: {
      200: [
        inJson(fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'allow' }))),
        inJson(fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'deny' }))),
      ],
      302: [
        fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'allow' })),
        fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'deny' })),
        fromBrowser('user', ({ authorization }) => ({
          ...authorization,
          decision: 'allow',
          redirect_uri: OUT_OF_BAND,
        })),
        fromBrowser('stranger', ({ authorization }) => ({ ...authorization, decision: 'allow' })),
      ],
      400: [
        fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'maybe' })),
        fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'allow', client_id: 'unknown' })),
        fromBrowser('user', ({ authorization }) => ({ ...authorization, decision: 'deny', redirect_uri: OUT_OF_BAND })),
      ],
      403: [(world) => ({ form: forged(world) }), fromBrowser('user', forged), inJson(fromBrowser('user', forged))],
    },
    showAuthorizationCode: {
      200: async (world) => {
        const { headers, csrf_token } = await world.signIn(world.demo.user);
        const form = { ...world.authorization, redirect_uri: OUT_OF_BAND, csrf_token, decision: 'allow' };
        const issued = await world.post('/oauth/authorize', form, headers);
        const { searchParams } = new URL(issued.headers.get('location') ?? '', 'http://local');
        return { headers, query: Object.fromEntries(searchParams) };
      },
      302: seenBy('stranger', () => ({ code: 'abc' })),
      400: [seenBy('user', () => ({ code: '' })), seenBy('user', () => ({ code: 'abc', state: '' }))],
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
        ...inBoth(({ client }) => ({ grant_type: 'password', ...client, username: 'unknown', password: 'wrong' })),
        ...inBoth(({ client }) => ({
          grant_type: 'authorization_code',
          ...client,
          code: 'x',
          redirect_uri: 'https://a.example',
        })),
        ...inBoth(({ client }) => ({ grant_type: 'refresh_token', ...client, refresh_token: 'x' })),
        ...inBoth(({ client }) => ({ grant_type: 'client_credentials', ...client })),
        ...inBoth(({ client, demo }) => ({ grant_type: 'password', ...client, ...demo.user, scope: 'everything' })),
        ...inBoth(({ publicClientId: client_id, demo }) => ({ grant_type: 'password', client_id, ...demo.user })),
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
        seenBy('stranger', () => ({ return_to: '/app_center' })),
        { query: { return_to: 'https://evil.example' } },
        inJson({}),
        inJson(seenBy('user')),
      ],
      302: [seenBy('user'), seenBy('user', () => ({ return_to: '/oauth/authorize?client_id=a&state=%25' }))],
    },
    createSession: {
      200: [
        fromBrowser('stranger', ({ demo }) => ({ ...demo.otp_user })),
        inJson(fromBrowser('stranger', ({ demo }) => ({ ...demo.otp_user }))),
        inJson(fromBrowser('stranger', ({ demo }) => ({ ...demo.user }))),
      ],
      302: [
        fromBrowser('stranger', ({ demo }) => ({ ...demo.user, return_to: '/app_center' })),
        async (world) => {
          const { headers, csrf_token, challenge } = await world.startSecondStep();
          return { headers, form: { csrf_token, challenge, captcha: await world.codeSent() } };
        },
      ],
      401: [
        fromBrowser('stranger'),
        inJson(fromBrowser('stranger')),
        fromBrowser('stranger', ({ demo }) => ({ ...demo.outsider, password: 'wrong' })),
        inJson(fromBrowser('stranger', ({ demo }) => ({ ...demo.outsider, password: 'wrong' }))),
        fromBrowser('stranger', () => ({ challenge: 'unknown', captcha: '123456' })),
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
      302: [fromBrowser('user'), fromBrowser('stranger', () => ({ return_to: '/oauth/sign_in' }))],
      403: { form: { csrf_token: 'forged' } },
    },

    showAppCenter: { 200: [seenBy('user'), seenBy('outsider')], 302: [{}, seenBy('stranger')] },
    listApplications: {
      200: seenBy('user', undefined, team),
      302: [{}, seenBy('stranger', undefined, team)],
      404: [seenBy('outsider', undefined, team), seenBy('user', undefined, () => ({ team_id: '没有' }))],
    },
    createApplication: {
      200: fromBrowser('user', newApplication, team),
      302: fromBrowser('stranger', newApplication, team),
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
      302: fromBrowser('stranger', undefined, demoApplication),
      403: [
        fromBrowser('user', () => ({ csrf_token: 'forged' }), demoApplication),
        fromBrowser('otp_user', undefined, demoApplication),
      ],
      404: [
        fromBrowser('outsider', undefined, demoApplication),
        fromBrowser('user', undefined, (world) => ({ ...team(world), client_id: 'unknown' })),
      ],
    },
    deleteApplication: {
      302: [fromBrowser('user', undefined, ownApplication), fromBrowser('stranger', undefined, demoApplication)],
      403: [
        fromBrowser('user', () => ({ csrf_token: 'forged' }), demoApplication),
        fromBrowser('otp_user', undefined, demoApplication),
      ],
      404: [
        fromBrowser('outsider', undefined, demoApplication),
        fromBrowser('user', undefined, (world) => ({ ...team(world), client_id: 'unknown' })),
      ],
    },

    listWebhooks: {
      200: seenBy('user', undefined, demoApplication),
      302: [{}, seenBy('stranger', undefined, demoApplication)],
      403: seenBy('otp_user', undefined, demoApplication),
      404: [
        seenBy('outsider', undefined, demoApplication),
        seenBy('user', undefined, (world) => ({ ...team(world), client_id: 'unknown' })),
      ],
    },
    createWebhook: {
      200: fromBrowser(
        'user',
        () => ({ url: 'http://127.0.0.1:9/', events: '1', notifications: '1' }),
        (world, browser) => world.createQuietApplication(browser),
      ),
      302: fromBrowser('stranger', () => ({ url: 'http://127.0.0.1:9/' }), demoApplication),
      400: [
        fromBrowser('user', () => ({ url: 'https://app.example/' }), demoApplication),
        fromBrowser('user', () => ({ url: 'app.example', events: '1' }), demoApplication),
        fromBrowser('user', () => ({ url: `https://app.example/${'x'.repeat(2048)}` }), demoApplication),
      ],
      403: [
        fromBrowser('user', () => ({ csrf_token: 'forged', url: 'http://127.0.0.1:9/' }), demoApplication),
        fromBrowser('otp_user', () => ({ url: 'http://127.0.0.1:9/' }), demoApplication),
      ],
      404: fromBrowser('outsider', () => ({ url: 'http://127.0.0.1:9/' }), demoApplication),
    },
    rotateWebhookSecret: { 200: fromBrowser('user', undefined, ownWebhook), ...webhookRefusals({}) },
    enableWebhook: webhookRefusals({}, fromBrowser('user', undefined, ownWebhook)),
    deleteWebhook: webhookRefusals({}, fromBrowser('user', undefined, ownWebhook)),
    listWebhookDeliveries: {
      200: async (world) => {
        const browser = await openBrowser(world, 'user');
        return { headers: browser.headers, params: await world.createWebhook(browser) };
      },
      302: seenBy('stranger', undefined, unknownWebhook),
      403: seenBy('otp_user', undefined, unknownWebhook),
      404: [seenBy('outsider', undefined, unknownWebhook), seenBy('user', undefined, unknownWebhook)],
    },
    resendWebhookDelivery: {
      ...webhookRefusals({ delivery_id: 'unknown' }, fromBrowser('user', undefined, ownDelivery)),
      404: [
        fromBrowser('outsider', undefined, (world) => ({ ...unknownWebhook(world), delivery_id: 'unknown' })),
        fromBrowser('user', undefined, async (world, browser) => ({
          ...(await world.createWebhook(browser)),
          delivery_id: 'unknown',
        })),
      ],
    },

    getUser: { 200: by(user), 401: [{}, { headers: { Authorization: 'Bearer unknown' } }] },

    listTeams: { 200: [by(user), by(user, () => ({ query: pages }))], 401: {} },
    createTeam: {
      200: by(user, () => ({ json: { team: { name: '新团队' } } })),
      401: { json: { team: { name: '新团队' } } },
      422: by(user, () => ({ json: { team: { name: ' ' } } })),
    },
    updateTeam: {
      200: by(user, (world) => ({ params: team(world), json: { team: { name: '演示团队' } } })),
      401: { json: { team: { name: '新团队' } } },
      403: by(colleague, (world) => ({ params: team(world), json: { team: { name: '新团队' } } })),
      404: by(outsider, (world) => ({ params: team(world), json: { team: { name: '新团队' } } })),
      422: by(user, (world) => ({ params: team(world), json: { team: { name: ' ' } } })),
    },

    listMembers: {
      200: [by(user, inTeam), by(colleague, (world) => ({ params: team(world), query: pages }))],
      401: {},
      404: by(outsider, inTeam),
    },
    getCurrentMember: {
      200: [
        by(user, inTeam),
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
      404: [by(outsider, inTeam), by(user, () => ({ params: { team_id: 'nowhere' } }))],
    },
    getMember: {
      200: by(colleague, async (world) => ({ params: { member_id: await world.memberId() } })),
      401: {},
      404: [
        by(outsider, async (world) => ({ params: { member_id: await world.memberId() } })),
        by(user, noSuch('member_id')),
      ],
    },
    listAssignedTodos: {
      200: [by(user, aMember), by(colleague, async (world) => ({ ...(await aMember(world)), query: pages }))],
      401: {},
      404: by(outsider, aMember),
    },
    listClosedTodos: {
      200: [by(user, aMember), by(colleague, async (world) => ({ ...(await aMember(world)), query: pages }))],
      401: {},
      404: by(outsider, aMember),
    },
    listCreatedTodos: {
      200: [by(user, aMember), by(colleague, async (world) => ({ ...(await aMember(world)), query: pages }))],
      401: {},
      404: by(outsider, aMember),
    },
    listAssignedUncompletedTodos: {
      200: [by(user, aMember), by(colleague, async (world) => ({ ...(await aMember(world)), query: pages }))],
      401: {},
      404: by(outsider, aMember),
    },
    listAssignedCompletedTodos: {
      200: [by(user, aMember), by(colleague, async (world) => ({ ...(await aMember(world)), query: pages }))],
      401: {},
      404: by(outsider, aMember),
    },
    listCreatedUncompletedTodos: {
      200: [by(user, aMember), by(colleague, async (world) => ({ ...(await aMember(world)), query: pages }))],
      401: {},
      404: by(outsider, aMember),
    },
    listCreatedCompletedTodos: {
      200: [by(user, aMember), by(colleague, async (world) => ({ ...(await aMember(world)), query: pages }))],
      401: {},
      404: by(outsider, aMember),
    },

    listProjects: {
      200: [by(user, inTeam), by(colleague, (world) => ({ ...inTeam(world), query: pages }))],
      401: {},
      404: by(outsider, inTeam),
    },
    createProject: {
      200: [
        by(user, (world) => ({ ...inTeam(world), json: { project: { name: '项目' } } })),
        by(colleague, async (world) => ({
          ...inTeam(world),
          json: {
            project: { name: '项目', desc: '说明', member_ids: [await world.memberId()], color_id: 1, icon_id: 2 },
          },
        })),
      ],
      401: { json: { project: { name: '项目' } } },
      404: by(outsider, (world) => ({ ...inTeam(world), json: { project: { name: '项目' } } })),
      422: [
        by(user, (world) => ({ ...inTeam(world), json: { project: { name: ' ' } } })),
        by(user, (world) => ({ ...inTeam(world), json: { project: { name: '项目', member_ids: ['unknown'] } } })),
      ],
    },
    getProject: {
      200: [by(user, aProject), by(colleague, aProject)],
      401: {},
      404: [by(outsider, aProject), by(user, noSuch('project_id'))],
    },
    updateProject: {
      200: by(user, aProject, { project: { name: '改名', desc: '', member_ids: [] } }),
      401: { json: { project: {} } },
      403: by(colleague, aProject, { project: { name: '改名' } }),
      404: by(outsider, aProject, { project: { name: '改名' } }),
      422: by(user, aProject, { project: { member_ids: ['unknown'] } }),
    },
    deleteProject: {
      204: by(user, aProject),
      401: {},
      403: by(colleague, aProject),
      404: by(outsider, aProject),
    },
    listProjectMembers: {
      200: [by(user, aProject), by(colleague, async (world) => ({ ...(await aProject(world)), query: pages }))],
      401: {},
      404: by(outsider, aProject),
    },

    listTodolists: {
      200: [
        by(user, async (world) => {
          const project_id = await world.project();
          await world.todolist(project_id);
          return { params: { project_id } };
        }),
        by(colleague, async (world) => ({ ...(await aProject(world)), query: pages })),
      ],
      401: {},
      404: by(outsider, aProject),
    },
    createTodolist: {
      200: [
        by(user, aProject, { todolist: { name: '清单' } }),
        by(colleague, aProject, { todolist: { name: '清单', desc: '<p>说明</p>' } }),
      ],
      401: { json: { todolist: { name: '清单' } } },
      404: by(outsider, aProject, { todolist: { name: '清单' } }),
      422: by(user, aProject, { todolist: { name: ' ' } }),
    },
    getTodolist: {
      200: by(colleague, aTodolist),
      401: {},
      404: [by(outsider, aTodolist), by(user, noSuch('todolist_id'))],
    },
    updateTodolist: {
      200: by(colleague, aTodolist, { todolist: { name: '改名', desc: null } }),
      401: { json: { todolist: {} } },
      404: by(outsider, aTodolist, { todolist: { name: '改名' } }),
      422: by(user, aTodolist, { todolist: { name: ' ' } }),
    },
    deleteTodolist: {
      204: by(colleague, aTodolist),
      401: {},
      403: by(user, async (world) => ({ params: { todolist_id: await world.defaultTodolist() } })),
      404: by(outsider, aTodolist),
    },

    listTodos: {
      200: [
        by(user, aTodolist),
        by(colleague, async (world) => ({
          ...(await aTodolist(world)),
          query: { completed_todo: 'true', 'page[number]': '1', 'page[size]': '1' },
        })),
        by(user, async (world) => ({ ...(await aTodolist(world)), query: { completed_todo: '0' } })),
      ],
      401: {},
      404: by(outsider, aTodolist),
    },
    createTodo: {
      200: [
        by(colleague, aTodolist, { todo: { content: '任务' } }),
        by(user, async (world) => ({
          ...(await aTodolist(world)),
          json: { todo: await everyField(world, world.demo.user) },
        })),
      ],
      401: { json: { todo: { content: '任务' } } },
      404: by(outsider, aTodolist, { todo: { content: '任务' } }),
      422: [
        by(user, aTodolist, { todo: { content: ' ' } }),
        by(user, aTodolist, { todo: { content: '任务', assignee_id: 'unknown' } }),
        by(user, aTodolist, { todo: { content: '任务', due_at: '2026-02-30' } }),
        by(user, aTodolist, { todo: { content: '任务', parent_id: 'unknown' } }),
        by(user, aTodolist, { todo: { content: '任务', label_ids: [999] } }),
      ],
    },
    getTodo: {
      200: [by(user, aTodo), by(colleague, aTodo)],
      401: {},
      404: [by(outsider, aTodo), by(user, noSuch('todo_id'))],
    },
    getTeamTodo: {
      200: by(colleague, aTeamTodo),
      401: {},
      404: [by(outsider, aTeamTodo), by(user, (world) => ({ params: { ...team(world), team_wide_id: 'x' } }))],
    },
    updateTodo: todoChanges(aTodo),
    updateTeamTodo: todoChanges(aTeamTodo),
    deleteTodo: { 204: by(colleague, aTodo), 401: {}, 404: by(outsider, aTodo) },
    deleteTeamTodo: { 204: by(colleague, aTeamTodo), 401: {}, 404: by(outsider, aTeamTodo) },
    completeTodo: { 200: by(colleague, aTodo), 401: {}, 404: by(outsider, aTodo) },
    reopenTodo: { 200: by(colleague, aTodo), 401: {}, 404: by(outsider, aTodo) },
    assignTodo: {
      200: [
        by(user, async (world) => ({
          ...(await aTodo(world)),
          json: { todos_assignment: { assignee_id: await world.memberId() } },
        })),
        by(user, aTodo, { todos_assignment: { assignee_id: '' } }),
      ],
      401: { json: { todos_assignment: { assignee_id: '' } } },
      404: by(outsider, aTodo, { todos_assignment: { assignee_id: '' } }),
      422: by(user, aTodo, { todos_assignment: { assignee_id: 'unknown' } }),
    },
    unassignTodo: { 200: by(colleague, aTodo), 401: {}, 404: by(outsider, aTodo) },
    updateTodoDue: {
      200: [by(user, aTodo, { todos_due: { due_at: '2026-03-10' } }), by(user, aTodo, { todos_due: { due_at: null } })],
      401: { json: { todos_due: { due_at: '' } } },
      404: by(outsider, aTodo, { todos_due: { due_at: '' } }),
      422: by(user, aTodo, { todos_due: { due_at: '2026-13-01' } }),
    },
    updateTodoDesc: {
      200: [
        by(user, aTodo, { todos_desc: { desc: '<p onclick="x">描述</p>' } }),
        by(user, aTodo, { todos_desc: { desc: '' } }),
      ],
      401: { json: { todos_desc: { desc: '' } } },
      404: by(outsider, aTodo, { todos_desc: { desc: '' } }),
    },
    listCcMembers: { 200: by(colleague, aTodo), 401: {}, 404: by(outsider, aTodo) },
    replaceCcMembers: {
      200: [
        by(user, async (world) => ({
          ...(await aTodo(world)),
          json: { guids: [await world.memberId(world.colleague)] },
        })),
        by(user, aTodo, { guids: [] }),
      ],
      401: { json: { guids: [] } },
      404: by(outsider, aTodo, { guids: [] }),
      422: by(user, aTodo, { guids: ['unknown'] }),
    },

    listComments: {
      200: [by(user, aTodo), by(colleague, async (world) => ({ ...(await aTodo(world)), query: pages }))],
      401: {},
      404: by(outsider, aTodo),
    },
    createComment: {
      200: [
        by(colleague, aTodo, { comment: { content: '<p>评论</p>' } }),
        by(user, aTodo, { todos_comment: { content: '评论' } }),
      ],
      400: by(user, aTodo, { other: {} }),
      401: { json: { comment: { content: '评论' } } },
      404: by(outsider, aTodo, { comment: { content: '评论' } }),
      422: by(user, aTodo, { comment: { content: '<script>x</script>' } }),
    },

    listNotifications: {
      200: [
        by(user, inTeam),
        by(colleague, async (world) => {
          await world.todo();
          return { ...inTeam(world), query: { 'page[number]': '1', 'page[size]': '1' } };
        }),
        by(colleague, (world) => ({ ...inTeam(world), query: { 'page[until]': 'unknown' } })),
      ],
      401: {},
      404: by(outsider, inTeam),
    },
    listEvents: {
      200: [
        by(user, async (world) => {
          await world.todo();
          return inTeam(world);
        }),
        by(colleague, async (world) => ({
          ...inTeam(world),
          query: {
            last_item_id: '9999',
            limit: '2',
            by_member: await world.memberId(),
            by_project: await world.project(),
          },
        })),
        by(user, (world) => ({ ...inTeam(world), query: { by_member: '', by_project: '' } })),
      ],
      401: {},
      404: by(outsider, inTeam),
    },
    getResource: {
      200: by(colleague, async (world) => ({ params: { ...team(world), resource_id: await world.teamWideId() } })),
      401: {},
      404: [
        by(outsider, async (world) => ({ params: { ...team(world), resource_id: await world.teamWideId() } })),
        by(user, (world) => ({ params: { ...team(world), resource_id: 'x' } })),
      ],
    },
    createDirectUpload: {
      200: [
        by(user, inTeam, { filename: '首页.png', byte_size: 3, md5: '900150983CD24FB0D6963F7D28E17F72' }),
        by(colleague, inTeam, { filename: 'a/b.txt', byte_size: 0, md5: '1B2M2Y8AsgTpgAmY7PhCfg==' }),
      ],
      401: { json: { filename: 'a', byte_size: 0, md5: '1B2M2Y8AsgTpgAmY7PhCfg==' } },
      404: by(outsider, inTeam, { filename: 'a', byte_size: 0, md5: '1B2M2Y8AsgTpgAmY7PhCfg==' }),
      422: by(user, inTeam, { filename: 'a', byte_size: 10 ** 12, md5: '1B2M2Y8AsgTpgAmY7PhCfg==' }),
    },
    createStoredFile: {
      200: [
        async (world) => ({ multipart: { ...(await world.uploadForm('abc')), file: fileOf('abc') } }),
        async (world) => {
          const { key, policy, Signature } = await world.uploadForm('');
          return { multipart: { key, policy, Signature, file: fileOf('') } };
        },
      ],
      403: [
        async (world) => ({
          multipart: { ...(await world.uploadForm('abc')), Signature: 'forged', file: fileOf('abc') },
        }),
        { multipart: { key: 'a/b', policy: 'c', Signature: 'd', file: fileOf('abc') } },
      ],
      409: async (world) => {
        const multipart = { ...(await world.uploadForm('abc')), file: fileOf('abc') };
        await world.sendForm(multipart, 'abc');
        return { multipart };
      },
      422: [
        async (world) => ({ multipart: { ...(await world.uploadForm('abc')), file: fileOf('abcd') } }),
        async (world) => ({ multipart: { ...(await world.uploadForm('abc')), file: fileOf('abd') } }),
      ],
    },
    listUploads: {
      200: [
        by(user, async (world) => ({ params: { project_id: (await world.upload()).project } })),
        by(colleague, async (world) => ({ ...(await aProject(world)), query: pages })),
      ],
      401: {},
      404: by(outsider, aProject),
    },
    createUpload: {
      200: by(user, async (world) => ({
        ...(await aProject(world)),
        json: { attfile_guid: await world.storedFile('abc') },
      })),
      401: { json: { attfile_guid: 'unknown' } },
      404: by(outsider, aProject, { attfile_guid: 'unknown' }),
      422: by(user, aProject, { attfile_guid: 'unknown' }),
    },
    getUpload: { 200: by(colleague, anUpload), 401: {}, 404: [by(outsider, anUpload), by(user, noSuch('upload_id'))] },
    deleteUpload: {
      204: by(user, anUpload),
      401: {},
      403: by(colleague, anUpload),
      404: [by(outsider, anUpload), by(user, noSuch('upload_id'))],
    },
    getAttfile: {
      200: [
        by(colleague, anAttfile),
        by(user, async (world) => ({
          ...(await anAttfile(world)),
          query: { filename: '新.txt', version: 'small', download: 'true', content_type: 'text/plain' },
        })),
      ],
      401: {},
      404: [by(outsider, anAttfile), by(user, noSuch('attfile_id'))],
    },
    downloadAttfile: {
      200: [
        (world) => world.address(),
        async (world) => ({ ...(await world.address({ filename: '新.html', download: '1', version: 'large' })) }),
      ],
      206: async (world) => ({ ...(await world.address()), headers: { Range: 'bytes=0-1' } }),
      304: async (world) => ({ ...(await world.address()), headers: { 'If-None-Match': '*' } }),
      403: [
        async (world) => {
          const { params, query } = await world.address();
          return { params, query: { ...query, Signature: 'forged' } };
        },
        async (world) => {
          const { params, query } = await world.address();
          return { params, query: { ...query, filename: 'other' } };
        },
      ],
      404: { params: { attfile_id: 'unknown' }, query: { Expires: '9999999999', Signature: 'unknown' } },
      416: async (world) => ({ ...(await world.address()), headers: { Range: 'bytes=1000-' } }),
      503: async (world) => {
        const address = await world.address({ version: 'small' }, tinyPng);
        fillThumbnailTurns(world.limits);
        return address;
      },
    },

    listTopics: {
      200: [
        by(user, async (world) => ({ params: { project_id: (await world.topic()).project } })),
        by(colleague, async (world) => ({ ...(await aProject(world)), query: pages })),
      ],
      401: {},
      404: by(outsider, aProject),
    },
    createTopic: {
      200: [
        by(colleague, aProject, { message: { subject: '讨论' } }),
        by(user, async (world) => ({
          ...(await aProject(world)),
          json: {
            message: { subject: '讨论', content: '<p>内容</p>' },
            attfile_guids: [await world.storedFile('abc')],
          },
        })),
      ],
      401: { json: { message: { subject: '讨论' } } },
      404: by(outsider, aProject, { message: { subject: '讨论' } }),
      422: [
        by(user, aProject, { message: { subject: ' ' } }),
        by(user, aProject, { message: { subject: '讨论', attfile_guids: ['unknown'] } }),
      ],
    },
    getTopic: { 200: by(colleague, aTopic), 401: {}, 404: [by(outsider, aTopic), by(user, noSuch('topic_id'))] },
    updateTopic: {
      200: [
        by(user, aTopic, { message: { subject: '改', content: '' }, attfile_guids: [] }),
        by(user, aTopic, { attfile_guids: [] }),
      ],
      401: { json: { message: {} } },
      403: by(colleague, aTopic, { message: { subject: '改' } }),
      404: by(outsider, aTopic, { message: { subject: '改' } }),
      422: by(user, aTopic, { message: { subject: ' ' } }),
    },
    deleteTopic: { 204: by(user, aTopic), 401: {}, 403: by(colleague, aTopic), 404: by(outsider, aTopic) },
    listTopicComments: {
      200: [by(user, aTopic), by(colleague, async (world) => ({ ...(await aTopic(world)), query: pages }))],
      401: {},
      404: by(outsider, aTopic),
    },
    createTopicComment: {
      200: by(colleague, aTopic, { comment: { content: '<p>评论</p>' } }),
      400: by(user, aTopic, { other: {} }),
      401: { json: { comment: { content: '评论' } } },
      404: by(outsider, aTopic, { comment: { content: '评论' } }),
      422: by(user, aTopic, { comment: { content: '<script>x</script>' } }),
    },

    listProjectTimeLogs: {
      200: [
        by(user, async (world) => ({ params: { project_id: (await world.timeLog()).project } })),
        by(colleague, async (world) => ({
          params: { project_id: (await world.timeLog()).project },
          query: { ...pages, creator_id: await world.memberId(), starts_date: '2026-03-01', ends_date: '2026-03-31' },
        })),
      ],
      401: {},
      404: by(outsider, aProject),
      422: by(user, async (world) => ({ ...(await aProject(world)), query: { starts_date: '2026-02-30' } })),
    },
    listTimeLogs: {
      200: [
        by(user, async (world) => ({ params: { todo_id: (await world.timeLog()).todo } })),
        by(colleague, async (world) => ({ ...(await aTodo(world)), query: pages })),
      ],
      401: {},
      404: by(outsider, aTodo),
    },
    createTimeLog: {
      200: [
        by(colleague, aTodo, { time_log: { starts_at: '2026-03-02T09:00', ends_at: '2026-03-02T11:00' } }),
        by(user, async (world) => ({
          ...(await aTodo(world)),
          json: { time_log: { ...twoHours, desc: '画草图', creator_id: await world.memberId(world.colleague) } },
        })),
      ],
      401: { json: { time_log: twoHours } },
      404: by(outsider, aTodo, { time_log: twoHours }),
      422: [
        by(user, aTodo, { time_log: { starts_at: '2026-03-02T09:00', ends_at: '2026-03-02T09:00' } }),
        by(user, aTodo, { time_log: { starts_at: '2026-02-30T09:00', ends_at: '2026-03-02T09:00' } }),
        by(user, aTodo, { time_log: { ...twoHours, creator_id: 'unknown' } }),
      ],
    },
    updateTimeLog: {
      200: [
        by(user, aTimeLog, { time_log: { ends_at: '2026-03-02T11:30', desc: null } }),
        by(user, aTimeLog, { time_log: { ...twoHours, creator_id: '' } }),
      ],
      401: { json: { time_log: {} } },
      403: by(colleague, aTimeLog, { time_log: { desc: '改' } }),
      404: [by(outsider, aTimeLog, { time_log: { desc: '改' } }), by(user, unknownTimeLog, { time_log: {} })],
      422: by(user, aTimeLog, { time_log: { ends_at: '2026-03-02T08:00' } }),
    },
    deleteTimeLog: {
      204: by(user, aTimeLog),
      401: {},
      403: by(colleague, aTimeLog),
      404: [by(outsider, aTimeLog), by(user, unknownTimeLog)],
    },

    streamTeam: {
      200: [by(colleague, inTeam), by(user, (world) => ({ ...inTeam(world), headers: { 'Last-Event-ID': '1-0' } }))],
      400: by(user, (world) => ({ ...inTeam(world), headers: { 'Last-Event-ID': 'unknown' } })),
      401: {},
      404: by(outsider, inTeam),
    },
  },
};
