import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  basic,
  bearer,
  expectError,
  expectToken,
  read,
  startTower,
  type Token,
  type Tower,
  useTower,
} from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';

// Section 3 of the plan: each a clear error in the API's own error body, never HTML with a stack trace, never a 500.
// Errors of /oauth: RFC 6749 §5.2; of /api/v1: JSON:API; of pages: a page.
describeEachDatabase('errors', (databases) => {
  const tower = useTower(databases, { BODY_LIMIT: '10000' });

  interface Raw {
    status: number;
    headers: Record<string, string | string[] | undefined>;
    text: string;
  }

  /** A request whose target and body are sent byte by byte as they are. */
  const raw = (method: string, target: string, headers: Record<string, string> = {}, body?: string | Buffer) =>
    new Promise<Raw>((resolve, reject) => {
      const { port } = new URL(tower.server.url);
      const outgoing = request({ host: '127.0.0.1', port, method, path: target, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });

  /** An error of ours in the body of its kind. */
  function expectApiError(
    { status, headers, text }: Raw,
    expected: number | number[],
    kind: 'oauth' | 'jsonapi',
  ): void {
    expect(Array.isArray(expected) ? expected : [expected], text).toContain(status);
    expect(headers['content-type'], text).toMatch(/^application\/(vnd\.api\+)?json/);
    expect(headers['x-request-id']).toMatch(/\S/);
    const body = JSON.parse(text) as { error?: string; error_description?: string; errors?: object[] };
    if (kind === 'oauth')
      expect(body).toMatchObject({
        error: expect.stringMatching(/^[a-z_]+$/),
        error_description: expect.stringMatching(/\S/),
      });
    else
      expect(body.errors?.[0]).toMatchObject({
        status: String(status),
        title: expect.stringMatching(/\S/),
        detail: expect.stringMatching(/\S/),
      });
    expect(text).not.toMatch(/node_modules|\.ts:\d|at \w+ \(/);
  }

  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const json = { 'content-type': 'application/json' };
  const passwordForm = () => new URLSearchParams(tower.passwordFields() as Record<string, string>).toString();

  it.each([
    '/tower',
    '/tower/',
    '/tower/nothing',
    '/tower/api/v1',
    '/tower/api/v1/teams',
    '/tower/api/v1/teams/x/member/',
    '/tower/API/V1/teams/x/member',
  ])('say 404 at %s', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) expectApiError(await raw(method, path), 404, 'jsonapi');
  });

  it('say 404 below /oauth in the words of OAuth', async () => {
    for (const path of ['/tower/oauth/nothing', '/tower/oauth/token/', '/tower/oauth/'])
      expectApiError(await raw('GET', path), 404, 'oauth');
  });

  it.each([
    ['/tower/oauth/token', ['GET', 'PUT', 'DELETE', 'PATCH'], ['POST'], 'oauth'],
    ['/tower/oauth/revoke', ['GET', 'HEAD'], ['POST'], 'oauth'],
    ['/tower/api/v1/teams/x/member', ['POST', 'PUT', 'DELETE', 'PATCH'], ['GET', 'HEAD'], 'jsonapi'],
    ['/tower/oauth/authorize', ['PUT', 'DELETE'], ['GET', 'HEAD', 'POST'], 'oauth'],
  ] as const)('say 405 at %s with the methods that are allowed', async (path, refused, allowed, kind) => {
    for (const method of refused) {
      const answer = await raw(method, path);
      expect(answer.status, method).toBe(405);
      const allow = String(answer.headers.allow).split(', ');
      expect(allow).toEqual(expect.arrayContaining([...allowed]));
      expect(allow).not.toContain(method);
      if (method !== 'HEAD') expectApiError(answer, 405, kind);
    }
  });

  it('say 406 when the caller takes no type that there is', async () => {
    const token = await tower.signIn();
    expectApiError(
      await raw('GET', `/tower/api/v1/teams/${tower.credentials.team_id}/member`, {
        ...bearer(token),
        accept: 'text/csv',
      }),
      406,
      'jsonapi',
    );
    expectApiError(
      await raw('POST', '/tower/oauth/token', { ...form, accept: 'text/html' }, passwordForm()),
      406,
      'oauth',
    );
    expect((await raw('GET', '/tower/oauth/sign_in', { accept: 'application/json' })).status).toBe(406);
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('say 413 to a body that is too large, with and without its length', async () => {
    const large = `${passwordForm()}&x=${'x'.repeat(20_000)}`;
    expectApiError(await raw('POST', '/tower/oauth/token', form, large), 413, 'oauth');
    expectApiError(
      await raw('POST', '/tower/oauth/token', { ...form, 'transfer-encoding': 'chunked' }, large),
      413,
      'oauth',
    );
    expectApiError(
      await raw('POST', '/tower/oauth/token', json, JSON.stringify({ x: 'x'.repeat(20_000) })),
      413,
      'oauth',
    );
    expect((await raw('POST', '/tower/oauth/sign_in', form, large)).status).toBe(413);
  });

  it.each(['text/plain', 'application/xml', 'application/octet-stream', 'nonsense', 'application/jsonp'])(
    'say 415 to a body of type %s',
    async (type) => {
      expectApiError(await raw('POST', '/tower/oauth/token', { 'content-type': type }, passwordForm()), 415, 'oauth');
    },
  );

  it('say 415 to a body without a type, to another charset and to an unknown encoding', async () => {
    expectApiError(await raw('POST', '/tower/oauth/token', {}, passwordForm()), 415, 'oauth');
    expectApiError(
      await raw(
        'POST',
        '/tower/oauth/token',
        { 'content-type': `${form['content-type']}; charset=gbk` },
        passwordForm(),
      ),
      415,
      'oauth',
    );
    expectApiError(
      await raw('POST', '/tower/oauth/token', { 'content-type': 'application/json; charset=gbk' }, '{}'),
      415,
      'oauth',
    );
    expectApiError(
      await raw('POST', '/tower/oauth/token', { ...form, 'content-encoding': 'compress' }, passwordForm()),
      415,
      'oauth',
    );
  });

  it('take a charset parameter that says UTF-8', async () => {
    expect(
      (
        await raw(
          'POST',
          '/tower/oauth/token',
          { 'content-type': `${form['content-type']}; charset=UTF-8` },
          passwordForm(),
        )
      ).status,
    ).toBe(200);
    const body = JSON.stringify(tower.passwordFields());
    expect(
      (await raw('POST', '/tower/oauth/token', { 'content-type': 'application/json;charset=utf-8' }, body)).status,
    ).toBe(200);
  });

  it.each([
    '{',
    '{"grant_type": "password",}',
    'grant_type=password',
    '{"grant_type": NaN}',
    '\u{FEFF}{',
    "{'grant_type': 'password'}",
    '"\\ud800',
  ])('say 400 to JSON that is none: %j', async (body) => {
    expectApiError(await raw('POST', '/tower/oauth/token', json, body), 400, 'oauth');
  });

  it.each(['null', '[]', '"text"', '1', 'true', '{}', '[{"grant_type":"password"}]'])(
    'say 400 to JSON that is no request: %s',
    async (body) => {
      expectApiError(await raw('POST', '/tower/oauth/token', json, body), 400, 'oauth');
    },
  );

  it.each([{}, [], 1, true, null, ['tower-demo-client'], { a: 1 }])(
    'say 400 to a parameter that is %j',
    async (value) => {
      for (const name of ['username', 'password', 'client_id', 'client_secret', 'grant_type', 'captcha']) {
        // A captcha that is null is none.
        if (name === 'captcha' && value === null) continue;
        const body = JSON.stringify({ ...tower.passwordFields(), [name]: value });
        expectApiError(await raw('POST', '/tower/oauth/token', json, body), [400, 401], 'oauth');
      }
    },
  );

  it('say 400 to text that is not UTF-8', async () => {
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

  it('say 400 to a duplicated form parameter and issue nothing (RFC 6749 §3.2)', async () => {
    const token = await tower.signIn();
    for (const name of ['grant_type', 'client_id', 'client_secret', 'username', 'password']) {
      const value = tower.passwordFields()[name] as string;
      for (const second of [value, 'another']) {
        expectApiError(
          await raw('POST', '/tower/oauth/token', form, `${passwordForm()}&${name}=${second}`),
          400,
          'oauth',
        );
      }
    }
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('do not read nested parameters', async () => {
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
    'say 400 to broken percent-encoding: %s',
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
      const { status, text } = await raw('GET', `/${broken}`);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status, text).toBeLessThan(500);
    },
  );

  it('never fail over NUL characters', async () => {
    const token = await tower.signIn();
    expectApiError(await raw('GET', '/tower/api/v1/teams/%00/member', bearer(token)), [400, 404], 'jsonapi');
    expectApiError(await raw('GET', '/tower/api/v1/teams//member', bearer(token)), [400, 404], 'jsonapi');
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

  it('never fail over NUL characters in the forms of the pages', async () => {
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

  it('name the field that is missing', async () => {
    const { body } = await tower.token({ ...tower.passwordFields(), username: undefined });
    expect(body.error_description).toContain('username');
  });

  it('come as a page where a person looks', async () => {
    const response = await fetch(`${tower.url}/oauth/authorize`);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('echo no script that came with the request', async () => {
    const evil = '<script>alert(1)</script>';
    const pages = await Promise.all([
      fetch(tower.authorizeUrl({ client_id: evil })),
      fetch(tower.authorizeUrl({ redirect_uri: evil })),
      fetch(`${tower.url}/oauth/sign_in?return_to=${encodeURIComponent(`/${evil}`)}`),
      fetch(`${tower.server.url}/${encodeURIComponent(evil)}`, { headers: { accept: 'text/html' } }),
    ]);
    for (const page of pages) expect(await page.text()).not.toContain(evil);
  });

  it('are never a 500, whatever is sent to the token endpoint', async () => {
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

  it('are never a 500, whatever is in JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 3 }), async (text) => {
        const response = await fetch(`${tower.url}/oauth/token`, { method: 'POST', body: text, headers: json });
        expect([400, 401]).toContain(response.status);
      }),
      { numRuns: 60 },
    );
  });

  it('leave the server as it was', async () => {
    expectToken(await tower.token(tower.passwordFields()));
    expectError(await tower.token({}), 400, 'invalid_request');
  });

  describe('when the database is gone', () => {
    let broken: Tower;
    beforeAll(async () => {
      broken = await startTower({ DATABASE_URL: await databases.createUrl() });
      await broken.database.schema.dropTable('oauth_second_steps').execute();
      await broken.database.schema.alterTable('oauth_clients').renameTo('elsewhere').execute();
    });
    afterAll(() => broken?.server.close());

    it('are a 500 in the API’s own body that tells nothing but a request id', async () => {
      const response = await fetch(`${broken.url}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams(broken.passwordFields() as Record<string, string>),
      });
      expect(response.status).toBe(500);
      expect(response.headers.get('x-request-id')).toMatch(/\S/);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ error: 'server_error' });
      expect(text).not.toMatch(/oauth_clients|select .* from|relation|no such table|\.ts\b/i);
      const page = await fetch(broken.authorizeUrl());
      expect(page.status).toBe(500);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await page.text()).not.toMatch(/oauth_clients|select .* from|relation|no such table|\.ts\b/i);
    });
  });
});
