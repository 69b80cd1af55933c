import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { apis } from '../../src/app.ts';
import { createSandboxClient, createTowerClient, createUcenterClient } from '../../src/client/index.ts';
import { readConfig } from '../../src/config.ts';
import { serve } from '../../src/serve.ts';
import { describeEachDatabase, describeSqlite } from '../support/databases.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { control, makeWorld, projectsOf, signIn } from './control.ts';

interface Person {
  key: string;
  name: string;
  state?: string;
  username: string;
  password: string;
  user_id: number;
  user_uuid: string;
  user_email: string;
  user_password: string;
  uid: number;
  token: string;
}

interface Credentials {
  [api: string]: { people: Person[]; apps?: Record<string, string>[]; ids?: Record<string, string | number> };
}

interface Seeded {
  ids: Record<string, Record<string, string | number>>;
  credentials: Credentials;
}

interface Refused {
  error: string;
  message: string;
  details: { path: string; message: string; line?: number }[];
}

/** The example of the contract, which uses all four APIs. */
const example = async () => {
  const { components } = JSON.parse(await readFile('generated/sandbox.json', 'utf8'));
  return components.examples.Seed.value;
};

const sendYaml = (url: string, text: string) =>
  fetch(`${url}/sandbox/seed`, { method: 'POST', headers: { 'Content-Type': 'application/yaml' }, body: text });

