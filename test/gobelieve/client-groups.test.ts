import { describe, expect, it } from 'vitest';
import { describeApps, newUid, notificationIn, refused, type User } from './apps.ts';

type Role = 'master' | 'absent master' | 'member' | 'outsider' | 'former member' | 'server';
const roles: readonly Role[] = ['master', 'absent master', 'member', 'outsider', 'former member', 'server'];

/** The statuses by role, in the order of `roles`. */
interface Right {
  action: string;
  request(group: { gid: number; self: number; other: number }): [method: string, target: string, body?: unknown];
  statuses: readonly [number, number, number, number, number, number];
}

const settings = { nickname: '骑手' };

/** Authorization (G-18). The app's server is accepted on three of the operations (G-19) and gets 401 on the others. */
const rights: readonly Right[] = [
  {
    action: 'see the group',
    request: ({ gid }) => ['GET', `/client/groups/${gid}`],
    statuses: [200, 200, 200, 403, 403, 401],
  },
  {
    action: 'rename it',
    request: ({ gid }) => ['PATCH', `/client/groups/${gid}`, { name: '夜骑' }],
    statuses: [200, 200, 200, 403, 403, 401],
  },
  {
    action: 'change its notice',
    request: ({ gid }) => ['PATCH', `/client/groups/${gid}`, { notice: '七点集合' }],
    statuses: [200, 200, 200, 403, 403, 401],
  },
  {
    action: 'add members',
    request: ({ gid }) => ['POST', `/client/groups/${gid}/members`, { members: [newUid()] }],
    statuses: [200, 200, 200, 403, 403, 401],
  },
  {
    action: 'add oneself',
    request: ({ gid, self }) => ['POST', `/client/groups/${gid}/members`, { members: [self] }],
    statuses: [200, 200, 200, 403, 403, 401],
  },
  {
    action: 'remove others',
    request: ({ gid, other }) => ['DELETE', `/client/groups/${gid}/members`, [{ uid: other, name: '丙', avatar: '' }]],
    statuses: [200, 200, 403, 403, 403, 200],
  },
  {
    action: 'remove oneself as others are removed',
    request: ({ gid, self }) => ['DELETE', `/client/groups/${gid}/members`, [self]],
    statuses: [200, 200, 403, 403, 403, 200],
  },
  {
    action: 'leave',
    request: ({ gid, self }) => ['DELETE', `/client/groups/${gid}/members/${self}`],
    statuses: [200, 200, 200, 200, 200, 401],
  },
  {
    action: 'leave for another user',
    request: ({ gid, other }) => ['DELETE', `/client/groups/${gid}/members/${other}`],
    statuses: [403, 403, 403, 403, 403, 401],
  },
  {
    action: 'change the own settings',
    request: ({ gid, self }) => ['PATCH', `/client/groups/${gid}/members/${self}`, settings],
    statuses: [200, 400, 200, 400, 400, 400],
  },
  {
    action: 'change the settings of another user',
    request: ({ gid, other }) => ['PATCH', `/client/groups/${gid}/members/${other}`, settings],
    statuses: [403, 403, 403, 403, 403, 200],
  },
  {
    action: 'dissolve it',
    request: ({ gid }) => ['DELETE', `/client/groups/${gid}`],
    statuses: [200, 200, 403, 403, 403, 401],
  },
  {
    action: 'create a group of one’s own',
    request: ({ self }) => ['POST', '/client/groups', { master: self, name: '新群', members: [self] }],
    statuses: [200, 200, 200, 200, 200, 200],
  },
  {
    action: 'create a group of another user',
    request: ({ other }) => ['POST', '/client/groups', { master: other, name: '新群' }],
    statuses: [403, 403, 403, 403, 403, 200],
  },
  {
    action: 'upgrade it',
    request: ({ gid }) => ['POST', `/groups/${gid}/upgrade`],
    statuses: [401, 401, 401, 401, 401, 200],
  },
  {
    action: 'mute',
    request: ({ gid, other }) => ['PATCH', `/groups/${gid}/members/${other}`, { mute: false }],
    statuses: [401, 401, 401, 401, 401, 200],
  },
];

