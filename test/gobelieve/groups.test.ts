import { expect, it } from 'vitest';
import { call, describeApps, newUid, notificationIn, refused, succeeded } from './apps.ts';

/** Groups, managed by the app's server (G-17, G-25, G-26). */
describeApps('groups', (place) => {
  it('creates a group whose master is a member only when listed (G-17)', async () => {
    const { app } = place;
    const [master, member] = await app.pair();
    const gid = await app.group(master.uid, [{ uid: member.uid, name: '成员', avatar: 'https://a.example/a.png' }]);
    expect(Number.isSafeInteger(gid) && gid > 0).toBe(true);
    expect(await master.groups()).toEqual([]);
    expect(await member.groups()).toEqual([
      {
        id: gid,
        master: master.uid,
        super: 0,
        name: '周末骑行',
        notice: '',
        members: [{ uid: member.uid, name: '', nickname: '' }],
        do_not_disturb: false,
      },
    ]);
  });

  it('accepts members as integers, numeric strings and objects, even mixed, each once', async () => {
    const { app } = place;
    const [a, b] = await app.pair();
    const gid = await app.group(a.uid, [
      a.uid,
      String(b.uid),
      { uid: a.uid },
      { uid: String(b.uid), name: 'b' },
      a.uid,
    ]);
    expect(await a.members(gid)).toEqual([a.uid, b.uid]);
    expect(await b.groups()).toHaveLength(1);
  });

  it('needs no members, and shows super as a number (G-21)', async () => {
    const { app } = place;
    const user = await app.user();
    expect(await app.do('POST', '/groups', { master: newUid(), name: '空' })).toEqual({ group_id: expect.any(Number) });
    for (const [given, shown] of [
      [true, 1],
      [false, 0],
      [1, 1],
      [0, 0],
    ] as const) {
      const gid = await app.group(user.uid, [user.uid], { super: given });
      expect((await user.groups()).find(({ id }) => id === gid)?.super).toBe(shown);
    }
  });

  it.each<[string, object]>([
    ['no master', { name: 'a', members: [] }],
    ['a master that is no integer', { master: '1', name: 'a' }],
    ['no name', { master: 1, members: [] }],
    ['a name that is no text', { master: 1, name: 1 }],
    ['super as another number', { master: 1, name: 'a', super: 2 }],
    ['super as text', { master: 1, name: 'a', super: '1' }],
    ['members that are no list', { master: 1, name: 'a', members: { uid: 1 } }],
  ])('returns 400 for %s', async (_, group) => {
    expect(refused(await place.app.send('POST', '/groups', group))).toBe(400);
  });

  it.each([
    [0],
    [-1],
    [1.5],
    ['a'],
    ['01'],
    [''],
    [null],
    [true],
    [{}],
    [{ name: 'a' }],
    [{ uid: 'x' }],
    [[1]],
    [2 ** 53],
  ])('creates no group when one member is %j', async (entry) => {
    const user = await place.app.user();
    const group = { master: user.uid, name: 'a', members: [user.uid, entry] };
    expect(refused(await place.app.send('POST', '/groups', group))).toBe(400);
    expect(await user.groups()).toEqual([]);
  });

  it('notifies the members of a new group', async () => {
    const { app } = place;
    const [master, member] = await app.pair();
    const streams = await Promise.all([master.listen(), member.listen()]);
    const gid = await app.group(master.uid, [{ uid: master.uid, name: '主' }, member.uid]);
    for (const stream of streams) {
      const [event] = await stream.first(1);
      const [kind, fields] = notificationIn(event);
      expect([kind, fields]).toEqual([
        'create',
        expect.objectContaining({ group_id: gid, master: master.uid, name: '周末骑行' }),
      ]);
      expect(JSON.stringify(fields.members)).toContain(String(member.uid));
      expect(JSON.stringify(fields.members)).toContain('主');
      stream.close();
    }
  });

  it('renames a group, and notifies the members', async () => {
    const { app } = place;
    const user = await app.user();
    const gid = await app.group(user.uid, [user.uid]);
    const stream = await user.listen();
    expect(await app.do('PATCH', `/groups/${gid}`, { name: '夜骑' })).toEqual({ success: true });
    expect((await user.groups())[0]?.name).toBe('夜骑');
    const [event] = await stream.first(1);
    expect(notificationIn(event)).toEqual(['update_name', { group_id: gid, name: '夜骑' }]);
    for (const wrong of [{}, { name: 1 }, { name: null }, { notice: 'a' }, []]) {
      expect(refused(await app.send('PATCH', `/groups/${gid}`, wrong))).toBe(400);
    }
    expect((await user.groups())[0]?.name).toBe('夜骑');
    stream.close();
  });

  it('dissolves a group with everything in it, once', async () => {
    const { app } = place;
    const [a, b] = await app.pair();
    const gid = await app.group(a.uid, [a.uid, b.uid]);
    const streams = await Promise.all([a.listen(), b.listen()]);
    expect(await app.do('DELETE', `/groups/${gid}`)).toEqual({ success: true });
    for (const stream of streams) {
      const [event] = await stream.first(1);
      expect(notificationIn(event)).toEqual(['disband', { group_id: gid, group_name: '周末骑行' }]);
      stream.close();
    }
    expect([await a.groups(), await b.groups()]).toEqual([[], []]);
    expect(refused(await app.send('DELETE', `/groups/${gid}`))).toBe(400);
    expect(refused(await app.send('POST', `/groups/${gid}/members`, { members: [a.uid] }))).toBe(400);
    expect(refused(await app.send('POST', '/messages/groups', { sender: a.uid, receiver: gid, content: 'x' }))).toBe(
      400,
    );
    expect(refused(await a.send('GET', `/client/groups/${gid}`))).toBe(400);
  });

  it('assigns no id twice, not even that of a dissolved group', async () => {
    const { app } = place;
    const first = await app.group(1);
    await app.do('DELETE', `/groups/${first}`);
    expect(await app.group(1)).not.toBe(first);
  });

  it('upgrades a group, any number of times, and keeps members and settings (G-25)', async () => {
    const { app } = place;
    const [a, b] = await app.pair();
    const gid = await app.group(a.uid, [a.uid, b.uid]);
    await app.do('PATCH', `/groups/${gid}/members/${b.uid}`, { nickname: '老王' });
    await app.do('PATCH', `/groups/${gid}/members/${b.uid}`, { do_not_disturb: true });
    const stream = await a.listen();
    expect(await app.do('POST', `/groups/${gid}/upgrade`)).toEqual({ success: true });
    const [event] = await stream.first(1);
    expect(notificationIn(event)).toEqual(['upgrade', { group_id: gid, group_name: '周末骑行', super: 1 }]);
    await app.do('POST', `/groups/${gid}/upgrade`);
    const [group] = await b.groups();
    expect(group).toMatchObject({ id: gid, super: 1, do_not_disturb: true });
    expect(group?.members?.find(({ uid }) => uid === b.uid)?.nickname).toBe('老王');
    stream.close();
  });

  it('accepts a JSON content type without a body where no body is needed (G-6)', async () => {
    const { app } = place;
    const user = await app.user();
    const gid = await app.group(user.uid, [user.uid]);
    const empty = (method: string, target: string) =>
      call(place.url, method, target, { headers: { ...app.headers, 'Content-Type': 'application/json' } });
    succeeded(await empty('POST', `/groups/${gid}/upgrade`));
    succeeded(await empty('DELETE', `/groups/${gid}/members/${user.uid}`));
    succeeded(await empty('DELETE', `/groups/${gid}`));
  });

  it.each(['PATCH /groups/', 'DELETE /groups/', 'POST /groups/:/upgrade', 'POST /groups/:/members'])(
    'returns 400 for an unknown group: %s',
    async (what) => {
      const [method = '', path = ''] = what.split(' ');
      for (const gid of ['987654321', '0', '-1', 'abc', '1.5', '9007199254740992', '%20']) {
        const target = path.includes(':') ? path.replace(':', gid) : path + gid;
        const body = method === 'DELETE' ? undefined : { name: 'a', members: [1] };
        expect([gid, refused(await place.app.send(method, target, body))]).toEqual([gid, 400]);
      }
    },
  );
});
