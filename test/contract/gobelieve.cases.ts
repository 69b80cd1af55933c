import { randomUUID } from 'node:crypto';
import type { operations } from '../../generated/gobelieve.ts';
import type { Context } from '../../src/context.ts';
import { gobelieve } from '../../src/gobelieve/index.ts';
import type { Limits } from '../../src/limits.ts';
import type { Exchange } from '../../src/verify/exchange.ts';
import { App, createApp, type Demo, newUid, type User } from '../gobelieve/apps.ts';
import { fillThumbnailTurns, tinyPng } from '../support/thumbnails.ts';
import type { Case, Suite } from './harness.ts';

/** Attempts for one customer in a minute. */
const CUSTOMERS = 50;

/** Prepares what a tested request needs. */
class GobelieveWorld {
  readonly demo: Demo;
  readonly app: App;
  /** An app without a store. */
  readonly bare: App;
  private readonly limits: Limits;

  constructor(url: string, demo: Demo, bare: App, { limits }: Context) {
    this.demo = demo;
    this.app = new App(url, demo);
    this.bare = bare;
    this.limits = limits;
  }

  fillThumbnailTurns(): void {
    fillThumbnailTurns(this.limits);
  }

  /** A group with its master, a member and a user who is neither. */
  async group() {
    const { app } = this;
    const [master, member, outsider] = (await app.users(3)) as [User, User, User];
    const gid = await app.group(master.uid, [master.uid, member.uid]);
    return { gid: String(gid), master, member, outsider };
  }

  async upload(target: string, content: Uint8Array, type: string): Promise<string> {
    const { headers } = await this.app.user();
    const form = new FormData();
    form.append('file', new Blob([content as Uint8Array<ArrayBuffer>], { type }), 'a.txt');
    const response = await fetch(this.app.url + target, { method: 'POST', headers, body: form });
    return ((await response.json()) as { src: string }).src.split('/').at(-1) ?? '';
  }
}

/** Requests for a part of a file, for a file that the client has, and for a part beyond the end. */
const parts = (upload: (world: GobelieveWorld) => Promise<string>) => {
  const withHeaders =
    (headers: Record<string, string>): Made =>
    async (world) => ({ params: { name: await upload(world) }, headers });
  return {
    206: withHeaders({ Range: 'bytes=0-1' }),
    304: withHeaders({ 'If-None-Match': '*' }),
    416: withHeaders({ Range: 'bytes=1000000-' }),
  };
};

type Group = Awaited<ReturnType<GobelieveWorld['group']>>;
type Made = Case<GobelieveWorld>;

/** A request from the app's server. */
const fromServer =
  (exchange: Exchange = {}): Made =>
  ({ app }) => ({ ...exchange, headers: { ...app.headers, ...exchange.headers } });

/** A request from the device of a new user. */
const fromDevice =
  (exchange: Exchange | ((user: User, world: GobelieveWorld) => Exchange | Promise<Exchange>) = {}): Made =>
  async (world) => {
    const user = await world.app.user();
    const sent = typeof exchange === 'function' ? await exchange(user, world) : exchange;
    return { ...sent, headers: { ...user.headers, ...sent.headers } };
  };

/** A request about a new group from the app's server. */
const aboutGroup =
  (exchange: (group: Group) => Exchange): Made =>
  async (world) => {
    const group = await world.group();
    const sent = exchange(group);
    return { ...sent, params: { gid: group.gid, ...sent.params }, headers: world.app.headers };
  };

type Role = 'master' | 'member' | 'outsider';

/** A request about a new group from the device of a user with that role. */
const inGroup =
  (role: Role, exchange: (group: Group) => Exchange = () => ({})): Made =>
  async (world) => {
    const group = await world.group();
    const sent = exchange(group);
    return { ...sent, params: { gid: group.gid, ...sent.params }, headers: group[role].headers };
  };

