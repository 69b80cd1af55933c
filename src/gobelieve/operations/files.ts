import type { Upload } from '../../files/intake.ts';
import type { RequestInfo } from '../../http/request.ts';
import { GobelieveError } from '../model/errors.ts';
import {
  type FileKind,
  findFile,
  findThumbnail,
  type ImageType,
  saveAudio,
  saveFile,
  saveImage,
} from '../model/files.ts';
import type { Operation } from '../wire/operation.ts';

export const uploadImage: Operation<'uploadImage'> = async ({ body: { file }, request }, context) =>
  uploaded(request, 'images', await saveImage(context, uploadOf(file), uploadOf(file).type));

export const uploadRawImage: Operation<'uploadRawImage'> = async ({ body, request }, context) =>
  uploaded(request, 'images', await saveImage(context, uploadOf(body)));

export const uploadAudio: Operation<'uploadAudio'> = async ({ body, request }, context) =>
  uploaded(request, 'audios', await saveAudio(context, uploadOf(body.file)));

export const uploadRawAudio: Operation<'uploadRawAudio'> = async ({ body, request }, context) =>
  uploaded(request, 'audios', await saveAudio(context, uploadOf(body)));

export const uploadFile: Operation<'uploadFile'> = async ({ body, request }, context) =>
  uploaded(request, 'files', await saveFile(context, uploadOf(body.file)));

export const uploadUnversionedFile: Operation<'uploadUnversionedFile'> = (input, context) => uploadFile(input, context);

export const downloadImage: Operation<'downloadImage'> = async ({ params }, context) => {
  const [, name = '', width, height, crop] = /^([^@]+)(?:@(\d+)w_(\d+)h_([01])c)?/.exec(params.name) ?? [];
  const image = await (width === undefined
    ? findFile(context, 'images', name)
    : findThumbnail(context, name, { width: Number(width), height: Number(height), crop: crop === '1' }));
  if (image === undefined) throw new GobelieveError('unknownImage');
  return { status: 200, type: image.type as ImageType, headers: forEver, body: image.body };
};

export const downloadAudio: Operation<'downloadAudio'> = async ({ params }, context) => {
  const audio = await findFile(context, 'audios', params.name);
  if (audio === undefined) throw new GobelieveError('unknownAudio');
  return { status: 200, headers: asAttachment, body: audio.body };
};

export const downloadFile: Operation<'downloadFile'> = async ({ params }, context) => {
  const file = await findFile(context, 'files', params.name);
  if (file === undefined) throw new GobelieveError('unknownFile');
  return { status: 200, headers: asAttachment, body: file.body };
};

/** The content at an address never changes. Pages of other origins may show it. */
const forEver = {
  'Cache-Control': 'public, max-age=31536000, immutable',
  'Cross-Origin-Resource-Policy': 'cross-origin',
} as const;

/** Browsers save the file and do not show it: an uploaded page must not run scripts under this host (G-48). */
const asAttachment = { ...forEver, 'Content-Disposition': 'attachment' } as const;

/** A file arrives as an upload, which the generated types do not know. */
const uploadOf = (file: unknown) => file as Upload;

/** The response to an upload, which has no envelope (G-48). */
function uploaded(request: RequestInfo, kind: FileKind, name: string) {
  const src = `/${kind}/${name}`;
  return { status: 200 as const, body: { src, src_url: request.baseUrl + src } };
}
