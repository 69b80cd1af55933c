import { describe, expect, it } from 'vitest';
import { describeApps, newUid, refused } from './apps.ts';

const contents = [
  '',
  ' ',
  '\n\r\t',
  '{"text":"你好"}',
  '{"text":"a\\u0000b"}',
  'null',
  '"quoted"',
  "'; drop table messages; --",
  '{{x}} %s %00 \\',
  '\u0000',
  'a\u0000b',
  '\ufeffbom',
  '\u2028\u2029',
  '👩‍👩‍👧‍👦 e\u0301 é \u202e',
  'data: x\n\nevent: y\n\n',
  '长'.repeat(20_000),
];

/** Sending messages (G-29 to G-33). */
describeApps('messages', (place) => {
  describe('peer', () => {
    it('is in both queues, with different ids and the same content (G-29)', async () => {
      const { app } = place;
      const [sender, receiver] = await app.pair();
      const before = Math.floor(Date.now() / 1000);
      expect(
        await app.do('POST', '/messages/peers', { sender: sender.uid, receiver: receiver.uid, content: '你好' }),
      ).toEqual({ success: true });
      const [sent, ...noMore] = await sender.history();
      const [got, ...nothing] = await receiver.history();
      const message = { content: '你好', sender: sender.uid, receiver: receiver.uid, command: 4 };
      expect([sent, got]).toEqual([expect.objectContaining(message), expect.objectContaining(message)]);
      expect([noMore, nothing]).toEqual([[], []]);
      expect(sent?.id).not.toBe(got?.id);
      for (const timestamp of [sent?.timestamp ?? 0, got?.timestamp ?? 0]) {
        expect(timestamp).toBeGreaterThanOrEqual(before);
        expect(timestamp).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
      }
    });

    it('reaches users who never had a token', async () => {
      const { app } = place;
      const [sender, receiver] = [newUid(), newUid()];
      await app.peer(sender, receiver, 'early');
      expect(await (await app.user(receiver)).contents()).toEqual(['early']);
      expect(await (await app.user(sender)).contents()).toEqual(['early']);
    });

    it.each(contents)('returns %j unchanged', async (content) => {
      const { app } = place;
      const [sender, receiver] = await app.pair();
      const stream = await receiver.listen();
      await app.peer(sender.uid, receiver.uid, content);
      expect(await receiver.contents()).toEqual([content]);
      expect((await stream.first(1))[0]?.data.content).toBe(content);
      stream.close();
    });

    it.each<[string, object]>([
      ['no sender', { receiver: 2, content: 'a' }],
      ['no receiver', { sender: 1, content: 'a' }],
      ['no content', { sender: 1, receiver: 2 }],
      ['a sender in quotes', { sender: '1', receiver: 2, content: 'a' }],
      ['a receiver in quotes', { sender: 1, receiver: '2', content: 'a' }],
      ['a receiver that is a list', { sender: 1, receiver: [2], content: 'a' }],
      ['the system as sender', { sender: 0, receiver: 2, content: 'a' }],
      ['content that is no text', { sender: 1, receiver: 2, content: { text: 'a' } }],
      ['content that is null', { sender: 1, receiver: 2, content: null }],
    ])('returns 400 for %s', async (_, message) => {
      expect(refused(await place.app.send('POST', '/messages/peers', message))).toBe(400);
    });
  });

  describe('group', () => {
    it('is in the queues of all members, the sender included', async () => {
      const { app } = place;
      const users = await app.users(3);
      const [a, b, c] = users.map(({ uid }) => uid) as [number, number, number];
      const outsider = await app.user();
      const gid = await app.group(a, [a, b, c]);
      expect(await app.do('POST', '/messages/groups', { sender: b, receiver: gid, content: '集合' })).toEqual({
        success: true,
      });
      for (const user of users) {
        expect(await user.history()).toEqual([
          expect.objectContaining({ content: '集合', sender: b, receiver: gid, command: 8 }),
        ]);
      }
      expect(await outsider.history()).toEqual([]);
    });

    it('can have any sender (G-30)', async () => {
      const { app } = place;
      const member = await app.user();
      const gid = await app.group(member.uid, [member.uid]);
      await app.say(newUid(), gid, 'from outside');
      expect(await member.contents()).toEqual(['from outside']);
    });

    it('reaches only users who are members at that time', async () => {
      const { app } = place;
      const [early, late] = await app.pair();
      const gid = await app.group(early.uid, [early.uid]);
      await app.say(early.uid, gid, 'one');
      await app.do('POST', `/groups/${gid}/members`, [late.uid]);
      await app.say(early.uid, gid, 'two');
      await app.do('DELETE', `/groups/${gid}/members/${early.uid}`);
      await app.say(late.uid, gid, 'three');
      expect(await early.contents()).toEqual(['one', 'two']);
      expect(await late.contents()).toEqual(['two', 'three']);
    });

    it("is stored once in a super group: in the event stream, but in no user's queue (G-25)", async () => {
      const { app } = place;
      const [a, b] = await app.pair();
      const gid = await app.group(a.uid, [a.uid, b.uid], { super: true });
      const stream = await b.listen();
      await app.say(a.uid, gid, '很多人');
      const message = { content: '很多人', sender: a.uid, receiver: gid, command: 8 };
      expect(await stream.first(1)).toEqual([
        expect.objectContaining({ event: 'group_message', data: expect.objectContaining(message) }),
      ]);
      expect([await a.history(), await b.history()]).toEqual([[], []]);
      stream.close();
    });

    it('reaches thousands at once, and they can leave at once', async () => {
      const { app } = place;
      const [first, last] = await app.pair();
      const crowd = Array.from({ length: 4500 }, newUid);
      const gid = await app.group(first.uid, [first.uid, ...crowd, last.uid]);
      await app.say(first.uid, gid, 'to all of you');
      const [[seen], [same]] = [await first.history(), await last.history()];
      expect([seen?.content, same]).toEqual(['to all of you', seen]);
      const { database } = place.server.context;
      // The cost of a message does not depend on the number of members.
      const entries = database.selectFrom('gobelieve_queue_entries').select(({ fn }) => fn.countAll().as('count'));
      const { count } = await entries
        .where('app_id', '=', app.appid)
        .where('id', '=', seen?.id ?? 0)
        .executeTakeFirstOrThrow();
      expect(Number(count)).toBe(1);
      await app.do('DELETE', `/groups/${gid}/members`, crowd);
      expect(await first.members(gid)).toEqual([first.uid, last.uid]);
      const [group] = await last.groups();
      expect(group?.members).toHaveLength(2);
    });

    it('is stored once after an upgrade, and earlier copies stay', async () => {
      const { app } = place;
      const user = await app.user();
      const gid = await app.group(user.uid, [user.uid]);
      await app.say(user.uid, gid, 'before');
      await app.do('POST', `/groups/${gid}/upgrade`);
      await app.say(user.uid, gid, 'after');
      expect(await user.contents()).toEqual(['before']);
    });

    it('returns 400 for an unknown group (G-10) and invalid fields', async () => {
      const { app } = place;
      const gid = await app.group(1, [1]);
      for (const message of [
        { sender: 1, receiver: 987654321, content: 'a' },
        { sender: '1', receiver: gid, content: 'a' },
        { receiver: gid, content: 'a' },
        { sender: 1, content: 'a' },
        { sender: 1, receiver: gid },
      ]) {
        expect([message, refused(await app.send('POST', '/messages/groups', message))]).toEqual([message, 400]);
      }
    });
  });

  describe('system', () => {
    it('waits for the receiver, is in the event stream, and is not in the history', async () => {
      const { app } = place;
      const user = await app.user();
      const stream = await user.listen();
      await app.do('POST', '/messages/systems', { receiver: user.uid, content: '订单已发货' });
      expect(await stream.first(1)).toEqual([
        {
          id: expect.any(String),
          event: 'system_message',
          data: { id: expect.any(Number), content: '订单已发货', timestamp: expect.any(Number) },
        },
      ]);
      expect(await user.history()).toEqual([]);
      expect(await app.offline(user.uid)).toEqual({ new: 1, count: 1 });
      stream.close();
    });

    it.each([[{ content: 'a' }], [{ receiver: 1 }], [{ receiver: '1', content: 'a' }], [{ receiver: 1, content: 1 }]])(
      'returns 400 for %j',
      async (message) => {
        expect(refused(await place.app.send('POST', '/messages/systems', message))).toBe(400);
      },
    );
  });

  describe('notification', () => {
    it('reaches open connections, and is not stored', async () => {
      const { app } = place;
      const user = await app.user();
      await app.do('POST', '/messages/notifications', { receiver: user.uid, content: 'too early' });
      const streams = await Promise.all([user.listen(), user.listen()]);
      await app.do('POST', '/messages/notifications', { receiver: user.uid, content: 'in time' });
      for (const stream of streams) {
        expect(await stream.first(1)).toEqual([{ event: 'notification', data: { content: 'in time' } }]);
        stream.close();
      }
      expect(await user.history()).toEqual([]);
      expect(await app.offline(user.uid)).toEqual({ new: 0, count: 0 });
    });

    it('succeeds without open connections', async () => {
      expect(await place.app.do('POST', '/messages/notifications', { receiver: newUid(), content: 'x' })).toEqual({
        success: true,
      });
    });

    it.each([[{ content: 'a' }], [{ receiver: 1 }], [{ receiver: 'a', content: 'a' }]])(
      'returns 400 for %j',
      async (message) => {
        expect(refused(await place.app.send('POST', '/messages/notifications', message))).toBe(400);
      },
    );
  });

  describe('group notification', () => {
    it('waits for all members, is in the event stream, and is not in the history', async () => {
      const { app } = place;
      const [a, b] = await app.pair();
      const gid = await app.group(a.uid, [a.uid, b.uid]);
      const before = await app.offline(b.uid);
      const stream = await b.listen();
      await app.do('POST', '/messages/groups/notifications', { group_id: gid, content: '{"any":"thing"}' });
      const data = { id: expect.any(Number), content: '{"any":"thing"}', timestamp: expect.any(Number) };
      expect(await stream.first(1)).toEqual([{ id: expect.any(String), event: 'group_notification', data }]);
      expect([await a.history(), await b.history()]).toEqual([[], []]);
      expect((await app.offline(b.uid)).count).toBe(before.count + 1);
      stream.close();
    });

    it('returns 400 for an unknown group and for a group without members', async () => {
      const { app } = place;
      for (const group_id of [987654321, await app.group(1, [])]) {
        const notice = { group_id, content: 'a' };
        expect(refused(await app.send('POST', '/messages/groups/notifications', notice))).toBe(400);
      }
      const gid = await app.group(1, [1]);
      for (const wrong of [{ group_id: gid }, { content: 'a' }, { group_id: String(gid), content: 'a' }]) {
        expect(refused(await app.send('POST', '/messages/groups/notifications', wrong))).toBe(400);
      }
    });
  });

  describe('room', () => {
    it('reaches the connections in the room', async () => {
      const { app } = place;
      const [inside, outside] = await app.pair();
      const room = newUid();
      const streams = await Promise.all([
        inside.listen({ rooms: [room, newUid()] }),
        outside.listen({ rooms: [newUid()] }),
      ]);
      for (const sender of [inside.uid, 0]) {
        const message = { sender, receiver: room, content: `from ${sender}` };
        expect(await app.do('POST', '/messages/rooms', message)).toEqual({ success: true });
      }
      const [here, there] = streams;
      expect(await here?.first(2)).toEqual(
        [inside.uid, 0].map((sender) => ({
          event: 'room_message',
          data: { sender, receiver: room, content: `from ${sender}` },
        })),
      );
      expect(await there?.all(app, outside.uid)).toEqual([]);
      expect(await inside.history()).toEqual([]);
      for (const stream of streams) stream.close();
    });

    it.each([
      [{ receiver: 1, content: 'a' }],
      [{ sender: 0, content: 'a' }],
      [{ sender: 0, receiver: 1 }],
      [{ sender: -1, receiver: 1, content: 'a' }],
      [{ sender: '0', receiver: 1, content: 'a' }],
      [{ sender: 0, receiver: 0, content: 'a' }],
    ])('returns 400 for %j', async (message) => {
      expect(refused(await place.app.send('POST', '/messages/rooms', message))).toBe(400);
    });
  });

  const kinds = ['peers', 'groups', 'systems', 'notifications', 'groups/notifications', 'rooms', 'customers'];

  it.each(kinds)('/messages/%s is not for devices, which options bind (G-71)', async (kind) => {
    const user = await place.app.user();
    const message = { sender: user.uid, receiver: user.uid, group_id: 1, content: 'x' };
    expect(refused(await user.send('POST', `/messages/${kind}`, message))).toBe(401);
    expect(refused(await user.send('POST', `/v2/messages/${kind}`, message))).toBe(401);
  });

  it.each(kinds)('/messages/%s refuses text that is not Unicode (G-33)', async (kind) => {
    const { app } = place;
    const user = await app.user();
    const group_id = await app.group(user.uid, [user.uid]);
    const receiver = kind === 'groups' ? group_id : user.uid;
    const send = (content: string) =>
      app.send('POST', `/messages/${kind}`, { sender: user.uid, receiver, group_id, content });
    for (const content of ['a\ud800b', '\udc00', 'a\ud83d']) {
      const reply = await send(content);
      expect([refused(reply), reply.meta.message]).toEqual([400, expect.stringContaining('content')]);
    }
    expect((await send('\\ud83d 😀')).status).toBe(200);
    expect(await user.contents()).toEqual(['peers', 'groups', 'customers'].includes(kind) ? ['\\ud83d 😀'] : []);
  });
});
