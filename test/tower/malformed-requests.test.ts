import fc from 'fast-check';
import { expect, it } from 'vitest';
import { basic, bearer, expectError, expectToken, read, type Token, useTower } from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { expectApiError, form, json, sendRaw } from './raw.ts';

// Malformed requests get an error in the API's own format, never a 500 (T-35, T-36).
describeEachDatabase('malformed requests', (databases) => {
  const tower = useTower(databases);
  const raw = (method: string, target: string, headers?: Record<string, string>, body?: string | Buffer) =>
    sendRaw(tower.server.url, method, target, headers, body);
  const passwordForm = () => new URLSearchParams(tower.passwordFields() as Record<string, string>).toString();

  it.each([
    '{',
    '{"grant_type": "password",}',
    'grant_type=password',
    '{"grant_type": NaN}',
    '\u{FEFF}{',
    "{'grant_type': 'password'}",
    '"\\ud800',
  ])('returns 400 to malformed JSON: %j', async (body) => {
    expectApiError(await raw('POST', '/tower/oauth/token', json, body), 400, 'oauth');
  });

  it.each(['null', '[]', '"text"', '1', 'true', '{}', '[{"grant_type":"password"}]'])(
    'returns 400 to JSON that is not a token request: %s',
    async (body) => {
      expectApiError(await raw('POST', '/tower/oauth/token', json, body), 400, 'oauth');
    },
  );

  it.each([{}, [], 1, true, null, ['tower-demo-client'], { a: 1 }])(
    'returns 400 or 401 to a parameter with the value %j',
    async (value) => {
      for (const name of ['username', 'password', 'client_id', 'client_secret', 'grant_type', 'captcha']) {
        // A null captcha counts as absent (T-36).
        if (name === 'captcha' && value === null) continue;
        const body = JSON.stringify({ ...tower.passwordFields(), [name]: value });
        expectApiError(await raw('POST', '/tower/oauth/token', json, body), [400, 401], 'oauth');
      }
    },
  );

  it('returns 400 to text that is not UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`{"grant_type":"password","username":"`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    expectApiError(await raw('POST', '/tower/oauth/token', json, bytes), 400, 'oauth');
    expectApiError(
      await raw(
        'POST',
        '/tower/oauth/token',
        form,
        Buffer.concat([Buffer.from(`${passwordForm()}&x=`), Buffer.from([0xff])]),
      ),
      400,
      'oauth',
    );
    expectApiError(await raw('POST', '/tower/oauth/token', form, `${passwordForm()}&x=%ff`), 400, 'oauth');
  });

  it('returns 400 to a duplicated form parameter and issues no token (RFC 6749 §3.2)', async () => {
    const token = await tower.signIn();
    for (const name of ['grant_type', 'client_id', 'client_secret', 'username', 'password']) {
      const value = tower.passwordFields()[name] as string;
      for (const second of [value, 'another']) {
        const answer = await raw('POST', '/tower/oauth/token', form, `${passwordForm()}&${name}=${second}`);
        expectApiError(answer, 400, 'oauth');
        expect(JSON.parse(answer.text)).toMatchObject({ error: 'invalid_request' });
      }
    }
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('ignores an unknown parameter that comes twice, as it does once (RFC 8707)', async () => {
    const twice = '&resource=https://a.example&resource=https://b.example';
    expect((await raw('POST', '/tower/oauth/token', form, passwordForm() + twice)).status).toBe(200);
    const { access_token } = await tower.signIn();
    const { client_id, client_secret } = tower.passwordFields() as Record<string, string>;
    const named = `client_id=${client_id}&client_secret=${client_secret}&token=${access_token}`;
    for (const path of ['introspect', 'revoke'])
      expect((await raw('POST', `/tower/oauth/${path}`, form, named + twice)).status).toBe(200);
  });

  it('does not read nested parameters', async () => {
    const fields = new URLSearchParams(passwordForm());
    for (const name of [
      'username[$ne]',
      'username[]',
      'username.x',
      '__proto__[username]',
      'constructor[prototype][username]',
    ]) {
      const body = new URLSearchParams(fields);
      body.delete('username');
      body.append(name, tower.credentials.user.username);
      expectApiError(await raw('POST', '/tower/oauth/token', form, body.toString()), 400, 'oauth');
    }
    expectApiError(
      await raw('POST', '/tower/oauth/token', json, '{"__proto__": {"grant_type": "password"}}'),
      400,
      'oauth',
    );
    expect(({} as Record<string, unknown>).username).toBeUndefined();
  });

  it.each(['%', '%z', '%zz', '%2', '%ff', '%c0%af', '%ed%a0%80', '%u0041'])(
    'returns 400 to broken percent-encoding: %s',
    async (broken) => {
      const token = await tower.signIn();
      expectApiError(await raw('GET', `/tower/api/v1/teams/${broken}/member`, bearer(token)), 400, 'jsonapi');
      expectApiError(await raw('GET', `/tower/api/v1/teams/x/member?a=${broken}`, bearer(token)), 400, 'jsonapi');
      expectApiError(await raw('GET', `/tower/api/v1/teams/x/member?${broken}`, bearer(token)), 400, 'jsonapi');
      expect((await raw('GET', `/tower/oauth/authorize?client_id=${broken}`)).status).toBe(400);
      expect((await raw('GET', `/tower/oauth/sign_in?return_to=${broken}`)).status).toBe(400);
      expectApiError(
        await raw('POST', '/tower/oauth/token', form, `${passwordForm()}&captcha=${broken}`),
        400,
        'oauth',
      );
      // The operation at the path declares a page.
      for (const path of [`teams/${broken}/applications`, `teams//${broken}/applications/`]) {
        const page = await raw('GET', `/tower/app_center/${path}`);
        expect([page.status, page.headers['content-type']]).toEqual([400, 'text/html; charset=utf-8']);
      }
      const { status, text } = await raw('GET', `/${broken}`);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status, text).toBeLessThan(500);
    },
  );

  it('never returns 500 to NUL characters', async () => {
    const token = await tower.signIn();
    expectApiError(await raw('GET', '/tower/api/v1/teams/%00/member', bearer(token)), [400, 404], 'jsonapi');
    // Without the doubled slash this is the address of a team, which has no GET.
    expectApiError(await raw('GET', '/tower/api/v1/teams//member', bearer(token)), 405, 'jsonapi');
    expectApiError(
      await raw('GET', `/tower/api/v1/teams/${tower.credentials.team_id}%00/member`, bearer(token)),
      [400, 404],
      'jsonapi',
    );
    for (const name of ['client_id', 'client_secret', 'username', 'password', 'grant_type']) {
      const fields = { ...tower.passwordFields(), [name]: `${tower.passwordFields()[name]}\0` };
      const { status, body } = await tower.token(fields);
      expect([400, 401], `${name}: ${JSON.stringify(body)}`).toContain(status);
      expectApiError(await raw('POST', '/tower/oauth/token', json, JSON.stringify(fields)), [400, 401], 'oauth');
    }
    const nul = { ...tower.app, client_id: `${tower.app.client_id}\0` };
    expect(
      (await tower.token({ ...tower.passwordFields(), client_id: undefined, client_secret: undefined }, basic(nul)))
        .status,
    ).toBeLessThan(500);
    for (const fields of [
      tower.codeFields('\0'),
      tower.refreshFields({ refresh_token: '\0' } as Token),
      { ...tower.refreshFields(token), redirect_uri: '\0' },
      { ...tower.refreshFields(token), scope: '\0' },
    ]) {
      const { status, body } = await tower.token(fields);
      expect(status, JSON.stringify(body)).toBe(400);
    }
    expect((await tower.post('/oauth/revoke', { ...tower.app, token: '\0' })).status).toBeLessThan(500);
    expect((await tower.post('/oauth/introspect', { ...tower.app, token: '\0' })).status).toBeLessThan(500);
    for (const parameters of [
      { client_id: '\0' },
      { redirect_uri: '\0' },
      { scope: '\0' },
      { response_type: '\0' },
      { code_challenge: '\0', code_challenge_method: 'S256' },
    ]) {
      expect(
        (await fetch(tower.authorizeUrl(parameters), { redirect: 'manual' })).status,
        JSON.stringify(parameters),
      ).toBeLessThan(500);
    }
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('never returns 500 to NUL characters in the forms of the pages', async () => {
    const browser = await tower.signedIn();
    const applications = `${tower.url}/app_center/teams/${tower.credentials.team_id}/applications`;
    const page = await browser.visit(applications);
    const [anyForm] = page.forms;
    const csrf_token = anyForm?.fields.csrf_token as string;
    const attempts = [
      browser.post(
        { method: 'POST', action: applications },
        { csrf_token, name: 'a\0b', redirect_uris: 'https://app.example/' },
      ),
      browser.post(
        { method: 'POST', action: applications },
        { csrf_token, name: 'a', redirect_uris: 'https://app.example/\0' },
      ),
      browser.post(
        { method: 'POST', action: applications },
        { csrf_token, name: 'a', redirect_uris: 'https://app.example/', scopes: '\0' },
      ),
      browser.post({ method: 'POST', action: `${applications}/%00/delete` }, { csrf_token }),
      browser.post({ method: 'POST', action: `${applications}/%00/secret` }, { csrf_token }),
      browser.post(
        { method: 'POST', action: `${tower.url}/oauth/sign_in` },
        { csrf_token, username: '\0', password: '\0' },
      ),
      browser.post(
        { method: 'POST', action: `${tower.url}/oauth/sign_in` },
        { csrf_token, challenge: '\0', captcha: '\0' },
      ),
      browser.visit(`${tower.url}/app_center/teams/%00/applications`),
      browser.visit(`${tower.url}/oauth/authorize/native?code=%00`),
    ];
    for (const { status, url } of await Promise.all(attempts)) expect(status, url.pathname).toBeLessThan(500);
  });

  it('never returns 500 to random fields at the token endpoint', async () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('password', 'refresh_token', 'authorization_code', '', '\0'),
    );
    const names = [
      'grant_type',
      'client_id',
      'client_secret',
      'username',
      'password',
      'captcha',
      'code',
      'redirect_uri',
      'refresh_token',
      'scope',
      'code_verifier',
    ];
    const fields = fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(fields, fc.boolean(), async (some, asForm) => {
        const { client_id, client_secret } = tower.app;
        const body = { client_id, client_secret, ...some } as Record<string, string>;
        const response = await fetch(`${tower.url}/oauth/token`, {
          method: 'POST',
          ...(asForm ? { body: new URLSearchParams(body) } : { body: JSON.stringify(body), headers: json }),
        });
        const { status } = await read(response);
        expect([400, 401]).toContain(status);
      }),
      { numRuns: 100 },
    );
  });

  it('never returns 500 to random JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 3 }), async (text) => {
        const response = await fetch(`${tower.url}/oauth/token`, { method: 'POST', body: text, headers: json });
        expect([400, 401]).toContain(response.status);
      }),
      { numRuns: 60 },
    );
  });

  it('still serves valid requests afterwards', async () => {
    expectToken(await tower.token(tower.passwordFields()));
    expectError(await tower.token({}), 400, 'invalid_request');
  });
});
