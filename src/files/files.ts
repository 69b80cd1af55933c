import type { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Database, Transaction } from '../database/open.ts';
import { inSteps } from '../database/steps.ts';
import { transact } from '../database/transact.ts';
import { ConfigError, OverloadError } from '../errors.ts';
import { randomHex } from '../secrets.ts';
import { createBucket } from './bucket.ts';
import { createFolder } from './folder.ts';
import { type ByteRange, type Content, contentOf } from './store.ts';

/**
 * Uploaded files. Bytes and the row that refers to them cannot be written in one transaction. So a file is unkept until
 * the transaction that writes the row keeps it (`keepFile`). After a crash in between, `sweep` deletes the bytes.
 */
export interface Files {
  /**
   * Stores content under a new random key, 32 hex digits.
   *
   * @param type media type, for stores that deliver files themselves
   */
  put(content: Content, file: { type: string }): Promise<string>;
  /**
   * Deletes a file at once unless it was kept, for an upload that failed or was not needed. Never throws: what it leaves,
   * `sweep` deletes.
   */
  discard(key: string): Promise<void>;
  /** The bytes under a key, or a range of them; undefined for an unknown key. */
  get(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** Stores content under a key that rows refer to already; does nothing where the key is known. */
  restore(key: string, content: Content): Promise<void>;
  /**
   * Writes a small file and deletes it.
   *
   * @throws ConfigError that names the variable and the reason, without the secret
   */
  requireWritable(): Promise<void>;
  /**
   * Deletes dropped files, and those that were not kept within an hour. May run on several nodes at once.
   *
   * @returns how many files were deleted
   */
  sweep(now: number): Promise<number>;
}

/** Longer than any request takes from `put` to `keepFile`. */
const UNKEPT_LIFETIME_MS = 60 * 60 * 1000;

export interface FilesOptions {
  filesUrl: string;
  filesTimeoutMs: number;
  /** Has the files that this store lacks, and is never written. */
  filesBelow?: Pick<Files, 'get'>;
  /** Of a folder: whether the files need not survive the process. */
  isTemporary?: boolean;
}

/**
 * @param options.filesUrl `file:<folder>`, or `s3://<key>:<secret>@<bucket>/<prefix>?endpoint=<url>&region=<region>`
 */
export function createFiles(
  database: Database,
  clock: Clock,
  { filesUrl, filesTimeoutMs, filesBelow, isTemporary }: FilesOptions,
): Files {
  const store = filesUrl.startsWith('s3:')
    ? createBucket(filesUrl, filesTimeoutMs)
    : createFolder(filesUrl.slice('file:'.length), isTemporary);
  const get: Files['get'] = async (key, range) => (await store.read(key, range)) ?? filesBelow?.get(key, range);

  async function removeUnkept(key: string): Promise<void> {
    await store.remove(key);
    await database.deleteFrom('files_unkept').where('key', '=', key).execute();
  }

  return {
    async put(content, { type }) {
      const key = randomHex(16);
      await dropFile(database, key, clock.now());
      try {
        await store.write(key, content, type);
      } catch (error) {
        // Not awaited: a silent bucket would hold the request twice as long.
        removeUnkept(key).catch(() => {});
        throw error;
      }
      return key;
    },
    async discard(key) {
      try {
        // Where the answer to a commit was lost, this waits for the commit. The file is then kept, or expired.
        const { numUpdatedRows } = await database
          .updateTable('files_unkept')
          .set({ since: 0 })
          .where('key', '=', key)
          .executeTakeFirst();
        if (numUpdatedRows > 0n) await removeUnkept(key);
      } catch {}
    },
    get,
    async restore(key, content) {
      const known = await get(key);
      if (known === undefined) await store.write(key, content, 'application/octet-stream');
      else known.destroy();
    },
    async requireWritable() {
      const key = randomHex(16);
      try {
        await store.write(key, contentOf(new Uint8Array([0])), 'application/octet-stream');
        await store.remove(key);
      } catch (error) {
        const place = filesUrl.startsWith('s3:')
          ? `the bucket ${new URL(filesUrl).hostname}`
          : filesUrl.slice('file:'.length);
        throw new ConfigError(`FILES_URL: ${place} cannot be written: ${reason(error)}`, { cause: error });
      }
    },
    async sweep(now) {
      return inSteps(async (limit) => {
        const unkept = await database
          .selectFrom('files_unkept')
          .select('key')
          .where('since', '<', now - UNKEPT_LIFETIME_MS)
          .limit(limit)
          .execute();
        for (const { key } of unkept) await removeUnkept(key);
        return unkept.length;
      });
    },
  };
}

/** When a host name has several addresses, the error of each is in `errors` and the message is empty. */
function reason(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return first instanceof Error ? `${first.name}: ${first.message}` : String(first);
}

/**
 * Keeps a file if the transaction commits. Call it in the transaction that writes the row which refers to the file.
 *
 * @throws OverloadError when the file is gone: a reset of the sandbox deletes it during its upload
 */
export async function keepFile(transaction: Transaction, key: string): Promise<void> {
  const { numDeletedRows } = await transaction.deleteFrom('files_unkept').where('key', '=', key).executeTakeFirst();
  if (numDeletedRows === 0n)
    throw new OverloadError(new Error(`The file ${key} cannot be kept: it was not put, or is kept already`));
}

/** Drops a file if the transaction commits. `sweep` deletes the bytes within two hours. */
export async function dropFile(database: Database | Transaction, key: string, now: number): Promise<void> {
  await database.insertInto('files_unkept').values({ key, since: now }).execute();
}

/** Drops several files, like `dropFile`. */
export async function dropFiles(transaction: Transaction, keys: readonly string[], now: number): Promise<void> {
  if (keys.length === 0) return;
  await transaction
    .insertInto('files_unkept')
    .values(keys.map((key) => ({ key, since: now })))
    .execute();
}

/** Writes a row and deletes it. Fails when the disk of the database is full, or when the database can only be read. */
export async function requireWritable(database: Database, now: number): Promise<void> {
  const key = randomHex(16);
  await transact(database, async (transaction) => {
    await dropFile(transaction, key, now);
    await keepFile(transaction, key);
  });
}
