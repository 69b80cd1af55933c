import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { isForeignKeyViolation, lockInTransaction, transact } from '../../database/transact.ts';
import { dropFiles, keepFile } from '../../files/files.ts';
import type { Content } from '../../files/store.ts';
import type { GobelieveFilesTable } from '../database/tables.ts';
import { GobelieveError } from './errors.ts';

/** Images, audios and other files that messages refer to. Addresses have no app in them, rows belong to an app (G-48). */

export type FileKind = GobelieveFilesTable['kind'];

const imageExtensions = { 'image/jpeg': '.jpg', 'image/png': '.png' } as const;
export type ImageType = keyof typeof imageExtensions;

/** Content for an app. */
export interface NewFile {
  appid: number;
  content: Content;
}

/** A row with the size that rows from before that column lack. */
export type FileRow = Awaited<ReturnType<typeof requireFile>>;

const missing = { images: 'unknownImage', audios: 'unknownAudio', files: 'unknownFile' } as const;

/**
 * Stores an image and returns its name.
 *
 * @param type media type
 * @throws GobelieveError unsupportedImage for other types than JPEG and PNG, emptyFile, noRoom
 */
export async function saveImage(context: Context, file: NewFile, type: string | undefined): Promise<string> {
  if (type === undefined || !isImageType(type)) throw new GobelieveError('unsupportedImage');
  return save(context, file, { kind: 'images', extension: imageExtensions[type], type });
}

/**
 * Stores an audio and returns its name, which has no extension.
 *
 * @throws GobelieveError emptyFile, noRoom
 */
export const saveAudio = (context: Context, file: NewFile): Promise<string> =>
  save(context, file, { kind: 'audios', extension: '', type: 'application/octet-stream' });

/**
 * Stores a file and returns its name.
 *
 * @param originalName its extension is kept when it is letters and digits
 * @throws GobelieveError emptyFile, noRoom
 */
export function saveFile(context: Context, file: NewFile, originalName: string): Promise<string> {
  const extension = /\.[A-Za-z0-9]{1,16}$/.exec(originalName)?.[0] ?? '';
  return save(context, file, { kind: 'files', extension, type: 'application/octet-stream' });
}

/** @throws GobelieveError unknownImage, unknownAudio or unknownFile */
export async function requireFile(context: Context, kind: FileKind, name: string) {
  const file = await findFile(context, kind, name);
  if (file === undefined) throw missingFile(kind);
  return file;
}

export const missingFile = (kind: FileKind) => new GobelieveError(missing[kind]);

/** The first upload of a file; the others have the same content. */
export async function findFile(context: Context, kind: FileKind, name: string) {
  const find = () =>
    context.database
      .selectFrom('gobelieve_files')
      .select(['key', 'app_id', 'type', 'size', 'unreadable', 'created_at'])
      .where('kind', '=', kind)
      .where('name', '=', name)
      .orderBy('created_at')
      .orderBy('key')
      .executeTakeFirst();
  let row = await find();
  if (row?.size === null) {
    await completeRows(context, kind, name);
    row = await find();
  }
  return row === undefined || row.size === null ? undefined : { ...row, size: row.size };
}

/** The media type of an image, by its first bytes. */
export async function imageTypeOf(content: Content): Promise<ImageType | undefined> {
  const [bytes = new Uint8Array()] = (await content.stream().take(1).toArray()) as Uint8Array[];
  const startsWith = (...start: number[]) => start.every((byte, index) => bytes[index] === byte);
  if (startsWith(0xff, 0xd8, 0xff)) return 'image/jpeg';
  return startsWith(0x89, 0x50, 0x4e, 0x47) ? 'image/png' : undefined;
}

const isImageType = (type: string): type is ImageType => type in imageExtensions;

/**
 * Stores a file under the MD5 of its content. Different files can be made to have the same MD5, so other content of that
 * name is compared by SHA-256, and the second file is named after its own.
 */
