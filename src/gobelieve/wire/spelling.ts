import { GobelieveError } from '../model/errors.ts';
import type { UserProfile } from '../model/members.ts';

/** Values that the contract lets requests write in several ways, in their normal form (G-4, G-5, G-22). */

/** A boolean, or 1 and 0. */
type Switch = boolean | 0 | 1;

/** A uid, or a member with a profile. */
type MemberEntry = number | string | { uid: number | string; name?: string | undefined; avatar?: string | undefined };

type MemberObject = Extract<MemberEntry, object>;

export const toBoolean = (value: Switch | undefined): boolean | undefined =>
  value === undefined ? undefined : Boolean(value);

/**
 * A uid that may be a string of digits.
 *
 * @throws GobelieveError uidTooLarge: the schema of a string cannot express the limit
 */
export function toUid(uid: number | string): number {
  const number = Number(uid);
  if (Number.isSafeInteger(number)) return number;
  throw new GobelieveError('uidTooLarge');
}

/** Each user once, with the first of several profiles. */
export function toProfiles(entries: readonly MemberEntry[]): UserProfile[] {
  const users = new Map<number, UserProfile>();
  for (const entry of entries) {
    const profile = toProfile(typeof entry === 'object' ? entry : { uid: entry });
    if (!users.has(profile.uid)) users.set(profile.uid, profile);
  }
  return [...users.values()];
}

export const toProfile = ({ uid, name, avatar }: MemberObject): UserProfile => ({
  uid: toUid(uid),
  ...(name !== undefined && { name }),
  ...(avatar !== undefined && { avatar }),
});

export const toUids = (entries: readonly MemberEntry[]): number[] => toProfiles(entries).map(({ uid }) => uid);

/** The users in a body: the document's `{members}`, a bare list, or one bare member. */
export function toNewMembers(body: { members: MemberEntry[] } | MemberEntry[] | MemberObject): UserProfile[] {
  if (Array.isArray(body)) return toProfiles(body);
  return toProfiles('uid' in body ? [body] : body.members);
}
