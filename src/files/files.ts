import type { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Database, Transaction } from '../database/open.ts';
import { randomHex } from '../secrets.ts';
import { createBucket } from './bucket.ts';
import { createFolder } from './folder.ts';

/** Where bytes are, by key. */
export interface Store {
  /** Resolves when the bytes would survive a crash. */
  write(key: string, bytes: Uint8Array, type: string): Promise<void>;
  read(key: string): Promise<Readable | undefined>;
  /** Does nothing when there are none. */
  remove(key: string): Promise<void>;
}

/**
 * Files that people uploaded. Bytes and the row that refers to them cannot be written at once, so bytes are on
 * probation until a transaction keeps them (`keepFile`); a crash in between leaves something for `sweep` and nothing
 * that anybody sees.
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
   * Deletes the bytes that nothing has kept within an hour, or that were dropped. May run on several nodes at once.
   *
   * @returns how many files were deleted
   */
  sweep(now: number): Promise<number>;
}

/** In ms: no request takes longer to keep what it has put. */
const PROBATION = 60 * 60 * 1000;

/** @param filesUrl `file:<folder>`, or `s3://<key>:<secret>@<bucket>/<prefix>?endpoint=<url>&region=<region>` */
export function createFiles(database: Database, clock: Clock, filesUrl: string): Files {
  const store = filesUrl.startsWith('s3:') ? createBucket(filesUrl) : createFolder(filesUrl.slice('file:'.length));
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
        .where('since', '<', now - PROBATION)
        .execute();
      for (const { key } of unkept) {
        await store.remove(key);
        await database.deleteFrom('files_unkept').where('key', '=', key).execute();
      }
      return unkept.length;
    },
  };
}

/** Keeps a file for good, if the transaction commits. Call it where the row that refers to the file is written. */
export async function keepFile(transaction: Transaction, key: string): Promise<void> {
  const { numDeletedRows } = await transaction.deleteFrom('files_unkept').where('key', '=', key).executeTakeFirst();
  if (numDeletedRows === 0n) throw new Error(`The file ${key} is not there to be kept`);
}

/** Gives a file up, if the transaction commits. The bytes go within two hours. */
export async function dropFile(database: Database | Transaction, key: string, now: number): Promise<void> {
  await database.insertInto('files_unkept').values({ key, since: now }).execute();
}
