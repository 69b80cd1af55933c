import { extname } from 'node:path/posix';
import { encodeExtended } from 'content-disposition';

/** Media types that browsers show without running scripts. */
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
const isActive = (name: string): boolean => /^\.(x?html?|svg|xml|xsl|m?js)$/i.test(extname(name));

/**
 * Media type and headers of a file that a user has uploaded. Content that a browser might run is sent as an attachment:
 * it must not run under this host.
 *
 * @param type by the content
 * @param isSaved whether a browser saves the file that it could show
 */
export function toSafeDownload({ name, type, isSaved = false }: { name: string; type: string; isSaved?: boolean }) {
  const shownType = isActive(name) ? undefined : shown.find((known) => known === type);
  return {
    type: shownType ?? ('application/octet-stream' as const),
    headers: {
      'Content-Disposition': `${shownType && !isSaved ? 'inline' : 'attachment'}; ${toNames(name)}`,
      'X-Content-Type-Options': 'nosniff' as const,
      'Cross-Origin-Resource-Policy': 'cross-origin' as const,
    },
  };
}

/** The name in both forms: programs that do not know `filename*` take `filename` (RFC 6266, section 4.3). */
function toNames(name: string): string {
  // Some programs decode percent signs, and a backslash escapes.
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/gu, '_');
  return `filename="${ascii}"; filename*=${encodeExtended(name)}`;
}
