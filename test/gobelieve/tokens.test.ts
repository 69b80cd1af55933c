import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Database } from '../../src/database/open.ts';
import { call, describeApps, md5, newUid, refused, succeeded, type User } from './apps.ts';

/** Server authorization, client authorization and permanent tokens (G-12 to G-14). */
describeApps('tokens', (place) => {
  const grant = (headers: Record<string, string>, json: unknown = { uid: newUid() }) =>
    call(place.url, 'POST', '/auth/grant', { json, headers });
  const basic = (credentials: string) => ({ Authorization: `Basic ${btoa(credentials)}` });

  it('is 30 letters and digits, and authorizes client operations', async () => {
    const user = await place.app.user();
    expect(user.token).toMatch(/^[A-Za-z0-9]{30}$/);
    expect(await user.history()).toEqual([]);
  });

  it('is permanent: a new grant revokes no older token (G-13)', async () => {
    const { app } = place;
    const phone = await app.user();
    const tablet = await app.user(phone.uid);
    for (const device of [phone, tablet, await app.user(phone.uid), phone]) expect(await device.history()).toEqual([]);
  });

  it('needs no registration, and ignores platform and device', async () => {
    const uid = newUid();
    for (const more of [{ platform_id: 1, device_id: 'a' }, { platform_id: 3, device_id: 'b' }, {}]) {
      expect(succeeded(await place.app.send('POST', '/auth/grant', { uid, ...more }))).toEqual({
        token: expect.any(String),
      });
    }
  });

  it("sets the user's name, and keeps it when none is given (G-14)", async () => {
    const { app } = place;
    const viewer = await app.user();
    const uid = newUid();
    await app.group(viewer.uid, [viewer.uid, uid]);
    const name = async () => (await viewer.groups())[0]?.members?.find((member) => member.uid === uid)?.name;
    expect(await name()).toBe('');
    await app.user(uid, '王小明');
    expect(await name()).toBe('王小明');
    await app.user(uid);
    expect(await name()).toBe('王小明');
    await app.user(uid, '王大明');
    expect(await name()).toBe('王大明');
  });

  it.each([
    ['a numeric string', '10001'],
    ['a fraction', 1.5],
    ['zero', 0],
    ['a negative number', -1],
    ['more than 2^53-1', 2 ** 53],
    ['null', null],
    ['nothing', undefined],
    ['an object', {}],
  ])('accepts only integers as uid, not %s', async (_, uid) => {
    expect(refused(await place.app.send('POST', '/auth/grant', { uid, user_name: 'a' }))).toBe(400);
  });

  it('accepts uids up to 2^53-1', async () => {
    const user = await place.app.user(Number.MAX_SAFE_INTEGER);
    await place.app.peer(1, user.uid, 'to the largest');
    expect((await user.history())[0]).toMatchObject({ receiver: Number.MAX_SAFE_INTEGER, sender: 1 });
  });

  it('reads a JSON body under any Content-Type (G-6)', async () => {
    const { headers } = place.app;
    for (const type of [
      'application/json',
      'application/json; charset=UTF-8',
      'application/json; charset=gbk',
      'application/x-www-form-urlencoded',
      'text/plain',
    ]) {
      const reply = await call(place.url, 'POST', '/auth/grant', {
        body: JSON.stringify({ uid: newUid() }),
        headers: { ...headers, 'Content-Type': type },
      });
      expect([type, reply.status]).toEqual([type, 200]);
    }
    const bytes = await call(place.url, 'POST', '/auth/grant', {
      body: new TextEncoder().encode(JSON.stringify({ uid: newUid() })),
      headers,
    });
    expect(bytes.status).toBe(200);
  });

  it.each(['', '{', '[]', '"a"', '1', 'null', 'uid=1'])('returns 400 for the body %j', async (body) => {
    const { headers } = place.app;
    const reply = await call(place.url, 'POST', '/auth/grant', {
      body,
      headers: { ...headers, 'Content-Type': 'application/json' },
    });
    expect(refused(reply)).toBe(400);
  });

  describe('server authorization', () => {
    it('is appid and the hex MD5 of the secret, in either case', async () => {
      const { appid, appsecret } = place.app;
      expect((await grant(basic(`${appid}:${md5(appsecret)}`))).status).toBe(200);
      expect((await grant(basic(`${appid}:${md5(appsecret).toUpperCase()}`))).status).toBe(200);
      expect((await grant({ Authorization: `basic ${btoa(`${appid}:${md5(appsecret)}`)}` })).status).toBe(200);
    });

    it.each<[string, (app: { appid: number; appsecret: string; other: string }) => Record<string, string>]>([
      ['no header', () => ({})],
      ['another secret', ({ appid }) => basic(`${appid}:${md5('guess')}`)],
      ['the secret itself', ({ appid, appsecret }) => basic(`${appid}:${appsecret}`)],
      ['the secret of another app', ({ appid, other }) => basic(`${appid}:${md5(other)}`)],
      ['no secret', ({ appid }) => basic(`${appid}:`)],
      ['no colon', ({ appid }) => basic(`${appid}`)],
      ['an unknown app', ({ appsecret }) => basic(`987654321:${md5(appsecret)}`)],
      ['a number that no column holds', ({ appsecret }) => basic(`99999999999999999999:${md5(appsecret)}`)],
      ['no number', ({ appsecret }) => basic(`app:${md5(appsecret)}`)],
      ['a number written otherwise', ({ appid, appsecret }) => basic(`0${appid}:${md5(appsecret)}`)],
      ['no base64', () => ({ Authorization: 'Basic %%%' })],
      ['an empty value', () => ({ Authorization: 'Basic ' })],
      ['another scheme', ({ appid, appsecret }) => ({ Authorization: `Digest ${btoa(`${appid}:${md5(appsecret)}`)}` })],
      ['the value alone', ({ appid, appsecret }) => ({ Authorization: btoa(`${appid}:${md5(appsecret)}`) })],
    ])('returns 401 for %s', async (_, headers) => {
      const { appid, appsecret } = place.app;
      const reply = await grant(headers({ appid, appsecret, other: place.other.appsecret }));
      expect(refused(reply)).toBe(401);
      expect(reply.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    });

    it('hashes as often for an unknown app as for a wrong secret', async () => {
      const verify = vi.spyOn(place.server.context.passwords, 'verify');
      const hashes = async (appid: number) => {
        verify.mockClear();
        expect((await grant(basic(`${appid}:${md5('guess')}`))).status).toBe(401);
        return verify.mock.calls.length;
      };
      expect(await hashes(987654321)).toBe(await hashes(place.app.appid));
      expect(verify).toHaveBeenCalled();
      verify.mockRestore();
    });

    it('does not accept a token', async () => {
      const user = await place.app.user();
      expect(refused(await user.send('POST', '/auth/grant', { uid: user.uid }))).toBe(401);
      expect(refused(await user.send('POST', '/messages/peers', { sender: 1, receiver: 2, content: 'x' }))).toBe(401);
    });
  });

  describe('client authorization', () => {
    it.each<[string, string | undefined]>([
      ['no header', undefined],
      ['an unknown token', `Bearer ${'a'.repeat(30)}`],
      ['an empty token', 'Bearer '],
      ['another scheme', 'Token abc'],
      ['a long token', `Bearer ${'a'.repeat(5000)}`],
    ])('returns 401 for %s', async (_, authorization) => {
      const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
      const reply = await call(place.url, 'GET', '/messages', { headers });
      expect(refused(reply)).toBe(401);
      expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
    });

    it('accepts the scheme Bearer in any case, and the token exactly', async () => {
      const { token } = await place.app.user();
      const status = async (value: string) =>
        (await call(place.url, 'GET', '/messages', { headers: { Authorization: value } })).status;
      expect(await status(`bearer ${token}`)).toBe(200);
      expect(await status(`Bearer ${token.slice(1)}`)).toBe(401);
      expect(await status(`Bearer ${token}a`)).toBe(401);
    });

    it("does not accept the app's secret", async () => {
      expect(refused(await place.app.send('GET', '/messages'))).toBe(401);
    });
  });

  it.each([
    ['GET', '/messages', 'Bearer <token>'],
    ['POST', '/auth/grant', 'Basic base64(appid:md5hex(appsecret))'],
    ['POST', '/client/groups', 'Bearer <token> or Basic base64(appid:md5hex(appsecret))'],
  ])('names the required credentials when others were sent: %s %s', async (method, target, wanted) => {
    const other = target === '/messages' ? place.app.headers.Authorization : 'Bearer';
    const plain = `Basic ${btoa(`${place.app.appid}:${place.app.appsecret}`)}`;
    for (const authorization of [undefined, other, 'abc', 'Token abc', plain]) {
      const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
      const body = method === 'GET' ? {} : { json: {} };
      const { meta } = await call(place.url, method, target, { headers, ...body });
      expect([authorization, meta]).toEqual([authorization, { code: 401, message: `Send Authorization: ${wanted}` }]);
    }
  });

  it('stores neither tokens nor secrets in plain text', async () => {
    const { app, server } = place;
    const { token } = await app.user();
    const stored = await everything(server.context.database);
    for (const secret of [token, app.appsecret, md5(app.appsecret)]) expect(stored).not.toContain(secret);
  });
});

/** All rows of all tables as text. */
async function everything(database: Database): Promise<string> {
  const tables = await database.introspection.getTables();
  const names = tables.map(({ name }) => name).filter((name) => name.startsWith('gobelieve'));
  expect(names.length).toBeGreaterThan(3);
  const rows = await Promise.all(
    names.map((name) =>
      database
        .selectFrom(name as never)
        .selectAll()
        .execute(),
    ),
  );
  return JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value));
}

