import type { Database, Transaction } from '../../database/open.ts';
import { HttpError } from '../../errors.ts';
import type { ClientActor, ServerActor } from '../wire/operation.ts';

/** The app's own server has no uid and may do everything within the app; a device is held to what its user may do. */
export type Actor = ServerActor | ClientActor;

export const refuse = (message: string): HttpError => new HttpError('invalid_request', message);

const forbid = (message: string): HttpError => new HttpError('forbidden', message);

/** A uid that may have been written as a string of digits. The schema cannot say how large those may be. */
export function uidOf(uid: number | string): number {
  const number = Number(uid);
  if (Number.isSafeInteger(number)) return number;
  throw refuse(`uid ${uid} is greater than ${Number.MAX_SAFE_INTEGER}`);
}

/** Throws 403 when a device speaks of anybody but its own user. */
export function requireSelf({ uid }: Actor, wanted: number): void {
  if (uid !== undefined && uid !== wanted) throw forbid('With a token this can be done for oneself only');
}

/**
 * A group of the actor's app. A foreign group is refused with 400 like one that does not exist.
 *
 * @param allowed which users may do it, besides the app's own server; throws 403 for others. Facts, section 2, rule 5.
 */
export async function requireGroup(
  database: Database | Transaction,
  { appid, uid }: Actor,
  gid: number,
  allowed: 'everybody' | 'members' | 'master',
) {
  const group = await database
    .selectFrom('gobelieve_groups')
    .select(['id', 'master', 'name', 'notice', 'super'])
    .where('id', '=', gid)
    .where('app_id', '=', appid)
    .executeTakeFirst();
  if (group === undefined) throw refuse('There is no such group');
  if (uid === undefined || uid === group.master || allowed === 'everybody') return group;
  if (allowed === 'master') throw forbid('Only the master of the group may do this');
  const member = await database
    .selectFrom('gobelieve_members')
    .select('uid')
    .where('group_id', '=', gid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  if (member === undefined) throw forbid('Only members of the group may do this');
  return group;
}
