import type { Readable } from 'node:stream';

/** Bytes by key: a folder or a bucket. */
export interface Store {
  /** Resolves when the bytes would survive a crash. */
  write(key: string, bytes: Uint8Array, type: string): Promise<void>;
  read(key: string): Promise<Readable | undefined>;
  /** Does nothing for an unknown key. */
  remove(key: string): Promise<void>;
}
