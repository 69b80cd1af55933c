import { sql } from 'kysely';
import type { Database } from '../../database/open.ts';
import { deleteInSteps } from '../../database/steps.ts';
import { emptyDissolvedGroups } from './empty-group.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Deletes nodes a day after their lease ended, and the connections of nodes that are no longer there. Forgets what devices
 * have sent a day ago: none sends it again. Finishes the dissolution of groups.
 */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const before = now - DAY_MS;
  const groups = await emptyDissolvedGroups(database);
  const nodes = await deleteInSteps(database, 'gobelieve_nodes', ['node'], sql`expires_at < ${before}`);
  const connections = await deleteInSteps(
    database,
    'gobelieve_connections',
    ['connection'],
    sql`node not in (select node from gobelieve_nodes)`,
  );
  const sent = await deleteInSteps(
    database,
    'gobelieve_sent_messages',
    ['app_id', 'digest'],
    sql`created_at < ${before}`,
  );
  return groups + nodes + connections + sent;
}
