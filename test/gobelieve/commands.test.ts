import { describe, expect, it, vi } from 'vitest';
import { commands } from '../../src/gobelieve/commands.ts';
import { sendFromDevice } from '../../src/gobelieve/model/device-messages.ts';
import { App, call, describeApps, md5, newUid, refused, succeeded, User } from './apps.ts';

type Row = Record<string, string & number>;

/** Commands for apps, stores and supporters, which the API only reads. */
describeApps('commands', (place) => {
  const run = async (kind: string, action: string, options: Record<string, string | string[]> = {}) => {
    const command = commands[kind]?.[action];
    if (command === undefined) throw new Error(`There is no ${kind} ${action}`);
    return (await command.run(options, place.server.context)) as Row;
  };
  const list = async (kind: string, options?: Record<string, string>) =>
    (await run(kind, 'list', options)) as unknown as Row[];

  /** An app with a store and one supporter, made by commands. */
  async function open() {
    const { appid = 0, appsecret = '' } = await run('app', 'create', { name: '商店' });
    const option = { app: String(appid) };
    const { store_id } = await run('store', 'create', { ...option, name: '咨询台' });
    const seller = newUid();
    await run('supporter', 'create', {
      ...option,
      uid: String(seller),
      name: '客服',
      avatar: 'https://a.example/s.png',
    });
    return { app: new App(place.url, { appid, appsecret }), option, store_id, seller };
  }

  it('creates an app that works at once, with a store and a supporter', async () => {
    const { app, store_id, seller } = await open();
    expect((await app.user()).token).toMatch(/./);
    const { appid } = app;
    const { token } = succeeded(await call(place.url, 'POST', '/auth/customer', { json: { appid } }));
    const visitor = new User(place.url, 0, token);
    expect(await visitor.do('GET', `/supporters?store_id=${store_id}`)).toEqual({
      seller_id: seller,
      name: '客服',
      avatar: 'https://a.example/s.png',
      status: 'offline',
    });
    expect(await list('app')).toContainEqual({ appid, name: '商店', store_id });
    expect(await list('store')).toContainEqual({ store_id, appid, name: '咨询台' });
  });

  it('accepts the secret of an app that exists elsewhere', async () => {
    const secret = `secret ${newUid()} 密`;
    const { appid = 0 } = await run('app', 'create', { name: 'a', secret });
    const Authorization = `Basic ${btoa(`${appid}:${md5(secret)}`)}`;
    const reply = await call(place.url, 'POST', '/auth/grant', { json: { uid: 1 }, headers: { Authorization } });
    expect(reply.status).toBe(200);
  });

  it('accepts an appid too, and the next ones follow the largest', async () => {
    const { appid: last = 0 } = await run('app', 'create', { name: 'a' });
    for (const id of [last + 1, last + 5000, last + 3000]) {
      const app = await run('app', 'create', { name: '旧应用', appid: String(id), secret: 'old-secret' });
      expect(app).toEqual({ appid: id, appsecret: 'old-secret', name: '旧应用' });
      const { token } = await new App(place.url, { appid: id, appsecret: 'old-secret' }).user();
      expect(token).toMatch(/./);
    }
    expect((await run('app', 'create', { name: 'a' })).appid).toBe(last + 5001);
  });

  it('does not replace another app, and leaves room for later ids', async () => {
    const { appid = 0, appsecret = '' } = await run('app', 'create', { name: 'a' });
    const again = run('app', 'create', { name: 'b', appid: String(appid) });
    await expect(again).rejects.toThrow(`There is an app ${appid} already`);
    expect((await new App(place.url, { appid, appsecret }).user()).token).toMatch(/./);
    for (const id of ['0', '-1', '1.5', '1e3', '0x10', ' 7', 'seven', '9000000000000001', '9'.repeat(30)])
      await expect(run('app', 'create', { name: 'b', appid: id })).rejects.toThrow('--appid must be a whole number');
    const { appid: next = 0 } = await run('app', 'create', { name: 'b' });
    expect(next - appid).toBeLessThan(10);
    const largest = 9_000_000_000_000_000;
    expect((await run('app', 'create', { name: 'c', appid: String(largest) })).appid).toBe(largest);
    const more = await run('app', 'create', { name: 'd' });
    expect(more.appid).toBe(largest + 1);
    const credentials = { appid: largest + 1, appsecret: more.appsecret ?? '' };
    expect((await new App(place.url, credentials).user()).token).toMatch(/./);
  });

  it('allows one store for each app, and each supporter once', async () => {
    const { option, seller } = await open();
    await expect(run('store', 'create', { ...option, name: 'b' })).rejects.toThrow(/already/);
    await expect(run('supporter', 'create', { ...option, uid: String(seller), name: 'b' })).rejects.toThrow(/already/);
    expect(await list('supporter', option)).toHaveLength(1);
    await run('supporter', 'delete', { ...option, uid: String(seller) });
    expect(await list('supporter', option)).toEqual([]);
    await expect(run('supporter', 'delete', { ...option, uid: String(seller) })).rejects.toThrow(/no supporter/);
  });

  it('explains invalid options', async () => {
    await expect(run('store', 'create', { app: '987654321', name: 'a' })).rejects.toThrow(/no app/);
    await expect(run('store', 'create', { app: 'one', name: 'a' })).rejects.toThrow(/whole number/);
    await expect(run('app', 'delete', { id: '987654321' })).rejects.toThrow(/no app/);
    const { appid } = await run('app', 'create', { name: 'a' });
    const supporter = { app: String(appid), uid: '1', name: 'a' };
    await expect(run('supporter', 'create', supporter)).rejects.toThrow(/no store/);
  });

  describe('revoke tokens', () => {
    const revoke = (options: Record<string, string>) => run('token', 'revoke', options);

    it('of one device or of all, and end their event streams at once', async () => {
      const { app } = place;
      const uid = newUid();
      const grant = async (device_id: string) =>
        new User(place.url, uid, (await app.do('POST', '/auth/grant', { uid, platform_id: 1, device_id })).token);
      const [phone, tablet, other] = [await grant('phone'), await grant('tablet'), await app.user()];
      const [onPhone, onTablet, onOther] = [await phone.listen(), await tablet.listen(), await other.listen()];
      const option = { app: String(app.appid), uid: String(uid) };
      expect(await list('token', option)).toEqual([
        { platform_id: 1, device_id: 'phone', created_at: expect.stringMatching(/^\d{4}-/) },
        { platform_id: 1, device_id: 'tablet', created_at: expect.any(String) },
      ]);
      expect(await revoke({ ...option, device: 'phone' })).toEqual({ revoked: 1 });
      await onPhone.end();
      expect(refused(await phone.send('GET', '/messages'))).toBe(401);
      await app.peer(newUid(), uid, 'still there');
      expect((await onTablet.first(1))[0]?.data.content).toBe('still there');
      expect(await revoke(option)).toEqual({ revoked: 1 });
      await onTablet.end();
      expect(await list('token', option)).toEqual([]);
      await app.peer(newUid(), other.uid, 'not concerned');
      expect((await onOther.first(1))[0]?.data.content).toBe('not concerned');
      onOther.close();
      // The next grant works as ever.
      expect(await (await grant('phone')).contents()).toEqual(['still there']);
    });

    it('explains what it cannot find', async () => {
      const uid = String(newUid());
      await expect(revoke({ uid })).rejects.toThrow('There are several apps: give --app');
      await expect(revoke({ uid, app: '987654321' })).rejects.toThrow('There is no app 987654321');
      await expect(revoke({ uid, app: '1' })).rejects.toThrow(`User ${uid} of app 1 has no such token`);
      await expect(revoke({ uid: 'me', app: '1' })).rejects.toThrow('--uid must be a whole number from 1');
    });
  });

  it('deletes an app with everything that belongs to it, and nothing else', async () => {
    const kept = await open();
    const gone = await open();
    const { database } = place.server.context;
    const tables = (await database.introspection.getTables()).filter(
      ({ name, columns }) => name.startsWith('gobelieve_') && columns.some((column) => column.name === 'app_id'),
    );
    expect(tables.length).toBeGreaterThan(8);
    const rowsOf = async ({ appid }: App) => {
      const counts = tables.map(async ({ name }) => {
        const rows = database
          .selectFrom(name as 'gobelieve_users')
          .selectAll()
          .where('app_id', '=', appid);
        return [name, (await rows.execute()).length] as const;
      });
      return Object.fromEntries(await Promise.all(counts));
    };
    for (const { app, seller } of [kept, gone]) {
      const [a, b] = await app.pair();
      await a.do('POST', '/device/bind', { hw_device_token: `phone of ${a.uid}` });
      await app.do('POST', `/users/${a.uid}`, { do_not_disturb: { peer_uid: b.uid, on: true } });
      await app.peer(a.uid, b.uid, 'x');
      const device = { appid: app.appid, uid: a.uid, device: null, connection: '' };
      const message = { type: 4, receiver: b.uid, content: '{"uuid":"x"}', localId: 0, flags: 0 } as const;
      await sendFromDevice(place.server.context, device, message);
      await app.say(a.uid, await app.group(a.uid, [a.uid, b.uid]), 'x');
      const option = { app: String(app.appid) };
      await run('blacklist', 'add', { ...option, uid: String(a.uid), other: [String(b.uid)] });
      await run('word', 'add', { ...option, word: ['x'] });
      const { token } = succeeded(await call(place.url, 'POST', '/auth/customer', { json: { appid: app.appid } }));
      await new User(place.url, 0, token).do(
        'GET',
        `/supporters?store_id=${app === kept.app ? kept.store_id : gone.store_id}`,
      );
      await (await app.user(seller)).listen();
      const upload = await fetch(`${place.url}/audios`, { method: 'POST', headers: a.headers, body: 'shared by both' });
      expect(upload.status).toBe(200);
    }
    for (const { app } of [kept, gone])
      await vi.waitFor(async () => expect((await rowsOf(app)).gobelieve_push_positions).toBe(1), 10_000);
    const [before, doomed] = [await rowsOf(kept.app), await rowsOf(gone.app)];
    // Every table has a row, or the deletion would prove nothing.
    expect(Object.entries(doomed).filter(([, count]) => count === 0)).toEqual([]);
    const user = await gone.app.user();
    expect(await run('app', 'delete', { id: String(gone.app.appid) })).toEqual({ deleted: gone.app.appid });
    expect(Object.values(await rowsOf(gone.app)).filter((count) => count > 0)).toEqual([]);
    expect(await rowsOf(kept.app)).toEqual(before);
    // The other app has uploaded the same file.
    const { files } = place.server.context;
    expect(await files.sweep(Date.now() + 2 * 60 * 60 * 1000)).toBe(1);
    expect(await (await fetch(`${place.url}/audios/${md5('shared by both')}`)).text()).toBe('shared by both');
    expect(refused(await gone.app.send('POST', '/auth/grant', { uid: 1 }))).toBe(401);
    expect(refused(await user.send('GET', '/messages'))).toBe(401);
    const json = { appid: gone.app.appid };
    expect(refused(await call(place.url, 'POST', '/auth/customer', { json }))).toBe(400);
  });
});
