import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { basic, bearer, expectError, expectToken, read, sha256, type Token, useTower } from './flow.ts';

// Tower's guide and quick start, 「刷新 Access Token」; RFC 6749 §6; rotation and replay: RFC 9700 §4.14.2.
describeEachDatabase('refresh', (databases) => {
  const tower = useTower(databases);

  /** Moves a rotation to the past. */
  const age = ({ refresh_token }: Token, milliseconds: number) =>
    tower.database
      .updateTable('oauth_tokens')
      .set(({ eb }) => ({ rotated_at: eb('rotated_at', '-', milliseconds) }))
      .where('refresh_hash', '=', sha256(refresh_token))
      .execute();

  it.each([
    ['expired', (now: number) => ({ refresh_expires_at: now - 1 }), 400],
    ['revoked', (now: number) => ({ revoked_at: now }), 400],
    ['not yet expired', (now: number) => ({ refresh_expires_at: now + 600_000 }), 200],
  ])('answers a refresh token that is %s', async (_state, change, status) => {
    const { refresh_token } = await tower.signIn();
    await tower.database
      .updateTable('oauth_tokens')
      .set(change(tower.server.context.clock.now()))
      .where('refresh_hash', '=', sha256(refresh_token))
      .execute();
    const answer = await tower.token(tower.refreshFields({ refresh_token } as Token));
    if (status === 200) expectToken(answer);
    else expectError(answer, status, 'invalid_grant');
  });

  it("accepts the parameters of Tower's guide: the Bearer token, refresh_token and grant_type", async () => {
    const token = await tower.signIn();
    const fields = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    const refreshed = expectToken(await tower.token(fields, bearer(token)));
    expect(await tower.memberStatus(refreshed)).toBe(200);
    expect(refreshed.access_token).not.toBe(token.access_token);
    expect(refreshed.refresh_token).not.toBe(token.refresh_token);
    expect(refreshed.email).toBe(token.email);
  });

  it("accepts those of Tower's quick start: also client_id, client_secret and redirect_uri", async () => {
    const token = await tower.signIn();
    const fields = { ...tower.refreshFields(token), redirect_uri: tower.app.redirect_uri };
    expectToken(await tower.token(fields, bearer(token)));
  });

  it('accepts the client credentials alone, in the body or as HTTP Basic, in a form or as JSON', async () => {
    let token = await tower.signIn();
    token = expectToken(await tower.token(tower.refreshFields(token)));
    token = expectToken(
      await tower.token({ grant_type: 'refresh_token', refresh_token: token.refresh_token }, basic(tower.app)),
    );
    const response = await fetch(`${tower.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(tower.refreshFields(token)),
    });
    token = expectToken(await read(response));
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('accepts client_id with the Bearer token in place of the secret', async () => {
    const token = await tower.signIn();
    const fields = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    const other = { ...fields, client_id: 'another' };
    expectError(await tower.token(other, bearer(token)), 401, 'invalid_client');
    expectToken(await tower.token({ ...fields, client_id: tower.app.client_id }, bearer(token)));
  });

  it('accepts an expired Bearer token', async () => {
    const token = await tower.signIn();
    await tower.database
      .updateTable('oauth_tokens')
      .set({ access_expires_at: 1 })
      .where('access_hash', '=', sha256(token.access_token))
      .execute();
    expect(await tower.memberStatus(token)).toBe(401);
    const fields = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    expectToken(await tower.token(fields, bearer(token)));
  });

  it('returns invalid_client without client authentication, and with an unknown one', async () => {
    const token = await tower.signIn();
    const fields = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    expectError(await tower.token(fields), 401, 'invalid_client');
    expectError(await tower.token(fields, { authorization: `Bearer ${'0'.repeat(64)}` }), 401, 'invalid_client');
    expectError(await tower.token({ ...fields, client_id: tower.app.client_id }), 401, 'invalid_client');
    expectError(
      await tower.token({ ...fields, client_id: tower.app.client_id, client_secret: 'wrong' }),
      401,
      'invalid_client',
    );
    expect(await tower.memberStatus(token)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(token)));
  });

  it('rejects the refresh token as Bearer token', async () => {
    const token = await tower.signIn();
    const fields = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    expectError(await tower.token(fields, { authorization: `Bearer ${token.refresh_token}` }), 401, 'invalid_client');
  });

  it('rejects a Bearer token of another user or another client', async () => {
    const token = await tower.signIn();
    const fields = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    const otherUser = await tower.signIn(tower.credentials.outsider);
    expectError(await tower.token(fields, bearer(otherUser)), 400, 'invalid_grant');
    const otherApp = await tower.signIn(tower.credentials.user, await tower.addApp());
    expectError(await tower.token(fields, bearer(otherApp)), 400, 'invalid_grant');
    expect(await tower.memberStatus(token)).toBe(200);
    expect(await tower.memberStatus(otherApp)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(token)));
  });

  it("rejects another client's refresh token without consuming it", async () => {
    const app = await tower.addApp();
    const token = await tower.signIn();
    expectError(await tower.token(tower.refreshFields(token, app)), 400, 'invalid_grant');
    const refreshed = expectToken(await tower.token(tower.refreshFields(token)));
    await age(token, 11_000);
    expectError(await tower.token(tower.refreshFields(token, app)), 400, 'invalid_grant');
    expect(await tower.memberStatus(refreshed)).toBe(200);
  });

  it('returns invalid_request without a refresh token and invalid_grant for an unknown one', async () => {
    const token = await tower.signIn();
    expectError(await tower.token({ ...tower.refreshFields(token), refresh_token: undefined }), 400, 'invalid_request');
    expectError(await tower.token({ ...tower.refreshFields(token), refresh_token: '' }), 400, 'invalid_request');
    expectError(
      await tower.token({ ...tower.refreshFields(token), refresh_token: 'f'.repeat(64) }),
      400,
      'invalid_grant',
    );
    expectError(
      await tower.token({ ...tower.refreshFields(token), refresh_token: token.access_token }),
      400,
      'invalid_grant',
    );
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('does not consume the token when the request fails', async () => {
    const token = await tower.signIn();
    expectError(await tower.token({ ...tower.refreshFields(token), scope: 'everything' }), 400, 'invalid_scope');
    expectError(
      await tower.token({ ...tower.refreshFields(token), redirect_uri: 'https://evil.example/cb' }),
      400,
      'invalid_grant',
    );
    expect(await tower.memberStatus(token)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(token)));
  });

  it('keeps or narrows the scope, and never widens it (RFC 6749 §6)', async () => {
    const app = await tower.addApp({ scopes: ['todos', 'teams', 'members'] });
    const fields = { ...tower.passwordFields(undefined, app), scope: 'todos teams' };
    let token = expectToken(await tower.token(fields));
    token = expectToken(await tower.token(tower.refreshFields(token, app)));
    expect(token.scope?.split(' ').sort()).toEqual(['teams', 'todos']);
    expectError(
      await tower.token({ ...tower.refreshFields(token, app), scope: 'todos members' }),
      400,
      'invalid_scope',
    );
    token = expectToken(await tower.token({ ...tower.refreshFields(token, app), scope: 'todos' }));
    expect(token.scope).toBe('todos');
  });

  it('revokes the old pair at once', async () => {
    const token = await tower.signIn();
    const refreshed = expectToken(await tower.token(tower.refreshFields(token)));
    expect(await tower.memberStatus(token)).toBe(401);
    expect(await tower.memberStatus(refreshed)).toBe(200);
  });

  it('returns the same tokens for a repeated request', async () => {
    const token = await tower.signIn();
    const first = expectToken(await tower.token(tower.refreshFields(token)));
    await age(token, 9_000);
    const again = expectToken(await tower.token(tower.refreshFields(token)));
    expect([again.access_token, again.refresh_token]).toEqual([first.access_token, first.refresh_token]);
    expect(again.created_at).toBe(first.created_at);
    expect(await tower.memberStatus(again)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(again)));
  });

  it('returns the same tokens for a repeated request with the old Bearer token', async () => {
    const token = await tower.signIn();
    const fields = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    const first = expectToken(await tower.token(fields, bearer(token)));
    const again = expectToken(await tower.token(fields, bearer(token)));
    expect([again.access_token, again.refresh_token]).toEqual([first.access_token, first.refresh_token]);
  });

  it('treats a repeated request as a replay once the new access token was used, and revokes the grant', async () => {
    const token = await tower.signIn();
    const refreshed = expectToken(await tower.token(tower.refreshFields(token)));
    expect(await tower.memberStatus(refreshed)).toBe(200);
    expectError(await tower.token(tower.refreshFields(token)), 400, 'invalid_grant');
    expect(await tower.memberStatus(refreshed)).toBe(401);
    expectError(await tower.token(tower.refreshFields(refreshed)), 400, 'invalid_grant');
  });

  it('treats a repeated request as a replay after ten seconds', async () => {
    const token = await tower.signIn();
    const refreshed = expectToken(await tower.token(tower.refreshFields(token)));
    await age(token, 11_000);
    expectError(await tower.token(tower.refreshFields(token)), 400, 'invalid_grant');
    expect(await tower.memberStatus(refreshed)).toBe(401);
    expectError(await tower.token(tower.refreshFields(refreshed)), 400, 'invalid_grant');
  });

  it('treats a repeated request as a replay once the new refresh token was used', async () => {
    const token = await tower.signIn();
    const second = expectToken(await tower.token(tower.refreshFields(token)));
    const third = expectToken(await tower.token(tower.refreshFields(second)));
    expectError(await tower.token(tower.refreshFields(token)), 400, 'invalid_grant');
    expect(await tower.memberStatus(third)).toBe(401);
  });

  it('does not revoke tokens of other sign-ins and users after a replay', async () => {
    const token = await tower.signIn();
    const other = await tower.signIn(await tower.addMember());
    expectToken(await tower.token(tower.refreshFields(token)));
    const newer = await tower.signIn();
    expectError(await tower.token(tower.refreshFields(token)), 400, 'invalid_grant');
    expect(await tower.memberStatus(newer)).toBe(200);
    expect(await tower.memberStatus(other)).toBe(200);
  });

  it('rejects a refresh token that a new sign-in has replaced, without revoking the new one', async () => {
    const token = await tower.signIn();
    const newer = await tower.signIn();
    expectError(await tower.token(tower.refreshFields(token)), 400, 'invalid_grant');
    expect(await tower.memberStatus(newer)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(newer)));
  });
});
