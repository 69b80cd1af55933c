import { isUtf8 } from 'node:buffer';

/** The media type of the content; the sender's own claim does not count (U-39). */
export async function sniffMediaType(bytes: Uint8Array): Promise<string> {
  // Loaded with the first upload, so that the server starts faster.
  const { fileTypeFromBuffer } = await import('file-type');
  const known = await fileTypeFromBuffer(bytes);
  if (known !== undefined && known.mime !== 'application/xml') return known.mime;
  if (!isUtf8(bytes) || bytes.includes(0)) return 'application/octet-stream';
  return textType(Buffer.from(bytes.subarray(0, 1024)).toString());
}

/** Text has no signature: markup is recognised by its first element. */
function textType(beginning: string): string {
  const [, name = ''] = /^\uFEFF?\s*(?:<(?:\?|!--)[^>]*>\s*)*<(!doctype\s+html|\w+)/i.exec(beginning) ?? [];
  if (/^svg$/i.test(name)) return 'image/svg+xml';
  if (/^(!doctype\s+html|html|head|title|body|script|style|iframe)$/i.test(name)) return 'text/html';
  return /^\uFEFF?\s*<\?xml/i.test(beginning) ? 'application/xml' : 'text/plain';
}