async function seed(url: string, document: unknown): Promise<Seeded> {
  const response = await control(url, 'POST', '/seed', document);
  const body = await response.json();
  expect([response.status, body]).toEqual([201, expect.anything()]);
  return body as Seeded;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const personOf = (credentials: Credentials, api: string, key: string): Person =>
  credentials[api]?.people.find((person) => person.key === key) as Person;

/** The first thing that is wrong, with the status. */
async function refusal(sent: Promise<Response>): Promise<unknown[]> {
  const answer = await sent;
  const { details } = (await answer.json()) as Refused;
  const [first] = details ?? [];
  return [answer.status, first?.path, first?.message, ...(first?.line === undefined ? [] : [first.line])];
}

/** Tower as one of its people, by an application of the seed. */
async function towerAs(url: string, credentials: Credentials, key: string) {
  const { client_id: clientId, client_secret: clientSecret } = credentials.tower?.apps?.[0] ?? {};
  const client = createTowerClient({ baseUrl: `${url}/tower`, clientId: clientId as string, clientSecret });
  const { username, password } = personOf(credentials, 'tower', key);
  await client.signInWithPassword({ username, password });
  return client;
}

/** Calls PPMessage as the owner of the app of a seed. */
async function ppmessageAs(url: string, credentials: Credentials, key: string) {
  const [app] = credentials.ppmessage?.apps ?? [];
  const { user_email, user_password } = personOf(credentials, 'ppmessage', key);
  const post = (path: string, body: Record<string, unknown>, headers: Record<string, string> = {}) =>
    fetch(`${url}/ppmessage${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers,
      body:
        headers['Content-Type'] === undefined
          ? new URLSearchParams(body as Record<string, string>)
          : JSON.stringify(body),
    });
  const client = { client_id: app?.api_key, redirect_uri: app?.redirect_uri };
  const signedIn = await post('/ppauth/auth', {
    ...client,
    response_type: 'code',
    state: 'x',
    user_email,
    user_password,
  });
  const code = new URL(signedIn.headers.get('location') ?? '').searchParams.get('code');
  const grant = { ...client, grant_type: 'authorization_code', client_secret: app?.api_secret, code };
  const { access_token } = (await (await post('/ppauth/token', grant)).json()) as { access_token: string };
  const headers = { 'Content-Type': 'application/json', Authorization: `OAuth ${access_token}` };
  return async (operation: string, body: object) =>
    (await post(`/api/${operation}`, { app_uuid: app?.app_uuid, ...body }, headers)).json();
}

describeEachDatabase('a seed', (databases) => {
  const withServer = async (work: (server: TestServer) => Promise<void>, environment: Record<string, string> = {}) => {
    const server = await startServer({ DATABASE_URL: await databases.createUrl(), ...environment });
    try {
      await work(server);
    } finally {
      await server.close();
    }
  };

  it('can name people, the team and the application of the demo data', () =>
    withServer(async ({ url }) => {
      const { ids, credentials } = await seed(url, {
        tower: {
          projects: [{ ref: 'garden', team: 'demo_team', creator: 'owner', name: '花园' }],
          todolists: [{ ref: 'spring', project: 'garden', creator: 'demo', name: '春天' }],
          todos: [{ ref: 'sow', todolist: 'spring', creator: 'owner', content: '播种', assignee: 'admin' }],
        },
        ucenter: { roles: [{ ref: 'guests', app: 'demo_app', name: 'guests', title: '客人', users: ['user'] }] },
        ppmessage: { groups: [{ ref: 'night', app: 'demo_app', name: '夜班', members: ['agent'] }] },
        gobelieve: {
          users: [{ ref: 'ada', app: 'demo_app', name: 'Ada' }],
          messages: [{ ref: 'hello', app: 'demo_app', sender: 'ada', receiver: 'member', content: '{"text":"hi"}' }],
        },
      });
      expect(await projectsOf(url, await signIn(url))).toContain('花园');
      expect(Object.keys(ids).sort()).toEqual(['gobelieve', 'ppmessage', 'tower', 'ucenter']);
      const member = personOf(credentials, 'gobelieve', 'member');
      const received = await fetch(`${url}/gobelieve/messages`, {
        headers: { Authorization: `Bearer ${String(member.token)}` },
      });
      expect(await received.text()).toContain(`"sender":${ids.gobelieve?.ada}`);
      // What belongs to the demo app is not there for others.
      const [status, path, message] = await refusal(
        control(url, 'POST', '/seed', {
          gobelieve: {
            apps: [{ ref: 'other', name: 'other' }],
            groups: [{ ref: 'mixed', app: 'other', master: 'owner', name: 'mixed' }],
          },
        }),
      );
      expect([status, path, message]).toEqual([
        400,
        '/body/gobelieve/groups/0/master',
        'names owner, which belongs to another app',
      ]);
    }));

  it('may use the names of the demo data where there are none, and the credentials then list what is there', () =>
    withServer(async ({ url }) => {
      const credentials = async () => (await (await control(url, 'GET', '/credentials')).json()) as Credentials;
      const before = await credentials();
      expect((await control(url, 'POST', '/reset', { to: 'empty' })).status).toBe(204);
      const { origin: _, ...empty } = await credentials();
      for (const [api, those] of Object.entries(empty))
        expect(those).toEqual({ base_url: `${url}/${api}`, people: [] });
      expect(Object.keys(empty)).toHaveLength(4);
      await seed(url, { tower: { users: [{ ref: 'owner', username: 'boss@example.com' }] } });
      expect((await credentials()).tower?.people.map(({ key, username }) => [key, username])).toEqual([
        ['owner', 'boss@example.com'],
      ]);
      const named = { tower: { teams: [{ ref: 'crew', name: '小队', owner: 'member' }] } };
      expect(await refusal(control(url, 'POST', '/seed', named))).toEqual([
        400,
        '/body/tower/teams/0/owner',
        'names member, and no entry of tower has this ref',
      ]);
      expect((await control(url, 'POST', '/reset')).status).toBe(204);
      expect(await credentials()).toEqual(before);
    }));

  it('as in the example of the contract makes data of all APIs', () =>
    withServer(async ({ url }) => {
      const document = await example();
      const response = await sendYaml(url, stringify(document));
      expect(response.status).toBe(201);
      const { ids, credentials } = (await response.json()) as Seeded;
      for (const [api, kinds] of Object.entries(document as Record<string, Record<string, { ref: string }[]>>)) {
        const refs = Object.values(kinds).flatMap((entries) => entries.map(({ ref }) => ref));
        expect(Object.keys(ids[api] ?? {})).toEqual(expect.arrayContaining(refs));
      }
      const withIds = Object.entries(credentials).map(([api, told]) => [
        api,
        ids[api] === undefined ? told : { ...told, ids: ids[api] },
      ]);
      expect(await (await control(url, 'GET', '/credentials')).json()).toEqual(Object.fromEntries(withIds));

      const tower = await towerAs(url, credentials, 'wang');
      const list = { params: { path: { todolist_id: String(ids.tower?.shopping) }, query: { completed_todo: true } } };
      const { data: todos } = await tower.GET('/api/v1/todolists/{todolist_id}/todos', list);
      const shown = todos?.data.map(({ id, attributes: { content, is_completed } }) => ({ id, content, is_completed }));
      expect(shown).toEqual([
        { id: ids.tower?.tea, content: '选三款绿茶', is_completed: false },
        { id: ids.tower?.samples, content: '要样品', is_completed: true },
      ]);
      const { data: tea } = await tower.GET('/api/v1/todos/{todo_id}', {
        params: { path: { todo_id: String(ids.tower?.tea) } },
      });
      const made = Date.parse(String(tea?.data.attributes.created_at));
      expect(Math.abs(Date.now() - 3 * DAY_MS - made)).toBeLessThan(DAY_MS / 24);
      expect(tea?.data.relationships.assignee?.data).toEqual({ id: ids.tower?.['chen-in-teahouse'], type: 'members' });
      const comments = await tower.GET('/api/v1/topics/{topic_id}/comments', {
        params: { path: { topic_id: String(ids.tower?.menu) } },
      });
      expect(comments.data?.data.map(({ id }) => id)).toEqual([ids.tower?.['by-origin']]);
      expect(personOf(credentials, 'tower', 'chen')).toMatchObject({ name: '陈晨', state: 'two_step' });

      const { client_id: clientId, client_secret: clientSecret } = credentials.ucenter?.apps?.[0] ?? {};
      const ucenter = createUcenterClient({ baseUrl: `${url}/ucenter`, clientId: clientId as string, clientSecret });
      const chen = personOf(credentials, 'ucenter', 'chen');
      await ucenter.signInWithPassword({ username: chen.username, password: chen.password });
      const { data: rights } = await ucenter.GET('/api/user/rolePermission');
      expect(rights?.roles).toMatchObject([{ name: 'cashier', permissions: [{ name: 'refund' }] }]);

      const api = await ppmessageAs(url, credentials, 'wang');
      const history = await api('PP_PAGE_HISTORY_MESSAGE', {
        conversation_uuid: ids.ppmessage?.exchange,
        user_uuid: personOf(credentials, 'ppmessage', 'wang').user_uuid,
      });
      const bodies = history.list.map((entry: { message_body: string }) => JSON.parse(entry.message_body).bo);
      expect(bodies.sort()).toEqual(['可以，今天就寄新的。', '这罐茶受潮了，能换吗？']);

      const { token } = personOf(credentials, 'gobelieve', 'chen');
      const queue = await fetch(`${url}/gobelieve/messages`, { headers: { Authorization: `Bearer ${token}` } });
      const { data: messages } = (await queue.json()) as { data: { content: string; id: number }[] };
      const texts = messages.map(({ content }) => JSON.parse(content).text);
      expect(texts.filter(Boolean)).toEqual(['周六下午三点，老地方', '一定到', '有适合送长辈的茶吗？']);
    }));

  it('is made as a whole, or not at all', () =>
    withServer(async ({ url }) => {
      const document = {
        tower: {
          users: [{ ref: 'wang', username: 'wang@example.com' }],
          teams: [{ ref: 'a', name: 'a', owner: 'wang' }],
        },
        ucenter: { users: [{ ref: 'wang', username: 'wang' }] },
        gobelieve: { apps: [{ ref: 'app', name: 'a' }], customers: [{ ref: 'li', app: 'app' }] },
      };
      expect(await refusal(control(url, 'POST', '/seed', document))).toEqual([
        400,
        '/body/gobelieve/customers/0/app',
        'must have a store',
      ]);
      const credentials = (await (await control(url, 'GET', '/credentials')).json()) as Credentials;
      expect(personOf(credentials, 'tower', 'wang')).toBeUndefined();
      const { ids } = await seed(url, { ...document, gobelieve: { apps: document.gobelieve.apps } });
      expect(Object.keys(ids)).toEqual(['tower', 'gobelieve', 'ucenter']);
    }));

  it('may name what an earlier one has made, and not give its name again', () =>
    withServer(async ({ url }) => {
      const users = [{ ref: 'wang', username: 'wang@example.com', password: 'wang-password' }];
      await seed(url, { tower: { users } });
      const { ids } = await seed(url, {
        tower: {
          teams: [{ ref: 'team', name: '团队', owner: 'wang' }],
          apps: [{ ref: 'app', team: 'team', name: '应用' }],
        },
      });
      const credentials = (await (await control(url, 'GET', '/credentials')).json()) as Credentials;
      const tower = await towerAs(url, credentials, 'wang');
      const { data } = await tower.GET('/api/v1/teams');
      expect(data?.data.map(({ id }) => id)).toEqual([ids.tower?.team]);
      const again = await sendYaml(url, stringify({ tower: { users } }));
      expect(again.status).toBe(409);
      expect(await again.json()).toEqual({
        error: 'conflict',
        message: 'tower.users.0.ref wang is used already',
        details: [{ path: '/body/tower/users/0/ref', message: 'wang is used already', line: 3 }],
      });
    }));

  it('can be put into a snapshot, and goes with a reset', () =>
    withServer(async ({ url }) => {
      const document = { ucenter: { users: [{ ref: 'wang', username: 'wang' }] } };
      const { credentials } = await seed(url, document);
      const peopleOf = async (base: string) => {
        const shown = (await (await control(base, 'GET', '/credentials')).json()) as Credentials;
        return shown.ucenter?.people.map(({ key }) => key);
      };
      const all = credentials.ucenter?.people.map(({ key }) => key);
      expect((await control(url, 'PUT', '/snapshots/seeded')).status).toBe(201);
      expect((await control(url, 'POST', '/reset')).status).toBe(204);
      expect(await peopleOf(url)).toEqual(all?.slice(0, -1));
      const world = await makeWorld(url, { from: 'seeded' });
      expect(await peopleOf(world.base_url)).toEqual(all);
      const clean = await makeWorld(url);
      expect(await peopleOf(clean.base_url)).toEqual(all?.slice(0, -1));
      await seed(clean.base_url, document);
      expect(await peopleOf(url)).toEqual(all?.slice(0, -1));
    }));
});

it.each(apis.filter(({ seed }) => seed !== undefined).map((api) => [api.name, api] as const))(
  'the contract has the kinds of a seed of %s, and the fields that name others',
  async (name, { seed: kinds = {} }) => {
    const { components } = JSON.parse(await readFile('generated/sandbox.json', 'utf8'));
    const { [name]: reference } = components.schemas.Seed.properties;
    const { properties } = components.schemas[reference.$ref.split('/').at(-1)];
    expect(Object.keys(properties)).toEqual(Object.keys(kinds));
    for (const [kind, { names = {}, contains = {} }] of Object.entries(kinds)) {
      expect(Object.keys(properties[kind].items.properties)).toEqual(
        expect.arrayContaining([...Object.keys(names), ...Object.keys(contains)]),
      );
      for (const named of Object.values(names).flat()) expect(Object.keys(kinds)).toContain(named);
    }
  },
);

describeSqlite('the entries of a seed', () => {
  let server: TestServer;
  let url: string;
  beforeAll(async () => {
    server = await startServer();
    url = server.url;
  });
  afterAll(() => server.close());

  const tower = {
    users: [{ ref: 'wang', username: 'wang@example.com' }],
    teams: [{ ref: 'team', name: 'a', owner: 'wang' }],
  };
  const todo = { ref: 'todo', todolist: 'list', creator: 'wang', content: 'a' };
  const project = {
    projects: [{ ref: 'project', team: 'team', creator: 'wang', name: 'a' }],
    todolists: [{ ref: 'list', project: 'project', creator: 'wang', name: 'a' }],
  };
  const shop = { ref: 'shop', name: 'a', owner: { ref: 'boss', email: 'boss@example.com' } };

  it.each([
    [
      'an unknown name',
      { tower: { teams: [{ ref: 'a', name: 'a', owner: 'nobody' }] } },
      'tower/teams/0/owner',
      'names nobody, and no entry of tower has this ref',
    ],
    [
      'a name of another API',
      { tower: { teams: [{ ref: 'a', name: 'a', owner: 'b' }] }, ucenter: { users: [{ ref: 'b', username: 'b' }] } },
      'tower/teams/0/owner',
      'names b, and no entry of tower has this ref',
    ],
    [
      'a name of another kind',
      { tower: { ...tower, members: [{ ref: 'a', team: 'wang', user: 'wang' }] } },
      'tower/members/0/team',
      'must name one of teams; wang is one of users',
    ],
    [
      'a name of another app',
      {
        gobelieve: {
          apps: [
            { ref: 'a', name: 'a' },
            { ref: 'b', name: 'b' },
          ],
          users: [{ ref: 'u', app: 'a', name: 'u' }],
          groups: [{ ref: 'g', app: 'b', master: 'u', name: 'g' }],
        },
      },
      'gobelieve/groups/0/master',
      'names u, which belongs to another app',
    ],
    [
      'a wrong name in a list',
      { tower: { ...tower, projects: [{ ...project.projects[0], members: ['wang', 'nobody'] }] } },
      'tower/projects/0/members/1',
      'names nobody, and no entry of tower has this ref',
    ],
    [
      'an entry that needs itself',
      {
        tower: {
          ...tower,
          ...project,
          todos: [
            { ...todo, parent: 'other' },
            { ...todo, ref: 'other', parent: 'todo' },
          ],
        },
      },
      'tower/todos/0',
      'needs other, which needs todo, the entry itself',
    ],
    [
      'a time to come',
      { tower: { users: [{ ...tower.users[0], at: '2999-01-01T00:00:00Z' }] } },
      'tower/users/0/at',
      'must be a time ago, such as -3d, or one in ISO 8601 that is not in the future',
    ],
    [
      'no time',
      { tower: { users: [{ ...tower.users[0], at: 'yesterday' }] } },
      'tower/users/0/at',
      'must be a time ago, such as -3d, or one in ISO 8601 that is not in the future',
    ],
    [
      'a day that does not exist',
      { tower: { users: [{ ...tower.users[0], at: '2026-02-30T00:00:00Z' }] } },
      'tower/users/0/at',
      'must be a time ago, such as -3d, or one in ISO 8601 that is not in the future',
    ],
    [
      'a field that the contract does not have',
      { tower: { users: [{ ...tower.users[0], colour: 'red' }] } },
      'tower/users/0/colour',
      'is no field here; there are ref, at, username, password, nickname, two_step',
    ],
    [
      'a wrong type',
      { tower: { users: [{ ...tower.users[0], password: 123456 }] } },
      'tower/users/0/password',
      'must be string',
    ],
    [
      'a stranger as assignee',
      {
        tower: {
          ...tower,
          users: [...tower.users, { ref: 'other', username: 'o@example.com' }],
          ...project,
          todos: [{ ...todo, assignee: 'other' }],
        },
      },
      'tower/todos/0/assignee',
      'must name members of the team',
    ],
    [
      'a creator who does not see the project',
      {
        tower: {
          ...tower,
          users: [...tower.users, { ref: 'other', username: 'o@example.com' }],
          ...project,
          todos: [{ ...todo, creator: 'other' }],
        },
      },
      'tower/todos/0/creator',
      'must be a member of the project, or an owner or admin of the team',
    ],
    [
      'a date that does not exist',
      { tower: { ...tower, ...project, todos: [{ ...todo, due_at: '2026-02-30' }] } },
      'tower/todos/0/due_at',
      'must be a date that exists',
    ],
    [
      'a comment on nothing',
      { tower: { ...tower, comments: [{ ref: 'c', creator: 'wang', content: 'a' }] } },
      'tower/comments/0/todo',
      undefined,
    ],
    [
      'a dangerous redirection URI',
      { tower: { ...tower, apps: [{ ref: 'a', team: 'team', name: 'a', redirect_uris: ['javascript:1'] }] } },
      'tower/apps/0',
      'is not possible: javascript:1 cannot be a redirection URI: unsafe scheme',
    ],
    [
      'a user name like a phone number',
      { ucenter: { users: [{ ref: 'a', username: '13900000001' }] } },
      'ucenter/users/0/username',
      'must not look like an e-mail address or a phone number',
    ],
    [
      'a group of another app',
      {
        ucenter: {
          users: [{ ref: 'u', username: 'u' }],
          apps: [{ ref: 'a', name: 'a', developer: 'u' }],
          permissions: [
            { ref: 'g', app: 'a', name: 'g', title: 'g' },
            { ref: 'p', app: 'a', name: 'p', title: 'p', group: 'g' },
            { ref: 'q', app: 'a', name: 'q', title: 'q', group: 'p' },
          ],
        },
      },
      'ucenter/permissions/2/group',
      'must be a group of the same app',
    ],
    [
      'a sender outside of the conversation',
      {
        ppmessage: {
          apps: [shop],
          users: [{ ref: 'a', app: 'shop', email: 'a@example.com' }],
          customers: [{ ref: 'c', app: 'shop', email: 'c@example.com' }],
          conversations: [{ ref: 'talk', app: 'shop', creator: 'c', members: ['boss'] }],
          messages: [{ ref: 'm', conversation: 'talk', sender: 'a', body: 'hi' }],
        },
      },
      'ppmessage/messages/0/sender',
      'must be in the conversation',
    ],
    [
      'a conversation without others',
      { ppmessage: { apps: [shop], conversations: [{ ref: 'talk', app: 'shop', creator: 'boss' }] } },
      'ppmessage/conversations/0/members',
      'is required when an agent begins',
    ],
  ])('refuse %s', async (_what, document, path, message) => {
    const [status, where, what] = await refusal(control(url, 'POST', '/seed', document));
    expect([status, where, what]).toEqual([400, `/body/${path}`, message ?? expect.any(String)]);
    const [, , , line] = await refusal(sendYaml(url, `# a seed\n${stringify(document)}`));
    expect(line).toBeGreaterThan(1);
  });

  it.each<[what: string, document: object, path: string, message?: string]>([
    [
      'a name that is there twice',
      { tower: { users: [tower.users[0], { ref: 'wang', username: 'other@example.com' }] } },
      'tower/users/1/ref',
    ],
    [
      'the name of an owner in an app',
      { ppmessage: { apps: [shop], users: [{ ref: 'boss', app: 'shop', email: 'a@example.com' }] } },
      'ppmessage/users/0/ref',
    ],
    [
      'the key of a person of the demo data',
      { tower: { users: [{ ref: 'demo', username: 'new@example.com' }] } },
      'tower/users/0/ref',
    ],
    ['a taken user name', { ucenter: { users: [{ ref: 'a', username: 'demo' }] } }, 'ucenter/users/0/username'],
    [
      'a taken user name of Tower',
      { tower: { users: [{ ref: 'a', username: 'demo@tower.example' }] } },
      'tower/users/0/username',
      'is taken',
    ],
    [
      'a member of the team who is one already',
      {
        tower: {
          users: [{ ref: 'boss', username: 'boss@example.com' }],
          teams: [{ ref: 'team', name: 'team', owner: 'boss' }],
          members: [{ ref: 'm', team: 'team', user: 'boss' }],
        },
      },
      'tower/members/0/user',
      'is a member of the team already',
    ],
    [
      'a taken phone number',
      {
        ucenter: {
          users: [
            { ref: 'a', username: 'seeded-a', phone: '13900000001' },
            { ref: 'b', username: 'seeded-b', phone: '13900000001' },
          ],
        },
      },
      'ucenter/users/1/phone',
      'is taken',
    ],
    [
      'a taken name of a role',
      {
        ucenter: {
          users: [{ ref: 'a', username: 'seeded-a' }],
          apps: [{ ref: 'app', name: 'app', developer: 'a' }],
          roles: [
            { ref: 'r', app: 'app', name: 'r', title: 'r' },
            { ref: 's', app: 'app', name: 'r', title: 's' },
          ],
        },
      },
      'ucenter/roles/1/name',
      'is taken',
    ],
    [
      'a taken id of a customer',
      {
        gobelieve: {
          apps: [{ ref: 'a', name: 'a' }],
          stores: [{ ref: 's', app: 'a', name: 's' }],
          customers: [
            { ref: 'c', app: 'a', customer_id: 'c' },
            { ref: 'd', app: 'a', customer_id: 'c' },
          ],
        },
      },
      'gobelieve/customers/1/customer_id',
      'is taken',
    ],
    [
      'a taken e-mail address',
      { ppmessage: { apps: [shop], users: [{ ref: 'a', app: 'shop', email: 'BOSS@example.com' }] } },
      'ppmessage/users/0/email',
    ],
    [
      'a taken uid',
      {
        gobelieve: {
          apps: [{ ref: 'a', name: 'a' }],
          users: [
            { ref: 'u', app: 'a', name: 'u', uid: 7 },
            { ref: 'v', app: 'a', name: 'v', uid: 7 },
          ],
        },
      },
      'gobelieve/users/1/uid',
    ],
  ])('conflict by %s', async (_what, document, path, message) => {
    const [status, where, what] = await refusal(control(url, 'POST', '/seed', document));
    expect([status, where, what]).toEqual([409, `/body/${path}`, message ?? expect.any(String)]);
  });

  it('may have a name twice in a list', async () => {
    const twice = ['one', 'one'];
    const user = { ref: 'one', username: 'twice@example.com' };
    const app = { ref: 'app', name: 'app' };
    const answer = await control(url, 'POST', '/seed', {
      tower: {
        users: [user],
        teams: [{ ref: 'team', name: 'team', owner: 'one' }],
        projects: [{ ref: 'project', team: 'team', creator: 'one', name: 'project', members: twice }],
      },
      ucenter: {
        users: [{ ref: 'one', username: 'seeded-twice' }],
        apps: [{ ...app, developer: 'one' }],
        roles: [{ ref: 'r', app: 'app', name: 'r', title: 'r', users: twice }],
      },
      ppmessage: {
        apps: [shop],
        users: [{ ref: 'one', app: 'shop', email: 'twice@example.com' }],
        groups: [{ ref: 'group', app: 'shop', name: 'group', members: twice }],
      },
      gobelieve: {
        apps: [app],
        users: [{ ref: 'one', app: 'app', name: 'one' }],
        stores: [{ ref: 'store', app: 'app', name: 'store', supporters: twice }],
        groups: [{ ref: 'group', app: 'app', master: 'one', name: 'group', members: twice }],
      },
    });
    expect([answer.status, await answer.text()]).toEqual([201, expect.anything()]);
  });

  it('say everything that is wrong with their names at once', async () => {
    const document = {
      tower: {
        teams: [
          { ref: 'a', name: 'a', owner: 'b' },
          { ref: 'a', name: 'a', owner: 'c' },
        ],
      },
    };
    const answer = await control(url, 'POST', '/seed', document);
    const { details } = (await answer.json()) as Refused;
    expect([answer.status, details.map(({ path }) => path.slice('/body/tower/teams'.length))]).toEqual([
      400,
      ['/1/ref', '/0/owner', '/1/owner'],
    ]);
  });

  it('come in any order, and are as old as what needs them by the clock of the world', async () => {
    const sandbox = createSandboxClient({ baseUrl: `${url}/sandbox` });
    const now = '2026-05-01T00:00:00.000Z';
    const seed = {
      tower: {
        ...tower,
        apps: [{ ref: 'app', team: 'team', name: 'a' }],
        ...project,
        todos: [
          { ...todo, ref: 'below', parent: 'todo', at: '-2d' },
          { ...todo, at: '2026-04-20T08:00:00+08:00' },
          { ...todo, ref: 'above', content: 'b' },
          { ...todo, ref: 'under', parent: 'above', at: '-36h' },
        ],
      },
    };
    const { data: world } = await sandbox.POST('/worlds', { body: { clock: { now, frozen: true }, seed } });
    const credentials = await (await control(world?.base_url ?? '', 'GET', '/credentials')).json();
    const client = await towerAs(world?.base_url ?? '', credentials as Credentials, 'wang');
    const createdAt = async (ref: string) => {
      const path = { todo_id: String(world?.ids?.tower?.[ref]) };
      const { data } = await client.GET('/api/v1/todos/{todo_id}', { params: { path } });
      return new Date(String(data?.data.attributes.created_at)).toISOString();
    };
    expect(await Promise.all(['todo', 'below', 'above', 'under'].map(createdAt))).toEqual([
      '2026-04-20T00:00:00.000Z',
      '2026-04-29T00:00:00.000Z',
      '2026-04-29T12:00:00.000Z',
      '2026-04-29T12:00:00.000Z',
    ]);
    const { data: list } = await client.GET('/api/v1/todolists/{todolist_id}', {
      params: { path: { todolist_id: String(world?.ids?.tower?.list) } },
    });
    expect(new Date(String(list?.data.attributes.created_at)).toISOString()).toBe('2026-04-20T00:00:00.000Z');
    // Numbers in the team grow with the time.
    const numbers = ['todo', 'below', 'above', 'under'].map(async (ref) => {
      const path = { todo_id: String(world?.ids?.tower?.[ref]) };
      return (await client.GET('/api/v1/todos/{todo_id}', { params: { path } })).data?.data.attributes.team_wide_id;
    });
    expect(await Promise.all(numbers)).toEqual([1, 2, 3, 4]);
  });

  it('that are refused leave no world', async () => {
    const body = { seed: { tower: { teams: [{ ref: 'a', name: 'a', owner: 'nobody' }] } } };
    const worlds = async () =>
      ((await (await control(url, 'GET', '/worlds')).json()) as { id: string }[]).map(({ id }) => id);
    const before = await worlds();
    expect((await refusal(control(url, 'POST', '/worlds', body))).slice(0, 2)).toEqual([
      400,
      '/body/seed/tower/teams/0/owner',
    ]);
    expect(await worlds()).toEqual(before);
  });
});

