import type { Content } from './store.ts';

/** The media type of the content; the sender's own claim does not count. */
export async function sniffMediaType(content: Content): Promise<string> {
  // Loaded with the first upload, so that the server starts faster.
  const { fileTypeFromStream } = await import('file-type');
  const stream = content.stream();
  const known = await fileTypeFromStream(stream);
  stream.destroy();
  if (known !== undefined && known.mime !== 'application/xml') return known.mime;
  const beginning = await textBeginning(content);
  return beginning === undefined ? 'application/octet-stream' : textType(beginning);
}

/** The first characters of a text; `undefined` for bytes that are not UTF-8 or contain NUL. */
async function textBeginning(content: Content): Promise<string | undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let beginning = '';
  try {
    for await (const chunk of content.stream() as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(chunk, { stream: true });
      if (text.includes('\0')) return undefined;
      if (beginning.length < 1024) beginning += text.slice(0, 1024);
    }
    decoder.decode();
    return beginning;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Text has no signature: markup is recognised by its first element. */
function textType(beginning: string): string {
  const [, name = ''] = /^\uFEFF?\s*(?:<(?:\?|!--)[^>]*>\s*)*<(!doctype\s+html|\w+)/i.exec(beginning) ?? [];
  if (/^svg$/i.test(name)) return 'image/svg+xml';
  if (/^(!doctype\s+html|html|head|title|body|script|style|iframe)$/i.test(name)) return 'text/html';
  return /^\uFEFF?\s*<\?xml/i.test(beginning) ? 'application/xml' : 'text/plain';
}
