import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import { contentRoot, withContent } from './content.ts';

/** Another version in the same site. */
export interface Version {
  name: string;
  /** The way from the root of these docs to the root of those. */
  folder: string;
}

/** The name of the version that the site is about, on pages of another one. */
export const NEWEST = 'newest';

/** What the docs of a version are made from. */
const CONTENT = ['package.json', 'openapi', 'generated'];

const MAX_ARCHIVE_BYTES = 256 * 2 ** 20;

/**
 * Reads the contracts of a git revision and makes something from them.
 *
 * @param make gets the version of the contracts and the APIs of the revision
 */
export async function withRevision<T>(
  rev: string,
  apis: readonly Api[],
  repository: string,
  make: (version: string, apis: readonly Api[]) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-version-'));
  try {
    await extract(await archive(rev, repository), folder);
    return await withContent(folder, async () => {
      const then = await Promise.all(apis.filter(isThere).map(readApi));
      if (then.length === 0) throw new Error(`${rev} has no contracts in generated/`);
      return make(await versionOf(then), then);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

const contractFile = ({ name }: Api): string => join(contentRoot(), 'generated', `${name}.json`);

const isThere = (api: Api): boolean => existsSync(contractFile(api));

const readApi = async (api: Api): Promise<Api> => ({
  ...api,
  contract: JSON.parse(await readFile(contractFile(api), 'utf8')) as Contract,
});

/** That of the contracts; of the package where they differ. */
async function versionOf(apis: readonly Api[]): Promise<string> {
  const versions = new Set(apis.map(({ contract }) => contract.info.version));
  const [version = ''] = versions;
  if (versions.size === 1) return version;
  return (JSON.parse(await readFile(join(contentRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}

const run = promisify(execFile);

async function git(repository: string, ...args: string[]): Promise<Buffer> {
  const options = { cwd: repository, encoding: 'buffer', maxBuffer: MAX_ARCHIVE_BYTES } as const;
  return (await run('git', args, options)).stdout;
}

/** A revision's part of the project as a tar archive. */
async function archive(rev: string, repository: string): Promise<Buffer> {
  try {
    await git(repository, 'rev-parse', '--git-dir');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(isMissing ? `${rev} needs git, which is not installed` : `${repository} is not a git repository`);
  }
  try {
    await git(repository, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${rev}^{commit}`);
  } catch {
    throw new Error(`There is no ${rev} in the git repository; \`git tag\` lists its tags`);
  }
  const names = (await git(repository, 'ls-tree', '--name-only', rev)).toString().split('\n');
  return git(repository, 'archive', '--format=tar', rev, '--', ...CONTENT.filter((name) => names.includes(name)));
}

async function extract(tar: Buffer, folder: string): Promise<void> {
  const { unpackTar } = await import('modern-tar/fs');
  await pipeline(Readable.from([tar]), unpackTar(folder));
}
