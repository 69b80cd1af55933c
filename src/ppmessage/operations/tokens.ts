import { findClient } from '../../oauth/clients.ts';
import { exchange } from '../../oauth/token-endpoint.ts';
import type { Operation } from '../wire/operation.ts';
import { profile } from '../profile.ts';

/** The token endpoint, which also tells whose token it is: the document asks callers to know, and never says how. */
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
