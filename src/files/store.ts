import { Readable } from 'node:stream';

/** Bytes to store. `stream` reads them from the start each time: a bucket may need them again after a failure. */
export interface Content {
  readonly size: number;
  stream(): Readable;
}

/** A part of a file: its first and its last byte, both included, as in HTTP. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Bytes by key: a folder or a bucket. */
export interface Store {
  /** Resolves when the bytes would survive a crash. */
  write(key: string, content: Content, type: string): Promise<void>;
  /** Reads the range alone, which must be inside of the file; without one, the whole file. */
  read(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** Does nothing for an unknown key. */
  remove(key: string): Promise<void>;
}

/** Bytes in memory as content. */
export const contentOf = (bytes: Uint8Array): Content => ({
  size: bytes.length,
  stream: () => Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false }),
});