describeEachDatabase('QIYUE_SEED', (databases) => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qiyue-seed-'));
    file = join(folder, 'seed.yaml');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const start = async (text: string, databaseUrl?: string) => {
    await writeFile(file, text);
    return startServer({ QIYUE_SEED: file, DATABASE_URL: databaseUrl ?? (await databases.createUrl()) });
  };
  const keysOf = async (url: string) => {
    const credentials = (await (await control(url, 'GET', '/credentials')).json()) as Credentials;
    return credentials.ucenter?.people.map(({ key }) => key).filter((key) => ['wang', 'chen', 'li'].includes(key));
  };
  const wang = 'ucenter:\n  users:\n    - {ref: wang, username: wang}\n';

  it('is a part of the demo data, of which a start makes what is missing', async () => {
    const databaseUrl = await databases.createUrl();
    const first = await start(wang, databaseUrl);
    const { credentials } = await seed(first.url, { ucenter: { users: [{ ref: 'li', username: 'li' }] } });
    const { password } = personOf(credentials, 'ucenter', 'wang');
    expect(await keysOf(first.url)).toEqual(['wang', 'li']);
    await first.close();

    const second = await start(`${wang}    - {ref: chen, username: chen}\n`, databaseUrl);
    try {
      const { url } = second;
      expect(await keysOf(url)).toEqual(['wang', 'li', 'chen']);
      const shown = (await (await control(url, 'GET', '/credentials')).json()) as Credentials;
      expect(personOf(shown, 'ucenter', 'wang').password).toBe(password);
      const world = await makeWorld(url);
      expect(await keysOf(world.base_url)).toEqual(['wang', 'chen']);
      expect(await keysOf((await makeWorld(url, { from: 'empty' })).base_url)).toEqual([]);
      expect((await control(url, 'POST', '/reset')).status).toBe(204);
      expect(await keysOf(url)).toEqual(['wang', 'chen']);
    } finally {
      await second.close();
    }
  });

  it('makes the same ids and credentials at each start, after a reset and in every world', async () => {
    const text = stringify(await example());
    // Addresses differ.
    const seeded = async (url: string) => {
      const { origin, ...ofApis } = (await (await control(url, 'GET', '/credentials')).json()) as Credentials;
      const told = Object.entries(ofApis).map(([api, { people, apps, ids }]) => [api, { people, apps, ids }]);
      return Object.fromEntries(told) as Credentials;
    };
    const first = await start(text);
    const second = await start(text);
    try {
      const before = await seeded(first.url);
      expect(Object.keys(before.tower?.ids ?? {})).toContain('shopping');
      expect(await seeded(second.url)).toEqual(before);
      const world = await makeWorld(first.url);
      expect(await seeded(world.base_url)).toEqual(before);
      expect((await control(first.url, 'POST', '/reset')).status).toBe(204);
      expect(await seeded(first.url)).toEqual(before);
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });

  it('names the entry that a world with an earlier clock cannot have', async () => {
    const { url, close } = await start(wang.replace('}', ", at: '2026-03-01T10:00:00+08:00'}"));
    try {
      const refused = await control(url, 'POST', '/worlds', { clock: { now: '2026-02-01T00:00:00Z' } });
      expect([refused.status, await refused.json()]).toEqual([
        409,
        {
          error: 'conflict',
          message: expect.stringMatching(
            /^The data of QIYUE_SEED cannot be made at this time: ucenter\.users\.0\.at must/,
          ),
        },
      ]);
      const world = await makeWorld(url, { clock: { now: '2026-04-01T00:00:00Z' } });
      expect(await keysOf(world.base_url)).toEqual(['wang']);
    } finally {
      await close();
    }
  });

  it.each([
    ['a file that is not there', undefined, /QIYUE_SEED: .*seed\.yaml cannot be read: ENOENT/],
    ['an empty one', '', /QIYUE_SEED: .*seed\.yaml is empty/],
    ['broken YAML', 'ucenter:\n  users: [\n', /seed\.yaml:3: /],
    ['a wrong field', `${wang}      color: red\n`, /seed\.yaml:4: /],
    [
      'a wrong type',
      'ucenter:\n  users:\n    - ref: wang\n      username: 1\n',
      /seed\.yaml:4: ucenter\.users\.0\.username must be string/,
    ],
    [
      'an unknown name',
      `${wang}  apps:\n    - {ref: a, name: a, developer: b}\n`,
      /seed\.yaml:5: ucenter\.apps\.0\.developer names b/,
    ],
    [
      'a taken value',
      'ucenter:\n  users:\n    - ref: wang\n      username: demo\n',
      /seed\.yaml:4: ucenter\.users\.0\.username is taken/,
    ],
  ])('stops the start for %s', async (_what, text, message) => {
    if (text === undefined) await rm(file, { force: true });
    else await writeFile(file, text);
    const databaseUrl = await databases.createUrl();
    const config = readConfig(apis, {
      QIYUE_SEED: file,
      DATABASE_URL: databaseUrl,
      LOG_LEVEL: 'silent',
      PORT: '0',
      MOCK_PORT: 'off',
      IM_PORT: 'off',
      IM_WS_PORT: 'off',
    });
    await expect(serve(config)).rejects.toThrow(message);
  });
});

it('a seed needs a sandbox', () => {
  const environment = { NODE_ENV: 'production', PUBLIC_URL: 'https://api.example.com', QIYUE_SEED: 'seed.yaml' };
  expect(() => readConfig(apis, environment)).toThrow('QIYUE_SEED: only a sandbox can have a seed');
});
