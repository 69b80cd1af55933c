import type { GrantType, Profile } from '../oauth/profile.ts';
import { randomHex } from '../secrets.ts';

/** How PPMessage's document fixes the authorization server. Seed 003, and facts, sections 1 and 8. */
export const profile: Profile = {
  api: 'ppmessage',
  grants: ['authorization_code'] satisfies GrantType[],
  // A key's scopes are its levels; nobody asks for them, every token has all of its key's.
  scopes: {},
  lifetimes: { accessToken: 24 * 3600, refreshToken: undefined, code: 600 },
  singleToken: false,
  // Hexadecimal digits: the original's clients send them without percent-encoding.
  newToken: () => randomHex(32),
  newCode: () => randomHex(32),
  refreshByBearer: false,
  sendsIssuer: false,
};
