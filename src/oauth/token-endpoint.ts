import OAuth2Server, { OAuthError as LibraryError, Request, Response } from '@node-oauth/oauth2-server';
import type { Context } from '../context.ts';
import type { Transaction } from '../database/open.ts';
import { transact } from '../database/transact.ts';
import { authenticateClient, type Client, type ClientCredentials, findClient } from './clients.ts';
import { OAuthError, type OAuthErrorCode } from './errors.ts';
import { authorizationCode } from './grants/authorization-code.ts';
import { clientCredentials } from './grants/client-credentials.ts';
import type { Grant, GrantModel, GrantRequest, Subject, TokenParameters } from './grants/grant.ts';
import { password } from './grants/password.ts';
import { refreshToken } from './grants/refresh-token.ts';
import type { GrantType, Profile } from './profile.ts';
import { findByAccessToken, findByRefreshToken, type IssuedToken, issueToken } from './tokens.ts';

const grants: Record<GrantType, Grant> = {
  authorization_code: authorizationCode,
  client_credentials: clientCredentials,
  password,
  refresh_token: refreshToken,
};

/** What proves the client: its credentials, or the access token that comes with a refresh. */
export interface ClientProof {
  credentials?: ClientCredentials | undefined;
  /** A Bearer token, expired or not. */
  bearer?: string | undefined;
}

/**
 * The token endpoint (RFC 6749 §3.2): authenticates the client, then everything else happens in one transaction or not
 * at all.
 *
 * @throws OAuthError in the codes of §5.2
 */
export async function exchange(
  profile: Profile,
  body: TokenParameters,
  proof: ClientProof,
  context: Context,
): Promise<IssuedToken> {
  const client = await identifyClient(profile, body, proof, context);
  const { grant_type: type } = body;
  if (!profile.grants.includes(type as GrantType))
    throw new OAuthError('unsupported_grant_type', `grant_type ${type} is not supported`);
  if (!client.grants.includes(type as GrantType))
    throw new OAuthError('unauthorized_client', `This application may not use ${type}`);
  const request: GrantRequest = { profile, client, body, context };
  const grant = await grants[type as GrantType](request);
  try {
    return await transact(context.database, async (trx) => (await grant.repeat?.(trx)) ?? issue(trx, request, grant));
  } catch (error) {
    await grant.failed?.();
    throw error instanceof LibraryError && error.code < 500
      ? new OAuthError(error.name as OAuthErrorCode, plain(error.message))
      : error;
  }
}

async function identifyClient(
  profile: Profile,
  body: TokenParameters,
  { credentials, bearer }: ClientProof,
  context: Context,
): Promise<Client> {
  const canUseBearer = profile.refreshByBearer && body.grant_type === 'refresh_token';
  if (bearer === undefined || !canUseBearer || credentials?.secret !== undefined) {
    return authenticateClient(profile, credentials, context);
  }
  const { database } = context;
  const access = await findByAccessToken(database, profile, bearer);
  const client = access && (await findClient(database, profile, access.client_id));
  if (client === undefined) {
    if (credentials !== undefined) return authenticateClient(profile, credentials, context);
    const reason = 'The access token is unknown, so it does not tell whose refresh token this is';
    throw new OAuthError('invalid_client', reason);
  }
  if (credentials !== undefined && credentials.id !== client.id)
    throw new OAuthError('invalid_client', 'The access token belongs to another application than client_id names');
  const refresh = await findByRefreshToken(database, profile, body.refresh_token ?? '');
  if (refresh !== undefined && refresh.user_id !== access?.user_id) {
    throw new OAuthError('invalid_grant', 'The refresh token and the access token belong to different users');
  }
  return client;
}

/** Lets the library carry the grant out; tokens, storage and rotation are ours. */
async function issue(
  trx: Transaction,
  { profile, client, body }: GrantRequest,
  grant: GrantModel,
): Promise<IssuedToken> {
  let issued: IssuedToken | undefined;
  const server = new OAuth2Server({
    accessTokenLifetime: profile.lifetimes.accessToken,
    refreshTokenLifetime: profile.lifetimes.refreshToken ?? Number.MAX_SAFE_INTEGER / 1e6,
    model: {
      getClient: async () => ({ id: client.id, grants: [...client.grants] }),
      validateScope: async (_user: unknown, _client: unknown, scope: string[] | undefined) =>
        grantedScope(profile, client, scope),
      // The library wants tokens of its own; `saveToken` makes the real ones.
      generateAccessToken: async () => 'unused',
      generateRefreshToken: async () => 'unused',
      async saveToken(token: { scope?: string[] }, _client: unknown, subject: Subject) {
        const { withRefreshToken } = grant;
        issued = await issueToken(trx, profile, {
          client,
          ...subject,
          scope: (token.scope ?? []).join(' '),
          withRefreshToken,
        });
        return {
          accessToken: issued.accessToken,
          accessTokenExpiresAt: new Date(issued.accessExpiresAt),
          client: { id: client.id, grants: [] },
          user: subject,
        };
      },
      ...grant.model(trx),
    } as never,
  });
  // Client and password were looked at already, and the library takes only some characters: it finds this in their place.
  const verified = (value: string | undefined) => value && 'verified';
  const form = {
    ...body,
    username: verified(body.username),
    password: verified(body.password),
    client_id: client.id,
    client_secret: 'verified',
  };
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '1' };
  await server.token(new Request({ method: 'POST', query: {}, headers, body: form }), new Response());
  if (issued === undefined) throw new Error('The library issued no token');
  await grant.issued?.(trx, issued);
  return issued;
}

/**
 * What a client gets of the scopes that it asks for: all of them, or `undefined` when one is unknown or not its own. Who
 * asks for none gets those that the application is registered with.
 */
export function grantedScope(
  profile: Profile,
  client: Client,
  scope: readonly string[] | undefined,
): string[] | undefined {
  const wanted = scope === undefined || scope.length === 0 ? [...client.scopes] : [...new Set(scope)];
  const possible = client.scopes.length > 0 ? client.scopes : Object.keys(profile.scopes);
  return wanted.every((name) => possible.includes(name)) ? wanted : undefined;
}

const plain = (message: string) => message.replace(/^Invalid \w+: /, '').replaceAll('`', '');
