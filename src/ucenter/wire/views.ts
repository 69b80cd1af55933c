import { CHINA_OFFSET_MS } from '../../clock.ts';
import type { RequestInfo } from '../../http/request.ts';
import type { FileRow } from '../model/files.ts';
import type { PermissionRow } from '../model/permissions.ts';
import type { RecordPage } from '../model/records.ts';
import type { UserWithDetails } from '../model/users.ts';
import type { Schemas } from './operation.ts';

/** A time in milliseconds in the document's form: China's time, without a zone (U-42). */
export const toTimestamp = (time: number): string =>
  new Date(time + CHINA_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');

/** Unset texts are empty, never null (U-27). */
export const toUser = ({ user: { id, username, email, phone }, details }: UserWithDetails): Schemas['User'] => ({
  user_id: id,
  username,
  email: email ?? '',
  phone: phone ?? '',
  details: Object.fromEntries(
    details.map(({ name, title, value }) => [name, { title, value: value ?? '' }]),
  ) as Schemas['UserDetails'],
});

export const toGroupedPermission = ({ id, name, title, group_id }: PermissionRow): Schemas['GroupedPermission'] => ({
  id,
  name,
  title,
  group_id: group_id ?? 0,
});

/** A page of records without its rows. */
export const toPage = ({ total, page, page_size, next }: RecordPage<unknown>) => ({
  total,
  page,
  page_size,
  ...(next !== undefined && { next }),
});

/** The members that every record has. */
export const toRecord = ({ id, user_id, created_at }: { id: number; user_id: number | null; created_at: number }) => ({
  id,
  user_id: user_id ?? 0,
  created_at: toTimestamp(created_at),
});

/** When a message was sent. Empty before that, and after the outbox has deleted the message. */
export const toSentAt = (time: number | null | undefined): string => (time ? toTimestamp(time) : '');

export const toFile = (file: Omit<FileRow, 'id'>, request: RequestInfo): Schemas['UploadedFile'] => ({
  file_name: file.file_name,
  extension: file.extension,
  mime_type: file.mime_type,
  size: file.size,
  file_path: `${request.baseUrl}/storage/uploads/${encodeURI(toFilePath(file))}`,
});

/** `20160331/58a1….jpg`: the day in China, the key, and the extension if it is plain (U-38). */
export function toFilePath({ key, extension, created_at }: Pick<FileRow, 'key' | 'extension' | 'created_at'>): string {
  const day = toTimestamp(created_at).slice(0, 10).replaceAll('-', '');
  return `${day}/${key}${/^[a-z0-9]{1,16}$/i.test(extension) ? `.${extension}` : ''}`;
}
