import { expect, it } from 'vitest';
import { ucenter } from '../../src/ucenter/index.ts';
import { receiveMail } from '../messages/receivers.ts';
import { describeEachDatabase } from '../support/databases.ts';
import {
  expectFailure,
  expectSuccess,
  type Fields,
  newPhone,
  type Schemas,
  startCentre,
  type Token,
  useCentre,
} from './centre.ts';

const mail = (email: string) => ({ email, subject: '欢迎 <b>', content: '<p>你好，<b>世界</b> &amp; 朋友</p>' });
const newAddress = () => `${newPhone()}@example.com`;

// Section 6.1 of the document; U-36.
describeEachDatabase('e-mail', (databases) => {
  const centre = useCentre(databases);

  it('is queued, answered at once and delivered unchanged', async () => {
    const address = newAddress();
    const answer = await centre.post('/api/email', mail(address), await centre.signIn());
    expect(expectSuccess(answer, '邮件发送中')).toEqual({});
    const [message] = await centre.messagesTo(address, '10s');
    expect(message).toMatchObject({ channel: 'email', to: address, subject: '欢迎 <b>' });
    expect(message?.body).toContain('<p>你好，<b>世界</b> &amp; 朋友</p>');
  });

  it("is accepted with an application's own token", async () => {
    const address = newAddress();
    expectSuccess(await centre.post('/api/email', mail(address), await centre.appToken()), '邮件发送中');
    expect(await centre.messagesTo(address, '10s')).toHaveLength(1);
  });

  it('is recorded with application, user and time for administrators', async () => {
    const address = newAddress();
    await centre.post('/api/email', mail(address), await centre.signIn());
    await centre.messagesTo(address, '10s');
    const token = await centre.signIn(centre.credentials.admin);
    const { emails } = expectSuccess(await centre.get<Schemas['EmailPage']>('/api/email', token), '获取邮件成功');
    expect(emails[0]).toEqual({
      id: expect.any(Number),
      user_id: centre.credentials.user.user_id,
      email: address,
      subject: '欢迎 <b>',
      content: '<p>你好，<b>世界</b> &amp; 朋友</p>',
      // The sandbox keeps it and delivers nothing.
      sent_at: '',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    });
  });

  it('is sent as text from the address of the user centre, and the record has the time', async () => {
    const { url, mails } = await receiveMail();
    const environment = { DATABASE_URL: await databases.createUrl(), MAIL_URL: `${url}?from=centre@ucenter.example` };
    const sending = await startCentre(environment);
    try {
      const address = newAddress();
      expectSuccess(await sending.post('/api/email', mail(address), await sending.signIn()), '邮件发送中');
      await expect.poll(() => mails.length, { timeout: 10_000 }).toBe(1);
      expect(mails[0]).toMatchObject({ from: 'centre@ucenter.example', to: [address] });
      expect(mails[0]?.source).toMatch(/Content-Type: text\/plain; charset=utf-8/i);
      const admin = await sending.signIn(sending.credentials.admin);
      const sentAt = async () => (await sending.get<Schemas['EmailPage']>('/api/email', admin)).data.emails[0]?.sent_at;
      // The time is written a little after the mail has left.
      await expect.poll(sentAt, { timeout: 10_000 }).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    } finally {
      await sending.server.close();
    }
  });

  it('is sent as HTML once the operator has allowed that to the application', async () => {
    const { url, mails } = await receiveMail();
    const sending = await startCentre({ DATABASE_URL: await databases.createUrl(), MAIL_URL: url });
    const run = async (action: string, app: string | undefined) =>
      ucenter.commands?.['html-mail']?.[action]?.run({ app }, sending.server.context);
    try {
      const { client_id } = sending.app;
      await expect(run('create', 'nobody')).rejects.toThrow('There is no application nobody');
      for (let times = 0; times < 2; times++) expect(await run('create', client_id)).toEqual({ client_id });
      expect(await run('list', undefined)).toEqual([{ client_id }]);
      const second = await sending.appToken(sending.credentials.second_app);
      for (const token of [await sending.appToken(), second])
        expectSuccess(await sending.post('/api/email', mail(newAddress()), token), '邮件发送中');
      await expect.poll(() => mails.length, { timeout: 10_000 }).toBe(2);
      const types = mails.map(({ source }) => /Content-Type: text\/(\w+)/i.exec(source)?.[1]);
      expect(types.sort()).toEqual(['html', 'plain']);
      expect(await run('delete', client_id)).toEqual({ deleted: client_id });
      await expect(run('delete', client_id)).rejects.toThrow('may not send HTML');
    } finally {
      await sending.server.close();
    }
  });

  it.each([
    [{ email: undefined }, '邮箱 不能为空。', 'email'],
    [{ email: '' }, '邮箱 不能为空。', 'email'],
    [{ email: 'nobody' }, '邮箱 不是一个合法的邮箱。', 'email'],
    [{ email: 'a@example.com,b@example.com' }, '邮箱 不是一个合法的邮箱。', 'email'],
    [{ email: 'a@example.com\r\nBcc: b@example.com' }, '邮箱 不是一个合法的邮箱。', 'email'],
    [{ subject: undefined }, 'subject 不能为空。', 'subject'],
    [{ subject: '' }, 'subject 不能为空。', 'subject'],
    [{ content: undefined }, '内容 不能为空。', 'content'],
    [{ content: '' }, '内容 不能为空。', 'content'],
  ] as [Fields, string, string][])('refuses %j', async (fields, message, field) => {
    const answer = await centre.post('/api/email', { ...mail('a@example.com'), ...fields }, await centre.signIn());
    expectFailure(answer, message, field);
  });

  it('refuses a line break in the subject, which could become a header', async () => {
    const address = newAddress();
    for (const subject of ['a\r\nBcc: b@example.com', 'a\nb', 'a\rb']) {
      const answer = await centre.post<Schemas['ProblemData']>(
        '/api/email',
        { ...mail(address), subject },
        await centre.signIn(),
      );
      expect([answer.status, answer.code, answer.data.errors?.[0]?.field]).toEqual([200, 0, 'subject']);
    }
    expect(await centre.messagesTo(address)).toEqual([]);
  });
});

