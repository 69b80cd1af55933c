import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type App, call, type Event, type Installation, install, newUid, notificationIn, type Reply } from './apps.ts';

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

const statuses = (replies: readonly Reply[]) => replies.map(({ status }) => status).sort();
const contentsOf = (events: readonly Event[]) => events.map(({ data }) => ('content' in data ? data.content : ''));

/**
 * Parallel requests on two nodes with one database. Without Redis the nodes exchange no events, so streams are read on
 * the node that sends.
 */
describeEachDatabase('races', (databases) => {
  let here: Installation;
  let there: Installation;

  beforeAll(async () => {
    const environment = { DATABASE_URL: await databases.createUrl() };
    here = await install(environment);
    there = await install(environment);
  });
  afterAll(async () => {
    await here?.server.close();
    await there?.server.close();
  });

  /** The app at each of the nodes in turn. */
  const node = (index: number): App => (index % 2 ? there : here).app;

  describe('groups', () => {
    it('adds a user once in parallel requests', async () => {
      const { app } = here;
      const [master, guest] = await app.pair();
      const gid = await app.group(master.uid, [master.uid]);
      const stream = await master.listen();
      const before = await app.offline(guest.uid);
      const replies = await times(20, (index) => node(index).send('POST', `/groups/${gid}/members`, [guest.uid]));
      expect(new Set(statuses(replies))).toEqual(new Set([200]));
      expect(await master.members(gid)).toEqual([master.uid, guest.uid]);
      // One of the requests notified all members, once.
      expect([before.count, (await app.offline(guest.uid)).count]).toEqual([0, 1]);
      expect((await stream.all(app, master.uid)).map(notificationIn)).toEqual([
        ['add_member', expect.objectContaining({ member_id: guest.uid })],
      ]);
      stream.close();
    });

    it('adds all of many users who join at once', async () => {
      const { app } = here;
      const master = await app.user();
      const gid = await app.group(master.uid, [master.uid]);
      const guests = Array.from({ length: 24 }, newUid);
      await times(12, (index) =>
        node(index).do('POST', `/groups/${gid}/members`, { members: guests.slice(index * 2, index * 2 + 2) }),
      );
      expect(await master.members(gid)).toEqual([master.uid, ...guests]);
    });

    it('adds the same users when two callers name them in different orders', async () => {
      const { app } = here;
      const master = await app.user();
      const gid = await app.group(master.uid, [master.uid]);
      const guests = Array.from({ length: 10 }, newUid);
      const replies = await times(12, (index) =>
        node(index).send('POST', `/groups/${gid}/members`, index % 2 ? guests : [...guests].reverse()),
      );
      expect(new Set(statuses(replies))).toEqual(new Set([200]));
      expect(await master.members(gid)).toEqual([master.uid, ...guests]);
    });

    it('leaves nothing of a group that is dissolved while users join', async () => {
      const { app } = here;
      for (let round = 0; round < 5; round++) {
        const guests = await app.users(3);
        const gid = await app.group(newUid(), [newUid()]);
        const joins = guests.flatMap(({ uid }, index) => [
          node(index).send('POST', `/groups/${gid}/members`, [uid]),
          node(index + 1).send('PATCH', `/groups/${gid}/members/${uid}`, { nickname: 'a' }),
          node(index).send('POST', '/messages/groups', { sender: uid, receiver: gid, content: 'x' }),
        ]);
        const [end, ...replies] = await Promise.all([there.app.send('DELETE', `/groups/${gid}`), ...joins]);
        expect(end?.status).toBe(200);
        for (const { status } of replies) expect([200, 400]).toContain(status);
        for (const guest of guests) expect(await guest.groups()).toEqual([]);
        expect((await app.send('POST', `/groups/${gid}/members`, [guests[0]?.uid])).status).toBe(400);
        const { database } = here.server.context;
        const left = database.selectFrom('gobelieve_members').selectAll().where('group_id', '=', gid);
        expect(await left.execute()).toEqual([]);
      }
    });

    it('dissolves a group for one of many parallel requests', async () => {
      const gid = await here.app.group(1, [1, 2, 3]);
      const replies = await times(8, (index) => node(index).send('DELETE', `/groups/${gid}`));
      expect(statuses(replies)).toEqual([200, ...Array.from({ length: 7 }, () => 400)]);
    });

    it('keeps each of many settings that are changed at once', async () => {
      const { app } = here;
      const user = await app.user();
      const gid = await app.group(user.uid, [user.uid]);
      const target = `/groups/${gid}/members/${user.uid}`;
      await Promise.all([
        node(0).do('PATCH', target, { nickname: '骑手' }),
        node(1).do('PATCH', target, { do_not_disturb: true }),
        node(0).do('PATCH', target, { mute: true }),
        node(1).do('PATCH', `/groups/${gid}`, { name: '夜骑' }),
        user.do('PATCH', `/client/groups/${gid}`, { notice: '七点' }),
        node(0).do('POST', `/users/${user.uid}`, { name: '王' }),
        node(1).do('POST', `/users/${user.uid}`, { mute: true }),
        node(0).do('POST', `/groups/${gid}/upgrade`),
      ]);
      expect(await user.groups()).toEqual([
        {
          id: gid,
          master: user.uid,
          super: 1,
          name: '夜骑',
          notice: '七点',
          members: [{ uid: user.uid, name: '王', nickname: '骑手' }],
          do_not_disturb: true,
        },
      ]);
    });
  });

  describe('messages', () => {
    it('neither loses nor repeats a message, and every reader sees the same order', async () => {
      const { app } = here;
      const users = await app.users(3);
      const [a, b, c] = users.map(({ uid }) => uid) as [number, number, number];
      const gid = await app.group(
        a,
        users.map(({ uid }) => uid),
      );
      const streams = await Promise.all(users.map((user) => user.listen()));
      const contents = Array.from({ length: 60 }, (_, index) => String(index));
      await Promise.all(contents.map((content, index) => app.say([a, b, c][index % 3] ?? a, gid, content)));
      const [first = [], ...others] = await Promise.all(users.map((user) => user.contents()));
      expect([...first].sort()).toEqual([...contents].sort());
      for (const other of others) expect(other).toEqual(first);
      for (const stream of streams) {
        expect(contentsOf(await stream.first(60))).toEqual(first);
        stream.close();
      }
    });

    it('keeps the order of messages that one sender sends one after the other', async () => {
      const { app } = here;
      const receiver = await app.user();
      const senders = Array.from({ length: 5 }, newUid);
      await times(5, async (index) => {
        for (let number = 0; number < 12; number++) {
          await node(number + index).peer(senders[index] ?? 0, receiver.uid, String(number));
        }
      });
      const history = await receiver.history();
      expect(history).toHaveLength(60);
      for (const sender of senders) {
        const said = history.filter((message) => message.sender === sender).map(({ content }) => Number(content));
        expect(said).toEqual(Array.from({ length: 12 }, (_, number) => number));
      }
      const ids = history.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].sort((x, y) => x - y));
      expect(await app.offline(receiver.uid)).toEqual({ new: 1, count: 60 });
    });

    it('stores both copies of a peer message when two users write to each other at once', async () => {
      const { app } = here;
      const [a, b] = await app.pair();
      await times(40, (index) =>
        index % 2
          ? node(index >> 1).peer(a.uid, b.uid, String(index))
          : node(index >> 1).peer(b.uid, a.uid, String(index)),
      );
      const [mine, theirs] = [await a.contents(), await b.contents()];
      expect(mine).toHaveLength(40);
      expect(theirs).toEqual(mine);
    });

    it('delivers each message once while the group becomes a super group', async () => {
      const { app } = here;
      const user = await app.user();
      const gid = await app.group(user.uid, [user.uid]);
      const stream = await user.listen();
      const contents = Array.from({ length: 30 }, (_, index) => String(index));
      await Promise.all([
        ...contents.map((content) => app.say(user.uid, gid, content)),
        app.do('POST', `/groups/${gid}/upgrade`),
      ]);
      const said = (await stream.all(app, user.uid)).filter(({ event }) => event === 'group_message');
      expect(contentsOf(said).sort()).toEqual([...contents].sort());
      const ordinary = await user.contents();
      expect(contentsOf(said).slice(0, ordinary.length)).toEqual(ordinary);
      stream.close();
    });

    it('delivers messages of a super group although the event about the upgrade is late', async () => {
      const { app } = here;
      const user = await app.user();
      const gid = await app.group(user.uid, [user.uid]);
      const stream = await user.listen();
      await app.say(user.uid, gid, 'ordinary');
      await stream.first(1);
      // The events of the other node do not arrive here, as if they were late.
      await there.app.do('POST', `/groups/${gid}/upgrade`);
      await app.say(user.uid, gid, 'super');
      const delivered = await stream.all(app, user.uid);
      expect(delivered.map(({ event }) => event)).toEqual(['group_message', 'group_notification', 'group_message']);
      expect(contentsOf(delivered).at(-1)).toBe('super');
      stream.close();
    });

    it('stores parallel messages once each, and a refused one fails alone', async () => {
      const { app } = here;
      const [sender, receiver] = await app.pair();
      const gid = await app.group(sender.uid, [sender.uid, receiver.uid]);
      const stream = await receiver.listen();
      const replies = await times(60, (index) => {
        const content = String(index);
        const at = node(index);
        if (index % 3 === 0)
          return at.send('POST', '/messages/peers', { sender: sender.uid, receiver: receiver.uid, content });
        const receiverId = index % 3 === 1 ? gid : 999_999_999;
        return at.send('POST', '/messages/groups', { sender: sender.uid, receiver: receiverId, content });
      });
      expect(replies.map(({ status }) => status)).toEqual(replies.map((_, index) => (index % 3 === 2 ? 400 : 200)));
      const stored = await receiver.history();
      const accepted = Array.from({ length: 60 }, (_, index) => index).filter((index) => index % 3 !== 2);
      expect(stored.map(({ content }) => Number(content)).sort((one, other) => one - other)).toEqual(accepted);
      const ids = stored.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other));
      // The other node's messages do not wake this stream, the last message does.
      await app.peer(sender.uid, receiver.uid, 'last');
      expect(contentsOf(await stream.first(41))).toEqual([...stored.map(({ content }) => content), 'last']);
      stream.close();
    });

    it('shows members all messages of their membership, without gaps', async () => {
      const { app } = here;
      const [speaker, guest] = await app.pair();
      const gid = await app.group(speaker.uid, [speaker.uid]);
      const coming = (async () => {
        for (let round = 0; round < 4; round++) {
          await app.do('POST', `/groups/${gid}/members`, [guest.uid]);
          await app.do('DELETE', `/groups/${gid}/members/${guest.uid}`);
        }
        await app.do('POST', `/groups/${gid}/members`, [guest.uid]);
      })();
      for (let number = 0; number < 40; number++) await there.app.say(speaker.uid, gid, String(number));
      await coming;
      await app.say(speaker.uid, gid, 'last');
      const [all, some] = [await speaker.contents(), await guest.contents()];
      expect(all).toHaveLength(41);
      expect(some.at(-1)).toBe('last');
      expect(new Set(some).size).toBe(some.length);
      expect(some).toEqual(all.filter((content) => some.includes(content)));
    });

    it('keeps counting messages that arrive during an acknowledgement', async () => {
      const { app } = here;
      const user = await app.user();
      for (let round = 0; round < 5; round++) {
        await app.peer(newUid(), user.uid, 'seen');
        const [newest] = (await user.history()).slice(-1);
        await Promise.all([
          user.do('POST', `/messages/dequeue?last_id=${newest?.id}`),
          there.app.peer(newUid(), user.uid, 'arrives'),
        ]);
        expect((await app.offline(user.uid)).count).toBe(1);
        await user.do('POST', '/messages/dequeue');
      }
    });
  });

  it('grants every device a valid token', async () => {
    const uid = newUid();
    const devices = await times(12, (index) => node(index).user(uid));
    expect(new Set(devices.map(({ token }) => token)).size).toBe(12);
    for (const device of devices) expect(await device.history()).toEqual([]);
  });

  it('assigns a new customer one client_id on both nodes', async () => {
    const { demo } = here;
    const json = { appid: demo.appid, customer_id: `c-${newUid()}` };
    const replies = await times(16, (index) => call(node(index).url, 'POST', '/auth/customer', { json }));
    expect(new Set(replies.map(({ data }) => data.client_id)).size).toBe(1);
    const strangers = await times(16, (index) =>
      call(node(index).url, 'POST', '/auth/customer', { json: { appid: demo.appid } }),
    );
    expect(new Set(strangers.map(({ data }) => data.client_id)).size).toBe(16);
  });

  it('chooses one supporter in parallel requests and keeps that choice', async () => {
    const { app, demo } = here;
    const user = await app.user();
    const answers = await times(10, (index) =>
      user.at(node(index).url).do('GET', `/supporters?store_id=${demo.store_id}`),
    );
    expect(new Set(answers.map(({ seller_id }) => seller_id)).size).toBe(1);
  });

  it('binds a phone to one user', async () => {
    const users = await here.app.users(6);
    const phone = { hw_device_token: `phone-${newUid()}` };
    await times(6, (index) =>
      (users[index] as (typeof users)[0]).at(node(index).url).do('POST', '/device/bind', phone),
    );
    const { database } = here.server.context;
    const rows = database.selectFrom('gobelieve_devices').select('uid').where('token', '=', phone.hw_device_token);
    expect(await rows.execute()).toHaveLength(1);
  });
});
