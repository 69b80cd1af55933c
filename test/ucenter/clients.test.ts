import { createRequire } from 'node:module';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { expect, it } from 'vitest';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { useCentre } from './centre.ts';

/**
 * What a standard client needs to read UCenter's answers: the token in `data` becomes the body, and an error gets a
 * code of RFC 6749 §5.2.
 */
const unwrapped: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const { code, message, data } = (await response.json()) as { code: number; message: string; data: object };
  if (code === 1) return Response.json(data, { status: response.status });
  const error = code === 1001 ? 'invalid_client' : 'invalid_grant';
  return Response.json({ error, error_description: message }, { status: 400 });
};

interface SimpleToken {
  token: { code: number; message: string; data: { access_token: string; refresh_token: string } };
}
const simple = createRequire(import.meta.url)('simple-oauth2') as {
  ResourceOwnerPassword: new (options: object) => { getToken(parameters: object): Promise<SimpleToken> };
  ClientCredentials: new (options: object) => { getToken(parameters: object): Promise<SimpleToken> };
};

// Clients from npm, used as the description of the tag `tokens` and of createAccessToken advises.
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
      config[openid.customFetch] = unwrapped as openid.CustomFetch;
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
        error_description: '参数错误, refresh_token',
      });
    },
  );

  it('works with oauth4webapi: state and issuer, denial, revocation', async () => {
    const { client_id, client_secret, redirect_uri } = centre.app;
    const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: unwrapped } as const;
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

  it('works with simple-oauth2, which takes no custom fetch: the token is in `data`', async () => {
    const { client_id, client_secret } = centre.app;
    const options = {
      client: { id: client_id, secret: client_secret },
      auth: { tokenHost: centre.server.url, tokenPath: '/ucenter/api/oauth/accessToken' },
    };
    const { username, password } = centre.credentials.user;
    const user = await new simple.ResourceOwnerPassword(options).getToken({ username, password });
    expect(user.token.code).toBe(1);
    expect(await centre.statusOf(user.token.data)).toBe(200);
    const application = await new simple.ClientCredentials(options).getToken({});
    expect(await centre.statusOf(application.token.data)).toBe(403);
  });
});
