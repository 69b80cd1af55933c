import type { Database } from './open.ts';
import type { TableOwner } from './owner.ts';

/**
 * Deletes the expired rows of all owners. May run at any time and on several nodes at once.
 *
 * @param now in milliseconds
 * @returns how many rows were deleted
 */
export async function deleteExpired(database: Database, owners: readonly TableOwner[], now: number): Promise<number> {
  const counts = await Promise.all(owners.map((owner) => owner.deleteExpired?.(database, now) ?? 0));
  return counts.reduce((total, count) => total + count, 0);
}
