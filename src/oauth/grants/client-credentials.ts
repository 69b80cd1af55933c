import { randomHex } from '../../secrets.ts';
import { parseScope, requireGrantedScope } from '../scope.ts';
import { issueToken } from '../tokens/issue-token.ts';
import type { Grant } from './grant.ts';

/** The client credentials grant (RFC 6749 §4.4): the client acts for itself and gets no refresh token. */
export const clientCredentialsGrant: Grant = ({ profile, client, parameters, context }) => {
  const scope = requireGrantedScope(profile, client, parseScope(parameters.scope));
  return (trx) =>
    issueToken(trx, profile, context.clock.now(), {
      client,
      userId: null,
      grantId: randomHex(16),
      scope,
      withRefreshToken: false,
    });
};
