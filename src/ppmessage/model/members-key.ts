/** Keys by which conversations of exactly some users are found (P-35). */

/**
 * What a user adds to the key of a conversation: the last eight digits of the uuid as a number. Several sets of users can
 * have the same key, so that what a key finds has to be compared.
 */
export const memberNumber = (uuid: string): number =>
  sum(Array.from({ length: 8 }, (_, place) => (DIGITS.indexOf(uuid.charAt(28 + place)) + 1) * 16 ** place));

/** The key of a conversation of these users. */
export const membersKey = (uuids: readonly string[]): number => sum(uuids.map(memberNumber));

const DIGITS = '0123456789abcdef';

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
