import { expect, it } from 'vitest';
import { describeApps, newUid, refused, type User } from './apps.ts';

/** Personal settings (G-15, G-16). */
describeApps('users', (place) => {
  /** The name of a user as other members see it. */
  async function nameOf(viewer: User, uid: number): Promise<string | undefined> {
    const groups = await viewer.groups();
    return groups.flatMap(({ members = [] }) => members).find((member) => member.uid === uid)?.name;
  }

  it.each(['POST', 'PATCH'])('%s sets the name of a user who never had a token', async (method) => {
    const { app } = place;
    const viewer = await app.user();
    const uid = newUid();
    await app.group(viewer.uid, [viewer.uid, uid]);
    expect(await app.do(method, `/users/${uid}`, { name: '张三' })).toEqual({ success: true });
    expect(await nameOf(viewer, uid)).toBe('张三');
    await app.do(method, `/users/${uid}`, { mute: true });
    expect(await nameOf(viewer, uid)).toBe('张三');
    await app.do(method, `/users/${uid}`, { name: '' });
    expect(await nameOf(viewer, uid)).toBe('');
  });

  it('applies all given settings, or none of them (G-15)', async () => {
    const { app } = place;
    const viewer = await app.user();
    const uid = newUid();
    await app.group(viewer.uid, [viewer.uid, uid]);
    const all = { name: '甲', do_not_disturb: { peer_uid: viewer.uid, on: true }, mute: true, forbidden: false };
    await app.do('POST', `/users/${uid}`, all);
    expect(await nameOf(viewer, uid)).toBe('甲');
    for (const wrong of [{ mute: 'yes' }, { do_not_disturb: { peer_uid: viewer.uid } }, { forbidden: 2 }]) {
      expect(refused(await app.send('POST', `/users/${uid}`, { name: '乙', ...wrong }))).toBe(400);
      expect(await nameOf(viewer, uid)).toBe('甲');
    }
  });

  it.each([
    [{}],
    [{ nickname: 'a' }],
    [{ name: 1 }],
    [{ name: null }],
    [{ mute: 'true' }],
    [{ mute: 2 }],
    [{ mute: '1' }],
    [{ do_not_disturb: true }],
    [{ do_not_disturb: { on: true } }],
    [{ do_not_disturb: { peer_uid: 'a', on: true } }],
    [{ do_not_disturb: { peer_uid: 1.5, on: true } }],
    [{ do_not_disturb: { peer_uid: 1, on: 'on' } }],
    [[]],
    [null],
  ])('returns 400 for %j', async (settings) => {
    expect(refused(await place.app.send('POST', `/users/${newUid()}`, settings))).toBe(400);
  });

  it('accepts 1 and 0 for booleans', async () => {
    const { database } = place.server.context;
    const uid = newUid();
    const quiet = async () =>
      (await database.selectFrom('gobelieve_quiet_peers').select('peer_uid').where('uid', '=', uid).execute()).length;
    const columns = () =>
      database
        .selectFrom('gobelieve_users')
        .select(['notify_phone', 'forbidden'])
        .where('uid', '=', uid)
        .executeTakeFirst();
    for (const on of [1, 0] as const) {
      const settings = { mute: on, forbidden: on, do_not_disturb: { peer_uid: 10002, on } };
      await place.app.do('POST', `/users/${uid}`, settings);
      expect([await columns(), await quiet()]).toEqual([{ notify_phone: 1 - on, forbidden: on }, on]);
    }
  });

  it('accepts the contact as an integer or a numeric string', async () => {
    const uid = newUid();
    for (const peer_uid of [10002, '10002']) {
      for (const on of [true, false, false]) {
        await place.app.do('POST', `/users/${uid}`, { do_not_disturb: { peer_uid, on } });
      }
    }
    const large = { peer_uid: '9007199254740993', on: true };
    expect(refused(await place.app.send('POST', `/users/${uid}`, { do_not_disturb: large }))).toBe(400);
  });

  it.each(['0', '-1', '1.5', 'abc', '9007199254740992', '0x10', '1e3'])('returns 400 for the uid %s', async (uid) => {
    expect(refused(await place.app.send('POST', `/users/${uid}`, { name: 'a' }))).toBe(400);
  });

  it('delivers messages despite do_not_disturb (G-16)', async () => {
    const { app } = place;
    const [sender, receiver] = await app.pair();
    await app.do('POST', `/users/${receiver.uid}`, { do_not_disturb: { peer_uid: sender.uid, on: true }, mute: true });
    const stream = await receiver.listen();
    await app.peer(sender.uid, receiver.uid, 'quietly');
    expect(await receiver.contents()).toEqual(['quietly']);
    expect((await stream.first(1))[0]?.event).toBe('peer_message');
    expect(await app.offline(receiver.uid)).toEqual({ new: 1, count: 1 });
    stream.close();
  });
});
