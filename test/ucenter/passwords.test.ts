import { describe, expect, it } from 'vitest';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import {
  expectFailure,
  expectRefused,
  expectSuccess,
  expectToken,
  type Fields,
  newPhone,
  type Token,
  useCentre,
} from './centre.ts';

// U-29.
describeEachDatabase('passwords', (databases) => {
  const centre = useCentre(databases, { WRONG_GUESS_LIMIT: '5', TRUST_PROXY: '1' });
  const change = (fields: Fields, token: { access_token: string }) => centre.put('/api/user/password', fields, token);
  const password = 'another password';

  describe('changed with the old password', () => {
    it('void all tokens and sessions except the token in use', async () => {
      const { token, ...user } = await centre.newUser();
      const [elsewhere, inSecondApp] = [
        await centre.signIn(user),
        await centre.signIn(user, centre.credentials.second_app),
      ];
      const browser = await centre.signedIn(user);
      const code = await centre.code({}, centre.app, browser);
      expect(expectSuccess(await change({ old_password: user.password, password }, token), '修改成功')).toEqual({});
      expect(await Promise.all([token, elsewhere, inSecondApp].map((one) => centre.statusOf(one)))).toEqual([
        200, 401, 401,
      ]);
      expectRefused(await centre.grant(centre.refreshFields(elsewhere)), 400, '参数错误, refresh_token');
      expectRefused(await centre.grant(centre.codeFields(code)), 400);
      expect((await browser.visit(`${centre.url}/oauth/account`)).url.pathname).toBe('/ucenter/oauth/sign_in');
      expectRefused(await centre.grant(centre.passwordFields(user)), 401, '用户名或密码错误。');
      expectToken(await centre.grant(centre.passwordFields({ ...user, password })), true);
    });

    it('need the right old password, and stay the same otherwise', async () => {
      const { token, ...user } = await centre.newUser();
      expectFailure(await change({ old_password: 'wrong', password }, token), '原密码错误', 'old_password');
      expectToken(await centre.grant(centre.passwordFields(user)), true);
      expect(await centre.statusOf(token)).toBe(200);
    });

    it('return 429 after too many wrong guesses', async () => {
      const { token, ...user } = await centre.newUser();
      for (let guess = 0; guess < 6; guess++) await change({ old_password: `guess ${guess}`, password }, token);
      const answer = await change({ old_password: user.password, password }, token);
      expectRefused(answer, 429, '请求过于频繁，请稍后再试');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    });

    it('count wrong guesses over all applications', async () => {
      const { token, ...user } = await centre.newUser();
      const elsewhere = await centre.signIn(user, centre.credentials.second_app);
      const guess = (through: { access_token: string }) =>
        centre.request('PUT', '/api/user/password', {
          token: through,
          form: { old_password: 'wrong', password },
          headers: { 'x-forwarded-for': '192.0.2.50' },
        });
      for (let count = 0; count < 5; count++)
        expectFailure(await guess(count % 2 ? token : elsewhere), '原密码错误', 'old_password');
      expectRefused(await guess(token), 429, '请求过于频繁，请稍后再试');
      expectRefused(await guess(elsewhere), 429, '请求过于频繁，请稍后再试');
      expectSuccess(await change({ old_password: user.password, password }, token), '修改成功');
    });

    it("return 403 to an application's own token", async () => {
      expectRefused(await change({ old_password: 'a', password }, await centre.appToken()), 403, '无权访问');
    });

    it.each([
      [{}, '密码 不能为空。', 'password'],
      [{ password: 'short', old_password: 'x' }, '密码 至少为 6 个字符。', 'password'],
    ] as [Fields, string, string][])('refuse %j', async (fields, message, field) => {
      expectFailure(await change(fields, await centre.signIn()), message, field);
    });

    it('need exactly one of old password and code', async () => {
      const token = await centre.signIn();
      const both = { old_password: 'a', phone: newPhone(), code: '123456' };
      for (const fields of [{ password }, { password, ...both }, { password, phone: newPhone() }]) {
        const answer = await change(fields, token);
        expect([answer.status, answer.code]).toEqual([200, 0]);
      }
    });
  });

  describe('changed concurrently', () => {
    const left = async (table: 'oauth_tokens' | 'oauth_sessions' | 'oauth_codes', { user_id }: { user_id: number }) =>
      centre.database
        .selectFrom(table)
        .select('user_id')
        .where('api', '=', 'ucenter')
        .where('user_id', '=', String(user_id))
        .$if(table === 'oauth_tokens', (query) => query.where('revoked_at' as never, 'is', null))
        .execute();

    it('void the tokens of concurrent refreshes', async () => {
      const { token, ...user } = await centre.newUser();
      const others = await Promise.all(Array.from({ length: 8 }, () => centre.signIn(user)));
      let changed = false;
      const keepRefreshing = async (first: Token) => {
        for (let current = first; !changed; ) {
          const { status, data } = await centre.grant(centre.refreshFields(current));
          if (status !== 200) return;
          current = data;
        }
      };
      const changing = change({ old_password: user.password, password }, token).finally(() => {
        changed = true;
      });
      const [answer] = await Promise.all([changing, ...others.map(keepRefreshing)]);
      expectSuccess(answer, '修改成功');
      expect(await left('oauth_tokens', user)).toHaveLength(1);
      expect(await centre.statusOf(token)).toBe(200);
    });

    it('void the sessions and tokens of concurrent sign-ins with the old password', async () => {
      const { token, ...user } = await centre.newUser();
      const browsers = await Promise.all(
        Array.from({ length: 12 }, async () => {
          const browser = new Browser(centre.server.url);
          return { browser, form: (await browser.visit(`${centre.url}/oauth/sign_in`)).forms[0] };
        }),
      );
      const { username, password: old } = user;
      const [answer] = await Promise.all([
        change({ old_password: old, password }, token),
        ...browsers.map(({ browser, form }) => browser.submit(form, { username, password: old })),
        ...browsers.map(() => centre.grant(centre.passwordFields(user))),
      ]);
      expectSuccess(answer, '修改成功');
      expect(await left('oauth_sessions', user)).toEqual([]);
      expect(await left('oauth_tokens', user)).toHaveLength(1);
    });

    it('leave no code of a concurrent consent', async () => {
      const { token, ...user } = await centre.newUser();
      const browser = await centre.signedIn(user);
      const consent = await browser.visit(centre.authorizeUrl());
      let changed = false;
      const changing = change({ old_password: user.password, password }, token).finally(() => {
        changed = true;
      });
      const keepAllowing = async () => {
        while (!changed) await browser.submit(consent.forms[0], { decision: 'allow' });
      };
      await Promise.all([changing, ...Array.from({ length: 4 }, keepAllowing)]);
      expect(await left('oauth_codes', user)).toEqual([]);
    });
  });

  describe('reset with a code', () => {
    it('void every token and session and use the code up', async () => {
      const { token, ...user } = await centre.newUser();
      const { phone } = user;
      const application = await centre.appToken();
      const code = await centre.sendCode(phone, application, 'reset_password');
      expectSuccess(await change({ phone, code, password }, application), '修改成功');
      expect(await centre.statusOf(token)).toBe(401);
      expectRefused(await centre.grant(centre.refreshFields(token)), 400, '参数错误, refresh_token');
      expectToken(await centre.grant(centre.passwordFields({ ...user, password })), true);
      expectFailure(await change({ phone, code, password: 'yet another' }, application), '验证码验证失败', 'code');
      expectRefused(await centre.grant(centre.passwordFields({ ...user, password: 'yet another' })), 401);
    });

    it('need a code that was sent for the reset, and not one that was verified for something else', async () => {
      const { phone, token } = await centre.newUser();
      const application = await centre.appToken();
      const code = await centre.sendCode(phone, token);
      expectSuccess(await centre.put('/api/sms/code', { phone, code }, token), '验证成功');
      for (const caller of [token, application])
        expectFailure(await change({ phone, code, password }, caller), '验证码验证失败', 'code');
    });

    it('use a code that does nothing else, and whose SMS says what it does', async () => {
      const { phone, token } = await centre.newUser();
      const application = await centre.appToken();
      const code = await centre.sendCode(phone, application, 'reset_password');
      expect((await centre.messagesTo(phone))[0]?.body).toContain('重置');
      expectFailure(await centre.put('/api/sms/code', { phone, code }, token), '验证失败，验证码不匹配');
      expectFailure(await centre.post('/api/user', { phone, code, password }, application), '验证码验证失败', 'code');
      expectSuccess(await change({ phone, code, password }, application), '修改成功');
    });

    it('need the right code, which five wrong guesses void', async () => {
      const { phone } = await centre.register();
      const application = await centre.appToken();
      const code = await centre.sendCode(phone, application, 'reset_password');
      const wrong = code === '123456' ? '123457' : '123456';
      for (let guess = 0; guess < 5; guess++)
        expectFailure(await change({ phone, code: wrong, password }, application), '验证码验证失败', 'code');
      expectFailure(await change({ phone, code, password }, application), '验证码验证失败', 'code');
    });

    it("refuse another phone's code", async () => {
      const [one, two] = [await centre.register(), await centre.register()];
      const application = await centre.appToken();
      const code = await centre.sendCode(two.phone, application, 'reset_password');
      expectFailure(await change({ phone: one.phone, code, password }, application), '验证码验证失败', 'code');
    });

    it('reveal that a phone has no account only with the right code', async () => {
      const application = await centre.appToken();
      const phone = newPhone();
      const code = await centre.sendCode(phone, application, 'reset_password');
      expectFailure(await change({ phone, code, password }, application), '未找到该用户', 'phone');
    });

    it('succeed once for ten concurrent requests with one code', async () => {
      const { phone } = await centre.register();
      const application = await centre.appToken();
      const code = await centre.sendCode(phone, application, 'reset_password');
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => change({ phone, code, password: `password ${index}` }, application)),
      );
      expect(answers.filter((answer) => answer.code === 1)).toHaveLength(1);
    });
  });
});
