import { HttpError } from '../../errors.ts';
import { storedBody } from '../../http/file-body.ts';
import { toSafeDownload } from '../../http/safe-download.ts';
import { getStoredFile } from '../model/attfile-versions.ts';
import { findAttachment, requireAttachment } from '../model/attfiles.ts';
import { requireSignedAddress, toAddress } from '../wire/attachments.ts';
import type { Operation } from '../wire/operation.ts';

export const getAttfile: Operation<'getAttfile'> = async ({ params, query, actor, request }, context) => {
  const attfile = await requireAttachment(params.attfile_id, actor.userId, context);
  return { status: 200, body: { url: toAddress(request, attfile, query, context.clock.now()) } };
};

export const downloadAttfile: Operation<'downloadAttfile'> = async ({ params, query }, context) => {
  const attfile = await findAttachment(context.database, params.attfile_id);
  if (attfile?.team_id !== params.team_id) throw gone();
  requireSignedAddress(attfile, query, context.clock.now());
  const file = await getStoredFile(context, attfile, query.version);
  if (file === undefined) throw gone();
  const { filename = attfile.filename, content_type = file.type, download = 'false' } = query;
  const isSaved = download !== 'false' && download !== '0';
  const { type, headers } = toSafeDownload({ name: filename, type: content_type, isSaved });
  return {
    status: 200,
    type,
    headers: { ...headers, 'Cache-Control': 'private, max-age=3600' },
    body: storedBody(context.files, file, gone),
  };
};

const gone = () => new HttpError('not_found', 'There is no such attachment');
