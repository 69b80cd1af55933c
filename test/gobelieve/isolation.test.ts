import { beforeAll, describe, expect, it } from 'vitest';
import { type App, call, createTenant, describeApps, newUid, refused, succeeded, User } from './apps.ts';

interface Tenants {
  /** The app whose data is at risk. */
  a: { app: App; store_id: number; master: User; member: User; gid: number; customer: string; client: User };
  /** The other app. Its users have the same uids. */
  b: { app: App; store_id: number; master: User; member: User };
}

type Attempt = [
  what: string,
  method: string,
  target: (tenants: Tenants) => string,
  body?: (tenants: Tenants) => unknown,
];

/** Requests about a group of app A from the server of app B. */
const byServer: readonly Attempt[] = [
  ['rename', 'PATCH', ({ a }) => `/groups/${a.gid}`, () => ({ name: 'stolen' })],
  ['dissolve', 'DELETE', ({ a }) => `/groups/${a.gid}`],
  ['upgrade', 'POST', ({ a }) => `/groups/${a.gid}/upgrade`],
  ['add members', 'POST', ({ a }) => `/groups/${a.gid}/members`, ({ b }) => ({ members: [b.master.uid, newUid()] })],
  ['remove members', 'DELETE', ({ a }) => `/groups/${a.gid}/members`, ({ a }) => [a.member.uid]],
  ['take one out', 'DELETE', ({ a }) => `/groups/${a.gid}/members/${a.member.uid}`],
  ['set', 'PATCH', ({ a }) => `/groups/${a.gid}/members/${a.member.uid}`, () => ({ mute: true })],
  ['speak', 'POST', () => '/messages/groups', ({ a }) => ({ sender: a.master.uid, receiver: a.gid, content: 'x' })],
  ['notify', 'POST', () => '/messages/groups/notifications', ({ a }) => ({ group_id: a.gid, content: 'x' })],
  ['remove as client', 'DELETE', ({ a }) => `/client/groups/${a.gid}/members`, ({ a }) => [a.member.uid]],
  ['set as client', 'PATCH', ({ a }) => `/client/groups/${a.gid}/members/${a.member.uid}`, () => ({ nickname: 'x' })],
];

/** The same from the user of app B with the uid of the group's master. */
const byDevice: readonly Attempt[] = [
  ['see', 'GET', ({ a }) => `/client/groups/${a.gid}`],
  ['rename', 'PATCH', ({ a }) => `/client/groups/${a.gid}`, () => ({ name: 'stolen' })],
  ['dissolve', 'DELETE', ({ a }) => `/client/groups/${a.gid}`],
  ['invite', 'POST', ({ a }) => `/client/groups/${a.gid}/members`, () => ({ members: [newUid()] })],
  ['remove', 'DELETE', ({ a }) => `/client/groups/${a.gid}/members`, ({ a }) => [a.member.uid]],
  ['leave', 'DELETE', ({ a }) => `/client/groups/${a.gid}/members/${a.master.uid}`],
  ['set', 'PATCH', ({ a }) => `/client/groups/${a.gid}/members/${a.master.uid}`, () => ({ nickname: 'x' })],
];