describeApps(
  'wrong secrets of an app',
  (place) => {
    const grant = (address: string, secret: string) => {
      const headers = {
        Authorization: `Basic ${btoa(`${place.app.appid}:${md5(secret)}`)}`,
        'X-Forwarded-For': address,
      };
      return call(place.url, 'POST', '/auth/grant', { json: { uid: newUid() }, headers });
    };

    it('are counted for a network, and shut out no other one', async () => {
      const verify = vi.spyOn(place.server.context.passwords, 'verify');
      const guesses = Array.from({ length: 20 }, (_, host) => grant(`2001:db8:9:9::${host + 1}`, 'guess'));
      for (const { status } of await Promise.all(guesses)) expect(status).toBe(401);
      // The limit, and those that are checked at once.
      expect(verify.mock.calls.length).toBeLessThanOrEqual(3 + 4);
      expect((await grant('2001:db8:9:9::ffff', place.app.appsecret)).status).toBe(401);
      expect((await grant('2001:db8:9:a::1', place.app.appsecret)).status).toBe(200);
      verify.mockRestore();
    });
  },
  { WRONG_GUESS_LIMIT: '3', TRUST_PROXY: '1' },
);

describeApps(
  'tokens with a limited lifetime',
  (place) => {
    const expire = ({ uid }: User) =>
      place.server.context.database
        .updateTable('gobelieve_tokens')
        .set(({ eb }) => ({ created_at: eb('created_at', '-', 30 * 24 * 60 * 60 * 1000) }))
        .where('uid', '=', uid)
        .execute();

    it('end within a minute on an open stream (G-70)', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      onTestFinished(() => void vi.useRealTimers());
      const [old, young] = await place.app.pair();
      const [ending, lasting] = [await old.listen(), await young.listen()];
      await expire(old);
      vi.advanceTimersByTime(60_000);
      await ending.end();
      await place.app.peer(newUid(), young.uid, 'still valid');
      expect((await lasting.first(1))[0]?.data.content).toBe('still valid');
      lasting.close();
    });

    it('end after so many days (G-13)', async () => {
      const { app } = place;
      const user = await app.user();
      expect(await user.history()).toEqual([]);
      await expire(user);
      const old = { Authorization: `Bearer ${user.token}` };
      expect(refused(await call(place.url, 'GET', '/messages', { headers: old }))).toBe(401);
      expect(await (await app.user(user.uid)).history()).toEqual([]);
    });
  },
  { GOBELIEVE_TOKEN_DAYS: '30' },
);
