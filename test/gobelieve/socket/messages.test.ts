import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sendPeerMessage } from '../../../src/gobelieve/model/messages.ts';
import { bodies } from '../../../src/gobelieve/socket/bodies.ts';
import { encodeFrame } from '../../../src/gobelieve/socket/frames.ts';
import { ackStatus, commands, flags } from '../../../src/gobelieve/socket/protocol.ts';
import { createCertificate } from '../../support/certificate.ts';
import { describeApps, newUid, type User } from '../apps.ts';
import { SocketClient } from './client.ts';

const folder = mkdtempSync(join(tmpdir(), 'qiyue-tls-'));
const { cert, key } = createCertificate();
const [IM_TLS_CERT, IM_TLS_KEY] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
writeFileSync(IM_TLS_CERT, cert);
writeFileSync(IM_TLS_KEY, key);
afterAll(() => rm(folder, { recursive: true }));

const ports = { IM_PORT: '0', IM_WS_PORT: '0', IM_TLS_PORT: '0', IM_WS_TLS_PORT: '0', IM_TLS_CERT, IM_TLS_KEY };

/** A content as the original's clients write it. */
const text = (content: string, uuid?: string) => JSON.stringify({ text: content, ...(uuid && { uuid }) });

describeApps(
  'sockets',
  (place) => {
    const opened: SocketClient[] = [];
    afterEach(() => {
      for (const client of opened.splice(0)) client.close();
    });

    const portOf = (variable: string) => place.server.context.config.socketPorts.get(variable) as number;
    const transports: Record<string, () => Promise<SocketClient>> = {
      'a WebSocket below the API': () => SocketClient.webSocket(`${place.url.replace('http', 'ws')}/ws`),
      'a WebSocket at its own port': () => SocketClient.webSocket(`ws://127.0.0.1:${portOf('IM_WS_PORT')}/ws`),
      'a WebSocket over TLS': () => SocketClient.webSocket(`wss://127.0.0.1:${portOf('IM_WS_TLS_PORT')}/ws`),
      TCP: () => SocketClient.tcp(portOf('IM_PORT')),
      TLS: () => SocketClient.tcp(portOf('IM_TLS_PORT'), { tls: true }),
    };

    let usual = 'TCP';
    async function connect(open = transports[usual] as () => Promise<SocketClient>) {
      const client = await open();
      opened.push(client);
      return client;
    }

    interface As {
      version?: number;
      deviceId?: string;
      open?: () => Promise<SocketClient>;
    }
    async function online(user: User, { version = 2, deviceId = '', open }: As = {}) {
      const client = await connect(open);
      client.version = version;
      expect(await client.logIn(user.token, { deviceId })).toBe(0);
      return client;
    }

    /** Everything live up to now: a system message comes after it. */
    async function contentsOf(client: SocketClient, { uid }: User): Promise<string[]> {
      const marker = `marker ${newUid()}`;
      await place.app.do('POST', '/messages/systems', { receiver: uid, content: marker });
      const has = () => client.of(commands.systemMessage).some(({ body }) => body.content === marker);
      await client.until(has);
      return client.contents().filter((content) => !content.startsWith('marker '));
    }

    it.each(Object.keys(transports))('speak over %s', async (name) => {
      const open = transports[name] as () => Promise<SocketClient>;
      const [user, friend] = await place.app.pair();
      const [sender, receiver] = [await online(user, { open }), await online(friend, { open })];
      await sender.ack(sender.say(commands.peerMessage, user, friend.uid, text('你好')));
      expect(await contentsOf(receiver, friend)).toEqual([text('你好')]);
      expect((await friend.history()).map(({ content }) => content)).toEqual([text('你好')]);
    });

    describe.each(['TCP', 'TLS', 'a WebSocket below the API'])('over %s', (transport) => {
      beforeAll(() => {
        usual = transport;
      });

      describe('log-in', () => {
        it('is not needed for a ping, whose answer has version 0', async () => {
          const client = await connect();
          await client.settled();
          expect(client.frames).toMatchObject([{ command: commands.pong, version: 0, sequence: 1 }]);
        });

        it('counts the frames of the connection from 1', async () => {
          const client = await online(await place.app.user(), { version: 1 });
          await client.settled();
          expect(client.frames).toMatchObject([
            { command: commands.loginStatus, version: 1, sequence: 1, body: { status: 0 } },
            { command: commands.pong, version: 1, sequence: 2 },
          ]);
        });

        it('is refused for an unknown token, and may be tried again', async () => {
          const user = await place.app.user();
          const client = await connect();
          client.key(commands.sync, 0);
          client.say(commands.peerMessage, user, user.uid, 'before the log-in');
          expect(await client.logIn('nonsense')).toBe(1);
          expect(await client.logIn(user.token)).toBe(0);
          await client.settled();
          expect(client.frames.map(({ command }) => command)).toEqual([3, 3, 14]);
          expect(await user.history()).toEqual([]);
        });

        it('may come in one burst with what follows it', async () => {
          const [user, friend] = await place.app.pair();
          await place.app.peer(friend.uid, user.uid, 'waiting');
          const client = await connect();
          const frame = (sequence: number, command: number, body: Buffer) =>
            encodeFrame({ sequence, command, version: 2, flags: 0, body });
          client.write(
            Buffer.concat([
              frame(1, commands.login, bodies.login.encode({ platform: 1, token: user.token, deviceId: 'x' })),
              frame(2, commands.enterRoom, bodies.room.encode({ room: 900 })),
              frame(3, commands.sync, bodies.key.encode({ key: 0 })),
              frame(4, commands.ping, Buffer.alloc(0)),
            ]),
          );
          await client.until(() => client.of(commands.pong).length === 1);
          expect(client.frames.map(({ command }) => command)).toEqual([3, 27, 4, 28, 14]);
        });
      });

      it('send metadata, message and news, with the ids of the history', async () => {
        const [user, friend] = await place.app.pair();
        const [sender, other, receiver] = [await online(user), await online(user), await online(friend)];
        const sequences = ['1', '2'].map((one) => sender.say(commands.peerMessage, user, friend.uid, one, flags.text));
        for (const sequence of sequences) await sender.ack(sequence);
        await receiver.until(() => receiver.of(commands.news).length === 2);
        await other.until(() => other.of(commands.news).length === 2);
        const [theirs, own] = [await friend.history(), await user.history()];
        for (const [client, history] of [
          [receiver, theirs],
          [other, own],
        ] as const) {
          const [first, second] = history.map(({ id }) => id);
          const expected = { command: commands.peerMessage, flags: flags.text | flags.push };
          const body = { sender: user.uid, receiver: friend.uid };
          expect(client.live()).toMatchObject([
            {
              metadata: { body: { key: first, previousKey: 0 } },
              message: { ...expected, body: { ...body, content: '1' } },
              news: { command: commands.news, body: { key: first } },
            },
            { metadata: { body: { key: second, previousKey: first } }, message: { ...expected, body } },
          ]);
        }
        // The sender gets an ack with the key of the own copy, and not the message.
        expect(sender.frames.slice(1)).toMatchObject([
          { command: commands.metadata, body: { key: own[0]?.id, previousKey: 0 } },
          { command: commands.ack, body: { sequence: sequences[0], status: ackStatus.ok } },
          { command: commands.metadata, body: { key: own[1]?.id, previousKey: own[0]?.id } },
          { command: commands.ack, body: { sequence: sequences[1], status: ackStatus.ok } },
        ]);
      });

      it('share their queues, their order and their position with REST and event streams', async () => {
        const { app } = place;
        const [user, friend] = await app.pair();
        const gid = await app.group(friend.uid, [user.uid, friend.uid]);
        const [stream, one, two] = [await user.listen(), await online(user), await online(friend)];
        for (let round = 0; round < 5; round++) {
          two.say(commands.peerMessage, friend, user.uid, `socket ${round}`);
          await app.peer(friend.uid, user.uid, `REST ${round}`);
          two.say(commands.groupMessage, friend, gid, `group ${round}`);
        }
        await two.ack(two.say(commands.peerMessage, friend, user.uid, 'last'));
        const live = await contentsOf(one, user);
        expect(live).toHaveLength(16);
        expect(live).toEqual(await user.contents());
        expect((await stream.all(app, user.uid)).map(({ data }) => 'content' in data && data.content)).toEqual([
          ...live,
          expect.stringContaining('marker'),
        ]);
        // Each message has the one before it as its previous key, so that clients take all of them.
        const keys = one.live().map(({ metadata }) => metadata.body);
        for (const [index, { previousKey }] of keys.entries())
          if (index > 0) expect(previousKey).toBe(keys[index - 1]?.key);
        expect((await app.offline(user.uid)).new).toBe(1);
        one.key(commands.position, Number.MAX_SAFE_INTEGER);
        await one.settled();
        expect(await app.offline(user.uid)).toMatchObject({ new: 0 });
        stream.close();
      });

      describe('a message that is refused', () => {
        it('has another sender: it is dropped without an ack', async () => {
          const [user, friend] = await place.app.pair();
          const client = await online(user);
          client.say(commands.peerMessage, friend, user.uid, 'forged');
          client.say(commands.peerMessage, user, -1, 'to a queue of a group');
          await client.settled();
          expect(client.frames.map(({ command }) => command)).toEqual([3, 14]);
          expect([await user.history(), await friend.history()]).toEqual([[], []]);
        });

        it('goes to a group that is unknown, foreign, or has others as members', async () => {
          const { app, other } = place;
          const [user, friend] = await app.pair();
          const gid = await app.group(friend.uid, [friend.uid]);
          const foreign = await other.group(1, [1]);
          const client = await online(user);
          const statuses: (number | undefined)[] = [];
          for (const receiver of [gid, foreign, 2 ** 40])
            statuses.push((await client.ack(client.say(commands.groupMessage, user, receiver, 'x'))).body.status);
          expect(statuses).toEqual([ackStatus.notMember, ackStatus.unknownGroup, ackStatus.unknownGroup]);
          expect(client.of(commands.metadata)).toEqual([]);
        });

        it('comes from a muted member, from the moment of muting on', async () => {
          const { app } = place;
          const [user, friend] = await app.pair();
          const gid = await app.group(friend.uid, [user.uid, friend.uid]);
          const [client, reader] = [await online(user), await online(friend)];
          await client.ack(client.say(commands.groupMessage, user, gid, 'heard'));
          await app.do('PATCH', `/groups/${gid}/members/${user.uid}`, { mute: true });
          client.say(commands.groupMessage, user, gid, 'not heard');
          await client.settled();
          expect(client.of(commands.ack)).toHaveLength(1);
          await app.do('PATCH', `/groups/${gid}/members/${user.uid}`, { mute: false });
          await client.ack(client.say(commands.groupMessage, user, gid, 'heard again'));
          expect(await contentsOf(reader, friend)).toEqual(['heard', 'heard again']);
        });
      });

      it('deliver to a member until the removal, with its notification', async () => {
        const { app } = place;
        const [user, friend] = await app.pair();
        const gid = await app.group(friend.uid, [user.uid, friend.uid]);
        const [client, speaker] = [await online(user), await online(friend)];
        await speaker.ack(speaker.say(commands.groupMessage, friend, gid, 'before'));
        await app.do('DELETE', `/groups/${gid}/members/${user.uid}`);
        await speaker.ack(speaker.say(commands.groupMessage, friend, gid, 'after'));
        const [before, removal, ...others] = await contentsOf(client, user);
        expect([before, JSON.parse(removal ?? ''), others]).toEqual([
          'before',
          { quit_group: expect.objectContaining({ member_id: user.uid }) },
          [],
        ]);
        expect(client.of(commands.groupNotification)).toHaveLength(1);
      });

      it('hand out a super group live, in its own queue, and the newest 100 in a sync', async () => {
        const { app } = place;
        const [user, friend] = await app.pair();
        const gid = await app.group(friend.uid, [friend.uid], { super: true });
        await app.say(friend.uid, gid, 'before joining');
        await app.do('POST', `/groups/${gid}/members`, { members: [user.uid] });
        const [speaker, client] = [await online(friend), await online(user, { version: 1 })];
        const sequence = speaker.say(commands.groupMessage, friend, gid, '0');
        expect(await speaker.ack(sequence)).toMatchObject({ flags: flags.superGroup });
        for (let count = 1; count < 102; count++) await app.say(friend.uid, gid, String(count));
        await client.until(() => client.of(commands.groupNews).length === 102);
        const [first, second] = client.live();
        expect(first?.message).toMatchObject({
          command: 8,
          flags: flags.push | flags.superGroup,
          body: { content: '0' },
        });
        expect(second?.metadata.body.previousKey).toBe(first?.metadata.body.key);
        client.groupKey(commands.groupSync, gid, 0);
        await client.until(() => client.of(commands.groupSyncEnd).length === 1);
        const begin = client.frames.findIndex(({ command }) => command === commands.groupSyncBegin);
        const synced = client.frames.slice(begin + 1, -1);
        expect(synced.map(({ body }) => body.content)).toEqual(
          Array.from({ length: 100 }, (_, index) => String(index + 2)),
        );
        const newest = client.frames.at(-1)?.body.key as number;
        expect(client.of(commands.groupNews).at(-1)?.body.key).toBe(newest);
        // The position is the user's: another device begins there. A log-in after it is needed to ask with 0.
        client.groupKey(commands.groupPosition, gid, newest);
        await client.settled();
        const another = await online(user);
        another.groupKey(commands.groupSync, gid, 0);
        another.groupKey(commands.groupSync, 2 ** 40, 0);
        await another.settled();
        expect(another.frames.slice(1, -1)).toMatchObject([
          { command: commands.groupSyncBegin, body: { gid, key: newest } },
          { command: commands.groupSyncEnd, body: { gid, key: newest } },
        ]);
      });

      describe('sync', () => {
        it('hands out what is after a key, in rounds of 3000', async () => {
          const [user, friend] = await place.app.pair();
          const message = { sender: friend.uid, receiver: user.uid };
          const contents = Array.from({ length: 3010 }, (_, index) => String(index));
          const { context } = place.server;
          await Promise.all(
            contents.map((content) => sendPeerMessage(context, place.app.appid, { ...message, content })),
          );
          const client = await online(user);
          const first = await client.sync(0);
          expect([first.messages.length, first.begin, first.more]).toEqual([3000, 0, true]);
          expect(client.of(commands.news)[0]?.body.key).toBe(first.end + 1);
          const second = await client.sync(first.end);
          expect(second).toMatchObject({ begin: first.end, more: false });
          expect([...first.messages, ...second.messages].map(({ body }) => body.content)).toEqual(contents);
          expect(await client.sync(second.end)).toMatchObject({ messages: [], end: second.end });
          expect(await client.sync(second.end + 1000)).toMatchObject({ messages: [], end: second.end });
        });

        it('begins at the position of the user, unless another device has moved it since the log-in', async () => {
          const { app } = place;
          const [user, friend] = await app.pair();
          const [one, two] = [await online(user), await online(user)];
          expect(await one.sync(0)).toMatchObject({ messages: [], end: 0 });
          await app.peer(friend.uid, user.uid, 'first');
          await one.until(() => one.of(commands.news).length === 1);
          const { end } = await one.sync(0);
          one.key(commands.position, end);
          await one.settled();
          await two.until(() => two.of(commands.news).length === 1);
          expect((await two.sync(0)).messages.map(({ body }) => body.content)).toEqual(['first']);
          expect((await (await online(user)).sync(0)).messages).toEqual([]);
          // Never beyond the newest message.
          one.key(commands.position, end + 1_000_000);
          await one.settled();
          await app.peer(friend.uid, user.uid, 'second');
          expect((await (await online(user)).sync(0)).messages.map(({ body }) => body.content)).toEqual(['second']);
        });

        it('marks what this device has sent', async () => {
          const [user, friend] = await place.app.pair();
          const [one, two] = [await online(user, { deviceId: 'one' }), await online(user, { deviceId: 'two' })];
          await one.ack(one.say(commands.peerMessage, user, friend.uid, 'from one'));
          await two.ack(two.say(commands.peerMessage, user, friend.uid, 'from two'));
          await place.app.peer(user.uid, friend.uid, 'from a server');
          await contentsOf(one, user);
          const marked = (await one.sync(0)).messages.filter((message) => (message.flags & flags.self) !== 0);
          expect(marked.map(({ body }) => body.content)).toEqual(['from one']);
        });
      });

      it('store once what is sent again with the same uuid, and ack it with the first copy', async () => {
        const [user, friend] = await place.app.pair();
        const first = await online(user);
        await first.ack(first.say(commands.peerMessage, user, friend.uid, text('hello', 'uuid-1')));
        first.close();
        const second = await online(user);
        const again = second.say(commands.peerMessage, user, friend.uid, text('hello', 'uuid-1'));
        const others = [
          second.say(commands.peerMessage, user, friend.uid, text('hello', 'uuid-2')),
          second.say(commands.peerMessage, user, friend.uid, text('hello')),
          second.say(commands.peerMessage, user, friend.uid, text('hello')),
        ];
        for (const sequence of [again, ...others]) await second.ack(sequence);
        const own = await user.history();
        expect(own).toHaveLength(4);
        const index = second.frames.findIndex(({ body }) => body.sequence === again);
        expect(second.frames[index - 1]).toMatchObject({ command: 37, body: { key: own[0]?.id, previousKey: 0 } });
        // In one burst with new ones, as clients send after they have connected again.
        const burst = Array.from({ length: 40 }, (_, count) =>
          second.say(commands.peerMessage, user, friend.uid, text('x', count % 2 ? 'uuid-1' : `uuid-3-${count}`)),
        );
        for (const sequence of burst) await second.ack(sequence);
        expect(await user.history()).toHaveLength(24);
      });

      it('carry rooms between sockets, event streams and servers', async () => {
        const { app } = place;
        const [user, friend] = await app.pair();
        const room = newUid();
        const stream = await friend.listen({ rooms: [room] });
        const [speaker, reader] = [await online(user), await online(friend)];
        const say = (sender: User) =>
          speaker.send(commands.roomMessage, bodies.live.encode({ sender: sender.uid, receiver: room, content: 'yo' }));
        say(user);
        for (const client of [speaker, reader]) {
          client.send(commands.enterRoom, bodies.room.encode({ room }));
          await client.settled();
        }
        await speaker.ack(say(user));
        say(friend);
        await app.do('POST', `/users/${user.uid}`, { forbidden: true });
        say(user);
        await speaker.settled();
        await app.do('POST', '/messages/rooms', { sender: 0, receiver: room, content: 'from a server' });
        await reader.until(() => reader.of(commands.roomMessage).length === 2);
        await speaker.until(() => speaker.of(commands.roomMessage).length === 1);
        const heard = [
          { sender: user.uid, receiver: room, content: 'yo' },
          { sender: 0, receiver: room, content: 'from a server' },
        ];
        expect(reader.of(commands.roomMessage).map(({ body }) => body)).toEqual(heard);
        expect((await stream.first(2)).map(({ data }) => data)).toEqual(heard);
        expect(speaker.of(commands.ack)).toHaveLength(1);
        reader.send(commands.leaveRoom, bodies.room.encode({ room }));
        await reader.settled();
        await app.do('POST', '/messages/rooms', { sender: 0, receiver: room, content: 'after leaving' });
        await speaker.until(() => speaker.of(commands.roomMessage).length === 2);
        expect(reader.of(commands.roomMessage)).toHaveLength(2);
        stream.close();
      });

      it('carry what is not stored: notifications, real-time messages and messages so marked', async () => {
        const { app } = place;
        const [user, friend] = await app.pair();
        const [sender, other, receiver] = [await online(user), await online(user), await online(friend)];
        await app.do('POST', '/messages/notifications', { receiver: friend.uid, content: 'note' });
        const body = bodies.live.encode({ sender: user.uid, receiver: friend.uid, content: 'now' });
        sender.send(commands.realTime, body);
        await sender.ack(sender.say(commands.peerMessage, user, friend.uid, 'not kept', flags.unstored));
        await receiver.until(() => receiver.of(commands.peerMessage).length === 1);
        await other.until(() => other.of(commands.peerMessage).length === 1);
        expect(receiver.frames.slice(1)).toMatchObject([
          { command: commands.notification, body: { content: 'note' } },
          { command: commands.realTime, body: { sender: user.uid, content: 'now' } },
          { command: commands.peerMessage, flags: flags.unstored, body: { content: 'not kept' } },
        ]);
        expect(sender.frames.slice(1)).toMatchObject([{ command: commands.ack }]);
        expect([await user.history(), await friend.history()]).toEqual([[], []]);
      });

      it('carry customer messages, also those of old clients, and make supporters online', async () => {
        const { app, demo } = place;
        const { client_id, token } = await app.do('POST', '/auth/customer', { appid: app.appid });
        const [customer, seller] = [
          { uid: client_id, token } as User,
          { uid: demo.seller_id, token: demo.seller_token } as User,
        ];
        const desk = await online(seller);
        const client = await online(customer);
        const message = { timestamp: 0, content: 'help' };
        const customerMessage = bodies.customerMessage.encode({
          senderAppid: app.appid,
          sender: client_id,
          receiverAppid: app.appid,
          receiver: demo.seller_id,
          ...message,
        });
        await client.ack(client.send(commands.customerMessage, customerMessage));
        const old = { customerAppid: app.appid, customer: client_id, storeId: demo.store_id, seller: demo.seller_id };
        const answer = bodies.oldCustomerMessage.encode({ ...old, ...message, content: 'of course' });
        await desk.ack(desk.send(commands.fromSupporter, answer));
        await client.until(() => client.of(commands.customerMessage).length === 1);
        expect(client.of(commands.customerMessage)[0]?.body).toMatchObject({
          senderAppid: app.appid,
          sender: demo.seller_id,
          receiver: client_id,
          content: 'of course',
        });
        const { data } = await app.send('GET', `/messages/offline?uid=${client_id}`);
        expect(data.count).toBe(1);
        const headers = { Authorization: `Bearer ${token}` };
        const history = await (await fetch(`${place.url}/messages?store=${demo.store_id}`, { headers })).json();
        expect(history).toMatchObject({
          data: [
            { command: 64, sender: client_id, sender_appid: app.appid, receiver_appid: app.appid, content: 'help' },
            { command: 64, sender: demo.seller_id, content: 'of course' },
          ],
        });
        const status = async () =>
          ((await (await fetch(`${place.url}/supporters`, { headers })).json()) as { data: { status: string } }).data
            .status;
        expect(await status()).toBe('online');
        desk.close();
        await expect.poll(status).toBe('offline');
      });

      it('hold nobody up for a slow client, which gets everything later', async () => {
        const { app } = place;
        const [user, friend] = await app.pair();
        const [slow, quick, speaker] = [await online(user), await online(user), await online(friend)];
        slow.pause();
        // Much more than the network between the two takes.
        const long = 'x'.repeat(30_000);
        for (let count = 0; count < 400; count++)
          speaker.say(commands.peerMessage, friend, user.uid, `${count} ${long}`);
        await quick.until(() => quick.contents().length === 400);
        await speaker.until(() => speaker.of(commands.ack).length === 400);
        slow.resume();
        await slow.until(() => slow.contents().length === 400);
        expect(slow.contents()).toEqual(quick.contents());
        // What is not stored does not wait for it: the client is cut off.
        slow.pause();
        const note = { receiver: user.uid, content: 'x'.repeat(900_000) };
        for (let count = 0; count < 16; count++) await app.do('POST', '/messages/notifications', note);
        await quick.until(() => quick.of(commands.notification).length === 16);
        slow.resume();
        await slow.ended();
        expect(slow.of(commands.notification).length).toBeLessThan(16);
      });
    });

    describe('a frame that is broken', () => {
      beforeAll(() => {
        usual = 'TCP';
      });

      const broken: Record<string, (client: SocketClient) => void> = {
        'has an unknown command': (client) => client.send(29),
        'has a negative length': (client) => client.write(Buffer.from('ffffffff000000010d020000', 'hex')),
        'is too long': (client) => client.write(Buffer.from('00008000000000010d020000', 'hex')),
        'has too short a body': (client) => client.send(commands.sync, Buffer.alloc(7)),
        'is a ping with a body': (client) => client.send(commands.ping, Buffer.alloc(1)),
        'is a request of HTTP': (client) => client.write(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
        'is not UTF-8': (client) =>
          client.send(commands.peerMessage, Buffer.concat([Buffer.alloc(24), Buffer.from([0xff])])),
      };
      it.each(Object.entries(broken))('%s: it ends its connection, and no other', async (_name, send) => {
        const user = await place.app.user();
        const [client, other] = [await online(user), await online(user)];
        send(client);
        await client.ended();
        await other.settled();
        expect(other.isClosed).toBe(false);
      });

      it('is a text message, or one that ends within a frame', async () => {
        const url = `${place.url.replace('http', 'ws')}/ws`;
        for (const message of ['text', Buffer.from('000000010000', 'hex')]) {
          const client = await connect(() => SocketClient.webSocket(url));
          client.write(message as Buffer);
          await client.ended();
        }
        await expect(SocketClient.webSocket(`${url}/`)).rejects.toThrow('404');
      });
    });
  },
  ports,
);
