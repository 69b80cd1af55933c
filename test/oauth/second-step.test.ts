import { expect, it } from 'vitest';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { startServer } from '../support/server.ts';
import { type Credentials, expectError, expectToken, type Person, startTower, Tower, useTower } from './flow.ts';

// Tower's guide, 「开启两步验证」: six digits, valid once, for ten minutes and five attempts.
describeEachDatabase('second step', (databases) => {
  const tower = useTower(databases);
  const description =
    'The authorization server encountered an unexpected condition which prevented it from fulfilling the request.';

  /** The code that the first request sends. */
  async function askForCode(person: Person, app = tower.app): Promise<string> {
    const before = (await tower.codesSentTo(person.username)).length;
    expectError(await tower.token(tower.passwordFields(person, app)), 401, 'otp_required');
    const codes = await tower.codesSentTo(person.username);
    expect(codes).toHaveLength(before + 1);
    return codes[0] as string;
  }

  const withCaptcha = (person: Person, captcha: string, app = tower.app) =>
    tower.token({ ...tower.passwordFields(person, app), captcha });

  const wrongCode = (code: string) => String(((Number(code) - 100_000 + 1) % 900_000) + 100_000);

  it("returns 401 with the description of Tower's guide, and sends a code of six digits through WeChat", async () => {
    const person = tower.credentials.otp_user;
    const answer = await tower.token(tower.passwordFields(person));
    expectError(answer, 401, 'otp_required');
    expect(answer.body.error_description).toBe(description);
    const response = await fetch(`${tower.server.url}/sandbox/outbox?${new URLSearchParams({ to: person.username })}`);
    const [message] = (await response.json()) as { channel: string; to: string; body: string; code: string }[];
    expect(message).toMatchObject({ channel: 'wechat', to: person.username, code: expect.stringMatching(/^\d{6}$/) });
    expect(message?.body).toContain(message?.code);
  });

  it('returns the token for the same request with the code, once', async () => {
    const person = await tower.addMember({ secondStep: true });
    const code = await askForCode(person);
    const token = expectToken(await withCaptcha(person, code));
    expect(token.email).toBe(person.username);
    expect(await tower.memberStatus(token)).toBe(200);
    expectError(await withCaptcha(person, code), 401, 'otp_required');
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('is not required for a refresh', async () => {
    const person = await tower.addMember({ secondStep: true });
    const token = expectToken(await withCaptcha(person, await askForCode(person)));
    expectToken(await tower.token(tower.refreshFields(token)));
  });

  it('sends no code for a wrong password, and rejects a wrong password with the right code', async () => {
    const person = await tower.addMember({ secondStep: true });
    expectError(await tower.token({ ...tower.passwordFields(person), password: 'wrong' }), 400, 'invalid_grant');
    expect(await tower.codesSentTo(person.username)).toEqual([]);
    const code = await askForCode(person);
    expectError(await withCaptcha({ ...person, password: 'wrong' }, code), 400, 'invalid_grant');
    expect(await tower.codesSentTo(person.username)).toHaveLength(1);
    expectToken(await withCaptcha(person, code));
  });

  it('accepts the code after four wrong ones, not after five', async () => {
    const person = await tower.addMember({ secondStep: true });
    let code = await askForCode(person);
    for (let tries = 0; tries < 4; tries += 1)
      expectError(await withCaptcha(person, wrongCode(code)), 401, 'otp_required');
    expectToken(await withCaptcha(person, code));

    code = await askForCode(person);
    for (let tries = 0; tries < 5; tries += 1)
      expectError(await withCaptcha(person, wrongCode(code)), 401, 'otp_required');
    expectError(await withCaptcha(person, code), 401, 'otp_required');
    expectToken(await withCaptcha(person, await askForCode(person)));
  });

  it('sends no new code after a wrong one', async () => {
    const person = await tower.addMember({ secondStep: true });
    const code = await askForCode(person);
    await withCaptcha(person, wrongCode(code));
    expect(await tower.codesSentTo(person.username)).toEqual([code]);
  });

  it('expires after ten minutes', async () => {
    const person = await tower.addMember({ secondStep: true });
    const age = (milliseconds: number) =>
      tower.database
        .updateTable('oauth_second_steps')
        .set(({ eb }) => ({ expires_at: eb('expires_at', '-', milliseconds) }))
        .where('user_id', '=', person.id)
        .execute();
    const valid = await askForCode(person);
    await age(590_000);
    expectToken(await withCaptcha(person, valid));
    const expired = await askForCode(person);
    await age(600_000);
    expectError(await withCaptcha(person, expired), 401, 'otp_required');
  });

  it('rejects codes of another user and of another client', async () => {
    const [one, other] = await Promise.all([
      tower.addMember({ secondStep: true }),
      tower.addMember({ secondStep: true }),
    ]);
    const app = await tower.addApp();
    const code = await askForCode(one);
    await askForCode(other);
    if (code !== (await tower.codesSentTo(other.username))[0])
      expectError(await withCaptcha(other, code), 401, 'otp_required');
    expectError(await withCaptcha(one, code, app), 401, 'otp_required');
    expectToken(await withCaptcha(one, code));
  });

  it.each(['', ' ', 'abcdef', '0', '１２３４５６', '123456 or 1=1', '0'.repeat(16)])(
    'gives no token to the code %j',
    async (captcha) => {
      const person = await tower.addMember({ secondStep: true });
      await askForCode(person);
      expectError(await withCaptcha(person, captcha), 401, 'otp_required');
    },
  );

  it('revokes the previous token on success only', async () => {
    const person = await tower.addMember({ secondStep: true });
    const first = expectToken(await withCaptcha(person, await askForCode(person)));
    const code = await askForCode(person);
    await withCaptcha(person, wrongCode(code));
    expect(await tower.memberStatus(first)).toBe(200);
    const second = expectToken(await withCaptcha(person, code));
    expect(await tower.memberStatus(first)).toBe(401);
    expect(await tower.memberStatus(second)).toBe(200);
  });

  it('accepts one of twenty concurrent requests with the same code', async () => {
    const person = await tower.addMember({ secondStep: true });
    const code = await askForCode(person);
    const answers = await Promise.all(Array.from({ length: 20 }, () => withCaptcha(person, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) expectError(answer, 401, 'otp_required');
    const token = expectToken(answers.find(({ status }) => status === 200) as never);
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('rejects the right code after twenty concurrent wrong ones', async () => {
    const person = await tower.addMember({ secondStep: true });
    const code = await askForCode(person);
    await Promise.all(Array.from({ length: 20 }, () => withCaptcha(person, wrongCode(code))));
    const [step] = await tower.database
      .selectFrom('oauth_second_steps')
      .select('attempts')
      .where('user_id', '=', person.id)
      .execute();
    expect(step?.attempts).toBe(5);
    expectError(await withCaptcha(person, code), 401, 'otp_required');
  });

  it('is required in the browser before the session starts, and once', async () => {
    const person = await tower.addMember({ secondStep: true });
    const browser = new Browser(tower.server.url);
    const signIn = await browser.visit(tower.authorizeUrl());
    expect(signIn.url.pathname).toBe('/tower/oauth/sign_in');
    const second = await browser.submit(signIn.forms[0], { username: person.username, password: person.password });
    expect(second.status).toBe(200);
    expect(second.forms[0]?.names).toContain('captcha');
    const skipped = await browser.visit(tower.authorizeUrl());
    expect(skipped.url.pathname).toBe('/tower/oauth/sign_in');

    const [code = ''] = await tower.codesSentTo(person.username);
    const again = await browser.submit(second.forms[0], { captcha: wrongCode(code) });
    expect(again.status).toBe(401);
    const consent = await browser.submit(again.forms[0], { captcha: code });
    expect(consent.url.pathname).toBe('/tower/oauth/authorize');
    const { url } = await browser.submit(consent.forms[0], { decision: 'allow' });
    const token = expectToken(await tower.token(tower.codeFields(url.searchParams.get('code') as string)));
    expect(token.email).toBe(person.username);
    expect(await tower.codesSentTo(person.username)).toHaveLength(1);

    const replay = await new Browser(tower.server.url).visit(signIn.url.href);
    const other = new Browser(tower.server.url);
    const fresh = await other.visit(`${tower.url}/oauth/sign_in`);
    expect(replay.status).toBe(200);
    const { challenge = '' } = second.forms[0]?.fields ?? {};
    const reused = await other.post(fresh.forms[0] as never, { ...fresh.forms[0]?.fields, challenge, captcha: code });
    expect(reused.status).toBe(401);
  });

  it('rejects the challenge of the browser without its code, and a code of the token endpoint in the browser', async () => {
    const person = await tower.addMember({ secondStep: true });
    const browser = new Browser(tower.server.url);
    const signIn = await browser.visit(`${tower.url}/oauth/sign_in`);
    const second = await browser.submit(signIn.forms[0], { username: person.username, password: person.password });
    const [browserCode] = await tower.codesSentTo(person.username);
    const code = await askForCode(person);
    if (code !== browserCode) {
      expect((await browser.submit(second.forms[0], { captcha: code })).status).toBe(401);
      expectError(await withCaptcha(person, browserCode as string), 401, 'otp_required');
    }
    const withoutCode = await browser.submit(second.forms[0], { captcha: '' });
    expect(withoutCode.status).toBe(401);
    expect((await browser.visit(`${tower.url}/app_center`)).url.pathname).toBe('/tower/oauth/sign_in');
  });
});

// In production without WECHAT_URL.
describeEachDatabase('a second step that cannot be sent', (databases) => {
  it('ends the sign-in with an error, and stores no code', async () => {
    const DATABASE_URL = await databases.createUrl();
    const sandbox = await startTower({ DATABASE_URL });
    const credentials: Credentials = sandbox.credentials;
    await sandbox.server.close();
    const server = await startServer({ DATABASE_URL, QIYUE_SANDBOX: '0' });
    const tower = new Tower(server, credentials);
    const { otp_user } = credentials;

    const answer = await tower.token(tower.passwordFields(otp_user));
    expectError(answer, 400, 'invalid_grant');
    expect(answer.body.error_description).toContain('cannot send');

    const browser = new Browser(server.url, { 'accept-language': 'en' });
    const form = await browser.visit(`${tower.url}/oauth/sign_in`);
    const page = await browser.submit(form.forms[0], { username: otp_user.username, password: otp_user.password });
    expect(page.status).toBe(401);
    expect(page.html).toContain('cannot send');

    expect(await server.context.messages.listOutbox({ to: otp_user.username })).toEqual([]);
    expect(await server.context.database.selectFrom('oauth_second_steps').selectAll().execute()).toEqual([]);
    await server.close();
  });
});
