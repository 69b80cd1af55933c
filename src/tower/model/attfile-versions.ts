import { buffer } from 'node:stream/consumers';
import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { keepFile } from '../../files/files.ts';
import { contentOf } from '../../files/store.ts';
import { canMakeThumbnails, makeThumbnail, THUMBNAILS, thumbnailTurns } from '../../files/thumbnails.ts';
import type { TowerAttfileVersionsTable } from '../database/tables.ts';
import type { Attfile } from './attfiles.ts';

/** Smaller versions of pictures (T-52). */

export type Version = TowerAttfileVersionsTable['version'];

/** The longest side, in pixels. */
const sides: Record<Version, number> = { small: 200, medium: 600, large: 1200 };

/** A file of the store. */
export interface StoredFile {
  key: string;
  type: string;
  size: number;
  created_at: number;
}

/**
 * The stored file of an attachment, or a smaller version of it, which is made at the first request. What is no picture
 * has one version, and so has a picture on a machine without the library for thumbnails.
 *
 * @throws HttpError unavailable when too many requests wait already
 */
export async function getStoredFile(
  context: Context,
  attfile: Attfile,
  version: Version | undefined,
): Promise<StoredFile | undefined> {
  const original = toStoredFile(attfile);
  if (version === undefined || attfile.width === null || original === undefined) return original;
  const find = () => findVersion(context, attfile.id, version);
  const existing = await find();
  if (existing !== undefined) return existing;
  // One picture is decoded once at a time: the requests that waited find what the first one has stored.
  const make = async () => {
    const made = await find();
    if (made !== undefined) return made;
    await context.limits.inTurn(THUMBNAILS, () => create(context, attfile, original, version), thumbnailTurns);
    return (await find()) ?? original;
  };
  return context.limits.inTurn(`thumbnail:${attfile.id}`, make, { ...thumbnailTurns, atOnce: 1 });
}

const toStoredFile = ({ file_id, content_type, byte_size, stored_at }: Attfile): StoredFile | undefined =>
  file_id === null || content_type === null || stored_at === null
    ? undefined
    : { key: file_id, type: content_type, size: byte_size, created_at: stored_at };

const findVersion = ({ database }: Context, attfileId: string, version: Version): Promise<StoredFile | undefined> =>
  database
    .selectFrom('tower_attfile_versions')
    .select(['file_id as key', 'content_type as type', 'byte_size as size', 'created_at'])
    .where('attfile_id', '=', attfileId)
    .where('version', '=', version)
    .executeTakeFirst();

/** Makes and stores a version. A picture that cannot be decoded is a picture no longer, so that no request tries again. */
async function create(
  { clock, database, files }: Context,
  { id }: Attfile,
  original: StoredFile,
  version: Version,
): Promise<void> {
  if (!(await canMakeThumbnails())) return;
  const bytes = await files.get(original.key);
  if (bytes === undefined) return;
  const side = sides[version];
  const size = { width: side, height: side, fit: 'inside', withoutEnlargement: true } as const;
  const thumbnail = await makeThumbnail(await buffer(bytes), size);
  if (thumbnail === undefined) {
    await database.updateTable('tower_attfiles').set({ width: null, height: null }).where('id', '=', id).execute();
    return;
  }
  const key = await files.put(contentOf(thumbnail.bytes), { type: thumbnail.type });
  try {
    await transact(database, async (trx) => {
      const inserted = await trx
        .insertInto('tower_attfile_versions')
        .values({
          attfile_id: id,
          version,
          file_id: key,
          content_type: thumbnail.type,
          byte_size: thumbnail.bytes.length,
          created_at: clock.now(),
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('version')
        .execute();
      // Another node may have made it.
      if (inserted.length > 0) await keepFile(trx, key);
    });
  } finally {
    await files.discard(key);
  }
}
