import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { startServer } from '../support/server.ts';
import {
  expectFailure,
  expectRefused,
  expectSuccess,
  newPhone,
  type Schemas,
  type Token,
  useCentre,
} from './centre.ts';

// Sections 5.1 and 5.2 of the document; U-34, U-35, U-37.
const mismatch = '验证失败，验证码不匹配';
const other = (code: string) => String(((Number(code) - 100_000 + 1) % 900_000) + 100_000);

describeEachDatabase('without a service to send with', (databases) => {
  it('refuses to send SMS and e-mail', async () => {
    const DATABASE_URL = await databases.createUrl();
    const sandbox = await startServer({ DATABASE_URL });
    const { ucenter } = (await (await fetch(`${sandbox.url}/sandbox/credentials`)).json()) as {
      ucenter: Record<'client_id' | 'client_secret', string>;
    };
    await sandbox.close();
    const server = await startServer({ DATABASE_URL, QIYUE_SANDBOX: '0' });
    try {
      const post = async (path: string, fields: Record<string, string>) => {
        const body = new URLSearchParams(fields);
        return (await (await fetch(`${server.url}/ucenter/api${path}`, { method: 'POST', body })).json()) as {
          code: number;
          message: string;
          data: { access_token: string };
        };
      };
      const { client_id, client_secret } = ucenter;
      const { data } = await post('/oauth/accessToken', { grant_type: 'client_credentials', client_id, client_secret });
      const mail = { email: 'a@b.example', subject: 'a', content: 'b' };
      for (const [path, fields] of [
        ['/sms/code', { phone: newPhone() }],
        ['/email', mail],
      ] as const) {
        const answer = await post(path, { access_token: data.access_token, ...fields });
        expect(answer).toMatchObject({ code: 0, message: '发送失败' });
      }
    } finally {
      await server.close();
    }
  });
});

