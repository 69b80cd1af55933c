import { expect, it } from 'vitest';
import { describeApps, refused, type User } from './apps.ts';

/** Push devices (G-50). */
describeApps('devices', (place) => {
  /** The tokens that pushes to a user would use. */
  async function bound({ uid }: User): Promise<Record<string, string>> {
    const { database } = place.server.context;
    const rows = await database.selectFrom('gobelieve_devices').selectAll().where('uid', '=', uid).execute();
    return Object.fromEntries(rows.map(({ service, token }) => [service, token]));
  }

  it.each(['/device', '/v2/device'])('binds and unbinds every service at %s', async (path) => {
    const user = await place.app.user();
    const tokens = Object.fromEntries(
      ['apns', 'pushkit', 'ng', 'xg', 'xm', 'hw', 'gcm', 'jp'].map((name) => [
        `${name}_device_token`,
        `${name}-${user.uid}`,
      ]),
    );
    expect(await user.do('POST', `${path}/bind`, tokens)).toEqual({ success: true });
    expect(Object.keys(await bound(user))).toHaveLength(8);
    expect(await user.do('POST', `${path}/unbind`, tokens)).toEqual({ success: true });
    expect(await bound(user)).toEqual({});
  });

  it('keeps the newest token of a service, and the tokens of other services', async () => {
    const user = await place.app.user();
    for (const token of ['old', 'new', 'new']) await user.do('POST', '/device/bind', { hw_device_token: token });
    await user.do('POST', '/device/bind', { xm_device_token: 'other' });
    expect(await bound(user)).toEqual({ hw: 'new', xm: 'other' });
  });

  it('ignores empty tokens among others', async () => {
    const user = await place.app.user();
    await user.do('POST', '/device/bind', { hw_device_token: 'kept', xm_device_token: 'kept' });
    await user.do('POST', '/device/bind', { apns_device_token: 'abc', xm_device_token: '', jp_device_token: null });
    expect(await bound(user)).toEqual({ apns: 'abc', hw: 'kept', xm: 'kept' });
    await user.do('POST', '/device/unbind', { apns_device_token: '', xm_device_token: 'kept' });
    expect(await bound(user)).toEqual({ apns: 'abc', hw: 'kept' });
  });

  it.each([
    [
      { apns_device_token: '', xm_device_token: null },
      /^Give at least one of apns_device_token, .* and jp_device_token$/,
    ],
    [{ apns_device_token: 1 }, /^body.apns_device_token must be string$/],
  ])('explains the error in %j', async (tokens, message) => {
    const user = await place.app.user();
    const reply = await user.send('POST', '/device/bind', tokens);
    expect([refused(reply), reply.meta.message]).toEqual([400, expect.stringMatching(message)]);
  });

  it('unbinds only the bound token, and succeeds silently for another', async () => {
    const user = await place.app.user();
    await user.do('POST', '/device/bind', { hw_device_token: 'new' });
    expect(await user.do('POST', '/device/unbind', { hw_device_token: 'old' })).toEqual({ success: true });
    expect(await user.do('POST', '/device/unbind', { xm_device_token: 'new' })).toEqual({ success: true });
    expect(await bound(user)).toEqual({ hw: 'new' });
  });

  it('moves a token to another user who binds it', async () => {
    const [before, after] = await place.app.pair();
    const phone = { apns_device_token: `phone-${after.uid}` };
    await before.do('POST', '/device/bind', phone);
    await after.do('POST', '/device/bind', phone);
    expect([await bound(before), await bound(after)]).toEqual([{}, { apns: phone.apns_device_token }]);
    await before.do('POST', '/device/unbind', phone);
    expect(await bound(after)).toEqual({ apns: phone.apns_device_token });
  });

  it.each([[{}], [{ apns_device_token: '' }], [{ apns_device_token: 1 }], [{ device_token: 'a' }], [[]], [null]])(
    'returns 400 for %j',
    async (tokens) => {
      const user = await place.app.user();
      expect(refused(await user.send('POST', '/device/bind', tokens))).toBe(400);
      expect(refused(await user.send('POST', '/device/unbind', tokens))).toBe(400);
    },
  );

  it("returns 401 to the app's server", async () => {
    expect(refused(await place.app.send('POST', '/device/bind', { hw_device_token: 'a' }))).toBe(401);
  });
});
