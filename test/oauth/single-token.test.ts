import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { expectToken, type Token, useTower } from './flow.ts';

// Tower's guide: a new access token invalidates the previous one, per client and user, for every grant.
describeEachDatabase('one token per client and user', (databases) => {
  const tower = useTower(databases);

  const grants: Record<string, (previous: Token) => Promise<Token>> = {
    password: () => tower.signIn(),
    authorization_code: async () => expectToken(await tower.token(tower.codeFields(await tower.code()))),
    refresh_token: async (previous) => expectToken(await tower.token(tower.refreshFields(previous))),
  };

  describe.each(Object.keys(grants))('a new token by %s', (name) => {
    const obtain = grants[name] as (previous: Token) => Promise<Token>;

    it.each(['password', 'authorization_code'])(
      'makes the previous one by %s invalid, refresh token included',
      async (before) => {
        const previous = await (grants[before] as () => Promise<Token>)();
        expect(await tower.memberStatus(previous)).toBe(200);
        const token = await obtain(previous);
        expect(await tower.memberStatus(previous)).toBe(401);
        expect(await tower.memberStatus(token)).toBe(200);
        const { status, body } = await tower.token(tower.refreshFields(previous));
        expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_grant' });
      },
    );

    it('keeps the tokens of other users of the client and of other clients of the user', async () => {
      const app = await tower.addApp();
      const otherApp = await tower.signIn(tower.credentials.user, app);
      const otherUser = await tower.signIn(await tower.addMember());
      const token = await obtain(await tower.signIn());
      for (const valid of [otherApp, otherUser, token]) expect(await tower.memberStatus(valid)).toBe(200);
      expectToken(await tower.token(tower.refreshFields(otherApp, app)));
      expectToken(await tower.token(tower.refreshFields(otherUser)));
    });
  });

  it('reports a replaced token as revoked', async () => {
    const previous = await tower.signIn();
    await tower.signIn();
    const response = await tower.member(previous.access_token);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
  });

  it('never issues the same token twice', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tower.signIn()));
    const secrets = tokens.flatMap(({ access_token, refresh_token }) => [access_token, refresh_token]);
    expect(new Set(secrets).size).toBe(40);
  });

  it('keeps the previous token when a request fails', async () => {
    const token = await tower.signIn();
    const app = await tower.addApp();
    const failures = [
      { ...tower.passwordFields(), password: 'wrong' },
      { ...tower.passwordFields(), client_secret: 'wrong' },
      { ...tower.passwordFields(), scope: 'everything' },
      { ...tower.passwordFields(), grant_type: 'client_credentials' },
      { ...tower.passwordFields(), password: undefined },
      tower.codeFields('f'.repeat(64)),
      tower.refreshFields({ ...token, refresh_token: 'f'.repeat(64) }),
      tower.refreshFields(token, app),
      { ...tower.refreshFields(token), client_secret: 'wrong' },
    ];
    for (const fields of failures) expect((await tower.token(fields)).status, JSON.stringify(fields)).not.toBe(200);
    await tower.code();
    expect(await tower.memberStatus(token)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(token)));
  });
});