describeEachDatabase('SMS codes', (databases) => {
  const centre = useCentre(databases, { SMS_PAUSE: '0', SMS_HOURLY_LIMIT: '0' });
  const check = (phone: string, code: string, token: Pick<Token, 'access_token'>) =>
    centre.put('/api/sms/code', { phone, code }, token);

  it('have six digits, which only the SMS contains', async () => {
    const phone = newPhone();
    const answer = await centre.post('/api/sms/code', { phone }, await centre.appToken());
    expect(expectSuccess(answer, '发送成功')).toEqual({});
    const [message] = await centre.messagesTo(phone, '10s');
    expect(message).toMatchObject({ channel: 'sms', to: phone, code: expect.stringMatching(/^[1-9]\d{5}$/) });
    expect(message?.body).toContain(`您好，您的验证码是：${message?.code}`);
    expect(JSON.stringify(answer)).not.toContain(message?.code);
  });

  it('are not used up by a verification', async () => {
    const phone = newPhone();
    const token = await centre.appToken();
    const code = await centre.sendCode(phone, token);
    for (let times = 0; times < 7; times++)
      expect(expectSuccess(await check(phone, code, token), '验证成功')).toEqual({});
    expectSuccess(await centre.post('/api/user', { phone, code, password: 'a password' }), '注册成功');
  });

  it('are replaced by the next code', async () => {
    const phone = newPhone();
    const token = await centre.appToken();
    const first = await centre.sendCode(phone, token);
    let second = await centre.sendCode(phone, token);
    while (second === first) second = await centre.sendCode(phone, token);
    expectFailure(await check(phone, first, token), mismatch);
    expectSuccess(await check(phone, second, token), '验证成功');
  });

  it('belong to one phone', async () => {
    const [one, two] = [newPhone(), newPhone()];
    const token = await centre.appToken();
    const code = await centre.sendCode(one, token);
    expectFailure(await check(two, code, token), mismatch);
    let second = await centre.sendCode(two, token);
    while (second === code) second = await centre.sendCode(two, token);
    expectFailure(await check(two, code, token), mismatch);
    expectSuccess(await check(one, code, token), '验证成功');
  });

  it('are void after five wrong guesses', async () => {
    const phone = newPhone();
    const token = await centre.appToken();
    const code = await centre.sendCode(phone, token);
    for (let guess = 0; guess < 4; guess++) expectFailure(await check(phone, other(code), token), mismatch);
    expectSuccess(await check(phone, code, token), '验证成功');
    expectFailure(await check(phone, other(code), token), mismatch);
    expectFailure(await check(phone, code, token), mismatch);
    const registered = await centre.post('/api/user', { phone, code, password: 'a password' });
    expectFailure(registered, '验证码验证失败', 'code');
    expectSuccess(await check(phone, await centre.sendCode(phone, token), token), '验证成功');
  });

  it('are not voided by the wrong guesses of strangers, who have five each', async () => {
    const { phone, token, ...user } = await centre.newUser();
    const code = await centre.sendCode(phone, token);
    const stranger = await centre.newUser();
    const elsewhere = await centre.appToken(centre.credentials.second_app);
    const anonymous = (guess: string) => centre.post('/api/user', { phone, code: guess, password: 'a password' });
    for (let guess = 0; guess < 5; guess++) {
      expectFailure(await check(phone, other(code), stranger.token), mismatch);
      expectFailure(await check(phone, other(code), elsewhere), mismatch);
      expectFailure(await anonymous(other(code)), '验证码验证失败', 'code');
    }
    // The right code comes too late for each of them.
    expectFailure(await check(phone, code, stranger.token), mismatch);
    expectFailure(await check(phone, code, elsewhere), mismatch);
    expectFailure(await anonymous(code), '验证码验证失败', 'code');
    expectSuccess(await check(phone, code, token), '验证成功');
    expectSuccess(await check(phone, code, await centre.signIn({ ...user })), '验证成功');
  });

  it('are void after a hundred wrong guesses of all strangers together', async () => {
    const phone = newPhone();
    const token = await centre.appToken();
    const code = await centre.sendCode(phone, token);
    await centre.database
      .updateTable('ucenter_sms_codes')
      .set({ wrong_guesses: 99 })
      .where('phone', '=', phone)
      .execute();
    expectSuccess(await check(phone, code, token), '验证成功');
    expectFailure(await check(phone, other(code), await centre.signIn()), mismatch);
    expectFailure(await check(phone, code, token), mismatch);
  });

  it('count wrong guesses of all operations, also concurrent ones', async () => {
    const phone = newPhone();
    const token = await centre.appToken();
    const code = await centre.sendCode(phone, token);
    const guesses = Array.from({ length: 30 }, (_, index) =>
      index % 2 === 0
        ? check(phone, other(code), token)
        : centre.post('/api/user', { phone, code: other(code), password: 'a password' }),
    );
    for (const answer of await Promise.all(guesses)) expect(answer.code).toBe(0);
    expectFailure(await check(phone, code, token), mismatch);
  });

  it('live five minutes', async () => {
    const token = await centre.appToken();
    const age = (milliseconds: number) =>
      centre.database
        .updateTable('ucenter_sms_codes')
        .set(({ eb }) => ({ expires_at: eb('expires_at', '-', milliseconds) }))
        .execute();
    const phone = newPhone();
    const code = await centre.sendCode(phone, token);
    await age(290_000);
    expectSuccess(await check(phone, code, token), '验证成功');
    await age(10_000);
    expectFailure(await check(phone, code, token), mismatch);
    expectFailure(await centre.post('/api/user', { phone, code, password: 'a password' }), '验证码验证失败', 'code');
  });

  it.each([
    [{}, '手机 不能为空。', 'phone'],
    [{ phone: '' }, '手机 不能为空。', 'phone'],
    [{ phone: '1888888888' }, '手机 必须是 11 个字符。', 'phone'],
    [{ phone: '188888888888' }, '手机 必须是 11 个字符。', 'phone'],
    [{ phone: '+8618888888888' }, '手机 必须是 11 个字符。', 'phone'],
  ] as const)('are not sent to %j', async (fields, message, field) => {
    expectFailure(await centre.post('/api/sms/code', fields, await centre.appToken()), message, field);
  });

  it('are not sent to 11 characters that are no mobile number', async () => {
    const token = await centre.appToken();
    for (const phone of ['12888888888', '28888888888', '1888888888x', '１８８８８８８８８８８']) {
      const answer = await centre.post<Schemas['ProblemData']>('/api/sms/code', { phone }, token);
      expect([answer.status, answer.code, answer.data.errors?.[0]?.field], phone).toEqual([200, 0, 'phone']);
      expect(await centre.messagesTo(phone)).toEqual([]);
    }
  });

  it('need a well-formed phone and code to be verified', async () => {
    const token = await centre.appToken();
    const phone = newPhone();
    for (const [fields, message, field] of [
      [{}, '手机 不能为空。', 'phone'],
      [{ phone: '1', code: '123456' }, '手机 必须是 11 个字符。', 'phone'],
      [{ phone }, '验证码 不能为空。', 'code'],
      [{ phone, code: '12345' }, '验证码 必须是 6 个字符。', 'code'],
    ] as const)
      expectFailure(await centre.put('/api/sms/code', fields, token), message, field);
  });

  it('are stored as hashes', async () => {
    const phone = newPhone();
    const code = await centre.sendCode(phone);
    const rows = await centre.database.selectFrom('ucenter_sms_codes').selectAll().where('phone', '=', phone).execute();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify({ ...rows[0], phone: '' })).not.toContain(`"${code}"`);
  });
});

