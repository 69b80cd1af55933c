import { HttpError } from '../../errors.ts';
import type { Upload } from '../../files/intake.ts';
import { storedBody } from '../../http/file-body.ts';
import { readAsAdmin } from '../model/access.ts';
import { findFile, storeFile } from '../model/files.ts';
import { listRecords } from '../model/records.ts';
import { toDownload } from '../wire/download.ts';
import { toSuccess } from '../wire/envelope.ts';
import type { Operation } from '../wire/operation.ts';
import { toFile, toFilePath, toPage, toRecord } from '../wire/views.ts';

export const uploadFile: Operation<'uploadFile'> = async ({ body, actor, request }, context) => {
  const file = await storeFile(body.file as unknown as Upload, actor, context);
  return toSuccess('上传成功', toFile(file, request));
};

export const listFiles: Operation<'listFiles'> = async ({ query, actor, request }, context) => {
  const page = await readAsAdmin(actor, context, (database) =>
    listRecords('ucenter_files', actor.clientId, query, database),
  );
  return toSuccess('获取文件成功', {
    ...toPage(page),
    files: page.rows.map((row) => ({ ...toRecord(row), ...toFile(row, request) })),
  });
};

export const downloadFile: Operation<'downloadFile'> = async ({ params }, { database, files }) => {
  const file = await findFile(database, params.name.slice(0, 32));
  // Only the whole address counts: the day and the extension are part of it.
  if (file === undefined || toFilePath(file) !== `${params.date}/${params.name}`) throw noFile();
  return toDownload(file, storedBody(files, file, noFile));
};

const noFile = () => new HttpError('not_found', 'There is no such file');
