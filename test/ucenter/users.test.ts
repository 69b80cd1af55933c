import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import {
  expectFailure,
  expectRefused,
  expectSuccess,
  expectToken,
  type Fields,
  newPhone,
  type Schemas,
  useCentre,
} from './centre.ts';

// Sections 2.1 to 2.3 of the document; U-21 to U-30.
describeEachDatabase('users', (databases) => {
  const centre = useCentre(databases);
  const register = (fields: Fields, token?: { access_token: string }) =>
    centre.post<Schemas['Registration']>('/api/user', fields, token);
  const update = (fields: Fields, token: { access_token: string }) =>
    centre.put<Schemas['User']>('/api/user', fields, token);
  const password = 'correct-horse-battery';

  describe('registration', () => {
    it('creates a user whose name is the phone, and who signs in by password next', async () => {
      const phone = newPhone();
      const code = await centre.sendCode(phone);
      const before = Date.now();
      const data = expectSuccess(await register({ phone, password, code }), '注册成功');
      expect(data).toEqual({
        user_id: expect.any(Number),
        username: phone,
        phone,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      });
      expect(data.user_id).toBeGreaterThanOrEqual(1000);
      // Beijing time, in every time zone of the machine.
      const created = Date.parse(`${data.created_at.replace(' ', 'T')}+08:00`);
      expect(created).toBeGreaterThanOrEqual(before - 1000);
      expect(created).toBeLessThanOrEqual(Date.now());

      const token = expectToken(await centre.grant(centre.passwordFields({ username: phone, password })), true);
      expect(await centre.profileOf(token)).toEqual({
        user_id: data.user_id,
        username: phone,
        email: '',
        phone,
        details: {
          position: { title: '职位', value: '' },
          address: { title: '地址', value: '' },
          department: { title: '部门', value: '' },
          school: { title: '学校', value: '' },
          sex: { title: '性别', value: '' },
        },
      });
    });

    it('accepts any valid token or none, and refuses a wrong one', async () => {
      for (const token of [undefined, await centre.appToken(), await centre.signIn()]) {
        const phone = newPhone();
        expectSuccess(await register({ phone, password, code: await centre.sendCode(phone) }, token), '注册成功');
      }
      const phone = newPhone();
      const code = await centre.sendCode(phone);
      for (const access_token of ['unknown', centre.credentials.expired_access_token])
        expectRefused(await register({ phone, password, code }, { access_token }), 401, 'access_token错误');
      expectSuccess(await register({ phone, password, code }), '注册成功');
    });

    it('checks phone, password and code in this order and reports the first error', async () => {
      const phone = newPhone();
      const code = await centre.sendCode(phone);
      const wrong = code === '123456' ? '123457' : '123456';
      for (const [fields, message, field] of [
        [{}, '手机 不能为空。', 'phone'],
        [{ phone: '', password: '', code: '' }, '手机 不能为空。', 'phone'],
        [{ phone: '1888888888', password, code }, '手机 必须是 11 个字符。', 'phone'],
        [{ phone, code }, '密码 不能为空。', 'password'],
        [{ phone, password: '12345', code: '1' }, '密码 至少为 6 个字符。', 'password'],
        [{ phone, password }, '验证码 不能为空。', 'code'],
        [{ phone, password, code: '12345' }, '验证码 必须是 6 个字符。', 'code'],
        [{ phone, password, code: wrong }, '验证码验证失败', 'code'],
      ] as const)
        expectFailure(await register(fields), message, field);
      expectSuccess(await register({ phone, password, code }), '注册成功');
    });

    it('tells that a phone is taken only with the right code', async () => {
      const { phone } = await centre.register();
      const stranger = { phone: newPhone(), password, code: '123456' };
      expectFailure(await register(stranger), '验证码验证失败', 'code');
      expectFailure(await register({ ...stranger, phone }), '验证码验证失败', 'code');
      expectFailure(
        await register({ phone, password, code: await centre.sendCode(phone) }),
        '手机 已经存在。',
        'phone',
      );
    });

    it('uses the code up', async () => {
      const phone = newPhone();
      const code = await centre.sendCode(phone);
      const token = await centre.appToken();
      expectSuccess(await centre.put('/api/sms/code', { phone, code }, token), '验证成功');
      expectSuccess(await register({ phone, password, code }), '注册成功');
      expectFailure(await centre.put('/api/sms/code', { phone, code }, token), '验证失败，验证码不匹配');
    });

    it('creates one user for twenty concurrent requests with one phone', async () => {
      const phone = newPhone();
      const code = await centre.sendCode(phone);
      const answers = await Promise.all(Array.from({ length: 20 }, () => register({ phone, password, code })));
      expect(answers.filter((answer) => answer.code === 1)).toHaveLength(1);
      for (const answer of answers.filter((one) => one.code !== 1))
        expect(['手机 已经存在。', '验证码验证失败']).toContain(answer.message);
      const rows = await centre.database.selectFrom('ucenter_users').select('id').where('phone', '=', phone).execute();
      expect(rows).toHaveLength(1);
    });

    it('creates a user for each of ten concurrent phones', async () => {
      const users = await Promise.all(Array.from({ length: 10 }, () => centre.register()));
      expect(new Set(users.map((user) => user.user_id)).size).toBe(10);
    });

    it('keeps blanks and all letters of a password', async () => {
      for (const odd of [' six ', '密码密码密码', 'a'.repeat(128), '🀄️🀄️🀄️🀄️🀄️🀄️']) {
        const phone = newPhone();
        const answer = await register({ phone, password: odd, code: await centre.sendCode(phone) });
        if (odd.length < 6) expectFailure(answer, '密码 至少为 6 个字符。', 'password');
        else {
          expectSuccess(answer, '注册成功');
          expectToken(await centre.grant(centre.passwordFields({ username: phone, password: odd })), true);
        }
      }
    });
  });

  describe('reading', () => {
    it('returns the own profile, with and without user_id', async () => {
      const { token, user_id, phone } = await centre.newUser();
      for (const query of [{}, { user_id: String(user_id) }]) {
        const data = expectSuccess(await centre.get<Schemas['User']>('/api/user', token, query), '获取用户信息成功');
        expect(data).toMatchObject({ user_id, phone });
      }
    });

    it("returns another user's profile to administrators, if that user has a role in the application", async () => {
      const { user, admin, second_app, second_user } = centre.credentials;
      const owner = await centre.signIn(second_user, second_app);
      const byAdmin = await centre.signIn(admin);
      const ask = (token: { access_token: string }, user_id: number) =>
        centre.get<Schemas['User']>('/api/user', token, { user_id: String(user_id) });
      expect(expectSuccess(await ask(byAdmin, user.user_id), '获取用户信息成功').user_id).toBe(user.user_id);
      const stranger = await centre.register();
      // As an unknown user: ids are consecutive.
      expectRefused(await ask(owner, stranger.user_id), 404, '资源不存在');
      expect(expectSuccess(await ask(owner, user.user_id), '获取用户信息成功').user_id).toBe(user.user_id);
      expectRefused(await ask(await centre.signIn(), admin.user_id), 403, '无权访问');
      expectRefused(await ask(await centre.appToken(), user.user_id), 403, '无权访问');
      // An administrator of one application has no rights in another.
      expectRefused(await ask(await centre.signIn(admin, second_app), second_user.user_id), 403, '无权访问');
      expectRefused(await ask(byAdmin, 2_147_483_647), 404, '资源不存在');
    });

    it('does not reveal to other users whether a user exists', async () => {
      const token = await centre.signIn();
      const known = await centre.get('/api/user', token, { user_id: String(centre.credentials.second_user.user_id) });
      const unknown = await centre.get('/api/user', token, { user_id: '2147483647' });
      expect(known.status).toBe(403);
      // The contract has 404 for an unknown user; without the right to read, both answers are the same.
      expect([403, 404]).toContain(unknown.status);
    });

    it.each(['abc', '0', '-1', '1.5', '1e3', '0x10', '2147483648', '99999999999999999999'])(
      'answers user_id=%s with a failure',
      async (user_id) => {
        const answer = await centre.get('/api/user', await centre.signIn(), { user_id });
        expect([answer.status, answer.code]).toEqual([200, 0]);
        expect((answer.data as Schemas['ProblemData']).errors?.[0]?.field).toBe('user_id');
      },
    );
  });

  describe('changing', () => {
    it('changes the given fields only', async () => {
      const { token, user_id, phone } = await centre.newUser();
      const email = `${phone}@example.com`;
      const data = expectSuccess(await update({ email, position: '工程师', sex: '女' }, token), '修改成功');
      expect(data).toMatchObject({ user_id, username: phone, email, phone });
      expect(data.details).toMatchObject({
        position: { title: '职位', value: '工程师' },
        address: { title: '地址', value: '' },
        sex: { title: '性别', value: '女' },
      });
      expect(await centre.profileOf(token)).toEqual(data);
      const next = expectSuccess(await update({ address: '北京', sex: '' }, token), '修改成功');
      expect(next).toMatchObject({ email });
      expect(next.details).toMatchObject({
        position: { title: '职位', value: '工程师' },
        address: { title: '地址', value: '北京' },
        sex: { title: '性别', value: '' },
      });
    });

    it('reports a request that changes nothing', async () => {
      const { token, phone } = await centre.newUser();
      for (const fields of [{}, { username: phone }, { unknown: 'x' }, { phone }, { address: '' }])
        expectFailure(await update(fields, token), '未做修改');
      const answer = await update({}, token);
      expect(answer.data).toEqual({});
    });

    it('changes all or nothing', async () => {
      const { token, phone } = await centre.newUser();
      const before = await centre.profileOf(token);
      const taken = centre.credentials.admin.username;
      for (const wrong of [
        { sex: '其他' },
        { username: taken },
        { phone: newPhone() },
        { email: 'nobody' },
      ] as Fields[]) {
        const answer = await update({ email: `${phone}@example.com`, position: '工程师', ...wrong }, token);
        expect([answer.status, answer.code]).toEqual([200, 0]);
        expect(await centre.profileOf(token)).toEqual(before);
      }
    });

    it.each([
      [{ username: '' }, '用户名 不能为空。', 'username'],
      [{ email: '' }, '邮箱 不能为空。', 'email'],
      [{ email: 'nobody' }, '邮箱 不是一个合法的邮箱。', 'email'],
      [{ phone: '1888888888' }, '手机 必须是 11 个字符。', 'phone'],
      [{ position: '' }, 'position 不能为空。', 'position'],
      [{ department: '' }, 'department 不能为空。', 'department'],
      [{ school: '' }, 'school 不能为空。', 'school'],
      [{ sex: '其他' }, '已选的属性 性别 非法。', 'sex'],
    ] as [Fields, string, string][])('refuses %j', async (fields, message, field) => {
      expectFailure(await update(fields, await centre.signIn()), message, field);
    });

    it('keeps user names, e-mail addresses and phones unique', async () => {
      const [one, two] = [await centre.newUser(), await centre.newUser()];
      const email = `One.${one.phone}@Example.com`;
      expectSuccess(await update({ email, username: `one-${one.phone}` }, one.token), '修改成功');
      expectFailure(await update({ email: email.toLowerCase() }, two.token), '邮箱 已经存在。', 'email');
      expectFailure(await update({ email: email.toUpperCase() }, two.token), '邮箱 已经存在。', 'email');
      expectFailure(await update({ username: `one-${one.phone}` }, two.token), '用户名 已经存在。', 'username');
      // Without the phone in hand, nothing tells that it is taken.
      for (const phone of [one.phone, newPhone()])
        expectFailure(await update({ phone }, two.token), '手机 尚未验证。', 'phone');
      await centre.put('/api/sms/code', { phone: one.phone, code: await centre.sendCode(one.phone) }, two.token);
      expectFailure(await update({ phone: one.phone }, two.token), '手机 已经存在。', 'phone');
      // The address is shown as it was typed.
      expect((await centre.profileOf(one.token)).email).toBe(email);
    });

    it('gives a name to one of eight concurrent users', async () => {
      const users = await Promise.all(Array.from({ length: 8 }, () => centre.newUser()));
      for (const fields of [
        { username: `race-${users[0]?.phone}` },
        { email: `race-${users[0]?.phone}@example.com` },
      ]) {
        const answers = await Promise.all(users.map(({ token }) => update(fields, token)));
        expect(answers.filter((answer) => answer.code === 1)).toHaveLength(1);
        for (const answer of answers) expect(answer.message).toMatch(/^(修改成功|(用户名|邮箱) 已经存在。)$/);
      }
    });

    it("refuses a user name that looks like an address or another user's phone", async () => {
      const { token, phone } = await centre.newUser();
      const other = newPhone();
      for (const username of ['somebody@example.com', other]) {
        const answer = await update({ username }, token);
        expect([answer.code, (answer.data as unknown as Schemas['ProblemData']).errors?.[0]?.field]).toEqual([
          0,
          'username',
        ]);
      }
      expectSuccess(await update({ username: `x-${phone}` }, token), '修改成功');
      expectSuccess(await update({ username: phone }, token), '修改成功');
    });

    it('ignores a password', async () => {
      const { token, phone, password: old } = await centre.newUser();
      expectFailure(await update({ password: 'another password' }, token), '未做修改');
      expectToken(await centre.grant(centre.passwordFields({ username: phone, password: old })), true);
    });
  });

  describe('a new phone', () => {
    const verify = async (phone: string, token: { access_token: string }) => {
      const code = await centre.sendCode(phone, token);
      expectSuccess(await centre.put('/api/sms/code', { phone, code }, token), '验证成功');
      return code;
    };

    it('has to be verified before, and uses the verification up', async () => {
      const [one, two] = [await centre.newUser(), await centre.newUser()];
      const phone = newPhone();
      expectFailure(await update({ phone }, one.token), '手机 尚未验证。', 'phone');
      await centre.sendCode(phone, one.token);
      expectFailure(await update({ phone }, one.token), '手机 尚未验证。', 'phone');
      const code = await verify(phone, one.token);
      expect(expectSuccess(await update({ phone }, one.token), '修改成功').phone).toBe(phone);
      expectToken(await centre.grant(centre.passwordFields({ username: phone, password: one.password })), true);
      expectFailure(await centre.put('/api/sms/code', { phone, code }, one.token), '验证失败，验证码不匹配');
      // The same phone has to be verified again by its next user.
      const next = newPhone();
      await verify(next, one.token);
      expectSuccess(await update({ phone: next }, one.token), '修改成功');
      expectFailure(await update({ phone }, two.token), '手机 尚未验证。', 'phone');
    });

    it("counts as verified for the token's user, or for all users after an application's own token", async () => {
      const [one, two] = [await centre.newUser(), await centre.newUser()];
      const phone = newPhone();
      await verify(phone, one.token);
      expectFailure(await update({ phone }, two.token), '手机 尚未验证。', 'phone');
      await verify(phone, await centre.appToken(centre.credentials.second_app));
      expectFailure(await update({ phone }, two.token), '手机 尚未验证。', 'phone');
      await verify(phone, await centre.appToken());
      expectSuccess(await update({ phone }, two.token), '修改成功');
    });

    it('counts as verified for ten minutes', async () => {
      const { token } = await centre.newUser();
      const phone = newPhone();
      const age = (milliseconds: number) =>
        centre.database
          .updateTable('ucenter_sms_codes')
          .set(({ eb }) => ({ verified_until: eb('verified_until', '-', milliseconds) }))
          .where('phone', '=', phone)
          .execute();
      await verify(phone, token);
      await age(600_000);
      expectFailure(await update({ phone }, token), '手机 尚未验证。', 'phone');
      await verify(phone, token);
      await age(590_000);
      expectSuccess(await update({ phone }, token), '修改成功');
    });

    it('frees the old phone, also as a user name', async () => {
      const one = await centre.newUser();
      const phone = newPhone();
      await verify(phone, one.token);
      expect(expectSuccess(await update({ phone }, one.token), '修改成功')).toMatchObject({ phone, username: phone });
      const two = await centre.register({ phone: one.phone });
      expect(two.user_id).not.toBe(one.user_id);
      const byOldPhone = expectToken(await centre.grant(centre.passwordFields(two)), true);
      expect((await centre.profileOf(byOldPhone)).user_id).toBe(two.user_id);
    });

    it('keeps its verification when another field is refused', async () => {
      const { token } = await centre.newUser();
      const phone = newPhone();
      await verify(phone, token);
      expectFailure(await update({ phone, sex: '其他' }, token), '已选的属性 性别 非法。', 'sex');
      expectSuccess(await update({ phone, sex: '男' }, token), '修改成功');
    });

    it('goes to one of two concurrent users', async () => {
      const [one, two] = [await centre.newUser(), await centre.newUser()];
      const phone = newPhone();
      await verify(phone, one.token);
      const answers = await Promise.all(
        [1, 2, 3, 4].flatMap(() => [one, two].map(({ token }) => update({ phone }, token))),
      );
      expect(answers.filter((answer) => answer.code === 1)).toHaveLength(1);
    });
  });
});
