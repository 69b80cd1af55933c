import { buffer } from 'node:stream/consumers';
import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { keepFile } from '../../files/files.ts';
import { contentOf } from '../../files/store.ts';
import { canMakeThumbnails, makeThumbnail, THUMBNAILS, thumbnailTurns } from '../../files/thumbnails.ts';
import { sha256 } from '../../secrets.ts';
import { GobelieveError } from './errors.ts';
import { type FileRow, findFile, missingFile, requireFile } from './files.ts';

/** Thumbnails of images (G-49). */

/** In pixels. */
export interface ThumbnailSize {
  width: number;
  height: number;
  /** Fill width and height and cut off the rest. Otherwise scale to the width and cut off nothing. */
  crop: boolean;
}

/**
 * Finds a thumbnail of an image. It is made at the first request and stored. Without the library for thumbnails it is the
 * image itself.
 *
 * @throws GobelieveError unknownImage; unreadableImage for bytes that are not an image, and for too large an image
 * @throws HttpError unavailable when too many requests wait already
 */
export async function requireThumbnail(context: Context, image: string, size: ThumbnailSize): Promise<FileRow> {
  const name = `${image}@${size.width}w_${size.height}h_${size.crop ? 1 : 0}c`;
  const find = () => findFile(context, 'images', name);
  const existing = await find();
  if (existing !== undefined) return existing;
  await requireReadable(context, image);
  const { limits } = context;
  // One picture is decoded once at a time: the requests that waited find what the first one has stored.
  const make = async () => {
    const stored = await find();
    if (stored !== undefined) return stored;
    const row = await requireReadable(context, image);
    const isMade = await limits.inTurn(THUMBNAILS, () => create(context, row, { image, name, size }), thumbnailTurns);
    return isMade ? requireFile(context, 'images', name) : row;
  };
  return limits.inTurn(`thumbnail:${image}`, make, { ...thumbnailTurns, atOnce: 1 });
}

async function requireReadable(context: Context, image: string): Promise<FileRow> {
  const row = await requireFile(context, 'images', image);
  if (row.unreadable === 1) throw new GobelieveError('unreadableImage');
  return row;
}

/** Makes and stores a thumbnail. Returns false without the library. An image that cannot be decoded is marked as such. */
async function create(
  context: Context,
  row: FileRow,
  { image, name, size }: { image: string; name: string; size: ThumbnailSize },
): Promise<boolean> {
  const { database, files, clock } = context;
  if (!(await canMakeThumbnails())) return false;
  const bytes = await files.get(row.key);
  if (bytes === undefined) throw missingFile('images');
  const made = await makeThumbnail(await buffer(bytes), toResize(size));
  if (made === undefined) {
    const rows = database.updateTable('gobelieve_files').where('kind', '=', 'images').where('name', '=', image);
    await rows.set({ unreadable: 1 }).execute();
    throw new GobelieveError('unreadableImage');
  }
  const { bytes: data, type } = made;
  const key = await files.put(contentOf(data), { type });
  const { app_id } = row;
  const thumbnail = { key, app_id, kind: 'images' as const, name, type, size: data.length, digest: sha256(data) };
  try {
    await transact(database, async (trx) => {
      await keepFile(trx, key);
      await trx
        .insertInto('gobelieve_files')
        .values({ ...thumbnail, created_at: clock.now() })
        .execute();
    });
  } finally {
    await files.discard(key);
  }
  return true;
}

/** Without `crop` nothing is cut off, and small images stay small. */
const toResize = ({ width, height, crop }: ThumbnailSize) =>
  crop ? { width, height } : { width, withoutEnlargement: true };
