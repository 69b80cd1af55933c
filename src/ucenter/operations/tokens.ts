import { clientCredentials } from '../../oauth/clients/credentials.ts';
import { revoke } from '../../oauth/tokens/revocation.ts';
import { handleTokenRequest } from '../../oauth/tokens/token-endpoint.ts';
import { profile } from '../profile.ts';
import { toSuccess } from '../wire/envelope.ts';
import type { Operation } from '../wire/operation.ts';
import { readTokenParameters, toTokenError } from '../wire/token-parameters.ts';

export const createAccessToken: Operation<'createAccessToken'> = async (
  { query, body = {}, actor, request },
  context,
) => {
  const parameters = readTokenParameters(context.config.queryCredentials ? query : {}, body, actor);
  try {
    const credentials = clientCredentials(actor, parameters);
    const token = await handleTokenRequest(profile, parameters, { credentials, network: request.network }, context);
    const data = {
      access_token: token.accessToken,
      token_type: 'Bearer' as const,
      expires_in: Math.max(0, Math.ceil((token.accessExpiresAt - context.clock.now()) / 1000)),
      ...(token.refreshToken !== undefined && { refresh_token: token.refreshToken }),
    };
    const answer = toSuccess('获取access_token成功', data);
    // General OAuth clients read the token at the top level (U-50).
    return { ...answer, body: { ...answer.body, ...data } };
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
