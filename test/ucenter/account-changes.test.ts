import { expect, it } from 'vitest';
import { Browser, textOf } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type Answer, expectFailure, expectSuccess, expectToken, newPhone, type Token, useCentre } from './centre.ts';

const tooNew = '手机 刚刚更换，还不能用来重置密码。';

// A change of user name, e-mail address or phone by the token alone (U-48).
describeEachDatabase('account changes', (databases) => {
  const centre = useCentre(databases);

  /** Changes a phone as the document has it: send a code, verify it, write it into the profile. */
  async function changePhone(token: Token, phone = newPhone()): Promise<string> {
    const code = await centre.sendCode(phone, token);
    expectSuccess(await centre.put('/api/sms/code', { phone, code }, token), '验证成功');
    expectSuccess(await centre.put('/api/user', { phone }, token), '修改成功');
    return phone;
  }

  async function reset(phone: string, password = 'a password of the thief'): Promise<Answer<unknown>> {
    const application = await centre.appToken();
    const code = await centre.sendCode(phone, application, 'reset_password');
    return centre.put('/api/user/password', { phone, code, password }, application);
  }

  const open = (link: string) =>
    new Browser(centre.server.url).visit(`${centre.url}/oauth/account/change?link=${link}`);

  async function decide(link: string, decision: 'undo' | 'confirm') {
    const page = await open(link);
    expect(page.status, page.html).toBe(200);
    return new Browser(centre.server.url).post(page.forms[0] as never, { link, decision });
  }

  /** The new phone resets the password from now on. */
  const endHold = (phone: string) =>
    centre.database
      .updateTable('ucenter_users')
      .set(({ eb }) => ({ phone_trusted_at: eb('phone_trusted_at', '-', 72 * 3_600_000) }))
      .where('phone', '=', phone)
      .execute();

  it('by a stolen token do not take the account: the old phone undoes them', async () => {
    const { token, ...user } = await centre.newUser();
    const [stolen, browser] = [await centre.signIn(user), await centre.signedIn(user)];
    const theirs = await changePhone(stolen);
    expectFailure(await reset(theirs), tooNew, 'phone');

    const link = await centre.linkSentTo(user.phone);
    expect((await centre.messagesTo(user.phone))[0]).toMatchObject({ channel: 'sms' });
    // A mail program that opens the link changes nothing.
    expect(textOf((await open(link)).html)).toContain('手机号');
    expect((await centre.profileOf(token)).phone).toBe(theirs);
    const headers = { 'accept-language': 'en' };
    const english = await fetch(`${centre.url}/oauth/account/change?link=${link}`, { headers });
    expect(textOf(await english.text())).toMatch(/Phone number.*Was this not you\?.*Undo/s);

    expect((await decide(link, 'undo')).status).toBe(200);
    for (const ended of [token, stolen]) expect(await centre.statusOf(ended)).toBe(401);
    expect((await browser.visit(`${centre.url}/oauth/account`)).url.pathname).toBe('/ucenter/oauth/sign_in');
    const again = expectToken(await centre.grant(centre.passwordFields(user)), true);
    expect(await centre.profileOf(again)).toMatchObject({ phone: user.phone, username: user.phone });
    expectFailure(await reset(theirs), '未找到该用户', 'phone');
    expectSuccess(await reset(user.phone, 'a new password'), '修改成功');
    expect((await open(link)).status).toBe(404);
  });

  it('let a new phone reset the password after 72 hours', async () => {
    const { token } = await centre.newUser();
    const phone = await changePhone(token);
    expectFailure(await reset(phone), tooNew, 'phone');
    await endHold(phone);
    expectSuccess(await reset(phone), '修改成功');
  });

  it('let a new phone reset the password once the old one has confirmed it', async () => {
    const { token, ...user } = await centre.newUser();
    const phone = await changePhone(token);
    const link = await centre.linkSentTo(user.phone);
    expect((await decide(link, 'confirm')).status).toBe(200);
    expect((await open(link)).status).toBe(404);
    expect(await centre.statusOf(token)).toBe(200);
    expectSuccess(await reset(phone), '修改成功');
  });

  it('are not confirmed by a phone that is itself new', async () => {
    const { token, ...user } = await centre.newUser();
    const second = await changePhone(token);
    const third = await changePhone(token);
    const link = await centre.linkSentTo(second);
    expect((await open(link)).html).not.toContain('value="confirm"');
    const forms = (await open(link)).forms;
    const refused = await new Browser(centre.server.url).post(forms[0] as never, { link, decision: 'confirm' });
    expect(refused.status).toBe(404);
    expectFailure(await reset(third), tooNew, 'phone');
    // The first phone undoes both, and the second has no say any more.
    expect((await decide(await centre.linkSentTo(user.phone), 'undo')).status).toBe(200);
    expect((await open(link)).status).toBe(404);
    const again = expectToken(await centre.grant(centre.passwordFields(user)), true);
    expect((await centre.profileOf(again)).phone).toBe(user.phone);
  });

  it('are announced to the old address, and to the phone when it changes or there is no address', async () => {
    const { token, phone } = await centre.newUser();
    const email = `${phone}@example.com`;
    expectSuccess(await centre.put('/api/user', { email }, token), '修改成功');
    await centre.linkSentTo(phone);
    const messages = (await centre.messagesTo(phone)).length;
    expectSuccess(await centre.put('/api/user', { username: `name ${phone}` }, token), '修改成功');
    expect((await centre.messagesTo(email, '10s'))[0]).toMatchObject({
      channel: 'email',
      subject: '您的 UCenter 账号更换了用户名',
    });
    expect(await centre.messagesTo(phone)).toHaveLength(messages);
    await changePhone(token);
    const links = [await centre.linkSentTo(email), await centre.linkSentTo(phone)];
    expect(new Set(links).size).toBe(2);
    // A change of details sends no message: users do not sign in with them.
    expectSuccess(await centre.put('/api/user', { position: '工程师' }, token), '修改成功');
    expect(await centre.messagesTo(email)).toHaveLength(2);
  });

  it('give back a user name and an address, which nobody else can take meanwhile', async () => {
    const [one, two] = [await centre.newUser(), await centre.newUser()];
    const before = { username: `name ${one.phone}`, email: `${one.phone}@example.com` };
    expectSuccess(await centre.put('/api/user', before, one.token), '修改成功');
    const after = { username: `other ${one.phone}`, email: `other-${one.phone}@example.com` };
    expectSuccess(await centre.put('/api/user', after, one.token), '修改成功');
    const link = await centre.linkSentTo(before.email);
    for (const [field, message] of [
      ['username', '用户名 已经存在。'],
      ['email', '邮箱 已经存在。'],
    ] as const)
      expectFailure(await centre.put('/api/user', { [field]: before[field] }, two.token), message, field);
    expect((await decide(link, 'undo')).status).toBe(200);
    const again = expectToken(await centre.grant(centre.passwordFields({ ...one, username: before.email })), true);
    expect(await centre.profileOf(again)).toMatchObject(before);
  });

  it('leave a phone to a user who has registered with it meanwhile', async () => {
    const { token, ...user } = await centre.newUser();
    expectSuccess(await centre.put('/api/user', { username: `name ${user.phone}` }, token), '修改成功');
    await changePhone(token);
    const link = await centre.linkSentTo(user.phone);
    const next = await centre.register({ phone: user.phone });
    expect((await decide(link, 'undo')).status).toBe(200);
    const again = expectToken(await centre.grant(centre.passwordFields({ ...user, username: `name ${user.phone}` })));
    expect(await centre.profileOf(again)).toMatchObject({ user_id: user.user_id, phone: '' });
    expect((await centre.profileOf(await centre.signIn(next))).user_id).toBe(next.user_id);
  });

  it('are undone once by ten concurrent requests, until the link expires', async () => {
    const { token, phone } = await centre.newUser();
    expectSuccess(await centre.put('/api/user', { email: `${phone}@example.com` }, token), '修改成功');
    const link = await centre.linkSentTo(phone);
    const post = () =>
      fetch(`${centre.url}/oauth/account/change`, {
        method: 'POST',
        body: new URLSearchParams({ link, decision: 'undo' }),
      });
    const statuses = (await Promise.all(Array.from({ length: 10 }, post))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);

    const user = await centre.newUser();
    expectSuccess(await centre.put('/api/user', { email: `${user.phone}@example.com` }, user.token), '修改成功');
    const expired = await centre.linkSentTo(user.phone);
    expect((await open(expired)).status).toBe(200);
    await centre.database
      .updateTable('ucenter_account_links')
      .set(({ eb }) => ({ expires_at: eb('expires_at', '-', 72 * 3_600_000) }))
      .where('user_id', '=', user.user_id)
      .execute();
    expect((await open(expired)).status).toBe(404);
  });

  it('are not announced with a link that an application can read', async () => {
    const { token, phone } = await centre.newUser();
    await changePhone(token);
    const link = await centre.linkSentTo(phone);
    const admin = await centre.signIn(centre.credentials.admin);
    expect(JSON.stringify((await centre.get('/api/sms', admin)).data)).not.toContain(link);
    const rows = await centre.database.selectFrom('ucenter_account_links').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(link);
  });
});

describeEachDatabase('account changes with other limits', (databases) => {
  const centre = useCentre(databases, { RESET_HOLD_HOURS: '0', ACCOUNT_NOTICE_HOURLY_LIMIT: '2' });

  it('let a new phone reset the password at once, and are limited in number', async () => {
    const { token, ...user } = await centre.newUser();
    const phone = newPhone();
    const code = await centre.sendCode(phone, token);
    await centre.put('/api/sms/code', { phone, code }, token);
    expectSuccess(await centre.put('/api/user', { phone }, token), '修改成功');
    const reset = await centre.sendCode(phone, token, 'reset_password');
    const password = 'another password';
    expectSuccess(await centre.put('/api/user/password', { phone, code: reset, password }, token), '修改成功');
    const again = await centre.signIn({ username: phone, password });
    expectSuccess(await centre.put('/api/user', { username: `one ${user.phone}` }, again), '修改成功');
    expectFailure(await centre.put('/api/user', { username: `two ${user.phone}` }, again), '超过每小时发送限制');
    expectSuccess(await centre.put('/api/user', { position: '工程师' }, again), '修改成功');
  });
});
