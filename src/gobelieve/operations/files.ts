import type { Context } from '../../context.ts';
import type { Upload } from '../../files/intake.ts';
import { storedBody } from '../../http/file-body.ts';
import type { RequestInfo } from '../../http/request.ts';
import {
  type FileKind,
  type FileRow,
  type ImageType,
  imageTypeOf,
  missingFile,
  requireFile,
  saveAudio,
  saveFile,
  saveImage,
} from '../model/files.ts';
import { requireThumbnail } from '../model/thumbnails.ts';
import type { Operation } from '../wire/operation.ts';

/** The body is a form, or the image itself (G-78). */
export const uploadImage: Operation<'uploadImage'> = async (input, context) => {
  const { actor, request } = input;
  if (input.mediaType === 'application/octet-stream') return uploadRawImage(input, context);
  const content = uploadOf(input.body.file);
  return uploaded(request, 'images', await saveImage(context, { appid: actor.appid, content }, content.type));
};

export const uploadRawImage: Operation<'uploadRawImage'> = async ({ body, actor: { appid }, request }, context) => {
  const content = uploadOf(body);
  return uploaded(request, 'images', await saveImage(context, { appid, content }, await imageTypeOf(content)));
};

/** As for images. */
export const uploadAudio: Operation<'uploadAudio'> = async (input, context) => {
  const { actor, request } = input;
  const content = uploadOf(input.mediaType === 'application/octet-stream' ? input.body : input.body.file);
  return uploaded(request, 'audios', await saveAudio(context, { appid: actor.appid, content }));
};

export const uploadRawAudio: Operation<'uploadRawAudio'> = async ({ body, actor: { appid }, request }, context) =>
  uploaded(request, 'audios', await saveAudio(context, { appid, content: uploadOf(body) }));

export const uploadFile: Operation<'uploadFile'> = async ({ body, actor: { appid }, request }, context) => {
  const content = uploadOf(body.file);
  return uploaded(request, 'files', await saveFile(context, { appid, content }, content.name));
};

export const uploadUnversionedFile: Operation<'uploadUnversionedFile'> = (input, context) => uploadFile(input, context);

export const downloadImage: Operation<'downloadImage'> = async ({ params }, context) => {
  const [, name = '', width, height, crop] = /^([^@]+)(?:@(\d+)w_(\d+)h_([01])c)?/.exec(params.name) ?? [];
  const image = await (width === undefined
    ? requireFile(context, 'images', name)
    : requireThumbnail(context, name, { width: Number(width), height: Number(height), crop: crop === '1' }));
  return { status: 200, type: image.type as ImageType, headers: forEver, body: bodyOf(context, 'images', image) };
};

export const downloadAudio: Operation<'downloadAudio'> = async ({ params }, context) => {
  const audio = await requireFile(context, 'audios', params.name);
  return { status: 200, headers: asAttachment, body: bodyOf(context, 'audios', audio) };
};

export const downloadFile: Operation<'downloadFile'> = async ({ params }, context) => {
  const file = await requireFile(context, 'files', params.name);
  return { status: 200, headers: asAttachment, body: bodyOf(context, 'files', file) };
};

const bodyOf = ({ files }: Context, kind: FileKind, row: FileRow) => storedBody(files, row, () => missingFile(kind));

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
