import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createTarDecoder, createTarPacker } from 'modern-tar';

/** An archive that is being written. */
export interface Archive {
  addText(name: string, text: string): Promise<void>;
  /** @returns false when the file does not exist */
  addFile(name: string, path: string): Promise<boolean>;
}

/**
 * Writes a tar archive that only this account can read. Until it is complete it has another name, so that an interrupted
 * backup is not taken for a whole one and does not replace an older one.
 */
export async function writeArchive(path: string, fill: (archive: Archive) => Promise<void>): Promise<void> {
  const { readable, controller } = createTarPacker();
  const unfinished = `${path}.part`;
  const file = createWriteStream(unfinished, { mode: 0o600, flush: true });
  const writing = pipeline(Readable.fromWeb(readable as never), file);
  // The error of `fill` comes first.
  writing.catch(() => {});
  const add = (name: string, size: number) => controller.add({ name, size, mode: 0o600 });
  try {
    await fill({
      async addText(name, text) {
        await new Blob([text]).stream().pipeTo(add(name, Buffer.byteLength(text)));
      },
      async addFile(name, path) {
        const source = await openExisting(path);
        if (source === undefined) return false;
        try {
          const { size } = await source.stat();
          const bytes = Readable.toWeb(source.createReadStream({ autoClose: false }));
          await (bytes as ReadableStream<Uint8Array>).pipeTo(add(name, size));
        } finally {
          await source.close();
        }
        return true;
      },
    });
    controller.finalize();
    await writing;
    await rename(unfinished, path);
  } catch (error) {
    controller.error(error);
    await writing.catch(() => {});
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Reads an archive from its beginning to its end.
 *
 * @param read gets each file; it may leave the body unread
 * @throws Error when the file is not a complete archive
 */
export async function readArchive(
  path: string,
  read: (name: string, body: () => Readable) => Promise<void>,
): Promise<void> {
  const bytes = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array<ArrayBuffer>>;
  for await (const { header, body } of bytes.pipeThrough(createTarDecoder({ strict: true }))) {
    let isRead = false;
    await read(header.name, () => {
      isRead = true;
      return Readable.fromWeb(body as never);
    });
    // Cancelling a small body would break off the next one, which the decoder has begun by then.
    if (!isRead) await body.pipeTo(new WritableStream());
  }
}
