import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { keepFile } from '../../files/files.ts';
import type { Upload } from '../../files/intake.ts';
import { type Content, contentOf } from '../../files/store.ts';
import type { GobelieveFilesTable } from '../database/tables.ts';
import { GobelieveError } from './errors.ts';
import { makeThumbnail, type ThumbnailSize } from './thumbnails.ts';

/** Images, audios and other files that messages refer to. The name of a file is the MD5 of its content (G-48). */

export type FileKind = GobelieveFilesTable['kind'];

const imageExtensions = { 'image/jpeg': '.jpg', 'image/png': '.png' } as const;
export type ImageType = keyof typeof imageExtensions;

export interface StoredFile {
  /** Media type. */
  type: string;
  body: Readable | Uint8Array;
}

/**
 * Stores an image and returns its name.
 *
 * @param type media type; by default that of the content
 * @throws GobelieveError unsupportedImage for other types than JPEG and PNG, emptyFile
 */
export async function saveImage(context: Context, image: Upload, type?: string): Promise<string> {
  const known = type ?? (await imageTypeOf(image));
  if (known === undefined || !isImageType(known)) throw new GobelieveError('unsupportedImage');
  return save(context, 'images', image, imageExtensions[known], known);
}

/**
 * Stores an audio and returns its name, which has no extension.
 *
 * @throws GobelieveError emptyFile
 */
export const saveAudio = (context: Context, audio: Upload): Promise<string> => save(context, 'audios', audio, '');

/**
 * Stores a file and returns its name, which keeps the extension when it is letters and digits.
 *
 * @throws GobelieveError emptyFile
 */
export const saveFile = (context: Context, file: Upload): Promise<string> =>
  save(context, 'files', file, /\.[A-Za-z0-9]{1,16}$/.exec(file.name)?.[0] ?? '');

export async function findFile(
  { database, files }: Context,
  kind: FileKind,
  name: string,
): Promise<{ type: string; body: Readable } | undefined> {
  const file = await database
    .selectFrom('gobelieve_files')
    .select(['key', 'type'])
    .where('kind', '=', kind)
    .where('name', '=', name)
    .executeTakeFirst();
  const body = file && (await files.get(file.key));
  return body && { type: file.type, body };
}

/**
 * Finds a thumbnail of an image. It is made at the first request and stored. Without the library for thumbnails it is the
 * image itself.
 *
 * @returns undefined when there is no such image
 */
export async function findThumbnail(
  context: Context,
  imageName: string,
  size: ThumbnailSize,
): Promise<StoredFile | undefined> {
  const name = `${imageName}@${size.width}w_${size.height}h_${size.crop ? 1 : 0}c`;
  const existing = await findFile(context, 'images', name);
  if (existing !== undefined) return existing;
  const image = await findFile(context, 'images', imageName);
  if (image === undefined) return undefined;
  const thumbnail = await makeThumbnail(await buffer(image.body), size);
  if (thumbnail === undefined) return findFile(context, 'images', imageName);
  await insertOnce(context, 'images', name, contentOf(thumbnail.data), thumbnail.type);
  return { type: thumbnail.type, body: thumbnail.data };
}

const isImageType = (type: string): type is ImageType => type in imageExtensions;

/** The media type of an image, by its first bytes. */
async function imageTypeOf(image: Content): Promise<string | undefined> {
  const [bytes = new Uint8Array()] = (await image.stream().take(1).toArray()) as Uint8Array[];
  const startsWith = (...start: number[]) => start.every((byte, index) => bytes[index] === byte);
  if (startsWith(0xff, 0xd8, 0xff)) return 'image/jpeg';
  return startsWith(0x89, 0x50, 0x4e, 0x47) ? 'image/png' : undefined;
}

async function save(
  context: Context,
  kind: FileKind,
  content: Content,
  extension: string,
  type = 'application/octet-stream',
): Promise<string> {
  if (content.size === 0) throw new GobelieveError('emptyFile');
  const name = (await md5Of(content)) + extension;
  await insertOnce(context, kind, name, content, type);
  return name;
}

async function md5Of(content: Content): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of content.stream()) hash.update(chunk);
  return hash.digest('hex');
}

/** Stores the content unless the name exists: the same name has the same content. */
async function insertOnce(
  { database, clock, files }: Context,
  kind: FileKind,
  name: string,
  content: Content,
  type: string,
): Promise<void> {
  const rows = database.selectFrom('gobelieve_files').select('key').where('kind', '=', kind).where('name', '=', name);
  if ((await rows.executeTakeFirst()) !== undefined) return;
  const key = await files.put(content, { type });
  await transact(database, async (trx) => {
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('gobelieve_files')
      .values({ kind, name, key, type, created_at: clock.now() })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    // When another request was faster, the sweep deletes these bytes.
    if (numInsertedOrUpdatedRows === 1n) await keepFile(trx, key);
  });
}
