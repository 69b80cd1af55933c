import type { Migration } from 'kysely';
import type { Database } from './open.ts';

/** A part of the program with tables of its own: an API, `oauth`, `messages` or `files`. */
export interface TableOwner {
  /** The prefix of its tables and migrations. */
  name: string;
  /**
   * By number (`0001`). A released migration is never changed, renamed or removed: the next change of a table gets the
   * next number.
   */
  migrations?: Readonly<Record<string, Migration>>;
  /**
   * Deletes expired rows. May run at any time and on several nodes at once.
   *
   * @param now in milliseconds
   * @returns how many rows were deleted
   */
  deleteExpired?(database: Database, now: number): Promise<number>;
}
