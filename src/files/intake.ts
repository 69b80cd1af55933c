import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { HttpError } from '../errors.ts';
import type { Content } from './store.ts';

/** A file of a request. Its bytes can be read until the request ends. */
export interface Upload extends Content {
  /** As the sender wrote it; '' without a name. */
  readonly name: string;
  /** Media type, as the sender wrote it; '' without a type. */
  readonly type: string;
}

/** The room for the bodies of requests under way, over all APIs. */
export interface Intake {
  /** For JSON, forms and text. */
  memory: Space;
  /** For files, which wait in the temporary folder of the system until they are stored. */
  disk: Space;
}

export const createIntake = ({ bodyMemory, uploadSpace }: { bodyMemory: number; uploadSpace: number }): Intake => ({
  memory: new Space(bodyMemory),
  disk: new Space(uploadSpace),
});

const RETRY_AFTER_SECONDS = 5;

/** An amount of bytes of which requests take parts. */
export class Space {
  private readonly size: number;
  private used = 0;

  constructor(size: number) {
    this.size = size;
  }

  /**
   * Takes a part and returns the function that gives it back. Callers that are not known yet have half of the space
   * among them, so that they cannot shut out the others.
   *
   * @throws HttpError unavailable when the rest is too small
   */
  take(bytes: number, isKnown: boolean): () => void {
    const limit = isKnown ? this.size : this.size / 2;
    if (this.used + bytes > limit)
      throw new HttpError('unavailable', 'The server is busy; try again later', {
        headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
      });
    this.used += bytes;
    return () => {
      this.used -= bytes;
    };
  }
}

const CHUNK_BYTES = 65_536;

/** A file without a name in the temporary folder: when the process ends in any way, the system deletes it. */
export class TemporaryFile implements Content {
  size = 0;
  private readonly handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.handle = handle;
  }

  static async create(): Promise<TemporaryFile> {
    const path = join(tmpdir(), `qiyue-${randomUUID()}`);
    const handle = await open(path, 'wx+', 0o600);
    await unlink(path);
    return new TemporaryFile(handle);
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.handle.appendFile(bytes);
    this.size += bytes.length;
  }

  /** Not a stream of the handle itself, which would close it with the first reader. */
  stream(): Readable {
    return Readable.from(this.chunks(), { objectMode: false });
  }

  private async *chunks(): AsyncGenerator<Uint8Array> {
    for (let position = 0; position < this.size; ) {
      const { buffer, bytesRead } = await this.handle.read({ buffer: Buffer.allocUnsafe(CHUNK_BYTES), position });
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
