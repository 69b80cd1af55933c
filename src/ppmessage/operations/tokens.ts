import { findClient } from '../../oauth/clients/clients.ts';
import { handleTokenRequest } from '../../oauth/tokens/token-endpoint.ts';
import { profile } from '../profile.ts';
import type { Operation } from '../wire/operation.ts';

/** The answer also names the user and the app, which the document never says how to find out (P-13). */
export const createToken: Operation<'createToken'> = async ({ body }, context) => {
  const credentials = { id: body.client_id, secret: body.client_secret };
  const token = await handleTokenRequest(profile, body, { credentials }, context);
  const key = await findClient(context.database, profile, body.client_id);
  return {
    status: 200,
    headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' },
    body: {
      access_token: token.accessToken,
      token_type: 'Bearer',
      expires_in: 86400,
      user_uuid: token.userId as string,
      app_uuid: key?.ownerId as string,
    },
  };
};
