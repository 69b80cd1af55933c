import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { useDesk } from './desk.ts';

// P-84.
describeEachDatabase('ppmessage: sign-ups', (databases) => {
  const desk = useDesk(databases);
  const newEmail = () => `${randomUUID()}@shop.example`;

  const signUp = async (user_email: string) =>
    desk.entrance.ok('PPCONSOLE_SIGNUP', {
      user_email,
      user_fullname: '店主',
      user_password: '密码',
      app_name: '小店',
    });

  /** Signs in at the console, as its page does. */
  async function signIn(user_email: string, user_password: string) {
    const { api_key: client_id } = desk.credentials.keys.ppconsole;
    const form = { grant_type: 'password', client_id, user_email, user_password };
    const response = await desk.postForm('/ppauth/token', form);
    return (await response.json()) as { error_code: number; user_uuid?: string; app_uuid?: string };
  }
  const mailTo = async (to: string) => (await desk.server.context.messages.listOutbox({ to }))[0];

  it('create an owner with an app, who can sign in, and send a mail', async () => {
    const email = newEmail();
    const { user, app } = await signUp(email);
    expect(user).toMatchObject({ user_email: email, user_status: 'OWNER_2', is_anonymous_user: false });
    expect(app).toMatchObject({ app_name: '小店', user_uuid: user.uuid, app_route_policy: 'BROADCAST' });
    expect(await signIn(email, '密码')).toMatchObject({ error_code: 0, user_uuid: user.uuid, app_uuid: app.uuid });
    expect((await mailTo(email))?.subject).toContain('小店: signup successfully');
  });

  it('give an e-mail address to one owner, however many ask at the same time', async () => {
    const fields = { user_email: newEmail(), user_fullname: '店主', user_password: '密码' };
    const codes = await Promise.all(Array.from({ length: 6 }, () => desk.entrance.code('PPCONSOLE_SIGNUP', fields)));
    expect(codes.sort()).toEqual(['0', ...Array(5).fill('22')]);
  });

  it('replace a forgotten password by one in a mail, and end the tokens', async () => {
    const email = newEmail();
    await signUp(email);
    const { access_token } = (await signIn(email, '密码')) as { access_token?: string };
    await desk.entrance.ok('PPCONSOLE_SEND_NEW_PASSWORD', { user_email: email.toUpperCase() });
    const mail = await mailTo(email);
    expect(mail?.code).toMatch(/^[\w[\]{}()|&$-]{8}$/);
    expect(mail?.body).toContain(mail?.code);
    expect((await signIn(email, '密码')).error_code).toBe(-1);
    expect((await signIn(email, mail?.code as string)).error_code).toBe(0);
    const headers = { Authorization: `OAuth ${access_token}` };
    const { body } = await desk.entrance.post('PP_GET_APP_INFO', {}, headers);
    expect(body.error_code).toBe(4);
  });

  it('log out of the console by ending the token', async () => {
    const seat = await desk.seatOf(desk.owner, ['PPCONSOLE']);
    await seat.ok('PPCONSOLE_LOGOUT', { user_uuid: seat.user_uuid });
    expect(await seat.code('PP_GET_APP_INFO', {})).toBe('4');
  });
});
