import { describe, expect, it } from 'vitest';
import { type App, call, describeApps, newUid, notificationIn, refused, type User } from './apps.ts';

/** Adding, leaving, removing and settings of members (G-22 to G-24). */
describeApps('members', (place) => {
  /** A group with its master as a member. */
  async function start(): Promise<{ app: App; master: User; gid: number }> {
    const { app } = place;
    const master = await app.user();
    return { app, master, gid: await app.group(master.uid, [master.uid]) };
  }

  describe('adding', () => {
    it('accepts every form that existing programs send (G-22)', async () => {
      const { app, master, gid } = await start();
      const expected = [master.uid];
      const add = async (uids: number[], body: unknown) => {
        expect(await app.do('POST', `/groups/${gid}/members`, body)).toEqual({ success: true });
        expected.push(...uids);
        expect(await master.members(gid)).toEqual(expected);
      };
      const uids = Array.from({ length: 8 }, newUid);
      const [a, b, c, d, e, f, g, h] = uids as [number, number, number, number, number, number, number, number];
      await add([a], { members: [{ uid: a, name: '丙', avatar: 'https://a.example/a.png' }] });
      await add([b], { members: [{ uid: String(b) }], inviter: { uid: String(master.uid), name: '主' } });
      await add([c, d], { members: [c, String(d)] });
      await add([e], [e]);
      await add([f, g], [{ uid: f }, String(g)]);
      await add([h], { uid: h, name: '辛' });
    });

    it('does nothing for an empty list', async () => {
      const { app, master, gid } = await start();
      const stream = await master.listen();
      await app.do('POST', `/groups/${gid}/members`, { members: [] });
      await app.do('POST', `/groups/${gid}/members`, []);
      expect(await stream.all(app, master.uid)).toEqual([]);
      expect(await master.members(gid)).toEqual([master.uid]);
      stream.close();
    });

    it('succeeds for an existing member, and changes nothing', async () => {
      const { app, master, gid } = await start();
      const uid = newUid();
      await app.do('POST', `/groups/${gid}/members`, [uid]);
      await app.do('PATCH', `/groups/${gid}/members/${uid}`, { nickname: '小丙' });
      await app.do('POST', `/groups/${gid}/members`, { members: [uid, { uid }, String(uid), master.uid] });
      expect((await master.groups())[0]?.members).toEqual(
        expect.arrayContaining([{ uid, name: '', nickname: '小丙' }, expect.objectContaining({ uid: master.uid })]),
      );
      expect(await master.members(gid)).toEqual([master.uid, uid]);
    });

    it('notifies all members of each new one, the new ones included, with profile and inviter', async () => {
      const { app, master, gid } = await start();
      const [old, fresh] = await app.pair();
      await app.do('POST', `/groups/${gid}/members`, [old.uid]);
      const streams = await Promise.all([old.listen(), fresh.listen()]);
      const another = newUid();
      await app.do('POST', `/groups/${gid}/members`, {
        members: [
          { uid: fresh.uid, name: '新人', avatar: 'https://a.example/n.png' },
          another,
          old.uid, // already a member: no notification
        ],
        inviter: { uid: master.uid, name: '群主' },
      });
      const base = { group_id: gid, group_name: '周末骑行', inviter: expect.objectContaining({ name: '群主' }) };
      for (const stream of streams) {
        const notices = (await stream.all(app, stream === streams[0] ? old.uid : fresh.uid)).map(notificationIn);
        expect(notices).toHaveLength(2);
        expect(notices).toEqual(
          expect.arrayContaining([
            [
              'add_member',
              expect.objectContaining({
                ...base,
                member_id: fresh.uid,
                name: '新人',
                avatar: 'https://a.example/n.png',
              }),
            ],
            ['add_member', expect.objectContaining({ ...base, member_id: another })],
          ]),
        );
        stream.close();
      }
    });

    const illegal = [0, -1, 1.5, 'a', '01', '', ' 1', '1.0', '9007199254740992', 2 ** 53, null, true, {}, [], [1]];
    it.each(illegal)('adds no member when one entry is %j', async (entry) => {
      const { app, master, gid } = await start();
      const fine = newUid();
      for (const entries of [
        [fine, entry],
        [entry, fine],
        [{ uid: fine }, { uid: entry }],
      ]) {
        for (const body of [{ members: entries }, entries]) {
          expect([body, refused(await app.send('POST', `/groups/${gid}/members`, body))]).toEqual([body, 400]);
        }
      }
      expect(await master.members(gid)).toEqual([master.uid]);
    });

    it.each([
      ['POST', { members: [{ name: 'abc' }] }, 'body.members.0.uid is required'],
      ['POST', { members: [1, { uid: 0 }] }, 'body.members.1.uid must be >= 1'],
      ['POST', { members: [true] }, 'body.members.0 must be integer, string or object'],
      ['POST', { members: [], inviter: {} }, 'body.inviter.uid is required'],
      ['POST', { members: 1 }, 'body.members must be array'],
      ['POST', { uid: true }, 'body.uid must be integer or string'],
      ['POST', [{ name: 'abc' }], 'body.0.uid is required'],
      ['POST', {}, 'body.members is required'],
      ['POST', 'abc', 'body must be object or array'],
      ['DELETE', ['uid1'], 'body.0 must match pattern "^[1-9][0-9]{0,15}$"'],
      ['DELETE', [{ 'uid:': '1' }], 'body.0.uid is required'],
    ])('names the invalid field: %s %j', async (method, body, message) => {
      const reply = await place.app.send(method, '/groups/1/members', body);
      expect([refused(reply), reply.meta.message]).toEqual([400, message]);
    });

    it('adds no member when there are more than 10,000, in every form and from every caller', async () => {
      const { app, master, gid } = await start();
      const first = newUid();
      const entries = Array.from({ length: 10_001 }, (_, index) => first + index);
      for (const body of [{ members: entries }, entries, entries.map((uid) => ({ uid })), Array(10_001).fill(first)]) {
        expect(refused(await app.send('POST', `/groups/${gid}/members`, body))).toBe(400);
        expect(refused(await master.send('POST', `/client/groups/${gid}/members`, body))).toBe(400);
      }
      expect(await master.members(gid)).toEqual([master.uid]);
      const group = { master: master.uid, name: '太多', members: [...entries.slice(1), master.uid] };
      for (const [caller, target] of [
        [app, '/groups'],
        [master, '/client/groups'],
      ] as const) {
        expect(refused(await caller.send('POST', target, group))).toBe(400);
      }
      expect((await master.groups()).map(({ id }) => id)).toEqual([gid]);
    });

    it.each([[null], [1], ['a'], [{ members: 1 }], [{ members: null }], [{}], [{ inviter: { uid: 1 } }]])(
      'returns 400 for the body %j',
      async (body) => {
        const { app, gid } = await start();
        expect(refused(await app.send('POST', `/groups/${gid}/members`, body))).toBe(400);
      },
    );
  });

  describe('leaving and removing', () => {
    it('ends a membership, and notifies all members and the one who left', async () => {
      const { app, master, gid } = await start();
      const leaver = await app.user();
      await app.do('POST', `/groups/${gid}/members`, [leaver.uid]);
      const streams = await Promise.all([master.listen(), leaver.listen()]);
      expect(await app.do('DELETE', `/groups/${gid}/members/${leaver.uid}`)).toEqual({ success: true });
      for (const stream of streams) {
        const [event] = await stream.first(1);
        const notice = ['quit_group', { group_id: gid, group_name: '周末骑行', member_id: leaver.uid }];
        expect(notificationIn(event)).toEqual([notice[0], expect.objectContaining(notice[1])]);
        stream.close();
      }
      expect([await leaver.groups(), await master.members(gid)]).toEqual([[], [master.uid]]);
    });

    it('succeeds silently for a non-member', async () => {
      const { app, master, gid } = await start();
      const stream = await master.listen();
      await app.do('DELETE', `/groups/${gid}/members/${newUid()}`);
      await app.do('DELETE', `/groups/${gid}/members`, [newUid()]);
      expect(await stream.all(app, master.uid)).toEqual([]);
      expect(await master.members(gid)).toEqual([master.uid]);
      stream.close();
    });

    it('accepts integers, numeric strings and objects, even mixed (G-22)', async () => {
      const { app, master, gid } = await start();
      const uids = Array.from({ length: 6 }, newUid);
      const [a, b, c, d, e, f] = uids as [number, number, number, number, number, number];
      await app.do('POST', `/groups/${gid}/members`, uids);
      for (const [body, left] of [
        [[a], [b, c, d, e, f]],
        [[String(b)], [c, d, e, f]],
        [[{ uid: c, name: '丙', avatar: '' }], [d, e, f]],
        [[d, String(e), { uid: String(f) }, d], []],
      ] as const) {
        expect(await app.do('DELETE', `/groups/${gid}/members`, body)).toEqual({ success: true });
        expect(await master.members(gid)).toEqual([master.uid, ...left]);
      }
    });

    it('removes no member when the list is empty or one entry is illegal', async () => {
      const { app, master, gid } = await start();
      for (const body of [
        [],
        [master.uid, 'a'],
        [master.uid, {}],
        [master.uid, 0],
        {},
        { members: [master.uid] },
        Array(10_001).fill(master.uid),
        null,
      ]) {
        expect([body, refused(await app.send('DELETE', `/groups/${gid}/members`, body))]).toEqual([body, 400]);
      }
      const none = await call(place.url, 'DELETE', `/groups/${gid}/members`, { headers: app.headers });
      expect(refused(none)).toBe(400);
      expect(await master.members(gid)).toEqual([master.uid]);
    });

    it('deletes the settings of a member who leaves', async () => {
      const { app, master, gid } = await start();
      const uid = newUid();
      await app.do('POST', `/groups/${gid}/members`, [uid]);
      await app.do('PATCH', `/groups/${gid}/members/${uid}`, { nickname: '旧名' });
      await app.do('DELETE', `/groups/${gid}/members/${uid}`);
      await app.do('POST', `/groups/${gid}/members`, [uid]);
      expect((await master.groups())[0]?.members).toContainEqual({ uid, name: '', nickname: '' });
    });

    it('keeps the group and its master when the master leaves (G-17)', async () => {
      const { app, master, gid } = await start();
      const other = await app.user();
      await app.do('POST', `/groups/${gid}/members`, [other.uid]);
      await app.do('DELETE', `/groups/${gid}/members/${master.uid}`);
      expect(await master.groups()).toEqual([]);
      expect(await other.groups()).toEqual([expect.objectContaining({ id: gid, master: master.uid })]);
    });

    it('returns 400 for an unknown group and illegal ids', async () => {
      const { app, gid } = await start();
      for (const target of [
        '/groups/987654321/members/1',
        `/groups/${gid}/members/a`,
        `/groups/${gid}/members/0`,
        `/groups/a/members/1`,
      ]) {
        expect([target, refused(await app.send('DELETE', target))]).toEqual([target, 400]);
      }
      expect(refused(await app.send('DELETE', '/groups/987654321/members', [1]))).toBe(400);
      expect(refused(await app.send('POST', '/groups/987654321/members', { members: [1] }))).toBe(400);
    });
  });

  describe('settings', () => {
    it('sets one at a time: nickname, do_not_disturb, mute', async () => {
      const { app, master, gid } = await start();
      const target = `/groups/${gid}/members/${master.uid}`;
      for (const settings of [{ nickname: '骑手' }, { do_not_disturb: true }, { mute: true }]) {
        expect(await app.do('PATCH', target, settings)).toEqual({ success: true });
      }
      expect(await master.groups()).toEqual([
        expect.objectContaining({ do_not_disturb: true, members: [{ uid: master.uid, name: '', nickname: '骑手' }] }),
      ]);
      await app.do('PATCH', target, { do_not_disturb: false });
      await app.do('PATCH', target, { nickname: '' });
      expect(await master.groups()).toEqual([
        expect.objectContaining({ do_not_disturb: false, members: [{ uid: master.uid, name: '', nickname: '' }] }),
      ]);
    });

    it('accepts 1 and 0 for booleans', async () => {
      const { app, master, gid } = await start();
      const { database } = place.server.context;
      const columns = () =>
        database
          .selectFrom('gobelieve_members')
          .select(['do_not_disturb', 'mute'])
          .where('group_id', '=', gid)
          .executeTakeFirst();
      for (const on of [1, 0] as const) {
        const target = `groups/${gid}/members/${master.uid}`;
        await app.do('PATCH', `/${target}`, { mute: on });
        await app.do('PATCH', `/${target}`, { do_not_disturb: on });
        expect(await columns()).toEqual({ do_not_disturb: on, mute: on });
        await master.do('PATCH', `/client/${target}`, { quiet: 1 - on });
        expect((await columns())?.do_not_disturb).toBe(1 - on);
      }
    });

    it('keeps do_not_disturb for each member separately', async () => {
      const { app, master, gid } = await start();
      const other = await app.user();
      await app.do('POST', `/groups/${gid}/members`, [other.uid]);
      await app.do('PATCH', `/groups/${gid}/members/${other.uid}`, { do_not_disturb: true });
      expect([(await master.groups())[0]?.do_not_disturb, (await other.groups())[0]?.do_not_disturb]).toEqual([
        false,
        true,
      ]);
    });

    it.each([
      [{}],
      [{ do_not_disturb: true, nickname: 'a' }],
      [{ do_not_disturb: true, mute: true }],
      [{ nickname: 'a', mute: false }],
      [{ do_not_disturb: 2 }],
      [{ mute: '1' }],
      [{ do_not_disturb: 'true' }],
      [{ nickname: 1 }],
      [{ nickname: null }],
      [{ mute: 'on' }],
      [{ name: 'a' }],
      [[]],
    ])('returns 400 for %j and changes nothing', async (settings) => {
      const { app, master, gid } = await start();
      expect(refused(await app.send('PATCH', `/groups/${gid}/members/${master.uid}`, settings))).toBe(400);
      expect(await master.groups()).toEqual([
        expect.objectContaining({ do_not_disturb: false, members: [{ uid: master.uid, name: '', nickname: '' }] }),
      ]);
    });

    it('returns 400 for a non-member and for an unknown group', async () => {
      const { app, master, gid } = await start();
      expect(refused(await app.send('PATCH', `/groups/${gid}/members/${newUid()}`, { nickname: 'a' }))).toBe(400);
      expect(refused(await app.send('PATCH', `/groups/987654321/members/${master.uid}`, { nickname: 'a' }))).toBe(400);
    });

    it('notifies the members of a nickname, and of no other setting', async () => {
      const { app, master, gid } = await start();
      const stream = await master.listen();
      const target = `/groups/${gid}/members/${master.uid}`;
      await app.do('PATCH', target, { mute: true });
      await app.do('PATCH', target, { do_not_disturb: true });
      await app.do('PATCH', target, { nickname: '骑手' });
      const events = await stream.all(app, master.uid);
      expect(events.map(notificationIn)).toEqual([
        ['update_member_nickname', { group_id: gid, group_name: '周末骑行', member_id: master.uid, nickname: '骑手' }],
      ]);
      stream.close();
    });

    it('lets the server send for a muted member (G-30)', async () => {
      const { app, master, gid } = await start();
      await app.do('PATCH', `/groups/${gid}/members/${master.uid}`, { mute: true });
      await app.say(master.uid, gid, 'said for him');
      expect(await master.contents()).toEqual(['said for him']);
    });
  });
});
