import { sql } from 'kysely';
import type { Database } from '../../database/open.ts';
import { deleteInSteps, inSteps } from '../../database/steps.ts';
import { transact } from '../../database/transact.ts';
import { dropFiles } from '../../files/files.ts';

/** A customer who neither asks nor is online waits no longer than this (P-70). */
export const WAIT_MS = 600_000;

/** Visited pages are kept for this long (P-80). */
const NAVIGATION_DAYS = 90;
const DAY_MS = 86_400_000;

/** Deletes customers who wait no longer, old records of visited pages, removed apps, and files without a use. */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const waiting = await deleteWaiting(database, now);
  const before = now - NAVIGATION_DAYS * DAY_MS;
  const navigations = await deleteInSteps(database, 'ppmessage_navigations', ['uuid'], sql`created_at < ${before}`);
  const removed = await database
    .selectFrom('ppmessage_apps')
    .select('uuid')
    .where('removed_at', 'is not', null)
    .execute();
  for (const { uuid } of removed) await deleteRemovedApp(database, uuid);
  return waiting + navigations + removed.length + (await deleteUnusedFiles(database, now));
}

/**
 * Deletes a removed app with everything in it, in steps: there may be any number of rows. When it is interrupted, the next
 * one goes on (P-86).
 */
export async function deleteRemovedApp(database: Database, uuid: string): Promise<void> {
  const keys = sql`select api_key from ppmessage_keys where app_uuid = ${uuid}`;
  const ofKeys = sql`api = 'ppmessage' and client_id in (${keys})`;
  await deleteInSteps(database, 'oauth_tokens', ['id'], ofKeys);
  await deleteInSteps(database, 'oauth_codes', ['code_hash'], ofKeys);
  await deleteInSteps(database, 'oauth_clients', ['api', 'id'], sql`api = 'ppmessage' and id in (${keys})`);
  const ofApp = sql`app_uuid = ${uuid}`;
  // Each row before those that it refers to.
  await deleteInSteps(database, 'ppmessage_pushes', ['uuid'], ofApp);
  await deleteInSteps(database, 'ppmessage_messages', ['app_uuid', 'uuid'], ofApp);
  await deleteInSteps(database, 'ppmessage_conversation_members', ['uuid'], ofApp);
  await deleteInSteps(database, 'ppmessage_conversations', ['uuid'], ofApp);
  await deleteInSteps(database, 'ppmessage_waiting_customers', ['uuid'], ofApp);
  await deleteInSteps(database, 'ppmessage_navigations', ['uuid'], ofApp);
  await deleteInSteps(database, 'ppmessage_group_members', ['group_uuid', 'user_uuid'], ofApp);
  await deleteInSteps(database, 'ppmessage_devices', ['uuid'], ofApp);
  await deleteInSteps(database, 'ppmessage_users', ['app_uuid', 'uuid'], ofApp);
  await inSteps(async (limit) => {
    const files = sql`select uuid from ppmessage_files where ${ofApp} limit ${limit}`;
    const { numAffectedRows = 0n } =
      await sql`update ppmessage_files set app_uuid = null where uuid in (${files})`.execute(database);
    return Number(numAffectedRows);
  });
  // Groups, scripts and keys, of which a team has few, go with the app, and so does what was stored meanwhile.
  await database.deleteFrom('ppmessage_apps').where('uuid', '=', uuid).execute();
}

/** Queries leave these customers out before that. */
function deleteWaiting(database: Database, now: number): Promise<number> {
  const isOver = sql`asked_at < ${now - WAIT_MS} and not exists (
    select 1 from ppmessage_devices as device
    where device.app_uuid = ppmessage_waiting_customers.app_uuid
      and device.user_uuid = ppmessage_waiting_customers.user_uuid
      and device.online_until > ${now}
  )`;
  return deleteInSteps(database, 'ppmessage_waiting_customers', ['uuid'], isOver);
}

/** Deletes files a day after their upload that no message uses and no icon names, and those of deleted apps (P-90). */
const deleteUnusedFiles = (database: Database, now: number): Promise<number> =>
  inSteps((limit) =>
    transact(database, async (trx) => {
      const isUnused = sql`is_used = 0
        and not exists (select 1 from ppmessage_users where user_icon = ppmessage_files.uuid)
        and not exists (select 1 from ppmessage_groups where group_icon = ppmessage_files.uuid)
        and not exists (select 1 from ppmessage_apps where app_icon = ppmessage_files.uuid)`;
      const expired = trx
        .selectFrom('ppmessage_files')
        .select('uuid')
        .where('created_at', '<', now - DAY_MS)
        .where(sql<boolean>`((${isUnused}) or (is_used = 1 and app_uuid is null))`)
        .limit(limit);
      const files = await trx
        .deleteFrom('ppmessage_files')
        .where('uuid', 'in', expired)
        // A message may have begun to use it a moment ago.
        .where(sql<boolean>`(is_used = 0 or app_uuid is null)`)
        .returning('key')
        .execute();
      await dropFiles(
        trx,
        files.map(({ key }) => key),
        now,
      );
      return files.length;
    }),
  );
