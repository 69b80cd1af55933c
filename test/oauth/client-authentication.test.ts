import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { basic, expectError, expectToken, pkce, useTower } from './flow.ts';

// RFC 6749 §2.3 and §5.2.
describeEachDatabase('client authentication', (databases) => {
  const tower = useTower(databases);

  const credentials = ({ client_id, client_secret }: { client_id?: string; client_secret?: string }) => ({
    ...tower.passwordFields(),
    client_id,
    client_secret,
  });

  const asBasic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  it('accepts the credentials in the body', async () => {
    expectToken(await tower.token(tower.passwordFields()));
  });

  it('accepts HTTP Basic, with the scheme in any case', async () => {
    const { authorization } = basic(tower.app);
    expectToken(await tower.token(credentials({}), { authorization }));
    expectToken(await tower.token(credentials({}), { authorization: authorization.replace('Basic', 'bAsIC') }));
  });

  it('accepts form-encoded HTTP Basic (RFC 6749 §2.3.1)', async () => {
    const secret = 'sécret:with/+ odd%&=characters 私钥';
    const app = { ...(await tower.addApp({ secret })), client_secret: secret };
    expectToken(await tower.token(credentials({}), basic(app)));
    expectToken(await tower.token(credentials(app)));
  });

  it.each(['100%+1', 'a%20b', 'one+two'])(
    'accepts the secret %j in HTTP Basic as sent and form-encoded',
    async (secret) => {
      const app = { ...(await tower.addApp({ secret })), client_secret: secret };
      expectToken(await tower.token(credentials({}), asBasic(`${app.client_id}:${secret}`)));
      expectToken(await tower.token(credentials({}), basic(app)));
      expectToken(await tower.token(credentials(app), asBasic(`${app.client_id}:${secret}`)));
      const both = await tower.token(
        credentials({ ...app, client_secret: 'another' }),
        asBasic(`${app.client_id}:${secret}`),
      );
      expectError(both, 400, 'invalid_request');
      expectError(await tower.token(credentials({}), asBasic(`${app.client_id}:${secret}0`)), 401, 'invalid_client');
    },
  );

  it('splits HTTP Basic at the first colon', async () => {
    const app = { ...(await tower.addApp({ secret: 'one:two:three' })), client_secret: 'one:two:three' };
    expectToken(await tower.token(credentials({}), asBasic(`${app.client_id}:one:two:three`)));
  });

  it('accepts HTTP Basic together with the same client_id in the body', async () => {
    expectToken(await tower.token(credentials({ client_id: tower.app.client_id }), basic(tower.app)));
  });

  it('rejects different credentials in the header and the body', async () => {
    expectToken(await tower.token(credentials(tower.app), basic(tower.app)));
    const both = await tower.token(credentials({ ...tower.app, client_secret: 'another' }), basic(tower.app));
    expectError(both, 400, 'invalid_request');
    const other = await tower.addApp();
    const mixed = await tower.token(credentials({ client_id: other.client_id }), basic(tower.app));
    expect(mixed.status).toBeGreaterThanOrEqual(400);
    expect(mixed.status).toBeLessThan(402);
  });

  it.each([
    ['no credentials', {}, {}],
    ['only a client_id', { client_id: 'tower-demo-client' }, {}],
    ['an empty secret', { client_id: 'tower-demo-client', client_secret: '' }, {}],
    ['only a secret', { client_secret: 'tower-demo-secret' }, {}],
    ['a wrong secret', { client_id: 'tower-demo-client', client_secret: 'wrong' }, {}],
    ['the secret in another case', { client_id: 'tower-demo-client', client_secret: 'TOWER-DEMO-SECRET' }, {}],
    ['an unknown client', { client_id: 'unknown', client_secret: 'tower-demo-secret' }, {}],
    ['a wrong secret by Basic', {}, asBasic('tower-demo-client:wrong')],
    ['an unknown client by Basic', {}, asBasic('unknown:tower-demo-secret')],
    ['Basic without a colon', {}, asBasic('tower-demo-client')],
    ['empty Basic', {}, asBasic(':')],
    ['Basic that is not Base64', {}, { authorization: 'Basic ***' }],
    ['another scheme', {}, { authorization: 'Digest username="tower-demo-client"' }],
    ['Bearer with the secret', {}, { authorization: 'Bearer tower-demo-secret' }],
  ])('returns 401 invalid_client with a challenge for %s', async (_title, body, headers: Record<string, string>) => {
    const answer = await tower.token(credentials(body), headers);
    expectError(answer, 401, 'invalid_client');
    // Basic only when the client used it: browsers would show the user a password prompt.
    const scheme = headers.authorization?.startsWith('Basic ') ? 'Basic' : 'Bearer';
    expect(answer.headers.get('www-authenticate')).toBe(`${scheme} realm="Tower", error="invalid_client"`);
  });

  it('returns the same error for an unknown client and a wrong secret', async () => {
    const unknown = await tower.token(credentials({ client_id: 'unknown', client_secret: 'wrong' }));
    const wrong = await tower.token(credentials({ ...tower.app, client_secret: 'wrong' }));
    expect(unknown.body).toEqual(wrong.body);
  });

  it('authenticates the client before all other checks', async () => {
    const wrong = { client_id: tower.app.client_id, client_secret: 'wrong' };
    expectError(await tower.token({ ...tower.codeFields('unknown'), ...wrong }), 401, 'invalid_client');
    expectError(await tower.token({ ...credentials(wrong), password: 'wrong' }), 401, 'invalid_client');
    const token = await tower.signIn();
    expectError(await tower.token({ ...tower.refreshFields(token), ...wrong }), 401, 'invalid_client');
  });

  it('accepts only the new secret after a change', async () => {
    const app = await tower.addApp();
    await tower.signIn(tower.credentials.user, app);
    const { client_secret } = await tower.addApp();
    const { secret_hash } = await tower.database
      .selectFrom('oauth_clients')
      .select('secret_hash')
      .orderBy('created_at', 'desc')
      .executeTakeFirstOrThrow();
    await tower.database.updateTable('oauth_clients').set({ secret_hash }).where('id', '=', app.client_id).execute();
    expectError(await tower.token(credentials(app)), 401, 'invalid_client');
    expectToken(await tower.token(credentials({ ...app, ...(client_secret !== undefined && { client_secret }) })));
  });

  it('accepts a public client without a secret only', async () => {
    const app = await tower.addApp({ isPublic: true });
    const { verifier, challenge } = pkce();
    const code = await tower.code({ code_challenge: challenge, code_challenge_method: 'S256' }, app);
    const fields = { ...tower.codeFields(code, app), code_verifier: verifier };
    expectError(await tower.token({ ...fields, client_secret: 'anything' }), 401, 'invalid_client');
    expectToken(await tower.token(fields));
  });

  it('rejects a client of another API', async () => {
    const app = await tower.addApp();
    await tower.database.updateTable('oauth_clients').set({ api: 'another' }).where('id', '=', app.client_id).execute();
    expectError(await tower.token(credentials(app)), 401, 'invalid_client');
  });

  it('returns unauthorized_client for the password grant of a public client (RFC 9700 §2.4)', async () => {
    const app = await tower.addApp({ isPublic: true });
    expectError(await tower.token(credentials({ client_id: app.client_id })), 400, 'unauthorized_client');
  });

  it('returns unauthorized_client for a grant that the client does not have', async () => {
    const app = await tower.addApp();
    await tower.database
      .updateTable('oauth_clients')
      .set({ grants: JSON.stringify(['authorization_code', 'refresh_token']) })
      .where('id', '=', app.client_id)
      .execute();
    expectError(await tower.token(credentials(app)), 400, 'unauthorized_client');
  });
});
