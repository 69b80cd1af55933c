import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revokeTokens } from '../../src/gobelieve/model/tokens.ts';
import { toWire } from '../../src/verify/exchange.ts';
import { send } from '../../src/verify/send.ts';
import { redisUrl as redis } from '../support/redis.ts';
import {
  checker,
  describeApps,
  type Event,
  type Installation,
  install,
  newUid,
  notificationIn,
  type User,
} from './apps.ts';

const contentsOf = (events: readonly Event[]) =>
  events.map((event) => ('content' in event.data ? event.data.content : ''));
const idsOf = (events: readonly Event[]) => events.map((event) => ('id' in event ? event.id : undefined));

/** The event stream (G-45 to G-47): everything that an online user should see at once, and nothing twice. */
describeApps('events', (place, databases) => {
  it('begins at once, with its start position', async () => {
    const user = await place.app.user();
    await place.app.peer(newUid(), user.uid, 'from before');
    const operation = checker.operations.get('streamEvents');
    if (!operation) throw new Error('no such operation');
    const answer = await send(place.url, toWire(operation, { headers: user.headers }));
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
    // nginx buffers and compresses a response unless its headers say no.
    expect([answer.headers['cache-control'], answer.headers['x-accel-buffering']]).toEqual([
      'no-store, no-transform',
      'no',
    ]);
    expect(answer.body.length).toBeGreaterThan(0);
    expect(answer.body.toString()).not.toContain('from before');
  });

  it('delivers everything in the order in which it happened, with growing ids', async () => {
    const { app } = place;
    const [user, friend] = await app.pair();
    const stream = await user.listen();
    const gid = await app.group(friend.uid, [user.uid, friend.uid]);
    await app.peer(friend.uid, user.uid, '1');
    await app.say(friend.uid, gid, '2');
    await app.do('POST', '/messages/systems', { receiver: user.uid, content: '3' });
    await app.peer(user.uid, friend.uid, '4');
    await app.do('POST', '/messages/groups/notifications', { group_id: gid, content: '5' });
    const events = await stream.all(app, user.uid);
    expect(events.map(({ event }) => event)).toEqual([
      'group_notification',
      'peer_message',
      'group_message',
      'system_message',
      'peer_message',
      'group_notification',
    ]);
    expect(contentsOf(events).slice(1)).toEqual(['1', '2', '3', '4', '5']);
    expect(idsOf(events)).toEqual([...new Set(idsOf(events))]);
    const ids = events.map(({ data }) => ('id' in data ? data.id : 0));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    stream.close();
  });

  it('delivers messages as the history shows them', async () => {
    const { app } = place;
    const [user, friend] = await app.pair();
    const stream = await user.listen();
    await app.peer(friend.uid, user.uid, 'in');
    await app.peer(user.uid, friend.uid, 'out');
    expect((await stream.first(2)).map(({ data }) => data)).toEqual(await user.history());
    stream.close();
  });

  it('delivers the same to every device of a user', async () => {
    const { app } = place;
    const user = await app.user();
    const devices = [user, user, await app.user(user.uid)];
    const streams = await Promise.all(devices.map((device) => device.listen()));
    await app.peer(user.uid, newUid(), 'sent from one of them');
    await app.do('POST', '/messages/notifications', { receiver: user.uid, content: 'to all of them' });
    for (const stream of streams) {
      expect(contentsOf(await stream.first(2)).sort()).toEqual(['sent from one of them', 'to all of them']);
      stream.close();
    }
  });

  it('does not clear the offline flag', async () => {
    const { app } = place;
    const user = await app.user();
    const stream = await user.listen();
    await app.peer(newUid(), user.uid, 'seen on the wire');
    await stream.first(1);
    expect(await app.offline(user.uid)).toEqual({ new: 1, count: 1 });
    stream.close();
  });

  describe('after a break', () => {
    it('resumes after the last event, without loss and without repetition', async () => {
      const { app } = place;
      const [user, friend] = await app.pair();
      const gid = await app.group(friend.uid, [user.uid, friend.uid]);
      const first = await user.listen();
      await app.peer(friend.uid, user.uid, 'before');
      await first.first(1);
      first.close();
      await app.peer(friend.uid, user.uid, '1');
      await app.say(friend.uid, gid, '2');
      await app.do('POST', '/messages/systems', { receiver: user.uid, content: '3' });
      await app.do('POST', '/messages/notifications', { receiver: user.uid, content: 'lost, for it is not stored' });
      await app.peer(user.uid, friend.uid, '4');
      const second = await user.listen({ lastEventId: first.lastEventId });
      await app.peer(friend.uid, user.uid, '5');
      expect(contentsOf(await second.all(app, user.uid))).toEqual(['1', '2', '3', '4', '5']);
      second.close();
    });

    it('can resume although nothing had happened before the break', async () => {
      const { app } = place;
      const user = await app.user();
      await app.peer(newUid(), user.uid, 'from before');
      const first = await user.listen();
      await expect.poll(() => first.lastEventId).toBeDefined();
      first.close();
      await app.peer(newUid(), user.uid, 'during the break');
      const second = await user.listen({ lastEventId: first.lastEventId });
      expect(contentsOf(await second.all(app, user.uid))).toEqual(['during the break']);
      second.close();
    });

    it('delivers what is sent in the moment of reconnecting', async () => {
      const { app } = place;
      const reconnect = async (user: User) => {
        const start = await user.listen();
        await expect.poll(() => start.lastEventId).toBeDefined();
        start.close();
        const [stream] = await Promise.all([
          user.listen({ lastEventId: start.lastEventId }),
          app.peer(newUid(), user.uid, 'just now'),
        ]);
        expect(contentsOf(await stream.first(1))).toEqual(['just now']);
        stream.close();
      };
      for (let round = 0; round < 5; round++) await Promise.all((await app.users(20)).map(reconnect));
    });

    it('can resume from any event of the stream', async () => {
      const { app } = place;
      const user = await app.user();
      const stream = await user.listen();
      for (let number = 1; number <= 5; number++) await app.peer(newUid(), user.uid, String(number));
      const ids = idsOf(await stream.first(5));
      stream.close();
      for (const [index, id] of ids.entries()) {
        const again = await user.listen({ lastEventId: id });
        const rest = contentsOf(await again.all(app, user.uid)).filter((content) => /^\d$/.test(content));
        expect(rest).toEqual(['1', '2', '3', '4', '5'].slice(index + 1));
        again.close();
      }
    });

    it('delivers a backlog of many pages, also of one request', async () => {
      const { app } = place;
      const user = await app.user();
      const gid = await app.group(user.uid, [user.uid]);
      const start = await user.listen();
      await expect.poll(() => start.lastEventId).toBeDefined();
      start.close();
      const [crowd, more] = [Array.from({ length: 450 }, newUid), Array.from({ length: 450 }, newUid)];
      await app.do('POST', `/groups/${gid}/members`, crowd);
      await app.peer(newUid(), user.uid, 'in between');
      await app.do('POST', `/groups/${gid}/members`, more);
      const joined = (events: readonly Event[]) => events.map((event) => notificationIn(event)[1].member_id);
      const stream = await user.listen({ lastEventId: start.lastEventId });
      const events = await stream.all(app, user.uid);
      expect(joined(events.slice(0, 450))).toEqual(crowd);
      expect(contentsOf(events.slice(450, 451))).toEqual(['in between']);
      expect(joined(events.slice(451))).toEqual(more);
      stream.close();
      // A position among them is like any other.
      const again = await user.listen({ lastEventId: idsOf(events)[99] });
      expect(await again.first(801)).toEqual(events.slice(100));
      again.close();
    });

    it('delivers a backlog of several megabytes', async () => {
      const { app } = place;
      const user = await app.user();
      const start = await user.listen();
      await expect.poll(() => start.lastEventId).toBeDefined();
      start.close();
      const contents = Array.from({ length: 50 }, (_, index) => `${index} ${'x'.repeat(60_000)}`);
      for (const content of contents) await app.peer(newUid(), user.uid, content);
      const stream = await user.listen({ lastEventId: start.lastEventId });
      expect(contentsOf(await stream.first(50))).toEqual(contents);
      stream.close();
    });

    it('loses nothing when messages were deleted with their super group', async () => {
      const { app, server } = place;
      const user = await app.user();
      const gid = await app.group(user.uid, [user.uid]);
      const start = await user.listen();
      await expect.poll(() => start.lastEventId).toBeDefined();
      start.close();
      await app.do('POST', `/groups/${gid}/members`, Array.from({ length: 210 }, newUid));
      await app.peer(newUid(), user.uid, 'after them');
      // As if the message had been deleted between reading the queue and reading the messages.
      const first = Number(start.lastEventId) + 1;
      const messages = server.context.database.deleteFrom('gobelieve_messages').where('app_id', '=', app.appid);
      await messages.where('id', '=', first).execute();
      const stream = await user.listen({ lastEventId: start.lastEventId });
      const events = await stream.all(app, user.uid);
      // The server may still have it in memory.
      expect(events.filter((event) => !('id' in event && event.id === String(first)))).toHaveLength(210);
      expect(contentsOf(events).at(-1)).toBe('after them');
      stream.close();
    });

    it('treats an id from the future as now', async () => {
      const { app } = place;
      const user = await app.user();
      await app.peer(newUid(), user.uid, 'before');
      const stream = await user.listen({ lastEventId: '999999999999999' });
      await app.peer(newUid(), user.uid, 'after');
      expect(contentsOf(await stream.first(1))).toEqual(['after']);
      stream.close();
    });
  });

  it('delivers one event about 1900 members with long names', async () => {
    const { app } = place;
    const user = await app.user();
    const people = Array.from({ length: 1900 }, () => ({ uid: newUid(), name: '"'.repeat(200) }));
    const start = await user.listen();
    await expect.poll(() => start.lastEventId).toBeDefined();
    start.close();
    for (let time = 0; time < 2; time++) await app.group(user.uid, [user.uid, ...people]);
    const stream = await user.listen({ lastEventId: start.lastEventId });
    const [kind, { members }] = notificationIn((await stream.first(2))[1]);
    expect([kind, members]).toEqual(['create', [{ uid: user.uid }, ...people]]);
    stream.close();
  });

  describe('in super groups', () => {
    it('delivers messages during the membership', async () => {
      const { app } = place;
      const [user, friend] = await app.pair();
      const gid = await app.group(friend.uid, [friend.uid], { super: true });
      const stream = await user.listen();
      await app.say(friend.uid, gid, 'before joining');
      await app.do('POST', `/groups/${gid}/members`, [user.uid]);
      await app.say(friend.uid, gid, 'as a member');
      await app.do('DELETE', `/groups/${gid}/members/${user.uid}`);
      await app.say(friend.uid, gid, 'after leaving');
      const events = await stream.all(app, user.uid);
      expect(contentsOf(events.filter(({ event }) => event === 'group_message'))).toEqual(['as a member']);
      expect(
        events.filter(({ event }) => event === 'group_notification').map((event) => notificationIn(event)[0]),
      ).toEqual(['add_member', 'quit_group']);
      stream.close();
    });

    it('continues when a group becomes a super group', async () => {
      const { app } = place;
      const user = await app.user();
      const gid = await app.group(user.uid, [user.uid]);
      const stream = await user.listen();
      await app.say(user.uid, gid, 'ordinary');
      await app.do('POST', `/groups/${gid}/upgrade`);
      await app.say(user.uid, gid, 'super');
      const said = (await stream.all(app, user.uid)).filter(({ event }) => event === 'group_message');
      expect(contentsOf(said)).toEqual(['ordinary', 'super']);
      stream.close();
    });

    it('delivers the newest 100 of each after a break (G-46), and none from before joining', async () => {
      const { app } = place;
      const [user, friend] = await app.pair();
      const start = await user.listen();
      await expect.poll(() => start.lastEventId).toBeDefined();
      start.close();
      const busy = await app.group(friend.uid, [user.uid, friend.uid], { super: true });
      const calm = await app.group(friend.uid, [friend.uid], { super: true });
      await app.say(friend.uid, calm, 'before');
      await app.do('POST', `/groups/${calm}/members`, [user.uid]);
      await app.say(friend.uid, calm, 'calm');
      for (let number = 1; number <= 105; number++) await app.say(friend.uid, busy, String(number));
      const stream = await user.listen({ lastEventId: start.lastEventId });
      const said = (await stream.all(app, user.uid)).filter(({ event }) => event === 'group_message');
      const newest = Array.from({ length: 100 }, (_, index) => String(index + 6));
      expect(contentsOf(said)).toEqual(['calm', ...newest]);
      stream.close();
    });

    it('starts afresh for a member who joins again', async () => {
      const { app } = place;
      const [user, friend] = await app.pair();
      const gid = await app.group(friend.uid, [user.uid, friend.uid], { super: true });
      const start = await user.listen();
      await app.say(friend.uid, gid, 'seen');
      await start.first(1);
      start.close();
      await app.do('DELETE', `/groups/${gid}/members/${user.uid}`);
      await app.say(friend.uid, gid, 'while away');
      await app.do('POST', `/groups/${gid}/members`, [user.uid]);
      await app.say(friend.uid, gid, 'back');
      const stream = await user.listen({ lastEventId: start.lastEventId });
      const said = (await stream.all(app, user.uid)).filter(({ event }) => event === 'group_message');
      expect(contentsOf(said)).toEqual(['back']);
      stream.close();
    });
  });

  describe('in rooms', () => {
    it('enters up to 32 rooms until the connection ends', async () => {
      const { app } = place;
      const user = await app.user();
      const rooms = Array.from({ length: 32 }, newUid);
      const stream = await user.listen({ rooms: [...rooms, rooms[0] as number].slice(0, 32) });
      for (const receiver of rooms) {
        await app.do('POST', '/messages/rooms', { sender: 0, receiver, content: String(receiver) });
      }
      expect(contentsOf(await stream.all(app, user.uid))).toEqual(rooms.map(String));
      stream.close();
      const later = await user.listen();
      await app.do('POST', '/messages/rooms', { sender: 0, receiver: rooms[0], content: 'the room is empty' });
      expect(await later.all(app, user.uid)).toEqual([]);
      later.close();
    });
  });

  it('leaves nothing behind when connections end', async () => {
    const { app, server } = place;
    const user = await app.user();
    const { bus } = server.context;
    const topic = `gobelieve:${app.appid}:user:${user.uid}`;
    for (let time = 0; time < 5; time++) (await user.listen()).close();
    const operation = checker.operations.get('streamEvents');
    if (!operation) throw new Error('no such operation');
    await send(place.url, { ...toWire(operation, { headers: user.headers }), method: 'HEAD' });
    const stream = await user.listen();
    let received = 0;
    const leave = bus.subscribe([topic], () => {
      received += 1;
    });
    await app.peer(newUid(), user.uid, 'x');
    await stream.first(1);
    expect(received).toBe(1);
    leave();
    stream.close();
  });

  describe.skipIf(!redis)(`on two nodes over Redis${redis ? '' : ' (skipped, TEST_REDIS_URL is not set)'}`, () => {
    const nodes = [] as Installation[];

    beforeAll(async () => {
      const environment = { DATABASE_URL: await databases.createUrl(), REDIS_URL: redis as string };
      nodes.push(await install(environment), await install(environment));
    });
    afterAll(async () => {
      for (const { server } of nodes) await server.close();
    });

    it('delivers to users of the other node', async () => {
      const [here, there] = nodes as [Installation, Installation];
      const [ann, bob] = await here.app.pair();
      const room = newUid();
      const stream = await bob.at(there.url).listen({ rooms: [room] });
      await here.app.peer(ann.uid, bob.uid, 'peer');
      await here.app.do('POST', '/messages/notifications', { receiver: bob.uid, content: 'notification' });
      await here.app.do('POST', '/messages/rooms', { sender: 0, receiver: room, content: 'room' });
      const gid = await here.app.group(ann.uid, [ann.uid, bob.uid]);
      await here.app.say(ann.uid, gid, 'group');
      await here.app.do('POST', `/groups/${gid}/upgrade`);
      await here.app.say(ann.uid, gid, 'super group');
      const events = await stream.first(7);
      expect(events.map(({ event }) => event).sort()).toEqual([
        'group_message',
        'group_message',
        'group_notification',
        'group_notification',
        'notification',
        'peer_message',
        'room_message',
      ]);
      stream.close();
    });

    it('neither loses nor repeats anything when both nodes send at once', async () => {
      const [here, there] = nodes as [Installation, Installation];
      const user = await here.app.user();
      const streams = [await user.listen(), await user.at(there.url).listen()];
      const sender = newUid();
      const contents = Array.from({ length: 60 }, (_, index) => String(index));
      await Promise.all(
        contents.map((content, index) => (index % 2 ? here : there).app.peer(sender, user.uid, content)),
      );
      const history = await user.contents();
      expect([...history].sort()).toEqual([...contents].sort());
      for (const stream of streams) {
        expect(contentsOf(await stream.first(60))).toEqual(history);
        stream.close();
      }
    });

    it('resumes on the other node', async () => {
      const [here, there] = nodes as [Installation, Installation];
      const user = await here.app.user();
      const first = await user.listen();
      await there.app.peer(newUid(), user.uid, '1');
      await first.first(1);
      first.close();
      await here.app.peer(newUid(), user.uid, '2');
      const second = await user.at(there.url).listen({ lastEventId: first.lastEventId });
      await here.app.peer(newUid(), user.uid, '3');
      expect(contentsOf(await second.first(2))).toEqual(['2', '3']);
      second.close();
    });

    it('follows membership changes on the other node', async () => {
      const [here, there] = nodes as [Installation, Installation];
      const [ann, bob] = await here.app.pair();
      const gid = await here.app.group(ann.uid, [ann.uid], { super: true });
      const stream = await bob.at(there.url).listen();
      await here.app.do('POST', `/groups/${gid}/members`, [bob.uid]);
      await here.app.say(ann.uid, gid, 'welcome');
      const events = await stream.first(2);
      expect(events.map(({ event }) => event)).toEqual(['group_notification', 'group_message']);
      stream.close();
    });

    it('ends a stream whose token was revoked on the other node', async () => {
      const [here, there] = nodes as [Installation, Installation];
      const user = await here.app.user();
      const stream = await user.at(there.url).listen();
      await revokeTokens(here.server.context, { appid: here.app.appid, uid: user.uid });
      await stream.end();
    });

    it('shows a supporter who is connected to the other node', async () => {
      const [here, there] = nodes as [Installation, Installation];
      const { seller_id, store_id } = here.demo;
      const asker: User = await here.app.user();
      const status = async () => (await asker.do('GET', `/supporters?store_id=${store_id}`)).status;
      expect(await status()).toBe('offline');
      const seller = await here.app.user(seller_id);
      const stream = await seller.at(there.url).listen();
      expect(await status()).toBe('online');
      stream.close();
      await expect.poll(status, { timeout: 10_000 }).toBe('offline');
    });
  });

  it('ends when the server closes', async () => {
    const node = await install({ DATABASE_URL: await databases.createUrl() });
    const user = await node.app.user();
    const stream = await user.listen();
    await node.server.close();
    await stream.end();
  });
});