/** Apps are isolated (G-9): what belongs to another app gets the same answer as what does not exist. */
describeApps('isolation between apps', (place) => {
  const tenants = {} as Tenants;

  beforeAll(async () => {
    const first = await createTenant(place, ['客服甲']);
    const second = await createTenant(place, ['客服乙']);
    const [master, member] = await first.app.pair();
    const customer = 'the same key in both';
    const auth = { json: { appid: first.app.appid, customer_id: customer } };
    const { client_id, token } = succeeded(await call(place.url, 'POST', '/auth/customer', auth));
    tenants.a = {
      ...first,
      master,
      member,
      gid: await first.app.group(master.uid, [master.uid, member.uid]),
      customer,
      client: new User(place.url, client_id, token),
    };
    const twins = [await second.app.user(master.uid), await second.app.user(member.uid)] as [User, User];
    tenants.b = { ...second, master: twins[0], member: twins[1] };
  });

  /** Everything that can be seen of app A. */
  async function seen() {
    const { a } = tenants;
    const users = [a.master, a.member, a.client];
    return {
      groups: await Promise.all(users.map((user) => user.groups())),
      histories: await Promise.all(users.map((user) => user.history())),
      waiting: await Promise.all(users.map(({ uid }) => a.app.offline(uid))),
    };
  }

  describe.each([
    ['the server', byServer, ({ b }: Tenants) => b.app],
    ['a device', byDevice, ({ b }: Tenants) => b.master],
  ] as const)('a group is unknown to %s of another app', (_, attempts, callerOf) => {
    it.each(attempts)('%s', async (_what, method, target, body) => {
      const before = await seen();
      const caller = callerOf(tenants);
      const attempt = (things: Tenants) => caller.send(method, target(things), body?.(things));
      const foreign = await attempt(tenants);
      const unknown = await attempt({ ...tenants, a: { ...tenants.a, gid: 987654321 } });
      expect([refused(foreign), foreign.meta]).toEqual([400, unknown.meta]);
      expect(await seen()).toEqual(before);
    });
  });

  it('answers invalid bodies for foreign groups like those for unknown ones', async () => {
    const { a, b } = tenants;
    for (const gid of [a.gid, 987654321]) {
      const reply = await b.app.send('PATCH', `/groups/${gid}`, {});
      expect([reply.status, reply.meta.message]).toEqual([
        400,
        (await b.app.send('PATCH', '/groups/987654321', {})).meta.message,
      ]);
    }
  });

  it('separates messages, notifications and rooms of equal ids', async () => {
    const { a, b } = tenants;
    const room = newUid();
    const before = await seen();
    const [here, there] = [await a.master.listen({ rooms: [room] }), await b.master.listen({ rooms: [room] })];
    const { uid } = a.master;
    await b.app.peer(b.member.uid, uid, 'peer');
    await b.app.do('POST', '/messages/systems', { receiver: uid, content: 'system' });
    await b.app.do('POST', '/messages/notifications', { receiver: uid, content: 'notification' });
    await b.app.do('POST', '/messages/rooms', { sender: 0, receiver: room, content: 'room' });
    const gid = await b.app.group(uid, [uid, b.member.uid]);
    await b.app.say(uid, gid, 'group');
    const superGroup = await b.app.group(uid, [uid], { super: true });
    await b.app.say(uid, superGroup, 'super group');
    expect((await there.all(b.app, uid)).map(({ event }) => event).sort()).toEqual([
      'group_message',
      'group_message',
      'group_notification',
      'group_notification',
      'notification',
      'peer_message',
      'room_message',
      'system_message',
    ]);
    expect(await seen()).toEqual(before);
    expect(await here.all(a.app, uid)).toEqual([]);
    for (const stream of [here, there]) stream.close();
  });

  it('does not resume the stream of another app', async () => {
    const { a, b } = tenants;
    const secret = `secret ${newUid()}`;
    await a.app.peer(newUid(), a.member.uid, secret);
    const stream = await b.member.listen({ lastEventId: '1' });
    const contents = (await stream.all(b.app, b.member.uid)).map(({ data }) => data.content);
    expect(contents).not.toContain(secret);
    stream.close();
  });

  it('separates names and settings of equal uids', async () => {
    const { a, b } = tenants;
    await a.app.do('POST', `/users/${a.master.uid}`, { name: '甲应用的人' });
    const before = await seen();
    await b.app.do('POST', `/users/${a.master.uid}`, { name: '乙应用的人', mute: true, forbidden: true });
    await b.app.user(a.master.uid, '又一个名字');
    await b.master.do('POST', '/messages/dequeue');
    expect(await seen()).toEqual(before);
  });

  it('makes two customers of the same customer_id', async () => {
    const { a, b } = tenants;
    const theirs = { json: { appid: b.app.appid, customer_id: a.customer } };
    const { token, store_id } = succeeded(await call(place.url, 'POST', '/auth/customer', theirs));
    expect(store_id).toBe(b.store_id);
    const twin = new User(place.url, 0, token);
    await a.app.peer(a.master.uid, a.client.uid, 'for the customer of A');
    expect(await twin.contents()).toEqual([]);
    const flag = `/messages/offline?customer_id=${encodeURIComponent(a.customer)}`;
    expect(await b.app.do('GET', flag)).toEqual({ new: 0, count: 0 });
    expect((await a.app.do('GET', flag)).new).toBe(1);
    const only = `only of A ${newUid()}`;
    succeeded(await call(place.url, 'POST', '/auth/customer', { json: { appid: a.app.appid, customer_id: only } }));
    expect(refused(await b.app.send('GET', `/messages/offline?customer_id=${encodeURIComponent(only)}`))).toBe(400);
  });

  it("does not show the supporters of another app's store", async () => {
    const { a, b } = tenants;
    expect(refused(await b.master.send('GET', `/supporters?store_id=${a.store_id}`))).toBe(400);
    expect(await b.master.do('GET', `/messages?store=${a.store_id}`)).toEqual([]);
  });

  it('separates push tokens', async () => {
    const { a, b } = tenants;
    const phone = { hw_device_token: `phone-${newUid()}` };
    await a.master.do('POST', '/device/bind', phone);
    await b.master.do('POST', '/device/bind', phone);
    await b.master.do('POST', '/device/unbind', phone);
    const { database } = place.server.context;
    const rows = database.selectFrom('gobelieve_devices').select('app_id').where('token', '=', phone.hw_device_token);
    expect(await rows.execute()).toEqual([{ app_id: a.app.appid }]);
  });

  it('accepts credentials for their own app only', async () => {
    const { a, b } = tenants;
    const mixed = {
      Authorization: `Basic ${btoa(`${a.app.appid}:${atob(b.app.headers.Authorization.slice(6)).split(':')[1]}`)}`,
    };
    expect(refused(await call(place.url, 'POST', '/auth/grant', { json: { uid: 1 }, headers: mixed }))).toBe(401);
    expect((await a.master.groups()).map(({ id }) => id)).toContain(a.gid);
    expect((await b.master.groups()).map(({ id }) => id)).not.toContain(a.gid);
  });
});
