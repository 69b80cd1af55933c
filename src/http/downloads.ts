import { Readable } from 'node:stream';
import type { Request } from 'express';
import { HttpError } from '../errors.ts';
import type { ByteRange } from '../files/store.ts';
import type { FileBody } from './file-body.ts';
import type { AnyOutput } from './operation.ts';
import { hasTag } from './static-files.ts';

/**
 * The answer to a download: the file, one range of it, or 304 when the client has it. A request for several ranges gets
 * the whole file, as RFC 9110, section 14.2, allows.
 *
 * @throws HttpError range_not_satisfiable for a range outside of the file
 */
export async function answerDownload(
  request: Request,
  { status, body: file, ...output }: AnyOutput & { body: FileBody },
): Promise<AnyOutput> {
  const validators = { ETag: `"${file.version}"`, 'Last-Modified': new Date(file.modifiedAt).toUTCString() };
  const headers = { ...output.headers, ...validators, 'Accept-Ranges': 'bytes' };
  if (isFresh(request, validators)) return { status: 304, headers };
  const whole = { ...headers, 'Content-Length': file.size };
  if (request.method === 'HEAD') return { ...output, status, headers: whole, body: Readable.from([]) };
  const range = isCurrent(request, validators) ? rangeOf(request, file.size) : undefined;
  if (range === undefined) return { ...output, status, headers: whole, body: await file.read() };
  const part = {
    'Content-Range': `bytes ${range.start}-${range.end}/${file.size}`,
    'Content-Length': range.end - range.start + 1,
  };
  return { ...output, status: 206, headers: { ...headers, ...part }, body: await file.read(range) };
}

interface Validators {
  ETag: string;
  'Last-Modified': string;
}

/** Whether the client has the file (If-None-Match, or else If-Modified-Since). */
function isFresh(request: Request, validators: Validators): boolean {
  const { 'if-none-match': tags, 'if-modified-since': date = '' } = request.headers;
  if (tags !== undefined) return hasTag(request, validators.ETag);
  return Date.parse(date) >= Date.parse(validators['Last-Modified']);
}

/** Whether the file is still the one that the client has a part of (If-Range). */
function isCurrent({ headers: { 'if-range': sent } }: Request, validators: Validators): boolean {
  return sent === undefined || sent === validators.ETag || sent === validators['Last-Modified'];
}

/**
 * The one range of the request; undefined for none, for several and for a header that cannot be read. Express has a parser
 * too, which refuses the last 100 bytes of a shorter file.
 */
function rangeOf({ headers: { range = '' } }: Request, size: number): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(range) ?? [];
  if (!first && !last) return undefined;
  if (first && last && Number(last) < Number(first)) return undefined;
  const start = first ? Number(first) : Math.max(size - Number(last), 0);
  const end = first && last ? Math.min(Number(last), size - 1) : size - 1;
  if (start <= end) return { start, end };
  throw new HttpError('range_not_satisfiable', `The file has ${size} bytes`, {
    headers: { 'Content-Range': `bytes */${size}` },
  });
}
