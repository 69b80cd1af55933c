import { createHash } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import type { Mode, OAuthServer } from './general-clients.ts';

/** What a client of OpenID Connect has learnt and checked. */
export interface Identity {
  /** Of the ID token, and of the one after a refresh. */
  claims: { sub: string; iss: string; auth_time?: number | undefined };
  refreshed: { sub: string; auth_time?: number | undefined };
  userInfo: Record<string, unknown>;
}

const s256 = (verifier: string) => createHash('sha256').update(verifier).digest('base64url');
const scope = 'openid profile email';

/** By the name of the package: signs in with OpenID Connect, knowing the issuer alone. */
export const openIdFlows: Readonly<Record<string, (server: OAuthServer, mode: Mode) => Promise<Identity>>> = {
  async 'openid-client'(server, { credentials, pkce }) {
    const authentication = credentials === 'basic' ? openid.ClientSecretBasic : openid.ClientSecretPost;
    const config = await openid.discovery(
      new URL(server.issuer),
      server.clientId,
      undefined,
      authentication(server.secret),
      { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] },
    );
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const [expectedNonce, expectedState] = [openid.randomNonce(), openid.randomState()];
    const address = openid.buildAuthorizationUrl(config, {
      redirect_uri: server.redirectUri,
      scope,
      nonce: expectedNonce,
      state: expectedState,
      max_age: '600',
      ...(pkce && { code_challenge: s256(pkceCodeVerifier), code_challenge_method: 'S256' }),
    });
    const checks = { expectedNonce, expectedState, maxAge: 600, idTokenExpected: true };
    const token = await openid.authorizationCodeGrant(config, await server.allow(address), {
      ...checks,
      ...(pkce && { pkceCodeVerifier }),
    });
    const claims = token.claims() as openid.IDToken;
    const userInfo = await openid.fetchUserInfo(config, token.access_token, claims.sub);
    const refreshed = await openid.refreshTokenGrant(config, token.refresh_token as string);
    return { claims, refreshed: refreshed.claims() as openid.IDToken, userInfo };
  },

  async oauth4webapi(server, { credentials, pkce }) {
    const options = { [oauth.allowInsecureRequests]: true } as const;
    const issuer = new URL(server.issuer);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
    const client: oauth.Client = { client_id: server.clientId, require_auth_time: true };
    const authentication =
      credentials === 'basic' ? oauth.ClientSecretBasic(server.secret) : oauth.ClientSecretPost(server.secret);
    const verifier = oauth.generateRandomCodeVerifier();
    const [nonce, state] = [oauth.generateRandomNonce(), oauth.generateRandomState()];
    const address = new URL(as.authorization_endpoint as string);
    address.search = new URLSearchParams({
      client_id: server.clientId,
      redirect_uri: server.redirectUri,
      response_type: 'code',
      scope,
      nonce,
      state,
      ...(pkce && { code_challenge: s256(verifier), code_challenge_method: 'S256' }),
    }).toString();
    const callback = oauth.validateAuthResponse(as, client, await server.allow(address), state);
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication,
      callback,
      server.redirectUri,
      pkce ? verifier : oauth.nopkce,
      options,
    );
    const checks = { expectedNonce: nonce, requireIdToken: true };
    const token = await oauth.processAuthorizationCodeResponse(as, client, response, checks);
    await oauth.validateApplicationLevelSignature(as, response, options);
    const claims = oauth.getValidatedIdTokenClaims(token) as oauth.IDToken;
    const answer = await oauth.userInfoRequest(as, client, token.access_token, options);
    const userInfo = await oauth.processUserInfoResponse(as, client, claims.sub, answer);
    const refreshToken = token.refresh_token as string;
    const again = await oauth.refreshTokenGrantRequest(as, client, authentication, refreshToken, options);
    const refreshed = await oauth.processRefreshTokenResponse(as, client, again);
    await oauth.validateApplicationLevelSignature(as, again, options);
    return { claims, refreshed: oauth.getValidatedIdTokenClaims(refreshed) as oauth.IDToken, userInfo };
  },
};
