import { encodeExtended } from 'content-disposition';
import type { FileBody } from '../../http/file-body.ts';
import type { FileRow } from '../model/files.ts';

/** The media types that the contract lists for downloads. Browsers show them without running scripts. */
const shown = [
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'application/pdf',
  'audio/mpeg',
  'video/mp4',
  'text/plain',
] as const;

/** Browsers treat files with these extensions as documents or scripts, even when the content is something else. */
const isActive = (extension: string): boolean => /^(x?html?|svg|xml|xsl|m?js)$/i.test(extension);

/** The response to a download. Content that a browser might run is sent as an attachment (U-39). */
export function toDownload({ extension, file_name, mime_type }: FileRow, body: FileBody) {
  const type = isActive(extension) ? undefined : shown.find((known) => known === mime_type);
  return {
    status: 200 as const,
    type: type ?? ('application/octet-stream' as const),
    headers: {
      'Content-Disposition': `${type ? 'inline' : 'attachment'}; ${toNames(file_name)}`,
      'X-Content-Type-Options': 'nosniff' as const,
      'Cross-Origin-Resource-Policy': 'cross-origin' as const,
      'Cache-Control': 'public, max-age=31536000, immutable' as const,
    },
    body,
  };
}

/** The name in both forms: programs that do not know `filename*` take `filename` (RFC 6266, section 4.3). */
function toNames(name: string): string {
  // Some programs decode percent signs, and a backslash escapes.
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/gu, '_');
  return `filename="${ascii}"; filename*=${encodeExtended(name)}`;
}
