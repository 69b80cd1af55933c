import { isUtf8 } from 'node:buffer';

/** What browsers show and do not run, as the contract lists it for downloads. */
const served = [
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'application/pdf',
  'audio/mpeg',
  'video/mp4',
  'text/plain',
] as const;

/** The type to serve a file with, or `undefined` for one that is better not opened in the browser. */
export const toServedType = (type: string): (typeof served)[number] | undefined =>
  served.find((known) => known === type);

/** Whether files with this extension are documents or scripts to a browser, whatever is in them. */
export const isActive = (extension: string): boolean => /^(x?html?|svg|xml|xsl|m?js)$/i.test(extension);

/** The media type of a content, whatever its sender calls it. */
export async function sniffType(bytes: Uint8Array): Promise<string> {
  // Loaded with the first upload, not with the server.
  const { fileTypeFromBuffer } = await import('file-type');
  const known = await fileTypeFromBuffer(bytes);
  if (known !== undefined && known.mime !== 'application/xml') return known.mime;
  if (!isUtf8(bytes) || bytes.includes(0)) return 'application/octet-stream';
  return textType(Buffer.from(bytes.subarray(0, 1024)).toString());
}

/** Text has no signature: markup is known by its first element. */
function textType(beginning: string): string {
  const [, name = ''] = /^\uFEFF?\s*(?:<(?:\?|!--)[^>]*>\s*)*<(!doctype\s+html|\w+)/i.exec(beginning) ?? [];
  if (/^svg$/i.test(name)) return 'image/svg+xml';
  if (/^(!doctype\s+html|html|head|title|body|script|style|iframe)$/i.test(name)) return 'text/html';
  return /^\uFEFF?\s*<\?xml/i.test(beginning) ? 'application/xml' : 'text/plain';
}
