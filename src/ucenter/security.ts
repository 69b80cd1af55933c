import type { Api, CredentialSource, SecurityHandler } from '../http/api.ts';
import { authorizationCredentials } from '../http/authorization-header.ts';
import { basicCredentials } from '../oauth/clients/credentials.ts';
import { sessionHandler } from '../oauth/sign-in/sessions.ts';
import { findActor } from '../oauth/tokens/find-actor.ts';
import { type OpenIdScope, requireScope, type Scope } from './model/access.ts';
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
  return async (source, context, scopes) => {
    if (place === 'query' && !context.config.queryCredentials) return undefined;
    const token = tokenAt(place, source);
    if (token === undefined) return undefined;
    const actor = await findActor(context, profile, token);
    if (typeof actor === 'string') throw new UcenterError('invalidToken');
    for (const scope of scopes) requireScope(actor, scope as Scope | OpenIdScope);
    return actor;
  };
}

/** The token at one place (U-7). An Authorization header without a Bearer token is a wrong one. */
function tokenAt(place: Place, { headers: { authorization }, body, query }: CredentialSource): string | undefined {
  if (place !== 'header') return tokenOf(place === 'body' ? body : query);
  return authorization === undefined ? undefined : (authorizationCredentials(authorization, 'bearer') ?? '');
}

/** `acess_token` is the spelling of the document's tables (U-6). */
function tokenOf(fields: unknown): string | undefined {
  const { access_token: right, acess_token: misspelt } = (fields ?? {}) as Record<string, unknown>;
  return [right, misspelt].find((token): token is string => typeof token === 'string' && token !== '');
}
