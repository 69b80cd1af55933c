import { Readable } from 'node:stream';
import type { Files } from '../files/files.ts';
import type { ByteRange } from '../files/store.ts';

/**
 * The bytes of a file, as the body of an output with status 200. `mountApi` makes the answers to conditional and range
 * requests of it (RFC 9110, sections 13 and 14), so the contract declares 206, 304 and 416 beside 200.
 */
export class FileBody {
  /** In bytes. */
  readonly size: number;
  /** Different bytes have different ones. Without quotation marks. */
  readonly version: string;
  /** In milliseconds. */
  readonly modifiedAt: number;
  /** Opens the file, or a part of it. Not called when the answer has no bytes. */
  readonly read: (range?: ByteRange) => Promise<Readable>;

  constructor({ size, version, modifiedAt, read }: Pick<FileBody, 'size' | 'version' | 'modifiedAt' | 'read'>) {
    this.size = size;
    this.version = version;
    this.modifiedAt = modifiedAt;
    this.read = read;
  }
}

/**
 * A stored file.
 *
 * @param missing the error when its bytes are gone
 */
export const storedBody = (
  files: Files,
  { key, size, created_at }: { key: string; size: number; created_at: number },
  missing: () => Error,
) =>
  new FileBody({
    size,
    // A key is never used for other bytes.
    version: key,
    modifiedAt: created_at,
    async read(range) {
      const bytes = await files.get(key, range);
      if (bytes === undefined) throw missing();
      return bytes;
    },
  });

/** A file that is in memory. */
export const bytesBody = (bytes: Uint8Array, { version, modifiedAt }: Pick<FileBody, 'version' | 'modifiedAt'>) =>
  new FileBody({
    size: bytes.length,
    version,
    modifiedAt,
    read: async ({ start, end } = { start: 0, end: bytes.length - 1 }) =>
      Readable.from([bytes.subarray(start, end + 1)]),
  });