const unknownGroup = { gid: '987654321' };
const wrongSecret = { Authorization: `Basic ${btoa('1:00000000000000000000000000000000')}` };
const wrongToken = { Authorization: 'Bearer unknown' };

/** Every way of failing server authorization. */
const notServer = (exchange: Exchange = {}): readonly Made[] => [
  exchange,
  { ...exchange, headers: wrongSecret },
  { ...exchange, headers: { Authorization: 'Basic %%%' } },
  fromDevice(exchange),
];

/** Every way of failing client authorization. */
const notUser = (exchange: Exchange = {}): readonly Made[] => [
  exchange,
  { ...exchange, headers: wrongToken },
  fromServer(exchange),
];

/** Every way of failing where both schemes are accepted. */
const notAuthorized = (exchange: Exchange = {}): readonly Made[] => [
  exchange,
  { ...exchange, headers: wrongSecret },
  { ...exchange, headers: wrongToken },
];

const json = (value: unknown): Exchange => ({ json: value });

/** The default Content-Type of curl, which existing scripts keep. */
const asForm = (value: unknown): Exchange => ({
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: JSON.stringify(value),
});

const settings = {
  200: [
    fromServer({ params: { uid: '10001' }, json: { name: '甲', mute: true } }),
    fromServer({ params: { uid: '10001' }, json: { do_not_disturb: { peer_uid: '2', on: false } } }),
    fromServer({ params: { uid: '10001' }, json: { do_not_disturb: { peer_uid: 2, on: 1 }, mute: 0 } }),
    fromServer({ params: { uid: '10001' }, ...asForm({ forbidden: true }) }),
  ],
  400: [
    fromServer({ params: { uid: 'a' }, json: { name: 'a' } }),
    fromServer({ params: { uid: '1' }, json: {} }),
    fromServer({ params: { uid: '1' }, json: { mute: 'on' } }),
    fromServer({ params: { uid: '1' }, json: { forbidden: 2 } }),
  ],
  401: notServer({ params: { uid: '1' }, json: { name: 'a' } }),
};

const message = { sender: 10001, receiver: 10002, content: '{"text":"你好"}' };

const customers = {
  200: [
    ({ demo: { appid } }: GobelieveWorld) =>
      json({ appid, customer_id: `c-${randomUUID()}`, name: '访客', avatar: '', platform_id: 3, device_id: 'web' }),
    ({ demo: { appid } }: GobelieveWorld) => ({ ...asForm({ appid }) }),
    ({ demo: { appid } }: GobelieveWorld) => json({ appid, customer_id: 10086 }),
    ({ demo: { appid } }: GobelieveWorld) => json({ appid, customer_id: '' }),
    ({ demo: { appid }, app }: GobelieveWorld) => ({ ...json({ appid, customer_id: 'c' }), headers: app.headers }),
    ({ demo: { appid } }: GobelieveWorld) => ({ ...json({ appid, customer_id: 'c' }), headers: wrongSecret }),
  ],
  400: [
    json({ appid: 987654321, customer_id: 'c' }),
    json({ appid: 'a' }),
    json({}),
    ({ demo: { appid } }: GobelieveWorld) => json({ appid, customer_id: true }),
    ({ demo: { appid } }: GobelieveWorld) => json({ appid, customer_id: 1.5 }),
  ],
} satisfies Record<number, readonly Made[]>;

const tooManyCustomers =
  (path: string): Made =>
  async ({ demo: { appid }, app: { url } }) => {
    const exchange = json({ appid, customer_id: `guessed-${randomUUID()}` });
    const init = { method: 'POST', body: JSON.stringify(exchange.json) };
    for (let tried = 0; tried <= CUSTOMERS; tried++) await fetch(url + path, init);
    return exchange;
  };

