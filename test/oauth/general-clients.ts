import { createHash, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { generateCodeVerifier, OAuth2Client, type OAuth2Token } from '@badgateway/oauth2-client';
import ClientOAuth2 from 'client-oauth2';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import OAuth2Strategy from 'passport-oauth2';
import { expect } from 'vitest';
import type { Credentials } from '../../src/docs/clients.ts';
import { Browser } from '../support/browser.ts';

/** One of the OAuth servers, with its demo application. */
export interface OAuthServer {
  /** `http://127.0.0.1:<port>/tower` */
  issuer: string;
  authorize: string;
  token: string;
  revoke: string;
  clientId: string;
  secret: string;
  redirectUri: string;
  /** Signs in and allows in a browser. Returns the address of the callback. */
  allow(address: string | URL): Promise<URL>;
  /** The status of an API call with this token as a Bearer token. */
  statusOf(accessToken: string): Promise<number>;
}

export interface Mode {
  credentials: Credentials;
  pkce: boolean;
}

/** A token in the hands of a client. */
interface ClientToken {
  accessToken: string;
  refresh(): Promise<ClientToken>;
  /** Absent where the client has no revocation. */
  revoke?(): Promise<unknown>;
}

type Flow = (server: OAuthServer, mode: Mode) => Promise<ClientToken>;

const s256 = (verifier: string) => createHash('sha256').update(verifier).digest('base64url');

const openidClient: Flow = async (server, { credentials, pkce }) => {
  const authentication = credentials === 'basic' ? openid.ClientSecretBasic : openid.ClientSecretPost;
  const config = await openid.discovery(
    new URL(server.issuer),
    server.clientId,
    undefined,
    authentication(server.secret),
    {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    },
  );
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const address = openid.buildAuthorizationUrl(config, {
    redirect_uri: server.redirectUri,
    state: expectedState,
    ...(pkce && { code_challenge: s256(pkceCodeVerifier), code_challenge_method: 'S256' }),
  });
  const callback = await server.allow(address);
  const checks = { expectedState, ...(pkce && { pkceCodeVerifier }) };
  const held = (answer: openid.TokenEndpointResponse): ClientToken => ({
    accessToken: answer.access_token,
    refresh: async () => held(await openid.refreshTokenGrant(config, answer.refresh_token as string)),
    revoke: () => openid.tokenRevocation(config, answer.access_token),
  });
  return held(await openid.authorizationCodeGrant(config, callback, checks));
};

const oauth4webapi: Flow = async (server, { credentials, pkce }) => {
  const options = { [oauth.allowInsecureRequests]: true } as const;
  const issuer = new URL(server.issuer);
  const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options });
  const as = await oauth.processDiscoveryResponse(issuer, discovered);
  const client: oauth.Client = { client_id: server.clientId };
  const authentication =
    credentials === 'basic' ? oauth.ClientSecretBasic(server.secret) : oauth.ClientSecretPost(server.secret);
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const address = new URL(as.authorization_endpoint as string);
  address.search = new URLSearchParams({
    client_id: server.clientId,
    redirect_uri: server.redirectUri,
    response_type: 'code',
    state,
    ...(pkce && { code_challenge: s256(verifier), code_challenge_method: 'S256' }),
  }).toString();
  const callback = oauth.validateAuthResponse(as, client, await server.allow(address), state);
  const held = (answer: oauth.TokenEndpointResponse): ClientToken => ({
    accessToken: answer.access_token,
    refresh: async () => {
      const refreshToken = answer.refresh_token as string;
      const response = await oauth.refreshTokenGrantRequest(as, client, authentication, refreshToken, options);
      return held(await oauth.processRefreshTokenResponse(as, client, response));
    },
    revoke: async () =>
      oauth.processRevocationResponse(
        await oauth.revocationRequest(as, client, authentication, answer.access_token, options),
      ),
  });
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    authentication,
    callback,
    server.redirectUri,
    pkce ? verifier : oauth.nopkce,
    options,
  );
  return held(await oauth.processAuthorizationCodeResponse(as, client, response));
};

/** The used part of simple-oauth2, which has no types. */
interface SimpleToken {
  token: { access_token: string };
  refresh(): Promise<SimpleToken>;
  revokeAll(): Promise<void>;
}
const simple = createRequire(import.meta.url)('simple-oauth2') as {
  AuthorizationCode: new (
    options: object,
  ) => { authorizeURL(parameters: object): string; getToken(parameters: object): Promise<SimpleToken> };
};

