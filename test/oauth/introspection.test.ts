import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type App, basic, expectError, expectToken, pkce, sha256, useTower } from './flow.ts';

// RFC 7662.
describeEachDatabase('introspection', (databases) => {
  const tower = useTower(databases);

  const introspect = (
    token: string | undefined,
    { client_id, client_secret }: Partial<App> = tower.app,
    more: Record<string, string> = {},
  ) => tower.post('/oauth/introspect', { token, client_id, client_secret, ...more });

  it('describes a valid access token', async () => {
    const token = await tower.signIn();
    const { status, headers, body } = await introspect(token.access_token);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({
      active: true,
      client_id: tower.app.client_id,
      username: token.email,
      token_type: 'bearer',
      iss: tower.url,
      iat: token.created_at,
      sub: expect.stringMatching(/\S/),
    });
    expect(body.exp).toBeGreaterThanOrEqual(token.created_at + 7199);
    expect(body.exp).toBeLessThanOrEqual(token.created_at + 7201);
  });

  it('describes a valid refresh token with any hint', async () => {
    const token = await tower.signIn();
    for (const token_type_hint of ['refresh_token', 'access_token', 'something_else']) {
      const { body } = await introspect(token.refresh_token, tower.app, { token_type_hint });
      expect(body).toMatchObject({ active: true, client_id: tower.app.client_id, username: token.email });
    }
  });

  it('does not count as a use of the token: a refresh can still be repeated', async () => {
    const token = await tower.signIn();
    const first = expectToken(await tower.token(tower.refreshFields(token)));
    expect((await introspect(first.access_token)).body.active).toBe(true);
    const again = expectToken(await tower.token(tower.refreshFields(token)));
    expect(again.access_token).toBe(first.access_token);
  });

  it('returns only active: false for invalid tokens (§2.2)', async () => {
    const revoked = await tower.signIn();
    await tower.post('/oauth/revoke', { ...tower.app, token: revoked.access_token });
    const replaced = await tower.signIn();
    const rotated = await tower.signIn();
    const current = expectToken(await tower.token(tower.refreshFields(rotated)));
    const foreign = await tower.signIn(tower.credentials.user, await tower.addApp());
    const inactive = [revoked, replaced, rotated, foreign].flatMap((token) => [
      token.access_token,
      token.refresh_token,
    ]);
    for (const text of [...inactive, 'f'.repeat(64), 'no token at all']) {
      const { status, body } = await introspect(text);
      expect({ status, body }, text).toEqual({ status: 200, body: { active: false } });
    }
    expect((await introspect(current.access_token)).body.active).toBe(true);
  });

  it('returns active: false for an expired access token, not for its refresh token', async () => {
    const token = await tower.signIn();
    await tower.database
      .updateTable('oauth_tokens')
      .set({ access_expires_at: Date.now() - 1 })
      .where('access_hash', '=', sha256(token.access_token))
      .execute();
    expect((await introspect(token.access_token)).body).toEqual({ active: false });
    expect((await introspect(token.refresh_token)).body.active).toBe(true);
  });

  it('accepts HTTP Basic', async () => {
    const token = await tower.signIn();
    const { body } = await tower.post('/oauth/introspect', { token: token.access_token }, basic(tower.app));
    expect(body.active).toBe(true);
  });

  it('requires client authentication (§2.1)', async () => {
    const token = await tower.signIn();
    expectError(await introspect(token.access_token, {}), 401, 'invalid_client');
    expectError(await introspect(token.access_token, { client_id: tower.app.client_id }), 401, 'invalid_client');
    expectError(await introspect(token.access_token, { ...tower.app, client_secret: 'wrong' }), 401, 'invalid_client');
  });

  it('rejects a public client: the metadata has no method for it', async () => {
    const app = await tower.addApp({ isPublic: true });
    const { verifier, challenge } = pkce();
    const code = await tower.code({ code_challenge: challenge, code_challenge_method: 'S256' }, app);
    const token = expectToken(await tower.token({ ...tower.codeFields(code, app), code_verifier: verifier }));
    const metadata = (await (await fetch(`${tower.url}/.well-known/oauth-authorization-server`)).json()) as Record<
      string,
      string[]
    >;
    const { status } = await introspect(token.access_token, app);
    expect(status === 200).toBe(metadata.introspection_endpoint_auth_methods_supported?.includes('none'));
  });

  it('returns invalid_request without a token', async () => {
    expectError(await introspect(undefined), 400, 'invalid_request');
    expectError(await introspect(''), 400, 'invalid_request');
  });
});
