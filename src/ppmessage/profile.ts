import type { GrantType, Profile } from '../oauth/profile.ts';
import { randomHex } from '../secrets.ts';

/** How PPMessage's authorization server differs from those of the other APIs (P-1 to P-13). */
export const profile: Profile = {
  api: 'ppmessage',
  grants: ['authorization_code'] satisfies GrantType[],
  // The scopes of a key are its levels. Requests do not name them: a token has all levels of its key.
  scopes: {},
  lifetimes: { accessToken: 24 * 3600, refreshToken: undefined, code: 600 },
  singleToken: false,
  // Hexadecimal digits: the original's clients send them without percent-encoding (P-8).
  newToken: () => randomHex(32),
  newCode: () => randomHex(32),
  refreshByBearer: false,
  sendsIssuer: false,
};
