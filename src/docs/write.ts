import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Api } from '../http/api.ts';
import { projectRoot } from '../root.ts';
import { type Addresses, noServer } from './addresses.ts';
import { hashedName } from './page.ts';
import { createSite } from './site.ts';
import { NEWEST, type Version, withRevision } from './versions.ts';

/**
 * Writes the pages that `serveDocs` serves as files. They work from any folder, also without a web server.
 *
 * @param versions to which the front page leads
 */
export async function writeDocs(
  folder: string,
  apis: readonly Api[],
  addresses: Addresses,
  versions: readonly Version[] = [],
): Promise<void> {
  for (const [path, make] of createSite(apis, addresses, versions)) {
    const page = await make();
    const file = join(folder, page.type === 'js' ? hashedName(path, page) : path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, page.body);
  }
}

/**
 * Writes the docs of git revisions below `v/`, each in a folder with the name of its version.
 *
 * @param revs tags such as `v0.1.0`, or other names of commits
 * @param apis of this version; those that a revision does not have are left out
 * @param repository the folder of the project in its git repository
 * @returns the versions, as the docs in `folder` lead to them
 */
export async function writeVersions(
  folder: string,
  revs: readonly string[],
  apis: readonly Api[],
  repository = projectRoot(),
): Promise<Version[]> {
  const versions: Version[] = [];
  for (const rev of revs) {
    await withRevision(rev, apis, repository, async (name, then) => {
      const version = { name, folder: `v/${name}` };
      // The server of the docs runs the newest version, so these docs name none.
      await writeDocs(join(folder, version.folder), then, noServer, [{ name: NEWEST, folder: '../..' }]);
      versions.push(version);
    });
  }
  return versions;
}
