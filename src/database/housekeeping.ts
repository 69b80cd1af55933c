import type { Database } from './open.ts';
import type { TableOwner } from './owner.ts';

/**
 * Deletes the expired rows of all owners, one after the other. May run at any time and on several nodes at once.
 *
 * @param now in milliseconds
 * @returns how many rows were deleted
 */
export async function deleteExpired(database: Database, owners: readonly TableOwner[], now: number): Promise<number> {
  let total = 0;
  for (const owner of owners) total += (await owner.deleteExpired?.(database, now)) ?? 0;
  return total;
}
