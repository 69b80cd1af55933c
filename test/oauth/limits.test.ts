import { afterEach, expect, it, vi } from 'vitest';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type Answer, expectError, expectToken, type Person, useTower } from './flow.ts';

// Section 4 of the plan: wrong passwords and codes count per account and client, with Retry-After, and a right password
// is never locked out for long.
const LIMIT = 3;

describeEachDatabase('limits', (databases) => {
  const tower = useTower(databases, { WRONG_GUESS_LIMIT: String(LIMIT) });

  afterEach(() => void vi.useRealTimers());

  /** Moves the clock; nothing waits. */
  const later = (seconds: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });

  const guess = (person: Person, app = tower.app) =>
    tower.token({ ...tower.passwordFields(person, app), password: 'wrong' });

  function expectPause(answer: Answer): number {
    expectError(answer, 429, 'temporarily_unavailable');
    const seconds = Number(answer.headers.get('retry-after'));
    expect(Number.isInteger(seconds)).toBe(true);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(300);
    return seconds;
  }

  async function exhaust(person: Person, app = tower.app): Promise<number> {
    for (let count = 0; count < LIMIT; count += 1) expectError(await guess(person, app), 400, 'invalid_grant');
    return expectPause(await guess(person, app));
  }

  it('answer 429 with Retry-After after too many wrong passwords, and the right password after the pause', async () => {
    const person = await tower.addMember();
    const seconds = await exhaust(person);
    expectPause(await tower.token(tower.passwordFields(person)));
    later(seconds + 1);
    expectToken(await tower.token(tower.passwordFields(person)));
  });

  it('do not make the pause longer because guesses go on', async () => {
    const person = await tower.addMember();
    const seconds = await exhaust(person);
    for (let count = 0; count < 10; count += 1) expect(expectPause(await guess(person))).toBeLessThanOrEqual(seconds);
    later(seconds + 1);
    expectToken(await tower.token(tower.passwordFields(person)));
  });

  it('leave other accounts, other applications and the browser alone', async () => {
    const person = await tower.addMember();
    const app = await tower.addApp();
    await exhaust(person);
    expectToken(await tower.token(tower.passwordFields()));
    expectToken(await tower.token(tower.passwordFields(person, app)));
    await tower.signedIn(person);
  });

  it('are counted for the account, whatever the case of its name', async () => {
    const person = await tower.addMember();
    const names = [person.username.toUpperCase(), ` ${person.username}`, person.username];
    for (const username of names) expectError(await guess({ ...person, username }), 400, 'invalid_grant');
    expectPause(await guess(person));
  });

  it('treat an unknown account like a known one', async () => {
    await exhaust({ username: 'nobody@tower.example', password: 'x' });
  });

  it('start again after a right password', async () => {
    const person = await tower.addMember();
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < LIMIT; count += 1) expectError(await guess(person), 400, 'invalid_grant');
      expectToken(await tower.token(tower.passwordFields(person)));
    }
  });

  it('invalidate no token', async () => {
    const person = await tower.addMember();
    const token = await tower.signIn(person);
    await exhaust(person);
    expect(await tower.memberStatus(token)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(token)));
  });

  it('count guesses that come at once', async () => {
    const person = await tower.addMember();
    const answers = await Promise.all(Array.from({ length: 30 }, () => guess(person)));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(LIMIT);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30 - LIMIT);
  });

  it('do not try the right password behind a burst of wrong ones', async () => {
    const person = await tower.addMember();
    const wrong = Array.from({ length: 30 }, () => guess(person));
    expectPause(await tower.token(tower.passwordFields(person)));
    await Promise.all(wrong);
  });

  it('let an honest burst through', async () => {
    const person = await tower.addMember();
    const answers = await Promise.all(Array.from({ length: 20 }, () => tower.token(tower.passwordFields(person))));
    for (const answer of answers) expectToken(answer);
  });

  it('hold for wrong codes too', async () => {
    const person = await tower.addMember({ secondStep: true });
    expectError(await tower.token(tower.passwordFields(person)), 401, 'otp_required');
    const withCode = (captcha: string) => tower.token({ ...tower.passwordFields(person), captcha });
    for (let count = 0; count < LIMIT; count += 1) expectError(await withCode('000000'), 401, 'otp_required');
    const seconds = expectPause(await withCode('000000'));
    later(seconds + 1);
    const [code = ''] = await tower.codesSentTo(person.username);
    expectToken(await withCode(code));
  });

  it('show a page with Retry-After in the browser, and let the right password in after the pause', async () => {
    const person = await tower.addMember();
    const browser = new Browser(tower.server.url);
    const page = await browser.visit(`${tower.url}/oauth/sign_in`);
    for (let count = 0; count < LIMIT; count += 1) {
      expect((await browser.submit(page.forms[0], { username: person.username, password: 'wrong' })).status).toBe(401);
    }
    const blocked = await browser.submit(page.forms[0], { username: person.username, password: 'wrong' });
    expect(blocked.status).toBe(429);
    expect(blocked.headers.get('content-type')).toMatch(/^text\/html/);
    const seconds = Number(blocked.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expectToken(await tower.token(tower.passwordFields(person)));
    later(seconds + 1);
    const after = await browser.submit(page.forms[0], { username: person.username, password: person.password });
    expect(after.url.pathname).toBe('/tower/app_center');
  });
});
