import type { Database } from '../../database/open.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Deletes connections of supporters a day after their lease ended: their node has crashed. Forgets what devices have sent
 * a day ago: none sends it again.
 */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const connections = await database
    .deleteFrom('gobelieve_supporter_connections')
    .where('expires_at', '<', now - DAY_MS)
    .executeTakeFirst();
  const sent = await database
    .deleteFrom('gobelieve_sent_messages')
    .where('created_at', '<', now - DAY_MS)
    .executeTakeFirst();
  return Number(connections.numDeletedRows + sent.numDeletedRows);
}