const devices = {
  200: [
    fromDevice(json({ apns_device_token: 'a1' })),
    fromDevice(asForm({ hw_device_token: 'h', xm_device_token: 'x', gcm_device_token: 'g', jp_device_token: 'j' })),
  ],
  400: [
    fromDevice(json({})),
    fromDevice(json({ other_device_token: 'a' })),
    fromDevice(json({ apns_device_token: '' })),
    fromDevice(json({ apns_device_token: 1 })),
  ],
  401: notUser(json({ apns_device_token: 'a' })),
};

// The smallest PNG: one pixel.
const file = (content: string | Uint8Array, type: string, filename = 'a.txt'): Exchange => ({
  multipart: { file: { content, type, filename } },
});
const raw = (content: string | Uint8Array, type: string): Exchange => ({
  body: content,
  headers: { 'Content-Type': type },
});

/** The bytes that an app may store in these tests. */
const STORAGE = 100_000;
const tooMuch = Buffer.concat([tinyPng, Buffer.alloc(STORAGE)]);

const uploads = (kind: 'image' | 'other') => ({
  200:
    kind === 'image'
      ? [fromDevice(file(tinyPng, 'image/png', 'a.png')), fromDevice(raw(tinyPng, 'application/plain'))]
      : [
          fromDevice(file('content', 'text/plain')),
          fromDevice(file(tinyPng, 'application/octet-stream', '没有扩展名')),
        ],
  400: [
    fromDevice(file('', 'image/png')),
    fromDevice({ multipart: { other: { content: 'x', type: 'text/plain', filename: 'x' } } }),
    ...(kind === 'image' ? [fromDevice(file('GIF89a', 'image/gif'))] : []),
  ],
  401: notUser(file(tinyPng, 'image/png')),
  403: fromDevice(file(tooMuch, 'image/png')),
});

const NOWHERE = '0'.repeat(32);

