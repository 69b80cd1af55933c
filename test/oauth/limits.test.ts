import { afterEach, expect, it, vi } from 'vitest';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type Answer, expectError, expectToken, type Person, useTower } from './flow.ts';

// Wrong passwords and codes are counted per account and client. The pause is short, so that attackers cannot lock users out.
const LIMIT = 3;

describeEachDatabase('limits of wrong guesses', (databases) => {
  const tower = useTower(databases, { WRONG_GUESS_LIMIT: String(LIMIT) });

  afterEach(() => void vi.useRealTimers());

  /** Moves the clock forward. */
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

  it('return 429 with Retry-After after too many wrong passwords, and accept the right one after the pause', async () => {
    const person = await tower.addMember();
    const seconds = await exhaust(person);
    expectPause(await tower.token(tower.passwordFields(person)));
    later(seconds + 1);
    expectToken(await tower.token(tower.passwordFields(person)));
  });

  it('do not extend the pause for guesses during it', async () => {
    const person = await tower.addMember();
    const seconds = await exhaust(person);
    for (let count = 0; count < 10; count += 1) expect(expectPause(await guess(person))).toBeLessThanOrEqual(seconds);
    later(seconds + 1);
    expectToken(await tower.token(tower.passwordFields(person)));
  });

  it('do not affect other accounts, other clients and the browser', async () => {
    const person = await tower.addMember();
    const app = await tower.addApp();
    await exhaust(person);
    expectToken(await tower.token(tower.passwordFields()));
    expectToken(await tower.token(tower.passwordFields(person, app)));
    await tower.signedIn(person);
  });

  it('count for the account with its name in any case', async () => {
    const person = await tower.addMember();
    const names = [person.username.toUpperCase(), ` ${person.username}`, person.username];
    for (const username of names) expectError(await guess({ ...person, username }), 400, 'invalid_grant');
    expectPause(await guess(person));
  });

  it('apply to unknown accounts too', async () => {
    await exhaust({ username: 'unknown@tower.example', password: 'x' });
  });

  it('reset after a right password', async () => {
    const person = await tower.addMember();
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < LIMIT; count += 1) expectError(await guess(person), 400, 'invalid_grant');
      expectToken(await tower.token(tower.passwordFields(person)));
    }
  });

  it('do not invalidate tokens', async () => {
    const person = await tower.addMember();
    const token = await tower.signIn(person);
    await exhaust(person);
    expect(await tower.memberStatus(token)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(token)));
  });

  it('count concurrent guesses', async () => {
    const person = await tower.addMember();
    const answers = await Promise.all(Array.from({ length: 30 }, () => guess(person)));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(LIMIT);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30 - LIMIT);
  });

  it('block the right password after a burst of wrong ones', async () => {
    const person = await tower.addMember();
    const wrong = Array.from({ length: 30 }, () => guess(person));
    expectPause(await tower.token(tower.passwordFields(person)));
    await Promise.all(wrong);
  });

  it('allow a burst of right passwords', async () => {
    const person = await tower.addMember();
    const answers = await Promise.all(Array.from({ length: 20 }, () => tower.token(tower.passwordFields(person))));
    for (const answer of answers) expectToken(answer);
  });

  it('apply to wrong codes too', async () => {
    const person = await tower.addMember({ secondStep: true });
    expectError(await tower.token(tower.passwordFields(person)), 401, 'otp_required');
    const withCode = (captcha: string) => tower.token({ ...tower.passwordFields(person), captcha });
    for (let count = 0; count < LIMIT; count += 1) expectError(await withCode('000000'), 401, 'otp_required');
    const seconds = expectPause(await withCode('000000'));
    later(seconds + 1);
    const [code = ''] = await tower.codesSentTo(person.username);
    expectToken(await withCode(code));
  });

  it('show a page with Retry-After in the browser, and accept the right password after the pause', async () => {
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