describeApps('client groups', (place) => {
  describe.each(rights)('authorization: $action', ({ request, statuses }) => {
    it.each(roles.map((role, index) => [role, statuses[index]] as const))('%s: %d', async (role, status) => {
      const { app } = place;
      const [caller, other] = await app.pair();
      const isMaster = role === 'master' || role === 'absent master';
      const isMember = role === 'master' || role === 'member' || role === 'former member';
      const gid = await app.group(isMaster ? caller.uid : newUid(), isMember ? [caller.uid, other.uid] : [other.uid]);
      if (role === 'former member') await app.do('DELETE', `/groups/${gid}/members/${caller.uid}`);
      const before = await other.groups();
      const [method, target, body] = request({ gid, self: caller.uid, other: other.uid });
      const reply = await (role === 'server' ? app : caller).send(method, target, body);
      expect(reply.status).toBe(status);
      // A refused request changes nothing.
      if (status !== 200) expect(await other.groups()).toEqual(before);
    });
  });

  /** A group with a master and a member, both with tokens. */
  async function start() {
    const { app } = place;
    const [master, member] = await app.pair();
    return { app, master, member, gid: await app.group(master.uid, [master.uid, member.uid]) };
  }

  describe('reading', () => {
    it('lists each group that the caller is a member of once, and no others', async () => {
      const { app, master, member, gid } = await start();
      const second = await app.group(member.uid, [{ uid: member.uid }, member.uid]);
      await app.group(member.uid, [master.uid]);
      const ids = (await member.groups()).map(({ id }) => id);
      expect(ids.sort((a, b) => a - b)).toEqual([gid, second]);
    });

    it('includes members and do_not_disturb only when fields names them', async () => {
      const { member } = await start();
      const keys = async (query: string) => Object.keys((await member.do('GET', `/client/groups${query}`))[0]).sort();
      const usual = ['id', 'master', 'name', 'notice', 'super'];
      expect(await keys('')).toEqual(usual);
      expect(await keys('?fields=')).toEqual(usual);
      expect(await keys('?fields=unknown')).toEqual(usual);
      expect(await keys('?fields=members')).toEqual(['id', 'master', 'members', 'name', 'notice', 'super']);
      expect(await keys('?fields=quiet')).toEqual(['do_not_disturb', ...usual]);
      const all = ['do_not_disturb', 'id', 'master', 'members', 'name', 'notice', 'super'];
      for (const fields of ['members,quiet', 'quiet,members', 'quiet,unknown,members', 'members%2Cquiet']) {
        expect(await keys(`?fields=${fields}`)).toEqual(all);
      }
    });

    it("shows the user's name and the nickname in the group separately (G-21)", async () => {
      const { app, master, member, gid } = await start();
      await app.do('POST', `/users/${member.uid}`, { name: '王小明' });
      await member.do('PATCH', `/client/groups/${gid}/members/${member.uid}`, { nickname: '小王' });
      const [group] = await master.groups();
      expect(group?.members).toEqual(
        expect.arrayContaining([
          { uid: member.uid, name: '王小明', nickname: '小王' },
          { uid: master.uid, name: '', nickname: '' },
        ]),
      );
    });

    it('returns one group with members and do_not_disturb', async () => {
      const { app, master, member, gid } = await start();
      const [listed] = await member.groups();
      expect(await member.do('GET', `/client/groups/${gid}`)).toEqual(listed);
      await app.do('DELETE', `/groups/${gid}/members/${master.uid}`);
      const seen = await master.do('GET', `/client/groups/${gid}`);
      expect(seen.members).toEqual([{ uid: member.uid, name: '', nickname: '' }]);
    });
  });

  describe('changing', () => {
    it('sets either the name or the notice, and notifies the members', async () => {
      const { member, master, gid } = await start();
      const stream = await master.listen();
      await member.do('PATCH', `/client/groups/${gid}`, { notice: '七点集合' });
      await member.do('PATCH', `/client/groups/${gid}`, { name: '夜骑' });
      expect(await master.groups()).toEqual([expect.objectContaining({ name: '夜骑', notice: '七点集合' })]);
      expect((await stream.first(2)).map(notificationIn)).toEqual([
        ['update_notice', { group_id: gid, notice: '七点集合' }],
        ['update_name', { group_id: gid, name: '夜骑' }],
      ]);
      for (const wrong of [{ name: 'a', notice: 'b' }, {}, { name: 1 }, { notice: null }, [], { super: true }]) {
        expect([wrong, refused(await member.send('PATCH', `/client/groups/${gid}`, wrong))]).toEqual([wrong, 400]);
      }
      expect(await master.groups()).toEqual([expect.objectContaining({ name: '夜骑', notice: '七点集合' })]);
      stream.close();
    });

    it('names the caller as the inviter', async () => {
      const { app, master, member, gid } = await start();
      await app.do('POST', `/users/${member.uid}`, { name: '王小明' });
      const stream = await master.listen();
      const guest = newUid();
      await member.do('POST', `/client/groups/${gid}/members`, {
        members: [{ uid: guest, name: '客人' }],
        inviter: { uid: master.uid, name: 'not me' },
      });
      const [kind, fields] = notificationIn((await stream.first(1))[0]);
      expect([kind, fields]).toEqual([
        'add_member',
        expect.objectContaining({ group_id: gid, member_id: guest, name: '客人' }),
      ]);
      expect(fields.inviter).toMatchObject({ uid: member.uid });
      stream.close();
    });

    it('accepts the same forms of member lists as the server operations', async () => {
      const { master, gid } = await start();
      const count = (await master.members(gid)).length;
      const bodies = [{ members: [newUid()] }, [newUid(), String(newUid())], { uid: String(newUid()), name: 'a' }];
      for (const body of bodies) await master.do('POST', `/client/groups/${gid}/members`, body);
      expect(await master.members(gid)).toHaveLength(count + 4);
    });

    it('accepts quiet for do_not_disturb, but never mute: a member cannot unmute himself', async () => {
      const { member, gid } = await start();
      const target = `/client/groups/${gid}/members/${member.uid}`;
      await member.do('PATCH', target, { quiet: true });
      expect((await member.groups())[0]?.do_not_disturb).toBe(true);
      await member.do('PATCH', target, { do_not_disturb: false });
      expect((await member.groups())[0]?.do_not_disturb).toBe(false);
      for (const wrong of [
        { mute: false },
        { quiet: true, do_not_disturb: true },
        { quiet: true, nickname: 'a' },
        { nickname: 'a', do_not_disturb: true },
        {},
      ]) {
        expect([wrong, refused(await member.send('PATCH', target, wrong))]).toEqual([wrong, 400]);
      }
    });

    it('notifies members and the users concerned of removal, leaving and dissolution', async () => {
      const { app, master, member, gid } = await start();
      const third = await app.user();
      await app.do('POST', `/groups/${gid}/members`, [third.uid]);
      const streams = { master: await master.listen(), member: await member.listen(), third: await third.listen() };
      await master.do('DELETE', `/client/groups/${gid}/members`, [{ uid: third.uid }]);
      await member.do('DELETE', `/client/groups/${gid}/members/${member.uid}`);
      await master.do('DELETE', `/client/groups/${gid}`);
      const kinds = async (stream: keyof typeof streams, user: User) =>
        (await streams[stream].all(app, user.uid)).map((event) => {
          const [kind, { member_id }] = notificationIn(event);
          return [kind, member_id];
        });
      const [removal, departure, end] = [
        ['quit_group', third.uid],
        ['quit_group', member.uid],
        ['disband', undefined],
      ];
      expect(await kinds('third', third)).toEqual([removal]);
      expect(await kinds('member', member)).toEqual([removal, departure]);
      expect(await kinds('master', master)).toEqual([removal, departure, end]);
      for (const stream of Object.values(streams)) stream.close();
    });
  });
});
