import { createRequire } from 'node:module';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { describe, expect, it } from 'vitest';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { useTower } from './flow.ts';

/** The used part of simple-oauth2, which has no types. */
interface SimpleToken {
  token: { access_token: string; refresh_token: string; email: string };
  expired(): boolean;
  refresh(): Promise<SimpleToken>;
  revokeAll(): Promise<void>;
}
interface SimpleOptions {
  client: { id: string; secret: string };
  auth: { tokenHost: string; tokenPath: string; authorizePath?: string; revokePath: string };
  options?: { authorizationMethod: 'body' | 'header' };
}
const simple = createRequire(import.meta.url)('simple-oauth2') as {
  AuthorizationCode: new (
    options: SimpleOptions,
  ) => {
    authorizeURL(parameters: { redirect_uri: string; state: string }): string;
    getToken(parameters: { code: string; redirect_uri: string }): Promise<SimpleToken>;
  };
  ResourceOwnerPassword: new (
    options: SimpleOptions,
  ) => { getToken(parameters: { username: string; password: string }): Promise<SimpleToken> };
};

// Generic OAuth clients from npm: they know only the server's address and RFC 8414.
describeEachDatabase('clients from npm', (databases) => {
  const tower = useTower(databases);

  /** Signs in and decides in a browser. */
  async function consent(address: URL | string, decision: 'allow' | 'deny' = 'allow'): Promise<URL> {
    const browser = new Browser(tower.server.url);
    const signIn = await browser.visit(String(address));
    const { username, password } = tower.credentials.user;
    const page = await browser.submit(signIn.forms[0], { username, password });
    return (await browser.submit(page.forms[0], { decision })).url;
  }

  it('oauth4webapi: discovery, code with PKCE, iss and state checked, protected resource, refresh, introspection, revocation', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true } as const;
    const issuer = new URL(tower.url);
    const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
    expect(discovered.url).toBe(`${tower.server.url}/.well-known/oauth-authorization-server/tower`);
    const server = await oauth.processDiscoveryResponse(issuer, discovered);
    expect(server.authorization_response_iss_parameter_supported).toBe(true);

    const { client_id, client_secret = '', redirect_uri } = tower.app;
    const client: oauth.Client = { client_id };
    const authentication = oauth.ClientSecretBasic(client_secret);
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const address = new URL(server.authorization_endpoint as string);
    address.search = new URLSearchParams({
      client_id,
      redirect_uri,
      state,
      response_type: 'code',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString();

    const parameters = oauth.validateAuthResponse(server, client, await consent(address), state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      parameters,
      redirect_uri,
      verifier,
      insecure,
    );
    const token = await oauth.processAuthorizationCodeResponse(server, client, response);
    expect(token.token_type).toBe('bearer');
    expect(token.email).toBe(tower.credentials.user.username);

    const resource = new URL(`${tower.url}/api/v1/teams/${tower.credentials.team_id}/member`);
    const member = await oauth.protectedResourceRequest(
      token.access_token,
      'GET',
      resource,
      undefined,
      undefined,
      insecure,
    );
    expect(member.status).toBe(200);

    const refreshed = await oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, authentication, token.refresh_token as string, insecure),
    );
    expect(refreshed.access_token).not.toBe(token.access_token);

    const inspected = await oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, authentication, refreshed.access_token, insecure),
    );
    expect(inspected).toMatchObject({ active: true, client_id });

    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, authentication, refreshed.access_token, insecure),
    );
    const rejected = await oauth
      .protectedResourceRequest(refreshed.access_token, 'GET', resource, undefined, undefined, insecure)
      .catch((error: unknown) => error);
    expect(rejected).toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
    const [challenge] = (rejected as oauth.WWWAuthenticateChallengeError).cause;
    expect(challenge).toMatchObject({ scheme: 'bearer', parameters: { error: 'invalid_token' } });
  });

  it('oauth4webapi: detects denial and a wrong issuer', async () => {
    const server: oauth.AuthorizationServer = {
      issuer: tower.url,
      authorization_response_iss_parameter_supported: true,
    };
    const client: oauth.Client = { client_id: tower.app.client_id };
    const denied = await consent(tower.authorizeUrl({ state: 's' }), 'deny');
    expect(() => oauth.validateAuthResponse(server, client, denied, 's')).toThrow(oauth.AuthorizationResponseError);
    const allowed = await consent(tower.authorizeUrl({ state: 's' }));
    expect(() => oauth.validateAuthResponse(server, client, allowed, 's')).not.toThrow();
    expect(() =>
      oauth.validateAuthResponse({ ...server, issuer: 'https://evil.example' }, client, allowed, 's'),
    ).toThrow();
  });

  it('oauth4webapi: reads the errors of the token endpoint', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true } as const;
    const server: oauth.AuthorizationServer = { issuer: tower.url, token_endpoint: `${tower.url}/oauth/token` };
    const client: oauth.Client = { client_id: tower.app.client_id };
    for (const [secret, refreshToken, error] of [
      ['wrong', 'f'.repeat(64), 'invalid_client'],
      [tower.app.client_secret as string, 'f'.repeat(64), 'invalid_grant'],
    ] as const) {
      const response = await oauth.refreshTokenGrantRequest(
        server,
        client,
        oauth.ClientSecretPost(secret),
        refreshToken,
        insecure,
      );
      const refusal = await oauth
        .processRefreshTokenResponse(server, client, response)
        .catch((reason: unknown) => reason);
      if (refusal instanceof oauth.ResponseBodyError) expect(refusal.error).toBe(error);
      // The library reads the challenge of a 401 first.
      else expect(refusal).toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
    }
  });

  describe.each([
    ['ClientSecretPost', openid.ClientSecretPost],
    ['ClientSecretBasic', openid.ClientSecretBasic],
  ])('openid-client with %s', (_name, authentication) => {
    it('discovery, code with PKCE, refresh, password, introspection, revocation', async () => {
      const { client_id, client_secret = '', redirect_uri } = tower.app;
      const config = await openid.discovery(new URL(tower.url), client_id, undefined, authentication(client_secret), {
        algorithm: 'oauth2',
        execute: [openid.allowInsecureRequests],
      });
      const pkceCodeVerifier = openid.randomPKCECodeVerifier();
      const state = openid.randomState();
      const address = openid.buildAuthorizationUrl(config, {
        redirect_uri,
        state,
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      });
      const token = await openid.authorizationCodeGrant(config, await consent(address), {
        pkceCodeVerifier,
        expectedState: state,
      });
      expect(token.expiresIn()).toBeGreaterThan(7100);
      const refreshed = await openid.refreshTokenGrant(config, token.refresh_token as string);
      expect((await openid.tokenIntrospection(config, refreshed.access_token)).active).toBe(true);
      const { username, password } = tower.credentials.user;
      const byPassword = await openid.genericGrantRequest(config, 'password', { username, password });
      expect(byPassword.email).toBe(username);
      expect((await openid.tokenIntrospection(config, refreshed.access_token)).active).toBe(false);
      await openid.tokenRevocation(config, byPassword.access_token);
      expect((await openid.tokenIntrospection(config, byPassword.access_token)).active).toBe(false);
    });
  });

  describe.each(['header', 'body'] as const)('simple-oauth2 with credentials in the %s', (authorizationMethod) => {
    const options = (more: { authorizePath?: string } = {}): SimpleOptions => ({
      client: { id: tower.credentials.client_id, secret: tower.credentials.client_secret },
      auth: {
        tokenHost: tower.server.url,
        tokenPath: '/tower/oauth/token',
        revokePath: '/tower/oauth/revoke',
        ...more,
      },
      options: { authorizationMethod },
    });

    it('password and refresh', async () => {
      const client = new simple.ResourceOwnerPassword(options());
      const token = await client.getToken(tower.credentials.user);
      expect(token.token.email).toBe(tower.credentials.user.username);
      expect(token.expired()).toBe(false);
      const refreshed = await token.refresh();
      expect(refreshed.token.access_token).not.toBe(token.token.access_token);
      expect((await tower.member(refreshed.token.access_token)).status).toBe(200);
      await expect(client.getToken({ ...tower.credentials.user, password: 'wrong' })).rejects.toMatchObject({
        output: { statusCode: 400 },
        data: { payload: { error: 'invalid_grant' } },
      });
    });

    it('code, refresh and revocation', async () => {
      const client = new simple.AuthorizationCode(options({ authorizePath: '/tower/oauth/authorize' }));
      const { redirect_uri } = tower.app;
      const url = await consent(client.authorizeURL({ redirect_uri, state: 'simple' }));
      expect(url.searchParams.get('state')).toBe('simple');
      const token = await client.getToken({ code: url.searchParams.get('code') as string, redirect_uri });
      const refreshed = await token.refresh();
      expect((await tower.member(refreshed.token.access_token)).status).toBe(200);
      await refreshed.revokeAll();
      expect((await tower.member(refreshed.token.access_token)).status).toBe(401);
    });
  });
});
