import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Api } from '../http/api.ts';
import type { Addresses } from './addresses.ts';
import { hashedName } from './page.ts';
import { createSite } from './site.ts';

/** Writes the pages that `serveDocs` serves as files. They work from any folder, also without a web server. */
export async function writeDocs(folder: string, apis: readonly Api[], addresses: Addresses): Promise<void> {
  for (const [path, make] of createSite(apis, addresses)) {
    const page = await make();
    const file = join(folder, page.type === 'js' ? hashedName(path, page) : path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, page.body);
  }
}
