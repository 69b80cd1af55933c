import type { Context } from '../../context.ts';
import { clientCredentials } from '../../oauth/clients/credentials.ts';
import { createIdToken } from '../../oauth/openid/id-token.ts';
import { introspect, type TokenState } from '../../oauth/tokens/introspection.ts';
import { secondsLeft } from '../../oauth/tokens/issue-token.ts';
import { revoke } from '../../oauth/tokens/revocation.ts';
import { handleTokenRequest } from '../../oauth/tokens/token-endpoint.ts';
import { findUser } from '../model/users.ts';
import { profile } from '../profile.ts';
import { toOAuthSuccess, toSuccess } from '../wire/envelope.ts';
import { toMetadata } from '../wire/metadata.ts';
import type { Operation, Schemas } from '../wire/operation.ts';
import { readTokenParameters, toTokenError } from '../wire/token-parameters.ts';

export const createAccessToken: Operation<'createAccessToken'> = async (
  { query, body = {}, actor, request },
  context,
) => {
  const parameters = readTokenParameters(context.config.queryCredentials ? query : {}, body, actor);
  try {
    const credentials = clientCredentials(actor, parameters);
    const token = await handleTokenRequest(profile, parameters, { credentials, network: request.network }, context);
    const idToken = await createIdToken(profile, request.baseUrl, token, context);
    const data = {
      access_token: token.accessToken,
      token_type: 'Bearer' as const,
      expires_in: Math.ceil(secondsLeft(profile, token, context.clock.now())),
      scope: token.scope,
      ...(idToken !== undefined && { id_token: idToken }),
      ...(token.refreshToken !== undefined && { refresh_token: token.refreshToken }),
    };
    return toOAuthSuccess('获取access_token成功', data);
  } catch (error) {
    throw toTokenError(error, parameters.grant_type);
  }
};

export const revokeToken: Operation<'revokeToken'> = async ({ body, actor, request }, context) => {
  try {
    await revoke(profile, body.token, clientCredentials(actor, body), request.network, context);
  } catch (error) {
    throw toTokenError(error);
  }
  return toSuccess('撤销成功', {});
};

export const introspectToken: Operation<'introspectToken'> = async ({ body, actor, request }, context) => {
  try {
    const state = await introspect(profile, body.token, clientCredentials(actor, body), request.network, context);
    return toOAuthSuccess('查询成功', await toTokenState(state, request.baseUrl, context));
  } catch (error) {
    throw toTokenError(error);
  }
};

async function toTokenState(
  { active, clientId, userId, scope, issuedAt, expiresAt }: TokenState,
  issuer: string,
  { database }: Pick<Context, 'database'>,
): Promise<Schemas['TokenState']> {
  if (!active) return { active };
  const user = userId ? await findUser(database, Number(userId)) : undefined;
  return {
    active,
    token_type: 'Bearer',
    iss: issuer,
    ...(scope !== undefined && { scope }),
    ...(clientId !== undefined && { client_id: clientId }),
    ...(issuedAt !== undefined && { iat: issuedAt }),
    ...(expiresAt !== undefined && { exp: expiresAt }),
    ...(user && { sub: String(user.id), username: user.username }),
  };
}

export const getAuthorizationServerMetadata: Operation<'getAuthorizationServerMetadata'> = ({ request }) => ({
  status: 200,
  body: toMetadata(request),
});
