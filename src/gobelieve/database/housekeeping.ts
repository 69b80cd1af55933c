import { sql } from 'kysely';
import type { Database } from '../../database/open.ts';
import { deleteInSteps } from '../../database/steps.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Deletes connections of supporters a day after their lease ended: their node has crashed. Forgets what devices have sent
 * a day ago: none sends it again.
 */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const before = now - DAY_MS;
  const connections = await deleteInSteps(
    database,
    'gobelieve_supporter_connections',
    ['connection'],
    sql`expires_at < ${before}`,
  );
  const sent = await deleteInSteps(
    database,
    'gobelieve_sent_messages',
    ['app_id', 'digest'],
    sql`created_at < ${before}`,
  );
  return connections + sent;
}