describeEachDatabase('wrong guesses of one caller over all phones', (databases) => {
  const centre = useCentre(databases, { WRONG_GUESS_LIMIT: '3' });

  it('return 429 to a user, and not to other users', async () => {
    const [one, two] = [await centre.newUser(), await centre.newUser()];
    const guess = ({ token }: { token: Token }) =>
      centre.put('/api/sms/code', { phone: newPhone(), code: '123456' }, token);
    for (let times = 0; times < 3; times++) expectFailure(await guess(one), mismatch);
    expectRefused(await guess(one), 429, '请求过于频繁，请稍后再试');
    const phone = newPhone();
    const code = await centre.sendCode(phone, one.token);
    expectRefused(await centre.put('/api/sms/code', { phone, code }, one.token), 429);
    expectFailure(await guess(two), mismatch);
  });
});

describeEachDatabase('registrations without a token', (databases) => {
  const centre = useCentre(databases, { REGISTRATION_HOURLY_LIMIT: '2' });

  it('are limited for each address, and those with a token are not', async () => {
    const register = async (token?: Token) => {
      const phone = newPhone();
      return centre.post('/api/user', { phone, password: 'a password', code: await centre.sendCode(phone) }, token);
    };
    for (let times = 0; times < 2; times++) expectSuccess(await register(), '注册成功');
    expectRefused(await register(), 429, '请求过于频繁，请稍后再试');
    expectSuccess(await register(await centre.appToken()), '注册成功');
  });
});

describeEachDatabase('the pause between SMS codes', (databases) => {
  const centre = useCentre(databases, { SMS_PAUSE: '60', SMS_HOURLY_LIMIT: '0' });

  it('holds for each phone', async () => {
    const token = await centre.appToken();
    const phone = newPhone();
    expectSuccess(await centre.post('/api/sms/code', { phone }, token), '发送成功');
    const code = await centre.codeSentTo(phone);
    for (const sender of [token, await centre.signIn(), await centre.appToken(centre.credentials.second_app)])
      expectFailure(await centre.post('/api/sms/code', { phone }, sender), '发送过于频繁，请稍后再试');
    expect(await centre.messagesTo(phone)).toHaveLength(1);
    expectSuccess(await centre.put('/api/sms/code', { phone, code }, token), '验证成功');
    // Other phones do not wait, also with the same token and address.
    const phones = Array.from({ length: 10 }, newPhone);
    const answers = await Promise.all(phones.map((one) => centre.post('/api/sms/code', { phone: one }, token)));
    for (const answer of answers) expectSuccess(answer, '发送成功');
  });

  it('lets one of ten concurrent requests send', async () => {
    const token = await centre.appToken();
    const phone = newPhone();
    const answers = await Promise.all(Array.from({ length: 10 }, () => centre.post('/api/sms/code', { phone }, token)));
    expect(answers.filter((answer) => answer.code === 1)).toHaveLength(1);
    expect(await centre.messagesTo(phone)).toHaveLength(1);
  });
});

describeEachDatabase('the hourly limit of SMS codes', (databases) => {
  const centre = useCentre(databases, { SMS_PAUSE: '0', SMS_HOURLY_LIMIT: '3' });

  it('is three for each phone', async () => {
    const token = await centre.appToken();
    const phone = newPhone();
    for (let times = 0; times < 3; times++)
      expectSuccess(await centre.post('/api/sms/code', { phone }, token), '发送成功');
    for (const sender of [token, await centre.signIn(), await centre.appToken(centre.credentials.second_app)])
      expectFailure(await centre.post('/api/sms/code', { phone }, sender), '超过每小时三次限制');
    expect(await centre.messagesTo(phone)).toHaveLength(3);
    expectSuccess(await centre.post('/api/sms/code', { phone: newPhone() }, token), '发送成功');
  });

  it('does not count refused requests', async () => {
    const token = await centre.appToken();
    const phone = newPhone();
    for (let times = 0; times < 5; times++) await centre.post('/api/sms/code', { phone: `${phone}0` }, token);
    for (let times = 0; times < 3; times++)
      expectSuccess(await centre.post('/api/sms/code', { phone }, token), '发送成功');
  });
});
