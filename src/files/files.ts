import type { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Database, Transaction } from '../database/open.ts';
import { randomHex } from '../secrets.ts';
import { createBucket } from './bucket.ts';
import { createFolder } from './folder.ts';

/**
 * Uploaded files. Bytes and the row that refers to them cannot be written in one transaction. So a file is unkept until
 * the transaction that writes the row keeps it (`keepFile`). After a crash in between, `sweep` deletes the bytes.
 */
export interface Files {
  /**
   * Stores bytes under a new random key, 32 hex digits.
   *
   * @param type media type, for stores that deliver files themselves
   */
  put(bytes: Uint8Array, file: { type: string }): Promise<string>;
  get(key: string): Promise<Readable | undefined>;
  /**
   * Deletes dropped files, and those that were not kept within an hour. May run on several nodes at once.
   *
   * @returns how many files were deleted
   */
  sweep(now: number): Promise<number>;
}

/** Longer than any request takes from `put` to `keepFile`. */
const UNKEPT_LIFETIME_MS = 60 * 60 * 1000;

/** @param filesUrl `file:<folder>`, or `s3://<key>:<secret>@<bucket>/<prefix>?endpoint=<url>&region=<region>` */
export function createFiles(
  database: Database,
  clock: Clock,
  { filesUrl, filesTimeoutMs }: { filesUrl: string; filesTimeoutMs: number },
): Files {
  const store = filesUrl.startsWith('s3:')
    ? createBucket(filesUrl, filesTimeoutMs)
    : createFolder(filesUrl.slice('file:'.length));
  return {
    async put(bytes, { type }) {
      const key = randomHex(16);
      await dropFile(database, key, clock.now());
      await store.write(key, bytes, type);
      return key;
    },
    get: (key) => store.read(key),
    async sweep(now) {
      const unkept = await database
        .selectFrom('files_unkept')
        .select('key')
        .where('since', '<', now - UNKEPT_LIFETIME_MS)
        .execute();
      for (const { key } of unkept) {
        await store.remove(key);
        await database.deleteFrom('files_unkept').where('key', '=', key).execute();
      }
      return unkept.length;
    },
  };
}

/** Keeps a file if the transaction commits. Call it in the transaction that writes the row which refers to the file. */
export async function keepFile(transaction: Transaction, key: string): Promise<void> {
  const { numDeletedRows } = await transaction.deleteFrom('files_unkept').where('key', '=', key).executeTakeFirst();
  if (numDeletedRows === 0n) throw new Error(`The file ${key} cannot be kept: it was not put, or is kept already`);
}

/** Drops a file if the transaction commits. `sweep` deletes the bytes within two hours. */
export async function dropFile(database: Database | Transaction, key: string, now: number): Promise<void> {
  await database.insertInto('files_unkept').values({ key, since: now }).execute();
}
