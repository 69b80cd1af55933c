import { clientCredentials } from '../../oauth/clients/credentials.ts';
import { OAuthError } from '../../oauth/errors.ts';
import { handleTokenRequest } from '../../oauth/tokens/token-endpoint.ts';
import { findAppOfToken } from '../model/keys.ts';
import { profile } from '../profile.ts';
import type { Operation } from '../wire/operation.ts';

/** The response also has the uuids of the user and the app: the document has no other way to get them (P-13). */
export const createToken: Operation<'createToken'> = async ({ body, actor, request }, context) => {
  const credentials = clientCredentials(actor, body);
  if (credentials?.secret === undefined)
    throw new OAuthError('invalid_request', 'client_id and client_secret are missing');
  const token = await handleTokenRequest(profile, body, { credentials, network: request.network }, context);
  return {
    status: 200,
    headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' },
    body: {
      access_token: token.accessToken,
      token_type: 'Bearer',
      expires_in: 86400,
      user_uuid: token.userId as string,
      app_uuid: await findAppOfToken(token.id, context),
    },
  };
};
