import type { FileBody } from '../../http/file-body.ts';
import { toSafeDownload } from '../../http/safe-download.ts';
import type { FileRow } from '../model/files.ts';

/** The response to a download (U-39). */
export function toDownload({ file_name, mime_type }: FileRow, body: FileBody) {
  const { type, headers } = toSafeDownload({ name: file_name, type: mime_type });
  return {
    status: 200 as const,
    type,
    headers: { ...headers, 'Cache-Control': 'public, max-age=31536000, immutable' as const },
    body,
  };
}
