import { buffer } from 'node:stream/consumers';
import type { Context } from '../../context.ts';
import { contentOf } from '../../files/store.ts';
import {
  canMakeThumbnails,
  makeThumbnail,
  measurePicture,
  THUMBNAILS,
  thumbnailTurns,
} from '../../files/thumbnails.ts';
import type { FileRow, PpmessageMessagesTable } from '../database/tables.ts';
import { PpmessageError } from './errors.ts';
import { findFile, saveFile } from './files.ts';

/** The content of messages: text, or files in the form in which they are stored (P-40, P-94). */

type Content = Pick<PpmessageMessagesTable, 'message_subtype' | 'body'>;

export interface StoredContent {
  body: string;
  /** The uuids of the files that the message uses. */
  files: readonly string[];
}

/** The JSON of a `message_body` that is not text. */
interface FileContent {
  fid: string;
  name?: unknown;
  dura?: unknown;
}

/**
 * The form in which the body of a message is stored.
 *
 * @throws PpmessageError unacceptableMessage for an empty body, for JSON that lacks a field, and for an unknown file
 */
export async function toStoredContent(
  message: Content & { app_uuid: string },
  context: Context,
): Promise<StoredContent> {
  const { message_subtype: subtype, body } = message;
  if (body === '') throw unacceptable('The message_body is empty');
  if (subtype === 'TEXT') return { body, files: [] };
  const content = parseContent(subtype, body);
  const file = await findFile(content.fid, context);
  if (file === undefined) throw unacceptable(`There is no file ${content.fid}`);
  switch (subtype) {
    case 'TXT':
      return store({ fid: file.uuid }, [file]);
    case 'IMAGE':
      return toStoredPicture(file, message.app_uuid, context);
    case 'AUDIO': {
      const sound = { dura: content.dura, fid: file.uuid };
      // Clients choose one of three forms. Nothing converts sounds, so all are the one that was uploaded.
      return store({ m4a: sound, amr: sound, mp3: sound }, [file]);
    }
    default: {
      const name = typeof content.name === 'string' && content.name !== '' ? content.name : file.name;
      return store({ fid: file.uuid, mime: file.type, size: file.size, name }, [file]);
    }
  }
}

/** The file that the sender named, in the stored body of a message; undefined for a text. */
export function fileOf({ message_subtype: subtype, body }: Content): unknown {
  if (subtype === 'TEXT') return undefined;
  const { fid, orig, m4a } = JSON.parse(body) as { fid?: string; orig?: string; m4a?: { fid?: string } };
  return fid ?? orig ?? m4a?.fid;
}

const unacceptable = (explanation: string) => new PpmessageError('unacceptableMessage', explanation);

const store = (content: object, files: readonly FileRow[]): StoredContent => ({
  body: JSON.stringify(content),
  files: files.map(({ uuid }) => uuid),
});

function parseContent(subtype: Content['message_subtype'], body: string): FileContent {
  let content: FileContent | null;
  try {
    content = JSON.parse(body) as FileContent | null;
  } catch {
    content = null;
  }
  if (typeof content?.fid !== 'string' || content.fid === '')
    throw unacceptable(`The message_body of ${subtype} is a JSON object with fid`);
  if (subtype === 'AUDIO' && !isDuration(content.dura))
    throw unacceptable('The message_body of AUDIO has dura, a number of seconds');
  return content;
}

const isDuration = (value: unknown) =>
  typeof value === 'number' || (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value));

const pictureTypes: readonly string[] = ['image/jpeg', 'image/png', 'image/gif'];

/** In pixels. A smaller picture is its own thumbnail. */
const THUMBNAIL_SIZE = 240;

async function toStoredPicture(picture: FileRow, appUuid: string, context: Context): Promise<StoredContent> {
  if (!pictureTypes.includes(picture.type)) throw unacceptable('The file is not a JPEG, PNG or GIF picture');
  const { small, size } = await context.limits.inTurn(
    THUMBNAILS,
    () => shrink(picture, appUuid, context),
    thumbnailTurns,
  );
  const content = {
    thum: small.file.uuid,
    orig: picture.uuid,
    mime: picture.type,
    orig_width: size.width,
    orig_height: size.height,
    thum_width: small.size.width,
    thum_height: small.size.height,
  };
  return store(content, small.file === picture ? [picture] : [picture, small.file]);
}

const NO_SIZE = { width: 0, height: 0 };

/** Measures a picture and makes its thumbnail. Without the library for pictures it is its own, of unknown size. */
async function shrink(picture: FileRow, appUuid: string, context: Context) {
  if (!(await canMakeThumbnails())) return { small: { file: picture, size: NO_SIZE }, size: NO_SIZE };
  const stream = await context.files.get(picture.key);
  const bytes = stream && (await buffer(stream));
  const size = bytes && (await measurePicture(bytes));
  if (bytes === undefined || size === undefined) throw unacceptable('The picture cannot be read');
  const isSmall = Math.max(size.width, size.height) <= THUMBNAIL_SIZE;
  // A thumbnail of a moving picture would stand still.
  if (isSmall || picture.type === 'image/gif') return { small: { file: picture, size }, size };
  const resize = { width: THUMBNAIL_SIZE, height: THUMBNAIL_SIZE, fit: 'inside' as const };
  const made = await makeThumbnail(bytes, resize);
  if (made === undefined) throw unacceptable('The picture cannot be read');
  const name = picture.name.replace(/(\.\w+)?$/, made.type === 'image/png' ? '.png' : '.jpg');
  const file = await saveFile({ appUuid, name, content: contentOf(made.bytes) }, context);
  return { small: { file, size: (await measurePicture(made.bytes)) ?? size }, size };
}