export const suite: Suite<operations, GobelieveWorld> = {
  api: gobelieve,
  environment: { CUSTOMER_LIMIT: String(CUSTOMERS), UPLOAD_LIMIT: '200000', GOBELIEVE_STORAGE_LIMIT: String(STORAGE) },
  async createWorld(url, server) {
    const response = await fetch(`${server.url}/sandbox/credentials`);
    const { gobelieve: demo } = (await response.json()) as { gobelieve: Demo };
    return new GobelieveWorld(url, demo, await createApp({ server, url }), server.context);
  },
  cases: {
    grantToken: {
      200: [
        fromServer(json({ uid: 10001, user_name: '甲', platform_id: 1, device_id: 'a' })),
        fromServer(asForm({ uid: Number.MAX_SAFE_INTEGER })),
      ],
      400: [fromServer(json({ uid: '10001' })), fromServer(json({})), fromServer(json([]))],
      401: notServer(json({ uid: 1 })),
    },
    updateUser: settings,
    patchUser: settings,

    createGroup: {
      200: [
        fromServer(
          json({ master: 1, name: '骑行', super: true, members: [{ uid: 1, name: 'a', avatar: 'b' }, '2', 3] }),
        ),
        fromServer(asForm({ master: 1, name: '' })),
      ],
      400: [
        fromServer(json({ master: 1 })),
        fromServer(json({ master: 1, name: 'a', members: ['a'] })),
        fromServer(json({ master: '1', name: 'a' })),
      ],
      401: notServer(json({ master: 1, name: 'a' })),
    },
    renameGroup: {
      200: aboutGroup(() => json({ name: '夜骑' })),
      400: [
        fromServer({ params: unknownGroup, json: { name: 'a' } }),
        fromServer({ params: { gid: 'a' }, json: { name: 'a' } }),
        aboutGroup(() => json({ notice: 'a' })),
      ],
      401: notServer({ params: unknownGroup, json: { name: 'a' } }),
    },
    dissolveGroup: {
      200: aboutGroup(() => ({})),
      400: [fromServer({ params: unknownGroup }), fromServer({ params: { gid: '0' } })],
      401: notServer({ params: unknownGroup }),
    },
    upgradeGroup: {
      200: [
        aboutGroup(() => ({})),
        async (world) => {
          const { gid } = await world.group();
          return { params: { gid }, headers: { ...world.app.headers, 'Content-Type': 'application/json' } };
        },
      ],
      400: [fromServer({ params: unknownGroup }), fromServer({ params: { gid: '1.5' } })],
      401: notServer({ params: unknownGroup }),
    },
    addGroupMembers: {
      200: [
        aboutGroup(() =>
          json({ members: [{ uid: newUid(), name: 'a', avatar: 'b' }], inviter: { uid: '1', name: 'c' } }),
        ),
        aboutGroup(() => json([newUid(), String(newUid()), { uid: newUid() }])),
        aboutGroup(() => json({ uid: newUid() })),
        aboutGroup(() => json({ members: [] })),
      ],
      400: [
        aboutGroup(() => json({ members: [1, 'a'] })),
        aboutGroup(() => json({})),
        fromServer({ params: unknownGroup, json: { members: [1] } }),
      ],
      401: notServer({ params: unknownGroup, json: { members: [1] } }),
    },
    removeGroupMembers: {
      200: [
        aboutGroup(({ member }) => json([member.uid])),
        aboutGroup(({ member, master }) => json([String(member.uid), { uid: master.uid, name: 'a', avatar: 'b' }])),
        aboutGroup(() => json([newUid()])),
      ],
      400: [aboutGroup(() => json([])), aboutGroup(() => json(['a'])), fromServer({ params: unknownGroup, json: [1] })],
      401: notServer({ params: unknownGroup, json: [1] }),
    },
    leaveGroup: {
      200: [
        aboutGroup(({ member }) => ({ params: { mid: String(member.uid) } })),
        aboutGroup(({ outsider }) => ({ params: { mid: String(outsider.uid) } })),
      ],
      400: [fromServer({ params: { ...unknownGroup, mid: '1' } }), aboutGroup(() => ({ params: { mid: 'a' } }))],
      401: notServer({ params: { ...unknownGroup, mid: '1' } }),
    },
    updateGroupMember: {
      200: [{ do_not_disturb: true }, { nickname: '老王' }, { mute: true }, { mute: 1 }].map((value) =>
        aboutGroup(({ member }) => ({ params: { mid: String(member.uid) }, json: value })),
      ),
      400: [
        aboutGroup(({ member }) => ({ params: { mid: String(member.uid) }, json: { nickname: 'a', mute: true } })),
        aboutGroup(({ member }) => ({ params: { mid: String(member.uid) }, json: {} })),
        aboutGroup(({ outsider }) => ({ params: { mid: String(outsider.uid) }, json: { mute: true } })),
        fromServer({ params: { ...unknownGroup, mid: '1' }, json: { mute: true } }),
      ],
      401: notServer({ params: { ...unknownGroup, mid: '1' }, json: { mute: true } }),
    },

    sendPeerMessage: {
      200: [fromServer(json(message)), fromServer(asForm({ ...message, content: '' }))],
      400: [fromServer(json({ ...message, sender: '1' })), fromServer(json({ sender: 1, receiver: 2 }))],
      401: notServer(json(message)),
    },
    sendCustomerMessage: {
      200: fromServer(json(message)),
      400: [fromServer(json({ ...message, receiver_appid: 2 })), fromServer(json({ sender: 1, receiver: 2 }))],
      401: notServer(json(message)),
    },
    sendGroupMessage: {
      200: aboutGroup(({ gid, member }) => json({ ...message, sender: member.uid, receiver: Number(gid) })),
      400: [fromServer(json({ ...message, receiver: 987654321 })), fromServer(json({ ...message, receiver: 'a' }))],
      401: notServer(json(message)),
    },
    sendSystemMessage: {
      200: fromServer(json({ receiver: 10002, content: '已发货' })),
      400: [fromServer(json({ receiver: 10002 })), fromServer(json({ receiver: 0, content: 'a' }))],
      401: notServer(json({ receiver: 1, content: 'a' })),
    },
    sendNotification: {
      200: fromServer(json({ receiver: 10002, content: '对方正在输入' })),
      400: fromServer(json({ receiver: '1', content: 'a' })),
      401: notServer(json({ receiver: 1, content: 'a' })),
    },
    sendGroupNotification: {
      200: aboutGroup(({ gid }) => json({ group_id: Number(gid), content: '{}' })),
      400: [
        fromServer(json({ group_id: 987654321, content: 'a' })),
        async ({ app }) => ({ headers: app.headers, json: { group_id: await app.group(1), content: 'no member' } }),
      ],
      401: notServer(json({ group_id: 1, content: 'a' })),
    },
    sendRoomMessage: {
      200: [fromServer(json(message)), fromServer(json({ ...message, sender: 0 }))],
      400: fromServer(json({ ...message, receiver: 0 })),
      401: notServer(json(message)),
    },

    authenticateCustomer: { ...customers, 429: tooManyCustomers('/auth/customer') },
    registerCustomer: { ...customers, 429: tooManyCustomers('/customer/register') },
    getSupporter: {
      200: [
        fromDevice((_, { demo }) => ({ query: { store_id: String(demo.store_id) } })),
        fromDevice((_, { demo }) => ({ query: { store: String(demo.store_id) } })),
        fromDevice(),
      ],
      400: [
        fromDevice({ query: { store: '987654321' } }),
        fromDevice({ query: { store_id: '987654321' } }),
        fromDevice({ query: { store_id: 'a' } }),
        async ({ bare }) => ({ headers: (await bare.user()).headers }),
      ],
      401: notUser({ query: { store_id: '1' } }),
    },

    getOfflineFlag: {
      200: [
        fromServer({ query: { uid: '10002', platform_id: '1', device_id: 'a' } }),
        async ({ app, demo: { appid } }) => {
          await app.do('POST', '/auth/customer', { appid, customer_id: '客户' });
          return { headers: app.headers, query: { customer_id: '客户' } };
        },
        fromDevice(),
        fromDevice(({ uid }) => ({ query: { uid: String(uid) } })),
      ],
      400: [
        fromServer(),
        fromServer({ query: { customer_id: 'unknown' } }),
        fromServer({ query: { customer_id: 'a', uid: '1' } }),
        fromServer({ query: { uid: '1', platform_id: '9' } }),
      ],
      401: notAuthorized({ query: { uid: '1' } }),
      403: fromDevice({ query: { uid: '1' } }),
    },
    listMessages: {
      200: [
        async ({ app }) => {
          const [a, b] = await app.pair();
          await app.peer(a.uid, b.uid, '你好');
          await app.say(a.uid, await app.group(a.uid, [b.uid]), '大家好');
          return { headers: b.headers };
        },
        fromDevice((_, { demo }) => ({ query: { store: String(demo.store_id) } })),
      ],
      400: fromDevice({ query: { store: 'a' } }),
      401: notUser(),
    },
    dequeueMessages: {
      200: [fromDevice(), fromDevice({ query: { last_id: '1' } })],
      400: fromDevice({ query: { last_id: '0' } }),
      401: notUser(),
    },

    createClientGroup: {
      200: [
        fromDevice(({ uid }) => json({ master: uid, name: '骑行', members: [uid, { uid: newUid(), name: 'a' }] })),
        fromServer(json({ master: 1, name: 'a', super: false })),
      ],
      400: [fromDevice(({ uid }) => json({ master: uid, name: 'a', members: [0] })), fromDevice(json({ master: 1 }))],
      401: notAuthorized(json({ master: 1, name: 'a' })),
      403: fromDevice(json({ master: 1, name: 'a' })),
    },
    listClientGroups: {
      200: [
        inGroup('member', () => ({ query: { fields: 'members,quiet,unknown' } })),
        inGroup('member', () => ({ query: { fields: '' } })),
        fromDevice(),
      ],
      400: fromDevice({ query: { fields: 'x'.repeat(300) } }),
      401: notUser(),
    },
    getClientGroup: {
      200: [inGroup('member'), inGroup('master')],
      400: [fromDevice({ params: unknownGroup }), fromDevice({ params: { gid: 'a' } })],
      401: notUser({ params: unknownGroup }),
      403: inGroup('outsider'),
    },
    updateClientGroup: {
      200: [inGroup('member', () => json({ name: '夜骑' })), inGroup('master', () => json({ notice: '七点' }))],
      400: [
        inGroup('master', () => json({ name: 'a', notice: 'b' })),
        inGroup('master', () => json({})),
        fromDevice({ params: unknownGroup, json: { name: 'a' } }),
      ],
      401: notUser({ params: unknownGroup, json: { name: 'a' } }),
      403: inGroup('outsider', () => json({ name: 'a' })),
    },
    dissolveClientGroup: {
      200: inGroup('master'),
      400: fromDevice({ params: unknownGroup }),
      401: notUser({ params: unknownGroup }),
      403: [inGroup('member'), inGroup('outsider')],
    },
    addClientGroupMembers: {
      200: [
        inGroup('member', () => json({ members: [{ uid: newUid(), name: 'a', avatar: 'b' }] })),
        inGroup('master', () => json([newUid()])),
        inGroup('master', () => json({ uid: String(newUid()) })),
      ],
      400: [inGroup('master', () => json({ members: ['a'] })), fromDevice({ params: unknownGroup, json: [1] })],
      401: notUser({ params: unknownGroup, json: [1] }),
      403: inGroup('outsider', ({ outsider }) => json([outsider.uid])),
    },
    removeClientGroupMembers: {
      200: [
        inGroup('master', ({ member }) => json([{ uid: member.uid, name: 'a', avatar: 'b' }])),
        inGroup('master', ({ member }) => json([member.uid, String(newUid())])),
        aboutGroup(({ member }) => json([member.uid])),
      ],
      400: [inGroup('master', () => json([])), fromServer({ params: unknownGroup, json: [1] })],
      401: notAuthorized({ params: unknownGroup, json: [1] }),
      403: [
        inGroup('member', ({ member }) => json([member.uid])),
        inGroup('outsider', ({ member }) => json([member.uid])),
      ],
    },
    leaveClientGroup: {
      200: inGroup('member', ({ member }) => ({ params: { mid: String(member.uid) } })),
      400: [
        fromDevice(({ uid }) => ({ params: { ...unknownGroup, mid: String(uid) } })),
        inGroup('member', () => ({ params: { mid: 'a' } })),
      ],
      401: notUser({ params: { ...unknownGroup, mid: '1' } }),
      403: inGroup('master', ({ member }) => ({ params: { mid: String(member.uid) } })),
    },
    updateClientGroupMember: {
      200: [
        ...[{ do_not_disturb: true }, { quiet: false }, { nickname: '老王' }].map((value) =>
          inGroup('member', ({ member }) => ({ params: { mid: String(member.uid) }, json: value })),
        ),
        aboutGroup(({ member }) => ({ params: { mid: String(member.uid) }, json: { nickname: 'a' } })),
      ],
      400: [
        inGroup('member', ({ member }) => ({ params: { mid: String(member.uid) }, json: { mute: false } })),
        inGroup('member', ({ member }) => ({
          params: { mid: String(member.uid) },
          json: { nickname: 'a', do_not_disturb: true },
        })),
        fromServer({ params: { ...unknownGroup, mid: '1' }, json: { nickname: 'a' } }),
      ],
      401: notAuthorized({ params: { ...unknownGroup, mid: '1' }, json: { nickname: 'a' } }),
      403: inGroup('master', ({ member }) => ({ params: { mid: String(member.uid) }, json: { nickname: 'a' } })),
    },

    setGroupQuiet: {
      200: [1, 0, true].map((quiet) => inGroup('member', () => ({ json: { quiet } }))),
      400: [
        inGroup('member', () => ({ json: { quiet: 2 } })),
        inGroup('outsider', () => ({ json: { quiet: 1 } })),
        fromDevice({ params: unknownGroup, json: { quiet: 1 } }),
      ],
      401: notUser({ params: unknownGroup, json: { quiet: 1 } }),
    },

    streamEvents: {
      200: [
        fromDevice(),
        fromDevice({ query: { room: ['900', '901'] } }),
        async ({ app }) => {
          const user = await app.user();
          await app.peer(newUid(), user.uid, 'before');
          const stream = await user.listen();
          await app.peer(newUid(), user.uid, 'first');
          await stream.first(1);
          stream.close();
          await app.peer(newUid(), user.uid, 'missed');
          return { headers: { ...user.headers, 'Last-Event-ID': stream.lastEventId ?? '' } };
        },
      ],
      400: [
        fromDevice({ query: { room: 'a' } }),
        fromDevice({ query: { room: Array.from({ length: 33 }, (_, index) => String(index + 1)) } }),
        fromDevice({ headers: { 'Last-Event-ID': '?' } }),
      ],
      401: notUser(),
    },

    uploadImage: uploads('image'),
    uploadAudio: uploads('other'),
    uploadFile: uploads('other'),
    uploadUnversionedFile: uploads('other'),
    uploadRawImage: {
      200: [fromDevice(raw(tinyPng, 'image/png')), fromDevice(raw(tinyPng, 'application/x-www-form-urlencoded'))],
      400: fromDevice(raw('GIF89a', 'image/gif')),
      401: notUser(raw(tinyPng, 'image/png')),
      403: fromDevice(raw(tooMuch, 'image/png')),
    },
    uploadRawAudio: {
      200: [fromDevice(raw('#!AMR\n', 'audio/amr')), fromDevice(raw('{}', 'application/json'))],
      401: notUser(raw('#!AMR\n', 'audio/amr')),
      403: fromDevice(raw(tooMuch, 'audio/amr')),
    },
    downloadImage: {
      200: [
        async (world) => ({ params: { name: await world.upload('/v2/images', tinyPng, 'image/png') } }),
        async (world) => ({
          params: { name: `${await world.upload('/v2/images', tinyPng, 'image/png')}@128w_128h_1c.jpg` },
        }),
      ],
      ...parts((world) => world.upload('/v2/images', tinyPng, 'image/png')),
      400: [
        { params: { name: `${NOWHERE}.png` } },
        { params: { name: `${NOWHERE}.png@999w_999h_1c.jpg` } },
        { params: { name: '../secret' } },
        async (world) => {
          const name = await world.upload('/v2/images', Buffer.from('no picture'), 'image/png');
          return { params: { name: `${name}@128w_128h_1c.jpg` } };
        },
      ],
      503: async (world) => {
        const name = await world.upload('/v2/images', tinyPng, 'image/png');
        world.fillThumbnailTurns();
        return { params: { name: `${name}@256w_256h_0c.jpg` } };
      },
    },
    downloadAudio: {
      200: async (world) => ({ params: { name: await world.upload('/v2/audios', Buffer.from('#!AMR'), 'audio/amr') } }),
      ...parts((world) => world.upload('/v2/audios', Buffer.from('#!AMR'), 'audio/amr')),
      400: [{ params: { name: NOWHERE } }, { params: { name: 'a' } }],
    },
    downloadFile: {
      200: async (world) => ({ params: { name: await world.upload('/v2/files', Buffer.from('abc'), 'text/plain') } }),
      ...parts((world) => world.upload('/v2/files', Buffer.from('abc'), 'text/plain')),
      400: { params: { name: 'a.txt' } },
      404: { params: { name: `${NOWHERE}.txt` } },
    },

    bindDevice: devices,
    unbindDevice: devices,
    bindDeviceV2: devices,
    unbindDeviceV2: devices,
  },
};
