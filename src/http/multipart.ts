import { isUtf8 } from 'node:buffer';
import { HttpError } from '../errors.ts';

/** One part of a form. Its bytes must be read before the next part. */
export interface Part {
  /** Name of the field. */
  name: string;
  /** Undefined for a field of text; '' for a file input without a file. */
  filename: string | undefined;
  /** Media type; '' without one. */
  type: string;
  /** The charset as it was sent. */
  charset: string | undefined;
  bytes: AsyncGenerator<Buffer>;
}

/** Longest headers of one part, in bytes. */
const MAX_HEADERS = 16_384;

/**
 * Reads `multipart/form-data` (RFC 7578) part by part, and holds no more of it than one chunk.
 *
 * @param contentType of the request
 * @throws HttpError malformed_request
 */
export async function* readParts(chunks: AsyncIterable<Buffer>, contentType: string): AsyncGenerator<Part> {
  const boundary = parametersOf(contentType).get('boundary') ?? '';
  if (boundary === '' || boundary.length > 70) throw malformedForm();
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    yield* partsOf(new Input(iterator), Buffer.from(`\r\n--${boundary}`, 'latin1'));
  } finally {
    // A form that is refused half-way: as long as the iterator waits, nothing else can take the rest off the connection.
    await iterator.return?.();
  }
}

async function* partsOf(input: Input, delimiter: Buffer): AsyncGenerator<Part> {
  await drain(input.until(delimiter));
  while (!(await input.skips('--'))) {
    const headers: Buffer[] = [];
    let length = 0;
    for await (const piece of input.until(headersEnd)) {
      length += piece.length;
      if (length > MAX_HEADERS) throw malformedForm();
      headers.push(piece);
    }
    const bytes = input.until(delimiter);
    yield { ...readHeaders(Buffer.concat(headers)), bytes };
    await drain(bytes);
  }
  await input.drain();
}

const headersEnd = Buffer.from('\r\n\r\n');

const malformedForm = () => new HttpError('malformed_request', 'The body is not a multipart form');

async function drain(bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of bytes);
}

/** The bytes of a body, of which at most one chunk and the beginning of a delimiter are held. */
class Input {
  private readonly chunks: AsyncIterator<Buffer>;
  // The first delimiter stands at the beginning, or after a preamble and a line break.
  private buffer: Buffer = Buffer.from('\r\n');

  constructor(chunks: AsyncIterator<Buffer>) {
    this.chunks = chunks;
  }

  /** The bytes before the next delimiter, which is skipped. */
  async *until(delimiter: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.buffer.indexOf(delimiter);
      const end = at < 0 ? this.buffer.length - delimiter.length + 1 : at;
      const piece = this.buffer.subarray(0, Math.max(end, 0));
      this.buffer = this.buffer.subarray(at < 0 ? piece.length : at + delimiter.length);
      if (piece.length > 0) yield piece;
      if (at >= 0) return;
      await this.more();
    }
  }

  /** Whether this text comes next; then it is skipped. */
  async skips(text: string): Promise<boolean> {
    while (this.buffer.length < text.length) await this.more();
    if (this.buffer.toString('latin1', 0, text.length) !== text) return false;
    this.buffer = this.buffer.subarray(text.length);
    return true;
  }

  /** Skips what follows the form, which has no meaning. */
  async drain(): Promise<void> {
    while (!(await this.chunks.next()).done);
  }

  private async more(): Promise<void> {
    const { done, value } = await this.chunks.next();
    if (done) throw malformedForm();
    this.buffer = this.buffer.length === 0 ? value : Buffer.concat([this.buffer, value]);
  }
}

/** @param bytes the end of the line of the delimiter, then the headers */
function readHeaders(bytes: Buffer): Omit<Part, 'bytes'> {
  // Decoded before it is parsed: the second byte of a character of GB18030 can be a backslash.
  const [rest = '', ...lines] = (isUtf8(bytes) ? bytes.toString() : gb18030.decode(bytes)).split('\r\n');
  if (rest.trim() !== '') throw malformedForm();
  const headers = new Map(lines.map(splitHeader));
  const disposition = headers.get('content-disposition') ?? '';
  const parameters = parametersOf(disposition);
  const name = parameters.get('name');
  if (!/^form-data\s*(;|$)/i.test(disposition) || name === undefined) throw malformedForm();
  const type = headers.get('content-type') ?? '';
  return {
    name: unescapeName(name),
    filename: extendedValue(parameters.get('filename*')) ?? unescapeName(parameters.get('filename')),
    type: type.split(';', 1)[0]?.trim().toLowerCase() ?? '',
    charset: parametersOf(type).get('charset'),
  };
}

/** Reads GBK and GB2312 as well; older clients in China send the names of files so. */
const gb18030 = new TextDecoder('gb18030');

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 0) throw malformedForm();
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

/** The parameters of a header by their names in lower case. Of a repeated one the first counts. */
function parametersOf(header: string): Map<string, string> {
  const found = header.matchAll(/;\s*([^\s=;"]+)\s*=\s*(?:"((?:\\"|[^"])*)"|([^;\s]*))/g);
  // Only a quotation mark is escaped: older browsers send paths with plain backslashes.
  const pairs = Array.from(found, ([, name = '', quoted, plain = '']) => [
    name,
    quoted?.replaceAll('\\"', '"') ?? plain,
  ]);
  return new Map(pairs.reverse().map(([name = '', value = '']) => [name.toLowerCase(), value]));
}

/** The HTML standard escapes these three characters in names, and no others. */
function unescapeName<T extends string | undefined>(name: T): T {
  return name?.replace(/%0A|%0D|%22/gi, decodeURIComponent) as T;
}

/** Decodes `UTF-8''%E4%B8%AD.txt` (RFC 8187). RFC 7578 forbids it in forms, but some clients send it. */
function extendedValue(value: string | undefined): string | undefined {
  const [, encoded] = /^utf-8'[^']*'(.*)$/i.exec(value ?? '') ?? [];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
