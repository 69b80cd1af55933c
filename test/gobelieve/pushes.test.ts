import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { transact } from '../../src/database/transact.ts';
import { forgetPushToken } from '../../src/gobelieve/model/devices.ts';
import { revokeTokens } from '../../src/gobelieve/model/tokens.ts';
import { redisUrl as redis } from '../support/redis.ts';
import { type App, describeApps, type Installation, install, newUid, User } from './apps.ts';

interface Push {
  to: string;
  subject: string | null;
  body: string;
  push: { service: string; badge: number; collapse_id?: string; data: Record<string, string> };
}

/** Pushes to users who are not connected (G-74 to G-77). The outbox of the sandbox shows them. */
describeApps('pushes', (place, databases) => {
  const services = ['apns', 'gcm', 'xm', 'pushkit'] as const;

  /** A user with a phone; `to` is the address of its pushes in the outbox. */
  async function withPhone(app: App, service: (typeof services)[number] = 'apns', uid = newUid()) {
    const user = await app.user(uid);
    const to = `${service} token of ${uid}`;
    await user.do('POST', '/device/bind', { [`${service}_device_token`]: to });
    return { user, uid, to };
  }

  const outbox = async (to: string, server = place.server): Promise<Push[]> => {
    const response = await fetch(`${server.url}/sandbox/outbox?to=${encodeURIComponent(to)}`);
    return ((await response.json()) as Push[]).reverse();
  };

  /** The pushes to a phone up to now: a last message marks the end, as pushes are made in the order of the messages. */
  async function pushesTo({ uid, to }: { uid: number; to: string }): Promise<Push[]> {
    const end = `end ${newUid()}`;
    await place.app.do('POST', '/messages/systems', { receiver: uid, content: end });
    await vi.waitFor(async () => expect((await outbox(to)).map(({ body }) => body)).toContain(end), 10_000);
    return (await outbox(to)).filter(({ body }) => !body.startsWith('end '));
  }
  const textsTo = async (phone: { uid: number; to: string }) => (await pushesTo(phone)).map(({ body }) => body);

  const say = (content: object) => JSON.stringify(content);

  it('tell who wrote what, with badge and collapse id', async () => {
    const { app } = place;
    const phone = await withPhone(app);
    const sender = await app.user(newUid(), '小明');
    await app.peer(sender.uid, phone.uid, say({ text: '明早八点', uuid: 'u-1' }));
    await app.peer(newUid(), phone.uid, say({ image2: { url: 'a', width: 1, height: 1 }, uuid: 'u-2' }));
    const pushes = await pushesTo(phone);
    const [{ id = 0 } = {}] = await phone.user.history();
    const ids = { appid: app.appid, id, command: 4, sender: sender.uid, receiver: phone.uid };
    expect(pushes[0]).toEqual({
      id: expect.any(String),
      channel: 'push',
      to: phone.to,
      subject: null,
      body: '小明: 明早八点',
      code: null,
      push: {
        service: 'apns',
        badge: 1,
        collapse_id: 'u-1',
        data: Object.fromEntries(Object.entries(ids).map(([key, value]) => [key, String(value)])),
      },
      created_at: expect.any(String),
    });
    expect(pushes[1]).toMatchObject({ body: '[图片]', push: { badge: 2, collapse_id: 'u-2' } });
  });

  it.each<[object | string, string | undefined, string?]>([
    ['hello', 'hello'],
    ['{"text":', '{"text":'],
    [{ text: 'x'.repeat(201) }, `${'x'.repeat(199)}…`],
    [{ audio: { url: 'a', duration: 3 } }, '[语音]'],
    [{ revoke: { msgid: 'u-9' }, uuid: 'u-10' }, '撤回了一条消息', 'u-9'],
    [{ text: 'long uuid', uuid: '长'.repeat(30) }, 'long uuid'],
    [{ headline: 'a' }, '发来一条消息'],
    [{ readed: { msgid: 'u-1' } }, undefined],
    [{ tag: { msgid: 'u-1', add_tag: 'a' } }, undefined],
  ])('for %j say %j', async (content, text, collapseId) => {
    const phone = await withPhone(place.app);
    await place.app.peer(newUid(), phone.uid, typeof content === 'string' ? content : say(content));
    const pushes = await pushesTo(phone);
    expect(pushes.map(({ body }) => body)).toEqual(text === undefined ? [] : [text]);
    expect(pushes[0]?.push.collapse_id).toBe(collapseId);
  });

  it('go on when the clock is set back after a device was bound', async () => {
    const { app, server } = place;
    const phone = await withPhone(app);
    const back = vi.spyOn(server.context.clock, 'now').mockImplementation(() => Date.now() - 30 * 60 * 1000);
    onTestFinished(() => back.mockRestore());
    await app.peer(newUid(), phone.uid, 'hello');
    expect(await textsTo(phone)).toEqual(['hello']);
    // The newest binding gets the pushes, also when the clock says otherwise.
    const to = `gcm token of ${phone.uid}`;
    await phone.user.do('POST', '/device/bind', { gcm_device_token: to });
    await app.peer(newUid(), phone.uid, 'again');
    expect(await textsTo({ uid: phone.uid, to })).toEqual(['again']);
  });

  it('in a group have its name, and go to the other members', async () => {
    const { app } = place;
    const [ann, bob, outsider] = [await withPhone(app), await withPhone(app, 'gcm'), await withPhone(app)];
    for (const more of [{}, { super: true }]) {
      const gid = await app.group(ann.uid, [ann.uid, bob.uid], more);
      await app.do('PATCH', `/groups/${gid}/members/${ann.uid}`, { nickname: '阿甲' });
      await app.say(ann.uid, gid, say({ text: '集合' }));
      await app.do('POST', '/messages/groups/notifications', { group_id: gid, content: '{"notice":1}' });
    }
    const expected = { subject: '周末骑行', body: '阿甲: 集合', push: { service: 'gcm' } };
    expect(await pushesTo(bob)).toMatchObject([expected, expected]);
    expect([await textsTo(ann), await textsTo(outsider)]).toEqual([[], []]);
  });

  it('are not for what is not stored, for oneself, and for what one sent', async () => {
    const { app } = place;
    const phone = await withPhone(app);
    await app.do('POST', '/messages/notifications', { receiver: phone.uid, content: 'x' });
    await app.peer(phone.uid, phone.uid, 'to myself');
    await app.peer(phone.uid, newUid(), 'to another');
    expect(await textsTo(phone)).toEqual([]);
  });

  it('respect do_not_disturb, unless a quiet group names the member', async () => {
    const { app } = place;
    const [phone, friend] = [await withPhone(app), await app.user()];
    await app.do('POST', `/users/${phone.uid}`, { do_not_disturb: { peer_uid: friend.uid, on: true } });
    await app.peer(friend.uid, phone.uid, 'quiet');
    await app.peer(newUid(), phone.uid, 'from another');
    const gid = await app.group(friend.uid, [friend.uid, phone.uid]);
    await phone.user.do('PATCH', `/client/groups/${gid}/members/${phone.uid}`, { do_not_disturb: true });
    await app.say(friend.uid, gid, say({ text: 'quiet' }));
    await app.say(friend.uid, gid, say({ text: 'named', at: [1, phone.uid] }));
    expect(await textsTo(phone)).toEqual(['from another', 'named']);
    // The quiet ones are messages like all others.
    expect(await phone.user.contents()).toContain('quiet');
  });

  describe('while a user is connected', () => {
    /** A connection with a token for this kind of device. */
    async function connect(uid: number, platform_id: number | undefined) {
      const { token } = await place.app.do('POST', '/auth/grant', { uid, platform_id });
      return new User(place.url, uid, token).listen();
    }

    it.each<[string, number | undefined, boolean | undefined, string[]]>([
      ['a phone, with mute unset', 2, false, []],
      ['a desktop', 3, undefined, []],
      ['a desktop, with mute set', 3, true, []],
      ['a desktop, with mute unset', 3, false, ['hello']],
      ['an unknown device, with mute unset', undefined, false, ['hello']],
    ])('on %s', async (_, platform, mute, expected) => {
      const { app } = place;
      const phone = await withPhone(app);
      if (mute !== undefined) await app.do('POST', `/users/${phone.uid}`, { mute });
      const stream = await connect(phone.uid, platform);
      await app.peer(newUid(), phone.uid, 'hello');
      // The push to another phone comes later.
      const other = await withPhone(app);
      await app.peer(newUid(), other.uid, 'later');
      expect(await textsTo(other)).toEqual(['later']);
      expect((await outbox(phone.to)).map(({ body }) => body)).toEqual(expected);
      stream.close();
    });

    it('begin again when the connection has ended, with a new badge', async () => {
      const { app, server } = place;
      const phone = await withPhone(app);
      for (const content of ['1', '2']) await app.peer(newUid(), phone.uid, content);
      expect((await pushesTo(phone)).map(({ push }) => push.badge)).toEqual([1, 2]);
      (await connect(phone.uid, 1)).close();
      const { database } = server.context;
      const connections = database.selectFrom('gobelieve_connections').select('node').where('uid', '=', phone.uid);
      await vi.waitFor(async () => expect(await connections.execute()).toEqual([]), 10_000);
      await app.peer(newUid(), phone.uid, '3');
      expect((await pushesTo(phone)).at(-1)).toMatchObject({ body: '3', push: { badge: 1 } });
      await phone.user.do('POST', '/messages/dequeue');
      await app.peer(newUid(), phone.uid, '4');
      expect((await pushesTo(phone)).at(-1)?.push.badge).toBe(1);
    });
  });

  it('go to the device that was bound last, and not to a VoIP token', async () => {
    const { app } = place;
    const uid = newUid();
    for (const service of ['xm', 'gcm', 'pushkit'] as const) await withPhone(app, service, uid);
    await app.peer(newUid(), uid, 'hello');
    expect(await textsTo({ uid, to: `gcm token of ${uid}` })).toEqual(['hello']);
    for (const service of ['xm', 'pushkit']) expect(await outbox(`${service} token of ${uid}`)).toEqual([]);
  });

  it('end when the token of the device is revoked, or its service no longer knows it', async () => {
    const { app, server } = place;
    const { database } = server.context;
    const [lost, gone, kept] = [await withPhone(app), await withPhone(app), await withPhone(app)];
    await revokeTokens(server.context, { appid: app.appid, uid: lost.uid });
    await forgetPushToken(database, { service: 'apns', token: gone.to }, Date.now() + 1000);
    // This one was bound again after its service had forgotten it.
    await forgetPushToken(database, { service: 'apns', token: kept.to }, 1);
    for (const { uid } of [lost, gone, kept]) await app.peer(newUid(), uid, 'hello');
    expect(await textsTo(kept)).toEqual(['hello']);
    expect([await outbox(lost.to), await outbox(gone.to)]).toEqual([[], []]);
  });

  it('reach all members of a large group who are away, once each and in order', async () => {
    const { app, server } = place;
    const { database } = server.context;
    const uids = Array.from({ length: 2000 }, newUid);
    const gid = await app.group(1, [1, ...uids]);
    const rows = uids.map((uid) => ({ uid, token: `crowd ${gid} ${uid}`, app_id: app.appid, service: 'apns' }));
    await transact(database, async (trx) => {
      for (let start = 0; start < rows.length; start += 1000)
        await trx
          .insertInto('gobelieve_devices')
          .values(rows.slice(start, start + 1000))
          .execute();
    });
    for (const content of ['1', '2']) await app.say(1, gid, content);
    const sent = database
      .selectFrom('messages_outbox')
      .select(['recipient', 'body', 'push'])
      .where('recipient', 'like', `crowd ${gid} %`)
      .orderBy('id');
    await vi.waitFor(async () => expect(await sent.execute()).toHaveLength(4000), 30_000);
    const pushes = (await sent.execute()).map(({ recipient, body, push }) => [
      recipient,
      body,
      JSON.parse(push ?? '{}').badge,
    ]);
    const ordered = uids.toSorted((one, other) => one - other).map((uid) => `crowd ${gid} ${uid}`);
    expect(pushes).toEqual([1, 2].flatMap((number) => ordered.map((to) => [to, String(number), number])));
  });

  describe('with two nodes', () => {
    const nodes = [] as Installation[];

    beforeAll(async () => {
      const environment = { DATABASE_URL: await databases.createUrl(), ...(redis && { REDIS_URL: redis }) };
      nodes.push(await install(environment), await install(environment));
    });
    afterAll(async () => {
      for (const { server } of nodes) await server.close();
    });

    it('are made once, also for what a node stored that died, and see the connections of the other', async () => {
      const [here, there] = nodes as [Installation, Installation];
      const phone = await withPhone(here.app);
      for (let number = 0; number < 20; number++) await (number % 2 ? here : there).app.peer(1, phone.uid, `${number}`);
      const texts = async () => (await outbox(phone.to, here.server)).map(({ body }) => body);
      const expected = Array.from({ length: 20 }, (_, number) => String(number));
      await vi.waitFor(async () => expect(await texts()).toEqual(expected), 20_000);
      // As if a node had died after its commit: the position stays behind, and no node is woken.
      await here.server.context.database
        .updateTable('gobelieve_push_positions')
        .set(({ eb }) => ({ message_id: eb('message_id', '-', 2) }))
        .where('app_id', '=', here.app.appid)
        .execute();
      await vi.waitFor(async () => expect(await texts()).toEqual([...expected, '19']), 20_000);
      const stream = await phone.user.at(there.url).listen();
      await here.app.peer(1, phone.uid, 'connected elsewhere');
      const other = await withPhone(here.app);
      await here.app.peer(1, other.uid, 'later');
      await vi.waitFor(async () => expect(await outbox(other.to, here.server)).toHaveLength(1), 20_000);
      expect(await texts()).not.toContain('connected elsewhere');
      stream.close();
    });
  });
});