const simpleOauth2: Flow = async (server, { credentials, pkce }) => {
  const path = (address: string) => new URL(address).pathname;
  const client = new simple.AuthorizationCode({
    client: { id: server.clientId, secret: server.secret },
    auth: {
      tokenHost: new URL(server.issuer).origin,
      tokenPath: path(server.token),
      authorizePath: path(server.authorize),
      revokePath: path(server.revoke),
    },
    ...(credentials === 'body' && { options: { authorizationMethod: 'body' } }),
  });
  const verifier = randomBytes(32).toString('base64url');
  const address = client.authorizeURL({
    redirect_uri: server.redirectUri,
    state: 'simple',
    ...(pkce && { code_challenge: s256(verifier), code_challenge_method: 'S256' }),
  });
  const callback = await server.allow(address);
  expect(callback.searchParams.get('state')).toBe('simple');
  const held = (answer: SimpleToken): ClientToken => ({
    accessToken: answer.token.access_token,
    refresh: async () => held(await answer.refresh()),
    revoke: () => answer.revokeAll(),
  });
  return held(
    await client.getToken({
      code: callback.searchParams.get('code'),
      redirect_uri: server.redirectUri,
      ...(pkce && { code_verifier: verifier }),
    }),
  );
};

/** The members of node-oauth that passport-oauth2 gives to strategies. */
interface NodeOauth {
  getOAuthAccessToken(
    code: string,
    parameters: object,
    done: (error: unknown, accessToken: string, refreshToken: string) => void,
  ): void;
}

const passport: Flow = async (server, { pkce }) => {
  interface Held {
    accessToken: string;
    refreshToken: string;
  }
  const options = {
    authorizationURL: server.authorize,
    tokenURL: server.token,
    clientID: server.clientId,
    clientSecret: server.secret,
    callbackURL: server.redirectUri,
    ...(pkce && { pkce: true, state: true }),
  };
  const strategy = new OAuth2Strategy(
    options as OAuth2Strategy.StrategyOptions,
    ((accessToken: string, refreshToken: string, _profile: unknown, verified: OAuth2Strategy.VerifyCallback) =>
      verified(null, { accessToken, refreshToken })) as OAuth2Strategy.VerifyFunction,
  );
  const session = {};
  /** What a request to the application does, with one session for all. */
  const authenticate = (query: object) =>
    new Promise<string | Held>((resolve, reject) => {
      const acting = Object.assign(Object.create(strategy), {
        redirect: resolve,
        success: resolve,
        fail: (info: unknown) => reject(new Error(JSON.stringify(info))),
        error: reject,
      });
      acting.authenticate({ query, session });
    });
  const callback = await server.allow((await authenticate({})) as string);
  const held = ({ accessToken, refreshToken }: Held): ClientToken => ({
    accessToken,
    refresh: () =>
      new Promise((resolve, reject) => {
        const { _oauth2: nodeOauth } = strategy as unknown as { _oauth2: NodeOauth };
        nodeOauth.getOAuthAccessToken(refreshToken, { grant_type: 'refresh_token' }, (error, access, refresh) => {
          if (error) reject(new Error(JSON.stringify(error)));
          else resolve(held({ accessToken: access, refreshToken: refresh }));
        });
      }),
  });
  return held((await authenticate(Object.fromEntries(callback.searchParams))) as Held);
};

const badgateway: Flow = async (server, { credentials, pkce }) => {
  const client = new OAuth2Client({
    clientId: server.clientId,
    clientSecret: server.secret,
    server: server.issuer,
    discoveryEndpoint: `${server.issuer}/.well-known/oauth-authorization-server`,
    ...(credentials === 'body' && { authenticationMethod: 'client_secret_post' }),
  });
  const codeVerifier = pkce ? await generateCodeVerifier() : undefined;
  const request = { redirectUri: server.redirectUri, state: 'badgateway', ...(codeVerifier && { codeVerifier }) };
  const callback = await server.allow(await client.authorizationCode.getAuthorizeUri(request));
  const held = (token: OAuth2Token): ClientToken => ({
    accessToken: token.accessToken,
    refresh: async () => held(await client.refreshToken(token)),
    revoke: () => client.revoke(token),
  });
  return held(await client.authorizationCode.getTokenFromCodeRedirect(callback, request));
};

