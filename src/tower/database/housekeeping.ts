import type { Database } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { dropFile } from '../../files/files.ts';

/** Deletes forms that expired, and files that were not attached in time or are attached no longer (T-48). */
export const deleteExpired = (database: Database, now: number): Promise<number> =>
  transact(database, async (trx) => {
    const versions = await trx
      .deleteFrom('tower_attfile_versions')
      .where('attfile_id', 'in', (eb) =>
        eb
          .selectFrom('tower_attfiles')
          .select('tower_attfiles.id')
          .where('target_id', 'is', null)
          .where('expires_at', '<', now),
      )
      .returning('file_id')
      .execute();
    const expired = await trx
      .deleteFrom('tower_attfiles')
      .where('target_id', 'is', null)
      .where('expires_at', '<', now)
      .returning('file_id')
      .execute();
    for (const { file_id } of [...versions, ...expired]) if (file_id !== null) await dropFile(trx, file_id, now);
    return expired.length;
  });
