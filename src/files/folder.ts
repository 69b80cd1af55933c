import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../database/make-folder.ts';
import type { Content, Store } from './store.ts';

/**
 * Files in a folder, spread over 256 subfolders. The folders are made on first use.
 *
 * @param isTemporary whether the files need not survive the process, so that nothing waits for the disk
 */
export function createFolder(folder: string, isTemporary = false): Store {
  const pathOf = (key: string) => join(folder, key.slice(0, 2), key);

  return {
    async write(key, content) {
      const path = pathOf(key);
      await makeFolder(dirname(path));
      try {
        await writeContent(`${path}.part`, content, isTemporary);
        await rename(`${path}.part`, path);
      } catch (error) {
        // At once, because the disk may be full.
        await rm(`${path}.part`, { force: true });
        throw error;
      }
      if (!isTemporary) await flushFolder(dirname(path));
    },
    async read(key, range) {
      try {
        const file = await open(pathOf(key));
        return file.createReadStream(range);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async remove(key) {
      await rm(pathOf(key), { force: true });
      await rm(`${pathOf(key)}.part`, { force: true });
    },
  };
}

/** Whether a path below the folder is that of a complete file. */
export const isFilePath = (path: string): boolean => /^([\da-f]{2})\/\1[\da-f]{30}$/.test(path);

async function writeContent(path: string, content: Content, isTemporary: boolean): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await writeFile(file, content.stream());
    if (!isTemporary) await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the name of a new file survive a crash: `sync` on a file does not write its folder. Windows cannot open folders. */
export async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
