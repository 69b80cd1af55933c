import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Request, Response } from 'express';
import { keptWith } from '../lazy.ts';

/** A file that this program makes once and sends as it is. */
export interface StaticFile {
  /** The media type, or its short name. */
  type: string;
  body: string;
  /** Names the content. */
  digest: string;
}

/** A year: the file's address has its digest, so another content has another address. */
const FOREVER = 'public, max-age=31536000, immutable';

/**
 * Sends a file in the best encoding that the client accepts, or 304 when the client has it. Each encoding is made once.
 *
 * @param isNamedByDigest whether the address of the request has the digest of the file
 */
export async function sendStaticFile(
  request: Request,
  response: Response,
  file: StaticFile,
  isNamedByDigest = false,
): Promise<void> {
  const encoding = (['br', 'gzip'] as const).find((one) => request.acceptsEncodings(one));
  const etag = `"${file.digest}${encoding === undefined ? '' : `-${encoding}`}"`;
  response.vary('Accept-Encoding').set({ ETag: etag, 'Cache-Control': isNamedByDigest ? FOREVER : 'no-cache' });
  if (hasTag(request, etag)) return void response.status(304).end();
  if (encoding !== undefined) response.set('Content-Encoding', encoding);
  response.type(file.type);
  response.send(encoding === undefined ? file.body : await encoded(file, encoding, () => encode(file.body, encoding)));
}

/**
 * Whether the client has this content (If-None-Match). Express has `request.fresh`, which is false for
 * `Cache-Control: no-cache`, and `fetch` adds that to a request with its own If-None-Match.
 */
export function hasTag({ headers }: Request, etag: string): boolean {
  const tags = headers['if-none-match'];
  if (tags === undefined) return false;
  return tags.trim() === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

const encoded = keptWith<StaticFile, Promise<Buffer>>();

/** Of Brotli's qualities up to 11 the last one before it takes seconds for a megabyte. */
const BROTLI_QUALITY = 9;

async function encode(body: string, encoding: 'br' | 'gzip'): Promise<Buffer> {
  if (encoding === 'gzip') return promisify(gzip)(body, { level: constants.Z_BEST_COMPRESSION });
  return promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } });
}
