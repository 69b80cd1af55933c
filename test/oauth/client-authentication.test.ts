import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { basic, expectError, expectToken, pkce, useTower } from './flow.ts';

// RFC 6749 §2.3 and §5.2; facts 1.3 and 3.1.
describeEachDatabase('client authentication', (databases) => {
  const tower = useTower(databases);

  const credentials = ({ client_id, client_secret }: { client_id?: string; client_secret?: string }) => ({
    ...tower.passwordFields(),
    client_id,
    client_secret,
  });

  const asBasic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  it('takes the credentials in the body', async () => {
    expectToken(await tower.token(tower.passwordFields()));
  });

  it('takes them as HTTP Basic, whatever the case of the scheme', async () => {
    const { authorization } = basic(tower.app);
    expectToken(await tower.token(credentials({}), { authorization }));
    expectToken(await tower.token(credentials({}), { authorization: authorization.replace('Basic', 'bAsIC') }));
  });

  it('takes HTTP Basic whose halves are form-encoded, as RFC 6749 wants it', async () => {
    const secret = 'sécret:with/+ odd%&=characters 私钥';
    const app = { ...(await tower.addApp({ secret })), client_secret: secret };
    expectToken(await tower.token(credentials({}), basic(app)));
    expectToken(await tower.token(credentials(app)));
  });

  it('takes a secret with a colon that is not encoded: only the first colon separates', async () => {
    const app = { ...(await tower.addApp({ secret: 'one:two:three' })), client_secret: 'one:two:three' };
    expectToken(await tower.token(credentials({}), asBasic(`${app.client_id}:one:two:three`)));
  });

  it('takes HTTP Basic beside the same client_id in the body', async () => {
    expectToken(await tower.token(credentials({ client_id: tower.app.client_id }), basic(tower.app)));
  });

  it('takes the same credentials in both places, and refuses different ones', async () => {
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
    ['an unknown client', { client_id: 'nobody', client_secret: 'tower-demo-secret' }, {}],
    ['a wrong secret by Basic', {}, asBasic('tower-demo-client:wrong')],
    ['an unknown client by Basic', {}, asBasic('nobody:tower-demo-secret')],
    ['Basic without a colon', {}, asBasic('tower-demo-client')],
    ['empty Basic', {}, asBasic(':')],
    ['Basic that is no Base64', {}, { authorization: 'Basic ***' }],
    ['another scheme', {}, { authorization: 'Digest username="tower-demo-client"' }],
    ['Bearer with the secret', {}, { authorization: 'Bearer tower-demo-secret' }],
  ])('says invalid_client with 401 and a challenge to %s', async (_title, body, headers: Record<string, string>) => {
    const answer = await tower.token(credentials(body), headers);
    expectError(answer, 401, 'invalid_client');
    // Browsers ask the person for a password when they see Basic: it is for those who came with it.
    const scheme = headers.authorization?.startsWith('Basic ') ? 'Basic' : 'Bearer';
    expect(answer.headers.get('www-authenticate')).toBe(`${scheme} realm="Tower", error="invalid_client"`);
  });

  it('says the same to an unknown client and to a wrong secret', async () => {
    const unknown = await tower.token(credentials({ client_id: 'nobody', client_secret: 'wrong' }));
    const wrong = await tower.token(credentials({ ...tower.app, client_secret: 'wrong' }));
    expect(unknown.body).toEqual(wrong.body);
  });

  it('authenticates the client before it looks at anything else', async () => {
    const wrong = { client_id: tower.app.client_id, client_secret: 'wrong' };
    expectError(await tower.token({ ...tower.codeFields('unknown'), ...wrong }), 401, 'invalid_client');
    expectError(await tower.token({ ...credentials(wrong), password: 'wrong' }), 401, 'invalid_client');
    const token = await tower.signIn();
    expectError(await tower.token({ ...tower.refreshFields(token), ...wrong }), 401, 'invalid_client');
  });

  it('takes a changed secret at once and the old one no more', async () => {
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

  it('takes a public client by its id alone, and not with a secret', async () => {
    const app = await tower.addApp({ isPublic: true });
    const { verifier, challenge } = pkce();
    const code = await tower.code({ code_challenge: challenge, code_challenge_method: 'S256' }, app);
    const fields = { ...tower.codeFields(code, app), code_verifier: verifier };
    expectError(await tower.token({ ...fields, client_secret: 'anything' }), 401, 'invalid_client');
    expectToken(await tower.token(fields));
  });

  it('keeps the clients of another API apart', async () => {
    const app = await tower.addApp();
    await tower.database.updateTable('oauth_clients').set({ api: 'another' }).where('id', '=', app.client_id).execute();
    expectError(await tower.token(credentials(app)), 401, 'invalid_client');
  });

  it('says unauthorized_client when the application may not use the grant', async () => {
    const app = await tower.addApp();
    await tower.database
      .updateTable('oauth_clients')
      .set({ grants: JSON.stringify(['authorization_code', 'refresh_token']) })
      .where('id', '=', app.client_id)
      .execute();
    expectError(await tower.token(credentials(app)), 400, 'unauthorized_client');
  });
});
