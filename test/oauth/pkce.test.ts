import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { expectError, expectToken, pkce, useTower } from './flow.ts';

// RFC 7636; RFC 9700 §2.1.1 and §4.8.2 (downgrade).
describeEachDatabase('PKCE', (databases) => {
  const tower = useTower(databases);
  const s256 = (challenge: string) => ({ code_challenge: challenge, code_challenge_method: 'S256' });

  it('accepts the verifier of the challenge (example of RFC 7636)', async () => {
    const code = await tower.code(s256('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'));
    const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    expectToken(await tower.token({ ...tower.codeFields(code), code_verifier: verifier }));
  });

  it('rejects a missing or wrong verifier without consuming the code', async () => {
    const { verifier, challenge } = pkce();
    const code = await tower.code(s256(challenge));
    const missing = await tower.token(tower.codeFields(code));
    expect(missing.status).toBe(400);
    expect(['invalid_grant', 'invalid_request']).toContain(missing.body.error);
    expectError(await tower.token({ ...tower.codeFields(code), code_verifier: pkce().verifier }), 400, 'invalid_grant');
    expectError(await tower.token({ ...tower.codeFields(code), code_verifier: challenge }), 400, 'invalid_grant');
    expectToken(await tower.token({ ...tower.codeFields(code), code_verifier: verifier }));
  });

  it('rejects a verifier when the request had no challenge (downgrade)', async () => {
    const { verifier } = pkce();
    const code = await tower.code();
    const answer = await tower.token({ ...tower.codeFields(code), code_verifier: verifier });
    expect(answer.status).toBe(400);
    expect(['invalid_grant', 'invalid_request']).toContain(answer.body.error);
  });

  it.each([
    ['plain', { code_challenge: pkce().verifier, code_challenge_method: 'plain' }],
    ['no method, which means plain', { code_challenge: pkce().challenge }],
    ['an unknown method', { code_challenge: pkce().challenge, code_challenge_method: 'S512' }],
    ['the method in lower case', { code_challenge: pkce().challenge, code_challenge_method: 's256' }],
    ['a method without a challenge', { code_challenge_method: 'S256' }],
    ['too short a challenge', { code_challenge: 'abc', code_challenge_method: 'S256' }],
    ['a padded challenge', { code_challenge: `${pkce().challenge}=`, code_challenge_method: 'S256' }],
    ['too long a challenge', { code_challenge: 'a'.repeat(129), code_challenge_method: 'S256' }],
  ])('redirects %s with invalid_request', async (_title, parameters) => {
    const browser = await tower.signedIn();
    const { foreign, url } = await browser.visit(tower.authorizeUrl({ state: 's', ...parameters }));
    expect(foreign).toBe(true);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ error: 'invalid_request', state: 's' });
  });

  it('checks the challenge again on submission of the consent form', async () => {
    const app = await tower.addApp({ isPublic: true });
    const browser = await tower.signedIn();
    const consent = await browser.visit(tower.authorizeUrl(s256(pkce().challenge), app));
    const [form] = consent.forms;
    if (form === undefined) throw new Error('The consent page has no form');
    const { code_challenge: _challenge, code_challenge_method: _method, ...rest } = form.fields;
    const page = await browser.post(form, { ...rest, decision: 'allow' });
    expect(page.url.searchParams.has('code')).toBe(false);
  });

  it('is required for a public client', async () => {
    const app = await tower.addApp({ isPublic: true });
    const browser = await tower.signedIn();
    const { foreign, url } = await browser.visit(tower.authorizeUrl({ state: 's' }, app));
    expect(foreign).toBe(true);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ error: 'invalid_request', state: 's' });
  });

  it.each(['!', 'é', ' '])('rejects a verifier with %j at its beginning or its end as malformed', async (character) => {
    const { verifier, challenge } = pkce();
    const code = await tower.code(s256(challenge));
    for (const malformed of [character + verifier, verifier + character]) {
      const answer = await tower.token({ ...tower.codeFields(code), code_verifier: malformed });
      expectError(answer, 400, 'invalid_request');
    }
  });

  it('allows a public client to get and refresh its token', async () => {
    const app = await tower.addApp({ isPublic: true });
    const { verifier, challenge } = pkce();
    const code = await tower.code(s256(challenge), app);
    expectError(
      await tower.token({ ...tower.codeFields(code, app), code_verifier: pkce().verifier }),
      400,
      'invalid_grant',
    );
    const token = expectToken(await tower.token({ ...tower.codeFields(code, app), code_verifier: verifier }));
    expect(await tower.memberStatus(token)).toBe(200);
    const refreshed = expectToken(await tower.token(tower.refreshFields(token, app)));
    expect(await tower.memberStatus(refreshed)).toBe(200);
  });

  it('accepts verifiers of 43 to 128 characters only', async () => {
    for (const length of [43, 128]) {
      const { verifier, challenge } = pkce('aB3-._~'.repeat(20).slice(0, length));
      const code = await tower.code(s256(challenge));
      expectToken(await tower.token({ ...tower.codeFields(code), code_verifier: verifier }));
    }
    for (const length of [42, 129]) {
      const { verifier, challenge } = pkce('a'.repeat(length));
      const code = await tower.code(s256(challenge));
      const { status } = await tower.token({ ...tower.codeFields(code), code_verifier: verifier });
      expect(status).toBe(400);
    }
  });
});
