import { expect, it, vi } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type Key, read, useDesk } from './desk.ts';

// P-53.
describeEachDatabase('ppmessage: wrong passwords', (databases) => {
  const desk = useDesk(databases, { WRONG_GUESS_LIMIT: '3', ADDRESS_GUESS_LIMIT: '8', TRUST_PROXY: '1' });

  const signIn = async (email: string, password: string, address: string, key: Key = desk.credentials) => {
    const form = { ...desk.request(key), user_email: email, user_password: password };
    const response = await desk.postForm('/ppauth/auth', form, { 'x-forwarded-for': address });
    await response.body?.cancel();
    return response.status;
  };

  it('are counted for the account over all keys and networks, and not where the user has signed in', async () => {
    const { user_email, user_password } = (await desk.newAgent()).person;
    expect(await signIn(user_email, user_password, '192.0.2.1')).toBe(302);
    const keys = [desk.keys.kefu, desk.keys.console, desk.credentials];
    for (const [index, key] of keys.entries())
      expect(await signIn(user_email, 'wrong', `2001:db8:${index}::1`, key)).toBe(401);
    expect(await signIn(user_email, 'wrong', '192.0.2.2')).toBe(429);
    expect(await signIn(user_email, user_password, '192.0.2.3')).toBe(429);
    expect(await signIn(user_email, user_password, '192.0.2.1')).toBe(302);
  });

  const signInByPassword = async (email: string, password: string, address: string, { api_key }: Key) => {
    const form = { grant_type: 'password', client_id: api_key, user_email: email, user_password: password };
    const response = await desk.postForm('/ppauth/token', form, { 'x-forwarded-for': address });
    return (await read(response)).body;
  };

  it('of the password grant are counted for the address over the keys of all apps', async () => {
    const { user_email, user_password } = (await desk.newAgent()).person;
    const own = await desk.newKey(['PPKEFU']);
    const { ppkefu } = await (await desk.otherApp()).console.ok('PP_GET_API_INFO', { user_uuid: desk.owner.user_uuid });
    expect(await signInByPassword(user_email, user_password, '198.51.100.1', own)).toMatchObject({ error_code: 0 });
    for (const [index, key] of [ppkefu, own, ppkefu, own].entries())
      expect(await signInByPassword(user_email, 'wrong', `198.51.100.${index + 2}`, key)).toMatchObject({
        error_code: -1,
      });
    const right = (address: string) => signInByPassword(user_email, user_password, address, own);
    expect(await right('198.51.100.9')).toMatchObject({ error_code: -1, error_string: expect.stringMatching(/later/) });
    expect(await right('198.51.100.1')).toMatchObject({ error_code: 0 });
  });

  it('are counted too when the guesser has an account with the same address and signs in between', async () => {
    const { user_email } = (await desk.newAgent()).person;
    const other = await desk.otherApp();
    const { ppkefu } = await other.console.ok('PP_GET_API_INFO', { user_uuid: desk.owner.user_uuid });
    const third = await desk.newApp();
    const key = (await third.console.ok('PP_GET_API_INFO', { user_uuid: desk.owner.user_uuid })).ppkefu;
    const own = { user_email, user_fullname: '客服', user_password: 'their own', is_service_user: true };
    await other.console.ok('PP_CREATE_USER', own);
    const guess = (password: string) => signInByPassword(user_email, password, '203.0.113.1', key);
    expect(await signInByPassword(user_email, 'their own', '203.0.113.1', ppkefu)).toMatchObject({ error_code: 0 });
    for (let guesses = 0; guesses < 3; guesses++) {
      expect(await guess('wrong')).toMatchObject({ error_code: -1 });
      await signInByPassword(user_email, 'their own', '203.0.113.1', ppkefu);
    }
    expect(await guess('wrong')).toMatchObject({ error_string: expect.stringMatching(/later/) });
  });

  it('of DEVICE_USER_LOGIN are counted with those of the password grant, and once for all accounts with the address', async () => {
    const { user_email, user_password } = (await desk.newAgent()).person;
    const other = await desk.newApp();
    const own = { user_email, user_fullname: '客服', user_password: 'of the other', is_service_user: true };
    await other.console.ok('PP_CREATE_USER', own);
    const logIn = async (password: string, fields: object = {}) => {
      const response = await fetch(`${desk.url}/api/DEVICE_USER_LOGIN`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'x-forwarded-for': '203.0.113.77' },
        body: JSON.stringify({ user_email, user_password: password, terminal: 'a phone', ostype: 'AND', ...fields }),
      });
      return ((await response.json()) as { error_code: number }).error_code;
    };
    for (let times = 0; times < 5; times++) expect(await logIn('of the other')).toBe(0);
    expect(await logIn('of the other', { app_uuid: desk.app_uuid })).toBe(10);
    const key = await desk.newKey(['PPKEFU']);
    for (const host of [78, 79]) {
      await signInByPassword(user_email, 'wrong', `203.0.113.${host}`, key);
      expect(await logIn(user_password)).toBe(0);
    }
    await signInByPassword(user_email, 'wrong', '203.0.113.80', key);
    expect(await logIn(user_password)).toBe(10);
  });

  it('are counted for an IPv6 /64 over all accounts', async () => {
    for (let host = 1; host <= 8; host++)
      expect(await signIn(`sprayed-${host}@desk.example`, 'wrong', `2001:db8:64:64::${host}`)).toBe(401);
    expect(await signIn('sprayed@desk.example', 'wrong', '2001:db8:64:64::9')).toBe(429);
    const { user_email, user_password } = (await desk.newAgent()).person;
    expect(await signIn(user_email, user_password, '2001:db8:64:64::99')).toBe(429);
    expect(await signIn(user_email, user_password, '2001:db8:64:65::1')).toBe(302);
  });

  it('do not reveal which accounts exist', async () => {
    const { user_email } = (await desk.newAgent()).person;
    const verify = vi.spyOn(desk.server.context.passwords, 'verify');
    const observe = async (email: string, network: number) => {
      const seen: number[] = [];
      for (const spelling of [email, ` ${email} `, email.toUpperCase(), email]) {
        verify.mockClear();
        seen.push(await signIn(spelling, 'wrong', `192.0.2.${network}`), verify.mock.calls.length);
      }
      return seen;
    };
    expect(await observe(user_email, 20)).toEqual(await observe('unknown-account@desk.example', 21));
    verify.mockRestore();
  });
});
