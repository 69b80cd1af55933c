import { splitScope } from '../../oauth/scope.ts';
import type { UserWithDetails } from '../model/users.ts';
import type { Schemas } from './operation.ts';

type Claims = Schemas['UserClaims'];

/** The claims of each scope (OpenID Connect Core §5.4), as far as UCenter knows them (U-55). */
const claimsOf: Record<string, (user: UserWithDetails) => Omit<Claims, 'sub'>> = {
  profile: ({ user: { username }, details }) => {
    const sex = detailOf(details, 'sex');
    return {
      name: username,
      preferred_username: username,
      ...(sex && { gender: { 男: 'male', 女: 'female' }[sex] ?? sex }),
    };
  },
  email: ({ user: { email } }) => (email ? { email, email_verified: false } : {}),
  phone: ({ user: { phone } }) => (phone ? { phone_number: `+86${phone}`, phone_number_verified: true } : {}),
  address: ({ details }) => {
    const formatted = detailOf(details, 'address');
    return formatted ? { address: { formatted } } : {};
  },
};

/** What the scope of a token tells of its user. */
export function toClaims(user: UserWithDetails, scope: string): Claims {
  const claims = splitScope(scope).map((name) => claimsOf[name]?.(user));
  return Object.assign({ sub: String(user.user.id) }, ...claims);
}

/** Every claim that an ID token or `userinfo` may have. */
export const claimNames = [
  ...['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'at_hash'],
  ...['name', 'preferred_username', 'gender', 'email', 'email_verified'],
  ...['phone_number', 'phone_number_verified', 'address'],
];

const detailOf = (details: UserWithDetails['details'], field: string) =>
  details.find(({ name }) => name === field)?.value;