describeEachDatabase('the hourly limit of e-mail', (databases) => {
  const centre = useCentre(databases, { EMAIL_HOURLY_LIMIT: '3' });

  it('counts each application for itself', async () => {
    const token = await centre.signIn();
    for (let sent = 0; sent < 3; sent++)
      expectSuccess(await centre.post('/api/email', mail(newAddress()), token), '邮件发送中');
    const address = newAddress();
    for (const sender of [token, await centre.appToken()])
      expectFailure(await centre.post('/api/email', mail(address), sender), '超过每小时发送限制');
    expect(await centre.messagesTo(address)).toEqual([]);
    const elsewhere = await centre.appToken(centre.credentials.second_app);
    expectSuccess(await centre.post('/api/email', mail(newAddress()), elsewhere), '邮件发送中');
  });
});

describeEachDatabase('the limits of SMS and e-mail', (databases) => {
  const centre = useCentre(databases, {
    SMS_USER_HOURLY_LIMIT: '2',
    SMS_APP_HOURLY_LIMIT: '4',
    EMAIL_USER_HOURLY_LIMIT: '2',
    EMAIL_DAILY_LIMIT: '4',
  });

  it.each([
    ['/api/sms/code', () => ({ phone: newPhone() }), '超过每小时发送限制'],
    ['/api/email', () => mail(newAddress()), '超过每天发送限制'],
  ])('count users and applications: %s', async (path, fields, overall) => {
    const [one, two] = [await centre.signIn(), await centre.signIn(centre.credentials.second_user)];
    const send = (token: Token) => centre.post(path, fields(), token);
    for (const token of [one, two]) {
      for (let sent = 0; sent < 2; sent++) expect((await send(token)).code).toBe(1);
      expectFailure(await send(token), '超过每小时发送限制');
    }
    // A user's refused messages do not count for the application, which has sent four.
    expectFailure(await send(await centre.appToken()), overall);
    expect((await send(await centre.appToken(centre.credentials.second_app))).code).toBe(1);
  });
});
