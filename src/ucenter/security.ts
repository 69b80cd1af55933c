import type { Api, CredentialSource, SecurityHandler } from '../http/api.ts';
import { authorizationCredentials } from '../http/authorization-header.ts';
import { basicCredentials } from '../oauth/clients/credentials.ts';
import { sessionHandler } from '../oauth/sign-in/sessions.ts';
import { findActor } from '../oauth/tokens/find-actor.ts';
import { UcenterError } from './model/errors.ts';
import { profile } from './profile.ts';

type Place = 'header' | 'body' | 'query';

/** One handler for each security scheme of the contract. */
export const security: Api['security'] = {
  accessTokenHeader: tokenIn('header'),
  accessTokenBody: tokenIn('body'),
  accessTokenQuery: tokenIn('query'),
  clientBasic: ({ headers }) => basicCredentials(headers.authorization),
  session: sessionHandler(profile),
};

function tokenIn(place: Place): SecurityHandler {
  return async (source, context) => {
    const sent = findToken(source);
    if (sent?.place !== place) return undefined;
    const actor = await findActor(context, profile, sent.token);
    if (typeof actor === 'string') throw new UcenterError('invalidToken');
    return actor;
  };
}

/** The one token that counts: an Authorization header excludes the other places, and the body precedes the query (U-7). */
function findToken({ headers, body, query }: CredentialSource): { place: Place; token: string } | undefined {
  const { authorization } = headers;
  if (authorization !== undefined)
    return { place: 'header', token: authorizationCredentials(authorization, 'bearer') ?? '' };
  const inBody = tokenOf(body);
  if (inBody !== undefined) return { place: 'body', token: inBody };
  const inQuery = tokenOf(query);
  return inQuery === undefined ? undefined : { place: 'query', token: inQuery };
}

/** `acess_token` is the spelling of the document's tables (U-6). */
function tokenOf(fields: unknown): string | undefined {
  const { access_token: right, acess_token: misspelt } = (fields ?? {}) as Record<string, unknown>;
  return [right, misspelt].find((token): token is string => typeof token === 'string' && token !== '');
}
