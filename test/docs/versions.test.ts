import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { noServer } from '../../src/docs/addresses.ts';
import { writeDocs, writeVersions } from '../../src/docs/write.ts';
import { projectRoot } from '../../src/root.ts';

const two = apis.filter(({ name }) => name === 'gobelieve' || name === 'sandbox');

let folder: string;
let repository: string;
let site: string;
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], { cwd: repository });

/** Writes the contracts of an API with another version and another title. */
function writeContract(name: string, version: string, title: string): void {
  for (const file of [`${name}.json`, `${name}.en.json`]) {
    const contract = JSON.parse(readFileSync(join(projectRoot(), 'generated', file), 'utf8'));
    const changed = { ...contract, info: { ...contract.info, version, title } };
    writeFileSync(join(repository, 'generated', file), JSON.stringify(changed));
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'qiyue-versions-'));
  repository = join(folder, 'repository');
  site = join(folder, 'site');
  mkdirSync(join(repository, 'generated'), { recursive: true });
  git('init', '--quiet');
  cpSync(join(projectRoot(), 'openapi'), join(repository, 'openapi'), { recursive: true });
  for (const file of readdirSync(join(projectRoot(), 'generated')).filter((name) => /^(journeys|gobelieve)/.test(name)))
    cpSync(join(projectRoot(), 'generated', file), join(repository, 'generated', file));
  writeFileSync(join(repository, 'package.json'), JSON.stringify({ name: 'qiyue', version: '0.0.8' }));
  // Before there was a sandbox, and any evidence.
  writeContract('gobelieve', '0.0.8', 'GoBelieve as it was');
  git('add', '.');
  git('commit', '--quiet', '--message', 'first');
  git('tag', 'v0.0.8');
  writeContract('gobelieve', '0.0.9', 'GoBelieve later');
  git('commit', '--quiet', '--all', '--message', 'second');
  git('tag', 'v0.0.9');
  const versions = await writeVersions(site, ['v0.0.9', 'v0.0.8'], two, repository);
  await writeDocs(site, two, noServer, versions);
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (path: string) => readFileSync(join(site, path), 'utf8');

describe('the docs of other versions', () => {
  it.each(['0.0.8', '0.0.9'])('are made from the contracts of the tag: %s', (version) => {
    const { info } = JSON.parse(read(`v/${version}/gobelieve/openapi.json`));
    expect(info).toMatchObject({ version, title: version === '0.0.8' ? 'GoBelieve as it was' : 'GoBelieve later' });
    for (const path of ['', 'en/', 'readings/', 'evidence/', 'guides/first-request/', 'try/'])
      expect([path, existsSync(join(site, `v/${version}/gobelieve/${path}index.html`))]).toEqual([path, true]);
    expect(read(`v/${version}/index.html`)).toContain(info.title);
  });

  it('have only the APIs that the tag has', () => {
    expect(existsSync(join(site, 'v/0.0.8/sandbox'))).toBe(false);
    expect(existsSync(join(site, 'sandbox/index.html'))).toBe(true);
    expect(read('gobelieve/openapi.json')).not.toContain('as it was');
  });

  it('are listed on the front page, and lead back to the newest', () => {
    for (const [path, label] of [
      ['index.html', '版本'],
      ['en/index.html', 'Versions'],
      ['v/0.0.8/index.html', '版本'],
      ['v/0.0.8/en/index.html', 'Versions'],
    ] as const) {
      const [, list = ''] = new RegExp(`<nav[^>]* aria-label="${label}">(.*?)</nav>`, 's').exec(read(path)) ?? [];
      const links = Array.from(list.matchAll(/href="([^"]+)"/g), ([, link = '']) =>
        posix.join(posix.dirname(path), link),
      );
      const language = path.includes('en/') ? 'en/' : '';
      const expected = path.startsWith('v/')
        ? [`${language}index.html`]
        : ['0.0.9', '0.0.8'].map((name) => `v/${name}/${language}index.html`);
      expect([path, links]).toEqual([path, expected]);
      for (const link of links) expect(existsSync(join(site, link))).toBe(true);
    }
  });

  it('are refused for an unknown tag, a tag without contracts and a folder without git', async () => {
    const writing = (tag: string, from = repository) => writeVersions(join(folder, 'none'), [tag], two, from);
    await expect(writing('v9.9.9')).rejects.toThrow('There is no v9.9.9 in the git repository');
    git('rm', '--quiet', '-r', 'generated');
    git('commit', '--quiet', '--message', 'third');
    await expect(writing('HEAD')).rejects.toThrow('HEAD has no contracts in generated/');
    await expect(writing('v0.0.8', folder)).rejects.toThrow('is not a git repository');
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});
