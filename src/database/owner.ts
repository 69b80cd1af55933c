import type { Migration } from 'kysely';
import type { Database } from './open.ts';

/** A part of the program with tables of its own: an API, `oauth`, `messages` or `files`. */
export interface TableOwner {
  /** In front of the names of its tables and migrations. */
  name: string;
  /**
   * By number (`0001`). A migration that was released is never changed, renamed or removed: the next change of a table
   * is the next number.
   */
  migrations?: Readonly<Record<string, Migration>>;
  /**
   * Deletes rows that nothing needs any more. May run at any time and on several nodes at once.
   *
   * @param now in milliseconds
   * @returns how many rows were deleted
   */
  deleteExpired?(database: Database, now: number): Promise<number>;
}