const clientOauth2: Flow = async (server, { pkce }) => {
  const client = new ClientOAuth2({
    clientId: server.clientId,
    clientSecret: server.secret,
    authorizationUri: server.authorize,
    accessTokenUri: server.token,
    redirectUri: server.redirectUri,
    state: 'client',
  });
  const verifier = randomBytes(32).toString('base64url');
  const query = { code_challenge: s256(verifier), code_challenge_method: 'S256' };
  const callback = await server.allow(client.code.getUri(pkce ? { query } : {}));
  const held = (token: ClientOAuth2.Token): ClientToken => ({
    accessToken: token.accessToken,
    refresh: async () => held(await token.refresh()),
  });
  return held(await client.code.getToken(callback.href, pkce ? { body: { code_verifier: verifier } } : {}));
};

/** By the name of the package. */
export const flows: Readonly<Record<string, Flow>> = {
  'openid-client': openidClient,
  oauth4webapi,
  'simple-oauth2': simpleOauth2,
  'passport-oauth2': passport,
  '@badgateway/oauth2-client': badgateway,
  'client-oauth2': clientOauth2,
};

interface DemoApp {
  client_id: string;
  client_secret: string;
  redirect_uri: string;
}

interface DemoCredentials {
  tower: DemoApp & { team_id: string; user: { username: string; password: string } };
  ucenter: DemoApp & { user: { username: string; password: string } };
  ppmessage: {
    api_key: string;
    api_secret: string;
    redirect_uri: string;
    app_uuid: string;
    agent: { user_email: string; user_password: string };
  };
}

/** The servers of one sandbox. */
export async function readServers(origin: string): Promise<Record<'tower' | 'ucenter' | 'ppmessage', OAuthServer>> {
  const demo = (await (await fetch(`${origin}/sandbox/credentials`)).json()) as DemoCredentials;
  /** With two pages: the sign-in and the consent page. */
  const withPages = ({ username, password }: { username: string; password: string }) =>
    async function allow(address: string | URL): Promise<URL> {
      const browser = new Browser(origin);
      const signIn = await browser.visit(String(address));
      const consent = await browser.submit(signIn.forms[0], { username, password });
      return (await browser.submit(consent.forms[0], { decision: 'allow' })).url;
    };
  const server = (api: string, paths: Pick<OAuthServer, 'authorize' | 'token' | 'revoke'>, app: DemoApp) => ({
    issuer: `${origin}/${api}`,
    authorize: `${origin}/${api}${paths.authorize}`,
    token: `${origin}/${api}${paths.token}`,
    revoke: `${origin}/${api}${paths.revoke}`,
    clientId: app.client_id,
    secret: app.client_secret,
    redirectUri: app.redirect_uri,
  });
  const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` });
  const { tower, ucenter, ppmessage } = demo;
  return {
    tower: {
      ...server('tower', { authorize: '/oauth/authorize', token: '/oauth/token', revoke: '/oauth/revoke' }, tower),
      allow: withPages(tower.user),
      statusOf: async (token) =>
        (await fetch(`${origin}/tower/api/v1/teams/${tower.team_id}/member`, { headers: bearer(token) })).status,
    },
    ucenter: {
      ...server(
        'ucenter',
        { authorize: '/oauth/authorize', token: '/api/oauth/accessToken', revoke: '/api/oauth/revoke' },
        ucenter,
      ),
      allow: withPages(ucenter.user),
      statusOf: async (token) => (await fetch(`${origin}/ucenter/api/user`, { headers: bearer(token) })).status,
    },
    ppmessage: {
      ...server(
        'ppmessage',
        { authorize: '/ppauth/auth', token: '/ppauth/token', revoke: '' },
        { client_id: ppmessage.api_key, client_secret: ppmessage.api_secret, redirect_uri: ppmessage.redirect_uri },
      ),
      allow: async (address) => {
        const { user_email, user_password } = ppmessage.agent;
        const browser = new Browser(origin);
        const page = await browser.visit(String(address));
        return (await browser.submit(page.forms[0], { user_email, user_password })).url;
      },
      statusOf: async (token) => {
        const response = await fetch(`${origin}/ppmessage/api/PP_GET_APP_INFO`, {
          method: 'POST',
          headers: { ...bearer(token), 'content-type': 'application/json' },
          body: JSON.stringify({ app_uuid: ppmessage.app_uuid }),
        });
        const { error_code } = (await response.json()) as { error_code: string };
        return error_code === '0' ? response.status : 401;
      },
    },
  };
}
