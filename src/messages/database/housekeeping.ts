import { sql } from 'kysely';
import type { Database } from '../../database/open.ts';
import { deleteInSteps } from '../../database/steps.ts';

const RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

/** Deletes messages 30 days after they were queued, except those that are still queued. */
export const deleteExpired = (database: Database, now: number): Promise<number> =>
  deleteInSteps(database, 'messages_outbox', ['id'], sql`status <> 'queued' and created_at < ${now - RETENTION_MS}`);
