import { HttpError } from '../errors.ts';
import type { Api } from '../http/api.ts';
import { sessionHandler } from '../oauth/sessions.ts';
import { findActor, type TokenRefusal } from '../oauth/tokens.ts';
import type { Actors } from './operation.ts';
import { profile } from './profile.ts';

/** One handler for each security scheme of the contract. */
export const security: Api['security'] = {
  async oauth2({ headers }, { database }): Promise<Actors['oauth2'] | undefined> {
    const token = credentialsOf(headers.authorization, 'bearer');
    if (token === undefined) return undefined;
    const actor = await findActor(database, profile, token);
    if (typeof actor === 'string') throw invalidToken(actor);
    return actor;
  },

  clientBasic({ headers }): Actors['clientBasic'] | undefined {
    const encoded = credentialsOf(headers.authorization, 'basic');
    if (encoded === undefined) return undefined;
    const text = Buffer.from(encoded, 'base64').toString();
    const colon = text.indexOf(':');
    const [id, secret] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
    return { clientBasic: { id: formDecode(id), secret: formDecode(secret) || undefined } };
  },

  refreshBearer({ headers }): Actors['refreshBearer'] | undefined {
    const token = credentialsOf(headers.authorization, 'bearer');
    return token === undefined ? undefined : { refreshBearer: token };
  },

  session: sessionHandler(profile),
};

/** What follows the scheme word of an Authorization header, whatever its case. */
function credentialsOf(header: string | undefined, scheme: string): string | undefined {
  const match = /^(\S+) +(\S+) *$/.exec(header ?? '');
  return match?.[1]?.toLowerCase() === scheme ? match[2] : undefined;
}

/** RFC 6749 §2.3.1 encodes both halves like a form; who does not encode is understood as well. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** RFC 6750 §3.1, in Doorkeeper's words. */
function invalidToken(refusal: TokenRefusal): HttpError {
  const description = {
    unknown: 'The access token is invalid',
    revoked: 'The access token was revoked',
    expired: 'The access token expired',
  }[refusal];
  return new HttpError('unauthorized', description, {
    headers: { 'WWW-Authenticate': `Bearer realm="Tower", error="invalid_token", error_description="${description}"` },
  });
}
