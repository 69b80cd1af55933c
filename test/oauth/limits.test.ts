import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Browser, type Page } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type Answer, type App, expectError, expectToken, type Person, useTower } from './flow.ts';

// T-28. Wrong passwords and codes are counted for the account over all clients, for the network and for the client; from
// networks that the user has signed in from they are counted apart.
const LIMIT = 3;
const ADDRESS_LIMIT = 12;

/** A header with an IP address that no other test has used. */
let lastHost = 0;
const newNetwork = (): Record<string, string> => ({
  'x-forwarded-for': `198.51.${Math.floor(++lastHost / 256)}.${lastHost % 256}`,
});

describeEachDatabase('limits of wrong guesses', (databases) => {
  const tower = useTower(databases, {
    WRONG_GUESS_LIMIT: String(LIMIT),
    ADDRESS_GUESS_LIMIT: String(ADDRESS_LIMIT),
    TRUST_PROXY: '1',
  });

  /** Through which a test guesses: clients have a limit, too. */
  let client: App;

  beforeEach(async () => {
    client = await tower.addApp();
  });

  afterEach(() => void vi.useRealTimers());

  /** Moves the clock forward. */
  const later = (seconds: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });

  const guess = (person: Person, from = newNetwork(), app = client) =>
    tower.token({ ...tower.passwordFields(person, app), password: 'wrong' }, from);

  const signIn = (person: Person, from = newNetwork(), app = client) =>
    tower.token(tower.passwordFields(person, app), from);

  /** Signs in on the page. */
  async function browse({ username, password }: Person, from: Record<string, string>): Promise<Page> {
    const browser = new Browser(tower.server.url, from);
    const page = await browser.visit(`${tower.url}/oauth/sign_in`);
    return browser.submit(page.forms[0], { username, password });
  }

  function expectPause(answer: Answer): number {
    expectError(answer, 429, 'temporarily_unavailable');
    const seconds = Number(answer.headers.get('retry-after'));
    expect(Number.isInteger(seconds)).toBe(true);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(300);
    return seconds;
  }

  async function exhaust(person: Person, from?: Record<string, string>): Promise<number> {
    for (let count = 0; count < LIMIT; count += 1) expectError(await guess(person, from), 400, 'invalid_grant');
    return expectPause(await guess(person, from));
  }

  it('return 429 with Retry-After after too many wrong passwords, and accept the right one after the pause', async () => {
    const person = await tower.addMember();
    const seconds = await exhaust(person);
    expectPause(await signIn(person));
    later(seconds + 1);
    expectToken(await signIn(person));
  });

  it('do not extend the pause for guesses during it', async () => {
    const person = await tower.addMember();
    const seconds = await exhaust(person);
    for (let count = 0; count < 10; count += 1) expect(expectPause(await guess(person))).toBeLessThanOrEqual(seconds);
    later(seconds + 1);
    expectToken(await signIn(person));
  });

  it('do not affect other accounts', async () => {
    await exhaust(await tower.addMember());
    expectToken(await signIn(await tower.addMember()));
  });

  it('count for the account over all clients and in the browser', async () => {
    const person = await tower.addMember();
    const apps = await Promise.all(Array.from({ length: LIMIT }, () => tower.addApp()));
    for (const app of apps) expectError(await guess(person, newNetwork(), app), 400, 'invalid_grant');
    expectPause(await guess(person, newNetwork(), await tower.addApp()));
    expect((await browse(person, newNetwork())).status).toBe(429);
  });

  it('do not lock a user out of networks that the user has signed in from', async () => {
    const person = await tower.addMember();
    const [home, office] = [newNetwork(), newNetwork()];
    expectToken(await signIn(person, home));
    expect((await browse(person, office)).url.pathname).toBe('/tower/app_center');
    await exhaust(person);
    expectPause(await signIn(person));
    expectToken(await signIn(person, home));
    expectToken(await signIn(person, home, await tower.addApp()));
    expectToken(await signIn(person, office));
  });

  it('are limited on a known network too, and lock the user out of no other', async () => {
    const person = await tower.addMember();
    const [home, office] = [newNetwork(), newNetwork()];
    for (const network of [home, office]) expectToken(await signIn(person, network));
    await exhaust(person, home);
    expectPause(await signIn(person, home));
    expectToken(await signIn(person, office));
    expectToken(await signIn(person));
  });

  it('know networks by their hash, also after a restart', async () => {
    const person = await tower.addMember();
    const home = newNetwork();
    expectToken(await signIn(person, home));
    const known = await tower.database.selectFrom('oauth_known_networks').selectAll().execute();
    expect(known.map(({ user_id }) => user_id)).toContain(person.id);
    expect(JSON.stringify(known)).not.toContain(Object.values(home)[0]);
  });

  it('count for the network over all accounts, an IPv6 /64 being one', async () => {
    for (const { from, other } of [
      { from: () => ({ 'x-forwarded-for': '203.0.113.5' }), other: '203.0.113.6' },
      { from: (count: number) => ({ 'x-forwarded-for': `2001:db8:5:5::${count + 1}` }), other: '2001:db8:5:6::1' },
    ]) {
      for (let count = 0; count < ADDRESS_LIMIT; count += 1)
        expectError(
          await guess({ username: `sprayed-${count}-${other}`, password: 'x' }, from(count), await tower.addApp()),
          400,
          'invalid_grant',
        );
      expectPause(await guess(await tower.addMember(), from(99), await tower.addApp()));
      expectPause(await signIn(await tower.addMember(), from(100), await tower.addApp()));
      const elsewhere = { 'x-forwarded-for': other };
      expectToken(await signIn(await tower.addMember(), elsewhere, await tower.addApp()));
    }
  });

  it('count a burst over many accounts', async () => {
    const from = newNetwork();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, count) => guess({ username: `burst-${count}`, password: 'x' }, from)),
    );
    expect(answers.filter(({ status }) => status === 400).length).toBeLessThanOrEqual(ADDRESS_LIMIT + 3);
  });

  it('count for the client over all accounts and networks', async () => {
    const app = await tower.addApp();
    const known = newNetwork();
    const person = await tower.addMember();
    expectToken(await signIn(person, known, app));
    for (let count = 0; count < ADDRESS_LIMIT; count += 1)
      expectError(
        await guess({ username: `through-${count}`, password: 'x' }, newNetwork(), app),
        400,
        'invalid_grant',
      );
    expectPause(await guess(await tower.addMember(), newNetwork(), app));
    expectToken(await signIn(person, known, app));
  });

  it('do not reveal which accounts exist', async () => {
    const person = await tower.addMember();
    // The first request also verifies the secret of the client.
    await guess(await tower.addMember());
    const verify = vi.spyOn(tower.server.context.passwords, 'verify');
    const observe = async (username: string) => {
      const seen: unknown[] = [];
      for (const spelling of [username, ` ${username} `, username.toUpperCase(), username, username]) {
        verify.mockClear();
        const { status, body } = await guess({ username: spelling, password: 'x' });
        seen.push([status, body.error, body.error_description, verify.mock.calls.length]);
      }
      return seen;
    };
    expect(await observe(person.username)).toEqual(await observe('unknown-account@tower.example'));
    verify.mockRestore();
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

  it('reset after a right password on the same network', async () => {
    const person = await tower.addMember();
    const home = newNetwork();
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < LIMIT; count += 1) expectError(await guess(person, home), 400, 'invalid_grant');
      expectToken(await signIn(person, home));
    }
  });

  it('do not invalidate tokens', async () => {
    const person = await tower.addMember();
    const token = expectToken(await signIn(person));
    await exhaust(person);
    expect(await tower.memberStatus(token)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(token, client)));
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
    expectPause(await signIn(person));
    await Promise.all(wrong);
  });

  it('allow a burst of right passwords', async () => {
    const person = await tower.addMember();
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(person)));
    for (const answer of answers) expectToken(answer);
  });

  it('apply to wrong codes too, over all clients', async () => {
    const person = await tower.addMember({ secondStep: true });
    const app = await tower.addApp();
    expectError(await signIn(person), 401, 'otp_required');
    expectError(await signIn(person, newNetwork(), app), 401, 'otp_required');
    const [, code = ''] = await tower.codesSentTo(person.username);
    const withCode = (captcha: string, through = client) =>
      tower.token({ ...tower.passwordFields(person, through), captcha }, newNetwork());
    expectError(await withCode('000000'), 401, 'otp_required');
    for (let count = 1; count < LIMIT; count += 1) expectError(await withCode('000000', app), 401, 'otp_required');
    const seconds = expectPause(await withCode('000000'));
    later(seconds + 1);
    expectToken(await withCode(code));
  });

  it('limit the codes that are sent to an account over all clients', async () => {
    const person = await tower.addMember({ secondStep: true });
    for (let count = 0; count < LIMIT; count += 1)
      expectError(await signIn(person, newNetwork(), await tower.addApp()), 401, 'otp_required');
    expectPause(await signIn(person, newNetwork(), await tower.addApp()));
  });

  it('show a page with Retry-After in the browser, and accept the right password after the pause', async () => {
    const person = await tower.addMember();
    const browser = new Browser(tower.server.url, newNetwork());
    const page = await browser.visit(`${tower.url}/oauth/sign_in`);
    for (let count = 0; count < LIMIT; count += 1) {
      expect((await browser.submit(page.forms[0], { username: person.username, password: 'wrong' })).status).toBe(401);
    }
    const blocked = await browser.submit(page.forms[0], { username: person.username, password: 'wrong' });
    expect(blocked.status).toBe(429);
    expect(blocked.headers.get('content-type')).toMatch(/^text\/html/);
    const seconds = Number(blocked.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    later(seconds + 1);
    const after = await browser.submit(page.forms[0], { username: person.username, password: person.password });
    expect(after.url.pathname).toBe('/tower/app_center');
  });
});
