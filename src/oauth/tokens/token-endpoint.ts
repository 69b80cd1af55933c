import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { authenticateClient, type ClientCredentials, findClientByAccessToken } from '../clients/authenticate-client.ts';
import type { Client } from '../clients/clients.ts';
import { OAuthError } from '../errors.ts';
import { authorizationCodeGrant } from '../grants/authorization-code.ts';
import { clientCredentialsGrant } from '../grants/client-credentials.ts';
import type { Grant, TokenParameters } from '../grants/grant.ts';
import { passwordGrant } from '../grants/password.ts';
import { refreshTokenGrant } from '../grants/refresh-token.ts';
import { ReplayError } from '../grants/replay-error.ts';
import type { GrantType, Profile } from '../profile.ts';
import { revokeGrant } from '../sign-in/sign-ins.ts';
import { findByRefreshToken } from './find-token.ts';
import type { IssuedToken } from './issue-token.ts';

/** How a token request authenticates its client, unverified. */
export interface ClientAuthentication {
  credentials?: ClientCredentials | undefined;
  /** An access token, expired or not, where the profile has `refreshByBearer`. */
  bearer?: string | undefined;
  /** Where the request comes from, for limits. */
  network: string;
}

/**
 * The token endpoint (RFC 6749 §3.2). One transaction issues the token: all of it happens or nothing.
 *
 * @throws OAuthError with the codes of §5.2
 * @throws HttpError too_many_requests after too many wrong passwords or secrets
 */
export async function handleTokenRequest(
  profile: Profile,
  parameters: TokenParameters,
  authentication: ClientAuthentication,
  context: Context,
): Promise<IssuedToken> {
  const client = await authenticateTokenRequest(profile, parameters, authentication, context);
  const grantType = checkGrantType(profile, client, parameters.grant_type);
  const issue = await grants[grantType]({ profile, client, parameters, network: authentication.network, context });
  try {
    return await transact(context.database, issue);
  } catch (error) {
    if (error instanceof ReplayError) await revokeGrant(context, error.grant);
    throw error;
  }
}

const grants: Record<GrantType, Grant> = {
  authorization_code: authorizationCodeGrant,
  client_credentials: clientCredentialsGrant,
  password: passwordGrant,
  refresh_token: refreshTokenGrant,
};

/** Client authentication (RFC 6749 §3.2.1), or by the access token that comes with a refresh. */
async function authenticateTokenRequest(
  profile: Profile,
  parameters: TokenParameters,
  { credentials, bearer, network }: ClientAuthentication,
  context: Context,
): Promise<Client> {
  const isBearerAllowed = profile.refreshByBearer && parameters.grant_type === 'refresh_token';
  if (bearer === undefined || !isBearerAllowed || credentials?.secret !== undefined)
    return authenticateClient(profile, credentials, network, context);
  const found = await findClientByAccessToken(profile, bearer, context);
  if (found === undefined) {
    if (credentials !== undefined) return authenticateClient(profile, credentials, network, context);
    throw new OAuthError('invalid_client', 'The access token is unknown and does not authenticate a client');
  }
  const { client, userId } = found;
  if (credentials !== undefined && credentials.id !== client.id)
    throw new OAuthError('invalid_client', 'The access token belongs to another application than client_id names');
  const refresh = await findByRefreshToken(context.database, profile, parameters.refresh_token ?? '');
  if (refresh !== undefined && refresh.user_id !== userId)
    throw new OAuthError('invalid_grant', 'The refresh token and the access token belong to different users');
  return client;
}

/** Whether the API and the client have this grant. */
function checkGrantType(profile: Profile, client: Client, type: string): GrantType {
  const grantType = profile.grants.find((name) => name === type);
  if (grantType === undefined) throw new OAuthError('unsupported_grant_type', `grant_type ${type} is not supported`);
  if (!client.grants.includes(grantType))
    throw new OAuthError('unauthorized_client', `This application may not use ${type}`);
  return grantType;
}
