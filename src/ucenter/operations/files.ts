import { extname } from 'node:path/posix';
import type { Selectable } from 'kysely';
import type { Transaction } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { dropFile, keepFile } from '../../files/files.ts';
import type { RequestInfo } from '../../http/request.ts';
import { findClient } from '../../oauth/clients.ts';
import type { UcenterFilesTable } from '../database/tables.ts';
import { isActive, sniffType, toServedType } from '../model/media-types.ts';
import { causedBy, recordsOf, toRecord } from '../model/records.ts';
import { profile } from '../profile.ts';
import { tokenError } from '../wire/errors.ts';
import { accept, type Operation, type Schemas } from '../wire/operation.ts';
import { toTimestamp } from '../wire/views.ts';

/** Stores a file under a random public address. Facts, section 5.8. */
export const uploadFile: Operation<'uploadFile'> = async ({ body, actor, request }, { database, files }) => {
  const file = body.file as unknown as File;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const type = await sniffType(bytes);
  const name = baseName(file.name);
  const key = await files.put(bytes, { type });
  const row = {
    ...causedBy(actor),
    key,
    file_name: name,
    extension: extname(name).slice(1),
    mime_type: type,
    size: bytes.length,
  };
  await transact(database, async (trx) => {
    await lockFiles(trx, actor.clientId);
    if (!(await findClient(trx, profile, actor.clientId))) throw tokenError();
    await keepFile(trx, key);
    await trx.insertInto('ucenter_files').values(row).execute();
  });
  return accept('上传成功', toFile(row, request));
};

/** Gives up all files of an app that is being deleted. */
export async function dropFiles(trx: Transaction, clientId: string, now: number): Promise<void> {
  await lockFiles(trx, clientId);
  const files = await trx.deleteFrom('ucenter_files').where('client_id', '=', clientId).returning('key').execute();
  for (const { key } of files) await dropFile(trx, key, now);
}

/** Nothing is uploaded for an app while it is deleted: nobody would give it up again. */
const lockFiles = (trx: Transaction, clientId: string) => lockInTransaction(trx, `ucenter_files:${clientId}`);

export const listFiles: Operation<'listFiles'> = async (input, context) => {
  const { page, rows } = await recordsOf('ucenter_files', input, context);
  return accept('获取文件成功', {
    ...page,
    files: rows.map((row) => ({ ...toRecord(row), ...toFile(row, input.request) })),
  });
};

/** The bytes as they came. What a browser might run is handed over as an attachment. */
export const downloadFile: Operation<'downloadFile'> = async ({ params }, { database, files }) => {
  const row = await database
    .selectFrom('ucenter_files')
    .selectAll()
    .where('key', '=', params.name.slice(0, 32))
    .executeTakeFirst();
  const bytes = row && pathOf(row) === `${params.date}/${params.name}` ? await files.get(row.key) : undefined;
  if (row === undefined || bytes === undefined) throw new HttpError('not_found', 'There is no such file');
  const type = isActive(row.extension) ? undefined : toServedType(row.mime_type);
  return {
    status: 200,
    type: type ?? 'application/octet-stream',
    headers: {
      'Content-Disposition': `${type ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeName(row.file_name)}`,
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cache-Control': 'public, max-age=31536000, immutable',
      'Content-Length': row.size,
    },
    body: bytes,
  };
};

type FileRow = Omit<Selectable<UcenterFilesTable>, 'id'>;

const toFile = (row: Omit<FileRow, 'user_id' | 'client_id'>, request: RequestInfo): Schemas['File'] => ({
  file_name: row.file_name,
  extension: row.extension,
  mime_type: row.mime_type,
  size: row.size,
  file_path: `${request.baseUrl}/storage/uploads/${encodeURI(pathOf(row))}`,
});

/** `20160331/58a1….jpg`: the day in China, the key, the extension. */
function pathOf({ key, extension, created_at }: Pick<FileRow, 'key' | 'extension' | 'created_at'>): string {
  const day = toTimestamp(created_at).slice(0, 10).replaceAll('-', '');
  return `${day}/${key}${/^[a-z0-9]{1,16}$/i.test(extension) ? `.${extension}` : ''}`;
}

/** Without directories, whichever way their slashes lean, and without line breaks and the like. */
function baseName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? '';
  const clean = base.replace(/\p{Cc}/gu, '').toWellFormed();
  return [...clean].slice(-255).join('') || 'file';
}

/** RFC 8187. */
const encodeName = (name: string): string =>
  encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
