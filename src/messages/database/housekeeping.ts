import type { Database } from '../../database/open.ts';

const RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

/** Deletes messages 30 days after they were queued, except those that are still queued. */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const { numDeletedRows } = await database
    .deleteFrom('messages_outbox')
    .where('status', '!=', 'queued')
    .where('created_at', '<', now - RETENTION_MS)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
