import { HttpError } from '../errors.ts';

/** A uid that may have been written as a string of digits. The schema cannot say how large those may be. */
export function uidOf(uid: number | string): number {
  const number = Number(uid);
  if (Number.isSafeInteger(number)) return number;
  throw new HttpError('invalid_request', `uid ${uid} is greater than ${Number.MAX_SAFE_INTEGER}`);
}
