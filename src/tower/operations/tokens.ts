import { clientCredentials, withoutEmpty } from '../../oauth/clients/credentials.ts';
import { OAuthError } from '../../oauth/errors.ts';
import { authorizationServerMetadata } from '../../oauth/metadata.ts';
import { introspect } from '../../oauth/tokens/introspection.ts';
import { secondsLeft } from '../../oauth/tokens/issue-token.ts';
import { revoke } from '../../oauth/tokens/revocation.ts';
import { handleTokenRequest } from '../../oauth/tokens/token-endpoint.ts';
import { findEmail } from '../model/users.ts';
import { grants, profile } from '../profile.ts';
import type { Actors, Operation } from '../wire/operation.ts';

const headers = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const;

/** The response has two members that RFC 6749 does not know: `created_at` and the user's `email` (T-19). */
export const createToken: Operation<'createToken'> = async ({ body, actor, request }, context) => {
  const credentials = clientCredentials(basicOf(actor), body);
  const bearer = actor !== undefined && 'refreshBearer' in actor ? actor.refreshBearer : undefined;
  const token = await handleTokenRequest(
    profile,
    withoutEmpty(body),
    { credentials, bearer, network: request.network },
    context,
  );
  const email = await findEmail(context.database, token.userId as string);
  if (email === undefined) throw new OAuthError('invalid_grant', 'The user was deleted in the meantime');
  return {
    status: 200,
    headers,
    body: {
      access_token: token.accessToken,
      token_type: 'bearer',
      expires_in: Math.floor(secondsLeft(profile, token, context.clock.now())),
      refresh_token: token.refreshToken as string,
      created_at: Math.floor(token.createdAt / 1000),
      email,
      ...(token.scope !== '' && { scope: token.scope }),
    },
  };
};

export const revokeToken: Operation<'revokeToken'> = async ({ body, actor, request }, context) => {
  await revoke(profile, body.token, clientCredentials(basicOf(actor), body), request.network, context);
  return { status: 200, headers, body: {} };
};

export const introspectToken: Operation<'introspectToken'> = async ({ body, actor, request }, context) => {
  const credentials = clientCredentials(basicOf(actor), body);
  const state = await introspect(profile, body.token, credentials, request.network, context);
  const username = state.active ? await findEmail(context.database, state.userId as string) : undefined;
  if (username === undefined) return { status: 200, headers, body: { active: false } };
  return {
    status: 200,
    headers,
    body: {
      active: true,
      token_type: 'bearer',
      client_id: state.clientId as string,
      sub: state.userId as string,
      username,
      iat: state.issuedAt as number,
      iss: request.baseUrl,
      ...(state.expiresAt !== undefined && { exp: state.expiresAt }),
      ...(state.scope && { scope: state.scope }),
    },
  };
};

export const getAuthorizationServerMetadata: Operation<'getAuthorizationServerMetadata'> = ({ request }) => ({
  status: 200,
  body: {
    ...authorizationServerMetadata(profile, request),
    introspection_endpoint: `${request.baseUrl}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    grant_types_supported: [...grants],
  },
});

const basicOf = (actor: Actors['clientBasic'] | Actors['refreshBearer'] | undefined) =>
  actor !== undefined && 'clientBasic' in actor ? actor.clientBasic : undefined;
