import { createRequire } from 'node:module';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { expect, it } from 'vitest';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { useCentre } from './centre.ts';

interface SimpleToken {
  token: { code: number; message: string; access_token: string };
  expired(): boolean;
  refresh(): Promise<SimpleToken>;
}
const simple = createRequire(import.meta.url)('simple-oauth2') as {
  ResourceOwnerPassword: new (options: object) => { getToken(parameters: object): Promise<SimpleToken> };
  ClientCredentials: new (options: object) => { getToken(parameters: object): Promise<SimpleToken> };
};

// OAuth clients from npm, as they come: they read the members at the top level of an answer (U-50).
describeEachDatabase('clients from npm', (databases) => {
  const centre = useCentre(databases);

  /** Signs in and decides in a browser. Returns the callback's address. */
  async function consent(address: URL | string, decision: 'allow' | 'deny' = 'allow'): Promise<URL> {
    const browser = new Browser(centre.server.url);
    const signIn = await browser.visit(String(address));
    const { username, password } = centre.credentials.user;
    const page = await browser.submit(signIn.forms[0], { username, password });
    return (await browser.submit(page.forms[0], { decision })).url;
  }

  const metadata = () => ({
    issuer: centre.url,
    authorization_endpoint: `${centre.url}/oauth/authorize`,
    token_endpoint: `${centre.url}/api/oauth/accessToken`,
    revocation_endpoint: `${centre.url}/api/oauth/revoke`,
  });

  it.each([
    ['ClientSecretPost', openid.ClientSecretPost],
    ['ClientSecretBasic', openid.ClientSecretBasic],
  ])(
    'works with openid-client and %s: code with PKCE, refresh, client credentials, an error',
    async (_, authentication) => {
      const { client_id, client_secret, redirect_uri } = centre.app;
      const config = new openid.Configuration(metadata(), client_id, undefined, authentication(client_secret));
      openid.allowInsecureRequests(config);

      const pkceCodeVerifier = openid.randomPKCECodeVerifier();
      const expectedState = openid.randomState();
      const address = openid.buildAuthorizationUrl(config, {
        redirect_uri,
        scope: 'user_info',
        state: expectedState,
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      });
      const token = await openid.authorizationCodeGrant(config, await consent(address), {
        pkceCodeVerifier,
        expectedState,
      });
      expect(token.expiresIn()).toBeGreaterThan(3590);
      expect(await centre.statusOf(token)).toBe(200);

      const refreshed = await openid.refreshTokenGrant(config, token.refresh_token as string);
      expect([await centre.statusOf(refreshed), await centre.statusOf(token)]).toEqual([200, 401]);
      const application = await openid.clientCredentialsGrant(config);
      expect(await centre.statusOf(application)).toBe(403);
      await expect(openid.refreshTokenGrant(config, 'unknown')).rejects.toMatchObject({
        error: 'invalid_grant',
        error_description: expect.stringMatching(/refresh token/),
      });
    },
  );

  it('works with oauth4webapi: state and issuer, denial, revocation', async () => {
    const { client_id, client_secret, redirect_uri } = centre.app;
    const options = { [oauth.allowInsecureRequests]: true } as const;
    const server = { ...metadata(), authorization_response_iss_parameter_supported: true };
    const client: oauth.Client = { client_id };
    const authentication = oauth.ClientSecretPost(client_secret);
    const state = oauth.generateRandomState();
    const denied = await consent(centre.authorizeUrl({ state }), 'deny');
    expect(() => oauth.validateAuthResponse(server, client, denied, state)).toThrow(oauth.AuthorizationResponseError);
    const answer = oauth.validateAuthResponse(server, client, await consent(centre.authorizeUrl({ state })), state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      answer,
      redirect_uri,
      oauth.nopkce,
      options,
    );
    const token = await oauth.processAuthorizationCodeResponse(server, client, response);
    expect(await centre.statusOf(token)).toBe(200);
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, authentication, token.access_token, options),
    );
    expect(await centre.statusOf(token)).toBe(401);
  });

  it('works with simple-oauth2: password, refresh, client credentials, an error', async () => {
    const { client_id, client_secret } = centre.app;
    const options = {
      client: { id: client_id, secret: client_secret },
      auth: { tokenHost: centre.server.url, tokenPath: '/ucenter/api/oauth/accessToken' },
    };
    const { username, password } = centre.credentials.user;
    const client = new simple.ResourceOwnerPassword(options);
    const user = await client.getToken({ username, password });
    expect([user.token.code, user.expired()]).toEqual([1, false]);
    const refreshed = await user.refresh();
    expect([await centre.statusOf(refreshed.token), await centre.statusOf(user.token)]).toEqual([200, 401]);
    const application = await new simple.ClientCredentials(options).getToken({});
    expect(await centre.statusOf(application.token)).toBe(403);
    await expect(client.getToken({ username, password: 'wrong' })).rejects.toMatchObject({
      output: { statusCode: 401 },
      data: { payload: { code: 1001, error: 'invalid_grant' } },
    });
  });
});
