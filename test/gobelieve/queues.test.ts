import { describe, expect, it } from 'vitest';
import { call, describeApps, newUid, refused, type User } from './apps.ts';

/** History and offline messages (G-34 to G-38). */
describeApps('queues', (place) => {
  describe('history', () => {
    it('lists peer and group messages, oldest first, with growing ids and whole seconds', async () => {
      const { app } = place;
      const [a, b] = await app.pair();
      const gid = await app.group(a.uid, [a.uid, b.uid]);
      await app.peer(a.uid, b.uid, '1');
      await app.say(b.uid, gid, '2');
      await app.do('POST', '/messages/systems', { receiver: a.uid, content: 'not shown' });
      await app.peer(b.uid, a.uid, '3');
      await app.do('POST', '/messages/groups/notifications', { group_id: gid, content: 'not shown' });
      await app.say(a.uid, gid, '4');
      for (const user of [a, b]) {
        const history = await user.history();
        expect(history.map(({ content, command }) => [content, command])).toEqual([
          ['1', 4],
          ['2', 8],
          ['3', 4],
          ['4', 8],
        ]);
        const ids = history.map(({ id }) => id);
        expect(ids).toEqual([...new Set(ids)].sort((x, y) => x - y));
        expect(history.map(({ timestamp }) => timestamp)).toSatisfy((all: number[]) => all.every(Number.isInteger));
      }
    });

    it('changes nothing when it is read', async () => {
      const { app } = place;
      const [a, b] = await app.pair();
      await app.peer(a.uid, b.uid, 'unread');
      const before = await app.offline(b.uid);
      expect([await b.history(), await b.history()]).toEqual([await b.history(), await b.history()]);
      expect(await app.offline(b.uid)).toEqual(before);
    });

    it('ends at the newest 1024: group notifications count, system messages do not (G-34)', async () => {
      const { app } = place;
      const [user, friend] = await app.pair();
      const gid = await app.group(friend.uid, [user.uid]);
      for (const content of ['1', '2', '3']) await app.peer(friend.uid, user.uid, content);
      // Each new member is one notification.
      await app.do('POST', `/groups/${gid}/members`, Array.from({ length: 1022 }, newUid));
      expect(await user.contents()).toEqual(['2', '3']);
      for (let time = 0; time < 3; time++) {
        await app.do('POST', '/messages/systems', { receiver: user.uid, content: 'takes no place' });
      }
      expect(await user.contents()).toEqual(['2', '3']);
      await app.say(friend.uid, gid, '4');
      expect(await user.contents()).toEqual(['3', '4']);
      await app.do('POST', '/messages/groups/notifications', { group_id: gid, content: 'takes one' });
      expect(await user.contents()).toEqual(['4']);
      await app.do('DELETE', `/groups/${gid}/members`, [newUid()]);
      expect(await user.contents()).toEqual(['4']);
    });

    it.each(['store=a', 'store=0', 'store=1.0', 'store=1&store=2'])('returns 400 for ?%s', async (query) => {
      const user = await place.app.user();
      expect(refused(await user.send('GET', `/messages?${query}`))).toBe(400);
    });
  });

  describe('offline messages', () => {
    it('treats empty parameters as absent (G-7)', async () => {
      const [a, b] = await place.app.pair();
      await place.app.peer(a.uid, b.uid, 'waits');
      const flag = await b.do('GET', '/messages/offline?customer_id=&uid=&platform_id=&device_id=');
      expect(flag).toEqual({ new: 1, count: 1 });
      expect(await b.history()).toEqual(await b.do('GET', '/messages?store='));
      await b.do('POST', '/messages/dequeue?last_id=');
      expect(await place.app.offline(b.uid)).toEqual({ new: 0, count: 0 });
    });

    it("counts unacknowledged messages, without the user's own (G-36)", async () => {
      const { app } = place;
      const [a, b] = await app.pair();
      const gid = await app.group(a.uid, [a.uid, b.uid]);
      await a.do('POST', '/messages/dequeue');
      await b.do('POST', '/messages/dequeue');
      expect([await app.offline(a.uid), await app.offline(b.uid)]).toEqual([
        { new: 0, count: 0 },
        { new: 0, count: 0 },
      ]);
      await app.peer(a.uid, b.uid, '1');
      await app.say(a.uid, gid, '2');
      await app.do('POST', '/messages/systems', { receiver: b.uid, content: '3' });
      expect([await app.offline(a.uid), await app.offline(b.uid)]).toEqual([
        { new: 0, count: 0 },
        { new: 1, count: 3 },
      ]);
    });

    it('is 0 for an unknown user', async () => {
      expect(await place.app.offline(newUid())).toEqual({ new: 0, count: 0 });
    });

    it("returns a user's own flag with a token, and 403 for another user (G-37)", async () => {
      const { app } = place;
      const [a, b] = await app.pair();
      await app.peer(b.uid, a.uid, 'x');
      expect(await a.do('GET', '/messages/offline')).toEqual({ new: 1, count: 1 });
      expect(await a.do('GET', `/messages/offline?uid=${a.uid}`)).toEqual({ new: 1, count: 1 });
      expect(await a.do('GET', '/messages/offline?platform_id=2&device_id=x')).toEqual({ new: 1, count: 1 });
      expect(refused(await a.send('GET', `/messages/offline?uid=${b.uid}`))).toBe(403);
    });

    it('requires customer_id or uid from the server, and both only for the same user', async () => {
      const { app } = place;
      for (const query of [
        '',
        '?platform_id=1&device_id=x',
        '?uid=1&customer_id=c',
        '?customer_id=never-seen',
        '?customer_id=',
        '?uid=a',
        '?uid=0',
        '?uid=1&platform_id=9',
      ]) {
        expect([query, refused(await app.send('GET', `/messages/offline${query}`))]).toEqual([query, 400]);
      }
      expect(refused(await call(place.url, 'GET', '/messages/offline?uid=1'))).toBe(401);
    });

    it('finds a customer by customer_id', async () => {
      const { app } = place;
      const key = `客户 & ${newUid()}`;
      const { client_id } = await app.do('POST', '/auth/customer', { appid: app.appid, customer_id: key });
      const asked = () => app.do('GET', `/messages/offline?customer_id=${encodeURIComponent(key)}&platform_id=3`);
      expect(await asked()).toEqual({ new: 0, count: 0 });
      await app.peer(newUid(), client_id, 'hello');
      expect(await asked()).toEqual({ new: 1, count: 1 });
    });
  });

  describe('dequeue', () => {
    const count = async (user: User) => (await place.app.offline(user.uid)).count;

    it('clears the flag and deletes nothing', async () => {
      const { app } = place;
      const user = await app.user();
      await app.peer(newUid(), user.uid, 'kept');
      expect(await user.do('POST', '/messages/dequeue')).toEqual({ success: true });
      expect(await app.offline(user.uid)).toEqual({ new: 0, count: 0 });
      expect(await user.contents()).toEqual(['kept']);
      await app.peer(newUid(), user.uid, 'later');
      expect(await app.offline(user.uid)).toEqual({ new: 1, count: 1 });
    });

    it('moves up to last_id, and never back', async () => {
      const { app } = place;
      const user = await app.user();
      for (const content of ['1', '2', '3']) await app.peer(newUid(), user.uid, content);
      const [first, second] = await user.history();
      await user.do('POST', `/messages/dequeue?last_id=${second?.id}`);
      expect(await count(user)).toBe(1);
      await user.do('POST', `/messages/dequeue?last_id=${first?.id}`);
      expect(await count(user)).toBe(1);
      await user.do('POST', '/messages/dequeue');
      expect(await count(user)).toBe(0);
    });

    it('does not acknowledge messages that are still to come', async () => {
      const { app } = place;
      const user = await app.user();
      await app.peer(newUid(), user.uid, 'now');
      const reply = await user.send('POST', `/messages/dequeue?last_id=${Number.MAX_SAFE_INTEGER}`);
      expect([200, 400]).toContain(reply.status);
      await app.peer(newUid(), user.uid, 'to come');
      expect((await app.offline(user.uid)).new).toBe(1);
    });

    it('is for devices only, and affects only their own user', async () => {
      const { app } = place;
      const [a, b] = await app.pair();
      await app.peer(newUid(), a.uid, 'x');
      await b.do('POST', '/messages/dequeue');
      expect(await count(a)).toBe(1);
      expect(refused(await app.send('POST', '/messages/dequeue'))).toBe(401);
      for (const id of ['a', '0', '-1', '1.5']) {
        expect(refused(await a.send('POST', `/messages/dequeue?last_id=${id}`))).toBe(400);
      }
    });

    it('accepts a JSON content type without a body', async () => {
      const user = await place.app.user();
      const headers = { ...user.headers, 'Content-Type': 'application/json' };
      expect((await call(place.url, 'POST', '/messages/dequeue', { headers })).status).toBe(200);
    });
  });
});
