import type { GrantType } from '../../oauth/profile.ts';

/** Levels of keys (P-21). */
export const levels = ['PPCOM', 'PPKEFU', 'PPCONSOLE', 'THIRD_PARTY_KEFU', 'THIRD_PARTY_CONSOLE'] as const;
export type Level = (typeof levels)[number];

/** What a token can be: a key of PPCONSOLE alone, without a user, is not signed in yet (P-57). */
export type TokenLevel = Level | 'PPCONSOLE_BEFORE_LOGIN';

/** The grants without the sign-in page that the original gives to each level (P-56). */
export const directGrants: Readonly<Record<Level, readonly GrantType[]>> = {
  PPCOM: ['client_credentials'],
  PPKEFU: ['password'],
  PPCONSOLE: ['client_credentials', 'password'],
  THIRD_PARTY_KEFU: [],
  THIRD_PARTY_CONSOLE: ['client_credentials'],
};

/** The levels of a token without a user, by those of its key (P-57). */
const withoutUser: Readonly<Partial<Record<string, TokenLevel>>> = {
  PPCOM: 'PPCOM',
  PPCONSOLE: 'PPCONSOLE_BEFORE_LOGIN',
  THIRD_PARTY_CONSOLE: 'THIRD_PARTY_CONSOLE',
};

/** The levels that a token has, by its scope and its user. */
export const levelsOfToken = (scope: readonly string[], userId: string | null): string[] =>
  userId === null ? scope.flatMap((level) => withoutUser[level] ?? []) : [...scope];

/** Whether a token is for one of the original's own programs: it has no third-party level (P-60). */
export const isOwnProgram = (scope: readonly string[]): boolean =>
  scope.length > 0 && !scope.some((level) => level.startsWith('THIRD_PARTY_'));

/** The beginning of a token of an own program. It tells the level of a token that has ended and is forgotten (P-60). */
export const OWN_TOKEN_MARK = 'own-';
