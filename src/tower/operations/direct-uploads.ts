import type { Upload } from '../../files/intake.ts';
import { reserveAttfile, storeAttfile } from '../model/direct-uploads.ts';
import { requireMember } from '../model/members.ts';
import { toDirectUpload, toStoredFile } from '../wire/direct-uploads.ts';
import type { Operation } from '../wire/operation.ts';

export const createDirectUpload: Operation<'createDirectUpload'> = async (
  { params, body, actor, request },
  context,
) => {
  const caller = await requireMember(params.team_id, actor.userId, context);
  const { filename, byte_size: byteSize, md5 } = body;
  const attfile = await reserveAttfile(caller, { filename, byteSize, md5 }, context);
  return { status: 200, body: toDirectUpload(attfile, request) };
};

export const createStoredFile: Operation<'createStoredFile'> = async ({ body, actor }, context) => {
  // A file arrives as an upload, which the generated types do not know.
  const stored = await storeAttfile(actor.uploadForm, body.file as unknown as Upload, context);
  return { status: 200, body: toStoredFile(stored) };
};
