import type { Context } from '../context.ts';
import type { Api } from '../http/api.ts';
import { authorizationCredentials } from '../http/authorization-header.ts';
import { basicCredentials } from '../oauth/clients/credentials.ts';
import { sessionHandler } from '../oauth/sign-in/sessions.ts';
import { findActor, type InvalidTokenReason } from '../oauth/tokens/find-actor.ts';
import { requireSignedForm } from './model/direct-uploads.ts';
import { invalidToken } from './model/users.ts';
import { profile } from './profile.ts';
import type { Actors } from './wire/operation.ts';

/** One handler for each security scheme of the contract. */
export const security: Api['security'] = {
  oauth2: ({ headers }, context) => requireToken(headers.authorization, context),

  clientBasic({ headers }): Actors['clientBasic'] | undefined {
    const credentials = basicCredentials(headers.authorization);
    return credentials && { clientBasic: credentials };
  },

  refreshBearer({ headers }): Actors['refreshBearer'] | undefined {
    const token = authorizationCredentials(headers.authorization, 'bearer');
    return token === undefined ? undefined : { refreshBearer: token };
  },

  session: sessionHandler(profile),

  async uploadForm({ body }, context): Promise<Actors['uploadForm']> {
    const { key, policy, Signature: signature } = (body ?? {}) as Record<string, unknown>;
    const form = { key: textOf(key), policy: textOf(policy), signature: textOf(signature) };
    return { uploadForm: await requireSignedForm(form, context) };
  },
};

/** A field that is missing or repeated is no text. */
const textOf = (field: unknown): string => (typeof field === 'string' ? field : '');

/**
 * The actor of the access token in an Authorization header; undefined without one.
 *
 * @throws HttpError unauthorized
 */
export async function requireToken(
  authorization: string | undefined,
  context: Context,
): Promise<Actors['oauth2'] | undefined> {
  const token = authorizationCredentials(authorization, 'bearer');
  if (token === undefined) return undefined;
  const actor = await findActor(context, profile, token);
  if (typeof actor === 'string') throw invalidToken(descriptions[actor]);
  return actor;
}

/** Doorkeeper's descriptions (T-29). */
const descriptions: Record<InvalidTokenReason, string> = {
  unknown: 'The access token is invalid',
  revoked: 'The access token was revoked',
  expired: 'The access token expired',
};
