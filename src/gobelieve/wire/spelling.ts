import { GobelieveError } from '../model/errors.ts';
import type { Person } from '../model/members.ts';

/** The spellings that the contract allows for one value, and the value that they stand for (G-4, G-5, G-22). */

/** A boolean, or 1 and 0. */
type Switch = boolean | 0 | 1;

/** A uid, or a member with a profile. */
type MemberEntry = number | string | { uid: number | string; name?: string | undefined; avatar?: string | undefined };

type MemberObject = Extract<MemberEntry, object>;

export const toBoolean = (value: Switch | undefined): boolean | undefined =>
  value === undefined ? undefined : Boolean(value);

/** A uid that may be a string of digits. Throws `uidTooLarge` (400), which the schema of a string cannot express. */
export function toUid(uid: number | string): number {
  const number = Number(uid);
  if (Number.isSafeInteger(number)) return number;
  throw new GobelieveError('uidTooLarge');
}

/** Each person once, with the first of several profiles. */
export function toPeople(entries: readonly MemberEntry[]): Person[] {
  const people = new Map<number, Person>();
  for (const entry of entries) {
    const person = toPerson(typeof entry === 'object' ? entry : { uid: entry });
    if (!people.has(person.uid)) people.set(person.uid, person);
  }
  return [...people.values()];
}

export const toPerson = ({ uid, name, avatar }: MemberObject): Person => ({
  uid: toUid(uid),
  ...(name !== undefined && { name }),
  ...(avatar !== undefined && { avatar }),
});

export const toUids = (entries: readonly MemberEntry[]): number[] => toPeople(entries).map(({ uid }) => uid);

/** The people in the document's `{members}`, in a bare list, or in one bare member. */
export function toNewMembers(body: { members: MemberEntry[] } | MemberEntry[] | MemberObject): Person[] {
  if (Array.isArray(body)) return toPeople(body);
  return toPeople('uid' in body ? [body] : body.members);
}
