import { extname } from 'node:path/posix';
import type { Selectable } from 'kysely';
import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import { dropFiles, keepFile } from '../../files/files.ts';
import type { Upload } from '../../files/intake.ts';
import { sniffMediaType } from '../../files/media-types.ts';
import { cleanFileName } from '../../files/names.ts';
import { findClient } from '../../oauth/clients/clients.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import type { UcenterFilesTable } from '../database/tables.ts';
import { profile } from '../profile.ts';
import { UcenterError } from './errors.ts';
import { recordColumns } from './records.ts';

export type FileRow = Selectable<UcenterFilesTable>;

/**
 * Stores and records a file under a random key (U-38). The name has no directories, and the sender's own claim of a type
 * does not count (U-39).
 *
 * @throws UcenterError noRoom when the application stores too much; invalidToken when it is deleted meanwhile
 */
export async function storeFile(
  file: Upload,
  actor: TokenActor,
  { clock, config, database, files }: Context,
): Promise<Omit<FileRow, 'id'>> {
  const limit = limitOf(config, 'UCENTER_STORAGE_LIMIT') || Number.POSITIVE_INFINITY;
  const used = await database
    .selectFrom('ucenter_storage')
    .select('bytes')
    .where('client_id', '=', actor.clientId)
    .executeTakeFirst();
  requireRoom((used?.bytes ?? 0) + file.size, limit);
  const mime_type = await sniffMediaType(file);
  const file_name = cleanFileName(file.name);
  const key = await files.put(file, { type: mime_type });
  const row = {
    ...recordColumns(actor, clock.now()),
    key,
    file_name,
    extension: extname(file_name).slice(1),
    mime_type,
    size: file.size,
  };
  try {
    await transact(database, async (trx) => {
      await lockFiles(trx, actor.clientId);
      if (!(await findClient(trx, profile, actor.clientId))) throw new UcenterError('invalidToken');
      requireRoom(await addToStorage(trx, actor.clientId, file.size), limit);
      await keepFile(trx, key);
      await trx.insertInto('ucenter_files').values(row).execute();
    });
  } catch (error) {
    await files.discard(key);
    throw error;
  }
  return row;
}

/** @param key 32 hex digits, see `Files` */
export const findFile = (database: Database, key: string): Promise<FileRow | undefined> =>
  database.selectFrom('ucenter_files').selectAll().where('key', '=', key).executeTakeFirst();

/**
 * Deletes files of an application that is being deleted.
 *
 * @param now in milliseconds
 * @param limit how many; all without it
 * @returns how many were deleted
 */
export async function dropFilesOf(trx: Transaction, clientId: string, now: number, limit?: number): Promise<number> {
  await lockFiles(trx, clientId);
  const files = await trx
    .deleteFrom('ucenter_files')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('ucenter_files')
        .select('id')
        .where('client_id', '=', clientId)
        .$if(limit !== undefined, (query) => query.limit(limit as number)),
    )
    .returning('key')
    .execute();
  await dropFiles(
    trx,
    files.map(({ key }) => key),
    now,
  );
  return files.length;
}

function requireRoom(bytes: number, limit: number): void {
  if (bytes > limit) throw new UcenterError('noRoom', { field: 'file' });
}

/** Returns the bytes that the application stores with this file. */
async function addToStorage(trx: Transaction, client_id: string, bytes: number): Promise<number> {
  const { bytes: total } = await trx
    .insertInto('ucenter_storage')
    .values({ client_id, bytes })
    .onConflict((conflict) =>
      conflict.column('client_id').doUpdateSet((row) => ({ bytes: row('ucenter_storage.bytes', '+', bytes) })),
    )
    .returning('bytes')
    .executeTakeFirstOrThrow();
  return total;
}

/** Lets no file be stored while its application is deleted: nothing would delete that file later. */
const lockFiles = (trx: Transaction, clientId: string) => lockInTransaction(trx, `ucenter_files:${clientId}`);
