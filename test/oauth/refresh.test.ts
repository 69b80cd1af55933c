import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { basic, bearer, expectError, expectToken, read, sha256, type Token, useTower } from './flow.ts';

// Seeds 000 and 001 ("刷新 Access Token"); RFC 6749 §6; rotation and replay as in section 4 of the plan.
describeEachDatabase('refresh', (databases) => {
  const tower = useTower(databases);

  /** Sets the clock of a rotation back. */
  const age = ({ refresh_token }: Token, milliseconds: number) =>
    tower.database
      .updateTable('oauth_tokens')
      .set(({ eb }) => ({ rotated_at: eb('rotated_at', '-', milliseconds) }))
      .where('refresh_hash', '=', sha256(refresh_token))
      .execute();

  it('takes the parameters of seed 000: the Bearer token, refresh_token and grant_type', async () => {
    const token = await tower.signIn();
    const fields = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    const refreshed = expectToken(await tower.token(fields, bearer(token)));
    expect(await tower.memberStatus(refreshed)).toBe(200);
    expect(refreshed.access_token).not.toBe(token.access_token);
    expect(refreshed.refresh_token).not.toBe(token.refresh_token);
    expect(refreshed.email).toBe(token.email);
  });

  it('takes those of seed 001: the Bearer token, client_id, client_secret, redirect_uri, refresh_token and grant_type', async () => {
    const token = await tower.signIn();
    const fields = { ...tower.refreshFields(token), redirect_uri: tower.app.redirect_uri };
    expectToken(await tower.token(fields, bearer(token)));
  });

  it('takes the client credentials alone, in the body or as HTTP Basic, in a form or as JSON', async () => {
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

  it('takes the Bearer token for the secret that is missing beside client_id', async () => {
    const token = await tower.signIn();
    const fields = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    const other = { ...fields, client_id: 'another' };
    expectError(await tower.token(other, bearer(token)), 401, 'invalid_client');
    expectToken(await tower.token({ ...fields, client_id: tower.app.client_id }, bearer(token)));
  });

  it('takes a Bearer token that has expired: that is why one refreshes', async () => {
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

  it('refuses a refresh with neither proof, or with one that is nobody’s, as invalid_client', async () => {
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

  it('does not take the refresh token itself for a Bearer token', async () => {
    const token = await tower.signIn();
    const fields = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    expectError(await tower.token(fields, { authorization: `Bearer ${token.refresh_token}` }), 401, 'invalid_client');
  });

  it('refuses a Bearer token of another user or another application', async () => {
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

  it("refuses another application's refresh token and costs its owner nothing", async () => {
    const app = await tower.addApp();
    const token = await tower.signIn();
    expectError(await tower.token(tower.refreshFields(token, app)), 400, 'invalid_grant');
    const refreshed = expectToken(await tower.token(tower.refreshFields(token)));
    await age(token, 11_000);
    expectError(await tower.token(tower.refreshFields(token, app)), 400, 'invalid_grant');
    expect(await tower.memberStatus(refreshed)).toBe(200);
  });

  it('says invalid_request without a refresh token and invalid_grant to one that it does not know', async () => {
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

  it('does not use the token up when the request is refused for another reason', async () => {
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

  it('keeps the scope, narrows it when asked, and never widens it (RFC 6749 §6)', async () => {
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

  it('ends the old pair at once', async () => {
    const token = await tower.signIn();
    const refreshed = expectToken(await tower.token(tower.refreshFields(token)));
    expect(await tower.memberStatus(token)).toBe(401);
    expect(await tower.memberStatus(refreshed)).toBe(200);
  });

  it('answers a repeat again with the same tokens: the first answer may have been lost', async () => {
    const token = await tower.signIn();
    const first = expectToken(await tower.token(tower.refreshFields(token)));
    await age(token, 9_000);
    const again = expectToken(await tower.token(tower.refreshFields(token)));
    expect([again.access_token, again.refresh_token]).toEqual([first.access_token, first.refresh_token]);
    expect(again.created_at).toBe(first.created_at);
    expect(await tower.memberStatus(again)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(again)));
  });

  it('answers a repeat again that is proved by the old Bearer token (seed 000)', async () => {
    const token = await tower.signIn();
    const fields = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    const first = expectToken(await tower.token(fields, bearer(token)));
    const again = expectToken(await tower.token(fields, bearer(token)));
    expect([again.access_token, again.refresh_token]).toEqual([first.access_token, first.refresh_token]);
  });

  it('takes a repeat for a replay once the new access token was used, and revokes what came from it', async () => {
    const token = await tower.signIn();
    const refreshed = expectToken(await tower.token(tower.refreshFields(token)));
    expect(await tower.memberStatus(refreshed)).toBe(200);
    expectError(await tower.token(tower.refreshFields(token)), 400, 'invalid_grant');
    expect(await tower.memberStatus(refreshed)).toBe(401);
    expectError(await tower.token(tower.refreshFields(refreshed)), 400, 'invalid_grant');
  });

  it('takes a repeat for a replay after ten seconds', async () => {
    const token = await tower.signIn();
    const refreshed = expectToken(await tower.token(tower.refreshFields(token)));
    await age(token, 11_000);
    expectError(await tower.token(tower.refreshFields(token)), 400, 'invalid_grant');
    expect(await tower.memberStatus(refreshed)).toBe(401);
    expectError(await tower.token(tower.refreshFields(refreshed)), 400, 'invalid_grant');
  });

  it('takes it for a replay too when the new refresh token was used already', async () => {
    const token = await tower.signIn();
    const second = expectToken(await tower.token(tower.refreshFields(token)));
    const third = expectToken(await tower.token(tower.refreshFields(second)));
    expectError(await tower.token(tower.refreshFields(token)), 400, 'invalid_grant');
    expect(await tower.memberStatus(third)).toBe(401);
  });

  it('a replay revokes nothing that comes from another sign-in, nor of another user', async () => {
    const token = await tower.signIn();
    const other = await tower.signIn(await tower.addMember());
    expectToken(await tower.token(tower.refreshFields(token)));
    const newer = await tower.signIn();
    expectError(await tower.token(tower.refreshFields(token)), 400, 'invalid_grant');
    expect(await tower.memberStatus(newer)).toBe(200);
    expect(await tower.memberStatus(other)).toBe(200);
  });

  it('refuses a refresh token whose pair was replaced by a new sign-in, and harms nothing', async () => {
    const token = await tower.signIn();
    const newer = await tower.signIn();
    expectError(await tower.token(tower.refreshFields(token)), 400, 'invalid_grant');
    expect(await tower.memberStatus(newer)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(newer)));
  });
});
