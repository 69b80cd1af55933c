import { randomHex } from '../../secrets.ts';
import type { Grant, Subject } from './grant.ts';

/** RFC 6749 §4.4: the application acts for itself and gets no refresh token. */
export const clientCredentials: Grant = () => {
  const subject: Subject = { userId: null, grantId: randomHex(16) };
  return { model: () => ({ getUserFromClient: async () => subject }), withRefreshToken: false };
};