async function save(
  context: Context,
  { appid, content }: NewFile,
  { kind, extension, type }: { kind: FileKind; extension: string; type: string },
): Promise<string> {
  if (content.size === 0) throw new GobelieveError('emptyFile');
  const limit = limitOf(context.config, 'GOBELIEVE_STORAGE_LIMIT') || Number.POSITIVE_INFINITY;
  const { md5, sha256 } = await digestsOf(content.stream());
  const names = [md5, sha256.slice(0, 32)].map((digest) => digest + extension);
  for (const name of names) await completeRows(context, kind, name);
  const key = await context.files.put(content, { type });
  const row = { key, app_id: appid, kind, type, size: content.size, digest: sha256, created_at: context.clock.now() };
  try {
    return await transact(context.database, (trx) => insertOnce(trx, row, names, limit));
  } catch (error) {
    // The app was deleted in the meantime.
    throw isForeignKeyViolation(error) ? new GobelieveError('invalidToken') : error;
  } finally {
    await context.files.discard(key);
  }
}

type NewRow = Omit<GobelieveFilesTable, 'name' | 'unreadable' | 'digest'> & { app_id: number; digest: string };

/** Inserts the row under the first name that belongs to no other content, unless the app has the file already. */
async function insertOnce(trx: Transaction, row: NewRow, names: readonly string[], limit: number): Promise<string> {
  await lockFilesOfApp(trx, row.app_id);
  for (const name of names) {
    await lockInTransaction(trx, `gobelieve_files:${row.kind}:${name}`);
    const existing = await trx
      .selectFrom('gobelieve_files')
      .select(['app_id', 'digest'])
      .where('kind', '=', row.kind)
      .where('name', '=', name)
      .execute();
    if (existing.some(({ digest }) => digest !== row.digest)) continue;
    if (!existing.some(({ app_id }) => app_id === row.app_id)) {
      if ((await addToStorage(trx, row.app_id, row.size ?? 0)) > limit) throw new GobelieveError('noRoom');
      await keepFile(trx, row.key);
      await trx
        .insertInto('gobelieve_files')
        .values({ ...row, name })
        .execute();
    }
    return name;
  }
  throw new Error(`Both names of a file belong to others: ${names}`);
}

/** Returns the bytes that the app stores with this file. */
async function addToStorage(trx: Transaction, app_id: number, bytes: number): Promise<number> {
  const { bytes: total } = await trx
    .insertInto('gobelieve_storage')
    .values({ app_id, bytes })
    .onConflict((conflict) =>
      conflict.column('app_id').doUpdateSet((row) => ({ bytes: row('gobelieve_storage.bytes', '+', bytes) })),
    )
    .returning('bytes')
    .executeTakeFirstOrThrow();
  return total;
}

/**
 * Deletes files of an app that is being deleted. Addresses stay that another app has too.
 *
 * @param limit how many; all without it
 * @returns how many were deleted
 */
export async function dropFilesOfApp(trx: Transaction, appid: number, now: number, limit?: number): Promise<number> {
  await lockFilesOfApp(trx, appid);
  const files = await trx
    .deleteFrom('gobelieve_files')
    .where('key', 'in', (eb) =>
      eb
        .selectFrom('gobelieve_files')
        .select('key')
        .where('app_id', '=', appid)
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

/** Lets no file be stored while its app is deleted. */
const lockFilesOfApp = (trx: Transaction, appid: number) => lockInTransaction(trx, `gobelieve_files:${appid}`);

/** Fills in size and digest of files from before these columns. */
async function completeRows({ database, files }: Context, kind: FileKind, name: string): Promise<void> {
  const rows = await database
    .selectFrom('gobelieve_files')
    .select('key')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('digest', 'is', null)
    .execute();
  for (const { key } of rows) {
    const bytes = await files.get(key);
    if (bytes === undefined) continue;
    const { size, sha256 } = await digestsOf(bytes);
    await database.updateTable('gobelieve_files').set({ size, digest: sha256 }).where('key', '=', key).execute();
  }
}

async function digestsOf(bytes: Readable): Promise<{ size: number; md5: string; sha256: string }> {
  const [md5, sha256] = [createHash('md5'), createHash('sha256')];
  let size = 0;
  for await (const chunk of bytes as AsyncIterable<Uint8Array>) {
    md5.update(chunk);
    sha256.update(chunk);
    size += chunk.length;
  }
  return { size, md5: md5.digest('hex'), sha256: sha256.digest('hex') };
}
