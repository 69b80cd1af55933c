import { clientCredentials } from '../../oauth/clients/credentials.ts';
import { OAuthError } from '../../oauth/errors.ts';
import { handleTokenRequest } from '../../oauth/tokens/token-endpoint.ts';
import { findAppOfToken } from '../model/keys.ts';
import { PERSON_TOKEN_SECONDS, signPersonIn } from '../model/person-tokens.ts';
import { profile } from '../profile.ts';
import type { Operation } from '../wire/operation.ts';
import { toServerMetadata } from '../wire/server-metadata.ts';

const headers = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const;

/** The response also has the uuids of the user and the app: the document has no other way to get them (P-13). */
export const createToken: Operation<'createToken'> = async ({ body, actor, request }, context) => {
  if (body.grant_type === 'password') {
    const { token, account } = await signPersonIn(body, request.network, context);
    return {
      status: 200,
      headers,
      body: {
        error_code: 0,
        access_token: token.accessToken,
        token_type: 'Bearer',
        expires_in: PERSON_TOKEN_SECONDS,
        user_uuid: account.uuid,
        app_uuid: account.app_uuid,
      },
    };
  }
  const credentials = clientCredentials(actor, body);
  if (credentials?.secret === undefined)
    throw new OAuthError('invalid_request', 'client_id and client_secret are missing');
  const token = await handleTokenRequest(profile, body, { credentials, network: request.network }, context);
  return {
    status: 200,
    headers,
    body: {
      access_token: token.accessToken,
      token_type: 'Bearer',
      expires_in: 86400,
      ...(token.userId !== null && { user_uuid: token.userId }),
      app_uuid: await findAppOfToken(token.id, context),
    },
  };
};

export const getAuthorizationServerMetadata: Operation<'getAuthorizationServerMetadata'> = ({ request }) => ({
  status: 200,
  body: toServerMetadata(request),
});
