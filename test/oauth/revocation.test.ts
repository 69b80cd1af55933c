import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type App, basic, expectError, expectToken, pkce, useTower } from './flow.ts';

// RFC 7009.
describeEachDatabase('revocation', (databases) => {
  const tower = useTower(databases);

  const revoke = (
    token: string | undefined,
    { client_id, client_secret }: Partial<App> = tower.app,
    more: Record<string, string> = {},
  ) => tower.post('/oauth/revoke', { token, client_id, client_secret, ...more });

  describe.each(['access_token', 'refresh_token'] as const)('of the %s', (kind) => {
    it('revokes both tokens at once', async () => {
      const token = await tower.signIn();
      const answer = await revoke(token[kind]);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await tower.memberStatus(token)).toBe(401);
      expectError(await tower.token(tower.refreshFields(token)), 400, 'invalid_grant');
    });

    it.each(['access_token', 'refresh_token', 'something_else'])('accepts the hint %s', async (token_type_hint) => {
      const token = await tower.signIn();
      expect((await revoke(token[kind], tower.app, { token_type_hint })).status).toBe(200);
      expect(await tower.memberStatus(token)).toBe(401);
    });
  });

  it('succeeds for a token that is unknown or already revoked (§2.2)', async () => {
    const token = await tower.signIn();
    for (const text of ['f'.repeat(64), 'no token at all', token.access_token, token.access_token]) {
      expect((await revoke(text)).status).toBe(200);
    }
  });

  it("does not revoke another client's token", async () => {
    const app = await tower.addApp();
    const token = await tower.signIn();
    for (const text of [token.access_token, token.refresh_token]) expect((await revoke(text, app)).status).toBe(200);
    expect(await tower.memberStatus(token)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(token)));
  });

  it('does not revoke tokens of other sign-ins', async () => {
    const other = await tower.signIn(await tower.addMember());
    await revoke((await tower.signIn()).access_token);
    expect(await tower.memberStatus(other)).toBe(200);
  });

  it('accepts HTTP Basic and JSON', async () => {
    const one = await tower.signIn();
    expect((await tower.post('/oauth/revoke', { token: one.access_token }, basic(tower.app))).status).toBe(200);
    expect(await tower.memberStatus(one)).toBe(401);
    const two = await tower.signIn();
    const response = await fetch(`${tower.url}/oauth/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...basic(tower.app) },
      body: JSON.stringify({ token: two.access_token }),
    });
    expect(response.status).toBe(200);
    expect(await tower.memberStatus(two)).toBe(401);
  });

  it('allows a public client to revoke its own tokens (§2.1)', async () => {
    const app = await tower.addApp({ isPublic: true });
    const { verifier, challenge } = pkce();
    const code = await tower.code({ code_challenge: challenge, code_challenge_method: 'S256' }, app);
    const token = expectToken(await tower.token({ ...tower.codeFields(code, app), code_verifier: verifier }));
    expect((await revoke(token.access_token, app)).status).toBe(200);
    expect(await tower.memberStatus(token)).toBe(401);
  });

  it('requires client authentication', async () => {
    const token = await tower.signIn();
    expectError(await revoke(token.access_token, {}), 401, 'invalid_client');
    expectError(await revoke(token.access_token, { client_id: tower.app.client_id }), 401, 'invalid_client');
    expectError(await revoke(token.access_token, { ...tower.app, client_secret: 'wrong' }), 401, 'invalid_client');
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('returns invalid_request without a token', async () => {
    expectError(await revoke(undefined), 400, 'invalid_request');
    expectError(await revoke(''), 400, 'invalid_request');
  });
});
