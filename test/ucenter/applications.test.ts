import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { expectRefused, expectSuccess, expectToken, type Schemas, useCentre } from './centre.ts';

// U-43.
describeEachDatabase('application secrets', (databases) => {
  const centre = useCentre(databases);
  const rotate = (token: { access_token: string }) =>
    centre.request<Schemas['ApplicationSecret']>('PUT', '/api/app/secret', { token });

  it('returns 403 to every caller except a developer of the application', async () => {
    const { admin, second_app } = centre.credentials;
    const tokens = [await centre.signIn(), await centre.appToken(), await centre.signIn(admin, second_app)];
    for (const token of tokens) expectRefused(await rotate(token), 403, '无权访问');
    expectToken(await centre.grant(centre.passwordFields()), true);
    expectToken(await centre.grant(centre.passwordFields(admin, second_app)), true);
  });

  it('accepts the new secret, refuses the old one and keeps tokens valid', async () => {
    const { second_app, second_user } = centre.credentials;
    const token = await centre.signIn(second_user, second_app);
    const application = { grant_type: 'client_credentials', client_id: second_app.client_id };
    expectToken(await centre.grant({ ...application, client_secret: second_app.client_secret }), false);

    const answer = await rotate(token);
    const { client_id, client_secret } = expectSuccess(answer, '获取新密钥成功');
    expect(client_id).toBe(second_app.client_id);
    expect(client_secret).toMatch(/^[0-9a-f]{32,64}$/);
    expect(answer.headers.get('cache-control')).toContain('no-store');

    expectRefused(
      await centre.grant({ ...application, client_secret: second_app.client_secret }),
      401,
      '客户端认证失败',
    );
    expectToken(await centre.grant({ ...application, client_secret }), false);
    expect(await centre.statusOf(token)).toBe(200);
    expectToken(await centre.grant(centre.refreshFields(token, { ...second_app, client_secret })), true);
    expectToken(await centre.grant(centre.passwordFields()), true);

    const stored = JSON.stringify(await centre.database.selectFrom('oauth_clients').selectAll().execute());
    for (const secret of [client_secret, second_app.client_secret, centre.app.client_secret])
      expect(stored).not.toContain(`"${secret}"`);
  });
});
