import { HttpError } from '../../errors.ts';
import type { Upload } from '../../files/intake.ts';
import { contentOf } from '../../files/store.ts';
import { bytesBody, storedBody } from '../../http/file-body.ts';
import { toSafeDownload } from '../../http/safe-download.ts';
import { drawIdenticon } from '../../identicon.ts';
import type { Caller } from '../model/callers.ts';
import { PpmessageError } from '../model/errors.ts';
import { findAppOfUpload, limitUploads, type NewFile, requireFile, saveFile } from '../model/files.ts';
import type { Operation } from '../wire/operation.ts';

export const uploadFile: Operation<'uploadFile'> = async ({ body, actor, request }, context) => {
  const appUuid = await admitUpload(body.user_uuid, actor, request.network, context);
  const upload = uploadOf(body.file);
  const { uuid } = await saveFile({ appUuid, name: upload.name, content: upload }, context);
  return { status: 200, body: { fuuid: uuid } };
};

export const uploadText: Operation<'uploadText'> = async ({ body, actor, request }, context) => {
  const appUuid = await admitUpload(body.user_uuid, actor, request.network, context);
  const file = await saveFile({ appUuid, ...toContent(body) }, context);
  return { status: 200, body: { fid: file.uuid, mime: file.type } };
};

/** Finds the app of an upload, and counts the upload. */
async function admitUpload(
  userUuid: string | undefined,
  actor: Caller | undefined,
  network: string,
  context: Parameters<typeof limitUploads>[0],
): Promise<string | null> {
  const appUuid = actor?.appUuid ?? (await findAppOfUpload(userUuid, context));
  await limitUploads(context, network, appUuid);
  return appUuid;
}

type TextForm = Parameters<typeof uploadText>[0]['body'];

/**
 * The content of the field that `upload_type` names.
 *
 * @throws HttpError invalid_request when it is missing
 * @throws PpmessageError invalidValue for an icon that is no picture
 */
function toContent(body: TextForm): Pick<NewFile, 'name' | 'content'> {
  const { upload_type: field, file } = body;
  if (body[field] === undefined)
    throw new HttpError('invalid_request', `${field} is required`, {
      details: [{ path: `/body/${field}`, message: 'is required', keyword: 'required' }],
    });
  if (field === 'file') {
    const upload = uploadOf(file);
    return { name: upload.name, content: upload };
  }
  const { [field]: text = '' } = body;
  if (field !== 'content_icon')
    return { name: field === 'content_html' ? 'content.html' : 'content.txt', content: contentOf(Buffer.from(text)) };
  const [, base64] = /^data:image\/png;base64,([A-Za-z0-9+/=\s]+)$/.exec(text) ?? [];
  if (base64 === undefined) throw new PpmessageError('invalidValue', 'content_icon begins with data:image/png;base64,');
  return { name: 'icon.png', content: contentOf(Buffer.from(base64, 'base64')) };
}

/** A file arrives as an upload, which the generated types do not know. */
const uploadOf = (file: unknown) => file as Upload;

/** The content at an address never changes. */
const forEver = { 'Cache-Control': 'public, max-age=31536000, immutable' } as const;

export const downloadFile: Operation<'downloadFile'> = async ({ params, query }, context) => {
  const file = await requireFile(params.fid, context);
  const { file_name: name } = query;
  const { type, headers } = toSafeDownload({
    name: name || file.name,
    type: file.type,
    isSaved: name !== undefined,
  });
  const body = storedBody(context.files, file, () => new PpmessageError('noSuchFile'));
  return { status: 200, type, headers: { ...headers, ...forEver }, body };
};

/** Long ago: the picture of a name never changes. */
const DRAWN_AT = 0;

/** Stock pictures of users and groups (P-93). */
export const showIdenticon: Operation<'showIdenticon'> = async ({ params }) => {
  const body = bytesBody(drawIdenticon(params.name), { version: 'identicon', modifiedAt: DRAWN_AT });
  return { status: 200, headers: { ...forEver, 'Cross-Origin-Resource-Policy': 'cross-origin' }, body };
};
