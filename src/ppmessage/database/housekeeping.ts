import { sql } from 'kysely';
import type { Database } from '../../database/open.ts';
import { inSteps } from '../../database/steps.ts';
import { transact } from '../../database/transact.ts';
import { dropFiles } from '../../files/files.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Deletes files a day after their upload that no message uses and no icon names, and those of deleted apps (P-90). */
export const deleteExpired = (database: Database, now: number): Promise<number> =>
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
