import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { keepFile } from '../../files/files.ts';
import type { RequestInfo } from '../../http/request.ts';
import { md5 } from '../../secrets.ts';
import { refuse } from '../model/actors.ts';
import { makeThumbnail, type Size } from '../model/thumbnails.ts';
import type { Operation } from '../wire/operation.ts';

/** Images, recordings and other files that messages refer to; named by the MD5 of their content. Facts, section 5. */

type Kind = 'images' | 'audios' | 'files';

const extensions = { 'image/jpeg': '.jpg', 'image/png': '.png' } as const;
type ImageType = keyof typeof extensions;

export const uploadImage: Operation<'uploadImage'> = async ({ body: { file }, request }, context) => {
  if (!(file.type in extensions)) throw refuse('Only JPEG and PNG are accepted');
  return upload(context, request, 'images', await bytesOf(file), file.type as ImageType);
};

export const uploadRawImage: Operation<'uploadRawImage'> = ({ body, request }, context) => {
  const bytes = rawBytes(body);
  const type = imageTypeOf(bytes);
  if (type === undefined) throw refuse('Only JPEG and PNG are accepted');
  return upload(context, request, 'images', bytes, type);
};

export const uploadAudio: Operation<'uploadAudio'> = async ({ body, request }, context) =>
  upload(context, request, 'audios', await bytesOf(body.file));

export const uploadRawAudio: Operation<'uploadRawAudio'> = ({ body, request }, context) =>
  upload(context, request, 'audios', rawBytes(body));

export const uploadFile: Operation<'uploadFile'> = async ({ body, request }, context) => {
  const file = body.file as File;
  const [extension] = /\.[A-Za-z0-9]{1,16}$/.exec(file.name) ?? [];
  return upload(context, request, 'files', await bytesOf(file), undefined, extension);
};

export const uploadUnversionedFile: Operation<'uploadUnversionedFile'> = (input, context) => uploadFile(input, context);

export const downloadImage: Operation<'downloadImage'> = async ({ params }, context) => {
  const [, name, width, height, crop] = /^([^@]+)(?:@(\d+)w_(\d+)h_([01])c)?/.exec(params.name) ?? [];
  const size = width === undefined ? undefined : { width: Number(width), height: Number(height), crop: crop === '1' };
  const image = await (size ? findThumbnail(context, name as string, size) : find(context, 'images', name as string));
  if (image === undefined) throw refuse('There is no such image');
  return { status: 200, type: image.type as ImageType, headers: forEver, body: image.body };
};

export const downloadAudio: Operation<'downloadAudio'> = async ({ params }, context) => {
  const audio = await find(context, 'audios', params.name);
  if (audio === undefined) throw refuse('There is no such recording');
  return { status: 200, headers: { ...forEver, 'Content-Disposition': 'attachment' }, body: audio.body };
};

export const downloadFile: Operation<'downloadFile'> = async ({ params }, context) => {
  const file = await find(context, 'files', params.name);
  if (file === undefined) throw new HttpError('not_found', 'There is no such file');
  return { status: 200, headers: { ...forEver, 'Content-Disposition': 'attachment' }, body: file.body };
};

/** The same address has the same content for ever, and chats stand on pages of other origins. */
const forEver = {
  'Cache-Control': 'public, max-age=31536000, immutable',
  'Cross-Origin-Resource-Policy': 'cross-origin',
} as const;

const bytesOf = async (file: Blob) => new Uint8Array(await file.arrayBuffer());

/** A raw body comes as the bytes themselves; the generated type knows only forms. */
const rawBytes = (body: unknown) => body as Uint8Array;

/** By the first bytes. */
function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  const begins = (...start: number[]) => start.every((byte, index) => bytes[index] === byte);
  if (begins(0xff, 0xd8, 0xff)) return 'image/jpeg';
  return begins(0x89, 0x50, 0x4e, 0x47) ? 'image/png' : undefined;
}

async function upload(
  context: Context,
  request: RequestInfo,
  kind: Kind,
  bytes: Uint8Array,
  type: ImageType | 'application/octet-stream' = 'application/octet-stream',
  extension = type in extensions ? extensions[type as ImageType] : '',
) {
  if (bytes.length === 0) throw refuse('The file is empty');
  const name = md5(bytes) + extension;
  await store(context, kind, name, bytes, type);
  const src = `/${kind}/${name}`;
  return { status: 200 as const, body: { src, src_url: request.baseUrl + src } };
}

/** Once, however often the same bytes come. */
async function store({ database, files }: Context, kind: Kind, name: string, bytes: Uint8Array, type: string) {
  const known = database.selectFrom('gobelieve_files').select('key').where('kind', '=', kind).where('name', '=', name);
  if ((await known.executeTakeFirst()) !== undefined) return;
  const key = await files.put(bytes, { type });
  await transact(database, async (trx) => {
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('gobelieve_files')
      .values({ kind, name, key, type, created_at: Date.now() })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    // Somebody else was faster: these bytes are swept away.
    if (numInsertedOrUpdatedRows === 1n) await keepFile(trx, key);
  });
}

async function find(
  { database, files }: Context,
  kind: Kind,
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

/** Made when it is first asked for. The original where thumbnails cannot be made. */
async function findThumbnail(context: Context, name: string, size: Size) {
  const thumbnail = `${name}@${size.width}w_${size.height}h_${size.crop ? 1 : 0}c`;
  const known = await find(context, 'images', thumbnail);
  if (known !== undefined) return known;
  const original = await find(context, 'images', name);
  if (original === undefined) return undefined;
  const made = await makeThumbnail(await buffer(original.body), size);
  if (made === undefined) return find(context, 'images', name);
  await store(context, 'images', thumbnail, made.data, made.type);
  return { type: made.type, body: made.data };
}
