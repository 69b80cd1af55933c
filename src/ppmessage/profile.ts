import type { Profile } from '../oauth/profile.ts';
import { randomHex } from '../secrets.ts';
import { isOwnProgram, OWN_TOKEN_MARK } from './model/levels.ts';

/** How PPMessage's authorization server differs from those of the other APIs (P-1 to P-13). */
export const profile: Profile = {
  api: 'ppmessage',
  // The sign-in of the own programs is in `operations/tokens.ts`: their password grant names no secret (P-59).
  grants: ['authorization_code', 'client_credentials'],
  // The scopes of a key are its levels. Requests do not name them: a token has all levels of its key.
  scopes: {},
  lifetimes: { accessToken: 24 * 3600, refreshToken: undefined, code: 600 },
  singleToken: false,
  // Hexadecimal digits: the original's clients send them without percent-encoding (P-8).
  newToken: (scope) => `${isOwnProgram(scope) ? OWN_TOKEN_MARK : ''}${randomHex(32)}`,
  newCode: () => randomHex(32),
  refreshByBearer: false,
  sendsIssuer: false,
};
