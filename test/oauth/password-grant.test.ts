import { beforeAll, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type App, basic, expectError, expectToken, read, type Token, useTower } from './flow.ts';

// Tower's guide, 「生成 Access Token」; RFC 6749 §4.3 and §5.
describeEachDatabase('password grant', (databases) => {
  const tower = useTower(databases);

  it("returns the token of Tower's guide", async () => {
    const before = Math.floor(Date.now() / 1000);
    const { status, headers, body } = await tower.token<Token>(tower.passwordFields());
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual([
      'access_token',
      'created_at',
      'email',
      'expires_in',
      'refresh_token',
      'token_type',
    ]);
    expect(body.access_token).toMatch(/^[0-9a-f]{64}$/);
    expect(body.refresh_token).toMatch(/^[0-9a-f]{64}$/);
    expect(body.refresh_token).not.toBe(body.access_token);
    expect(body.token_type).toBe('bearer');
    expect([7199, 7200]).toContain(body.expires_in);
    expect(body.created_at).toBeGreaterThanOrEqual(before);
    expect(body.created_at).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
    expect(body.email).toBe(tower.credentials.user.username);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
    expect(headers.get('x-request-id')).toMatch(/\S/);
  });

  it('returns a token that is valid for two hours', async () => {
    const token = await tower.signIn();
    expect(await tower.memberStatus(token)).toBe(200);
    await tower.database
      .updateTable('oauth_tokens')
      .set(({ eb }) => ({ access_expires_at: eb('access_expires_at', '-', 7_200_000) }))
      .execute();
    expect(await tower.memberStatus(token)).toBe(401);
  });

  it('accepts the request as JSON', async () => {
    const response = await fetch(`${tower.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(tower.passwordFields()),
    });
    expectToken(await read(response));
  });

  it('accepts client credentials as HTTP Basic', async () => {
    const { client_id: _id, client_secret: _secret, ...fields } = tower.passwordFields();
    expectToken(await tower.token(fields, basic(tower.app)));
  });

  it('accepts the user name in any case and with blanks around it', async () => {
    const { username, password } = tower.credentials.user;
    expectToken(await tower.token(tower.passwordFields({ username: ` ${username.toUpperCase()} `, password })));
  });

  it('ignores a captcha without a second step, and unknown parameters', async () => {
    expectToken(await tower.token({ ...tower.passwordFields(), captcha: '000000' }));
    expectToken(await tower.token({ ...tower.passwordFields(), captcha: '', something: 'else' }));
  });

  it.each([
    ['a wrong password', { password: 'wrong' }],
    ['a password in another case', { password: 'DEMO-PASSWORD' }],
    ['an unknown user', { username: 'unknown@tower.example' }],
    ["another user's password", { username: 'outsider@tower.example' }],
  ])('returns invalid_grant for %s', async (_title, wrong) => {
    expectError(await tower.token({ ...tower.passwordFields(), ...wrong }), 400, 'invalid_grant');
  });

  it('returns the same error for an unknown user and a wrong password', async () => {
    const unknown = await tower.token({ ...tower.passwordFields(), username: 'unknown@tower.example' });
    const wrong = await tower.token({ ...tower.passwordFields(), password: 'wrong' });
    expect(unknown.body).toEqual(wrong.body);
  });

  it.each(['username', 'password'])('returns invalid_request when %s is missing or empty', async (name) => {
    for (const value of [undefined, '']) {
      const answer = await tower.token({ ...tower.passwordFields(), [name]: value });
      expectError(answer, 400, 'invalid_request');
    }
  });

  it('returns invalid_request for a missing or empty grant_type (RFC 6749 §3.2)', async () => {
    expectError(await tower.token({ ...tower.passwordFields(), grant_type: undefined }), 400, 'invalid_request');
    expectError(await tower.token({ ...tower.passwordFields(), grant_type: '' }), 400, 'invalid_request');
  });

  it.each(['client_credentials', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code'])(
    'returns unsupported_grant_type for %s',
    async (type) => {
      expectError(await tower.token({ ...tower.passwordFields(), grant_type: type }), 400, 'unsupported_grant_type');
    },
  );

  it('does not read parameters from the query string', async () => {
    const query = new URLSearchParams(tower.passwordFields() as Record<string, string>);
    const response = await fetch(`${tower.url}/oauth/token?${query}`, { method: 'POST' });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(await response.text()).not.toContain('access_token"');
  });

  it('answers hundreds of requests from one address in the sandbox', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => tower.token(tower.passwordFields())));
    expect(answers.filter(({ status }) => status !== 200).map(({ body }) => body)).toEqual([]);
  });

  describe('scopes', () => {
    let app: App;
    beforeAll(async () => {
      app = await tower.addApp({ scopes: ['todos', 'teams'] });
    });

    it('returns invalid_scope for a scope that is not registered for the client (RFC 6749 §3.3)', async () => {
      expectError(
        await tower.token({ ...tower.passwordFields(undefined, app), scope: 'todos money' }),
        400,
        'invalid_scope',
      );
      expectError(await tower.token({ ...tower.passwordFields(), scope: 'anything' }), 400, 'invalid_scope');
    });

    it.each([' ', 'todos\tteams', 'todos "teams"'])(
      'returns invalid_scope for the malformed scope %j (RFC 6749 §3.3)',
      async (scope) => {
        expectError(await tower.token({ ...tower.passwordFields(undefined, app), scope }), 400, 'invalid_scope');
      },
    );

    it('grants the requested scopes, or by default all registered ones', async () => {
      const some = expectToken(await tower.token({ ...tower.passwordFields(undefined, app), scope: 'teams' }));
      expect(some.scope).toBe('teams');
      const all = expectToken(await tower.token(tower.passwordFields(undefined, app)));
      expect(all.scope?.split(' ').sort()).toEqual(['teams', 'todos']);
    });
  });
});
