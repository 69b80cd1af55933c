import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { apis } from '../src/app.ts';
import type { OperationObject } from '../src/http/contract.ts';

/** House rules that no compiler and no linter knows. CONTRIBUTING.md says why they are there. */

const home = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(home, file), 'utf8');

/** Files below a folder, by their path from the project's root. */
const filesBelow = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(home, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => ending.test(file) && statSync(join(home, file)).isFile())
    .sort();

const sources = filesBelow('src', /\.ts$/);
const tests = filesBelow('test', /\.ts$/);

/** Places that a pattern matches, as `file:line: text`. */
function matches(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}

const operationsOf = ({ contract }: (typeof apis)[number]): OperationObject[] =>
  Object.values(contract.paths).flatMap((item) =>
    Object.values(item as Record<string, OperationObject>).filter(({ operationId }) => operationId !== undefined),
  );

describe.each(apis.map((api) => [api.name, api] as const))('the room %s', (name, api) => {
  it('has one module for each tag, which exports its operations and nothing else', async () => {
    const tags = new Map<string, string[]>();
    for (const { operationId, tags: [tag = ''] = [] } of operationsOf(api))
      tags.set(tag, [...(tags.get(tag) ?? []), operationId]);
    const modules = filesBelow(`src/${name}/operations`, /\.ts$/);
    expect(modules.map((file) => basename(file, '.ts'))).toEqual([...tags.keys()].sort());
    for (const file of modules) {
      const exported = Object.keys(await import(join(home, file)));
      expect([file, exported.sort()]).toEqual([file, tags.get(basename(file, '.ts'))?.sort()]);
      expect([file, read(file).match(/^export (type|interface) \w+/m)]).toEqual([file, null]);
    }
  });

  it('has the same storeys as the other rooms', () => {
    const known = ['operations', 'model', 'wire', 'database', 'socket', 'pages'];
    const folders = readdirSync(join(home, 'src', name), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(folders.filter((folder) => !known.includes(folder))).toEqual([]);
  });

  it('is the only part of src that names its tables', () => {
    const others = sources.filter((file) => !file.startsWith(`src/${name}/`));
    expect(matches(others, new RegExp(`['"\`]${name}_[a-z_]+['"\`. ]`))).toEqual([]);
  });

  it('is counted right in the READMEs', () => {
    const { length } = operationsOf(api);
    const row = new RegExp(`^\\| ${api.name} \\|.*\\D(\\d+) (operations|个操作) \\|$`, 'im');
    for (const readme of ['README.md', 'README.zh-CN.md'])
      expect([readme, row.exec(read(readme))?.[1]]).toEqual([readme, String(length)]);
  });

  it('has the same readings in both languages, and cites only those', () => {
    const number = /\b[TUPGS]-\d+\b/g;
    const numbered = (file: string) => [...read(file).matchAll(/^## ([A-Z]-\d+) /gm)].map(([, id]) => id);
    const readings = numbered(`openapi/${name}/READINGS.md`);
    expect(new Set(readings).size).toBe(readings.length);
    expect(numbered(`openapi/${name}/READINGS.en.md`)).toEqual(readings);
    const letter = readings[0]?.charAt(0) ?? '';
    const citing = [...sources, ...tests, ...filesBelow(`openapi/${name}`, /\.(yaml|md)$/)];
    const cited = citing.flatMap((file) => read(file).match(number) ?? []).filter((id) => id.startsWith(letter));
    expect([...new Set(cited)].filter((id) => !readings.includes(id))).toEqual([]);
  });
});

describe('the sources', () => {
  it('take the time from the clock of the context alone', () => {
    const clocked = sources.filter((file) => !/^src\/(clock\.ts|client\/)|\.browser\.ts$/.test(file));
    expect(matches(clocked, /\bDate\.now\(|new Date\(\)/)).toEqual([]);
  });

  it('read the environment in config.ts alone', () => {
    expect(matches(sources, /process\.env\b/).filter((place) => !place.startsWith('src/config.ts'))).toEqual([]);
  });
});

describe('the installation in production', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };
  interface LockedPackage {
    dev?: boolean;
    os?: string[];
    cpu?: string[];
    libc?: string[];
  }
  const isFor = (list: string[] | undefined, value: string) => list === undefined || list.includes(value);
  const installed = Object.entries(packages).filter(
    ([path, { dev, os, cpu, libc }]) =>
      path !== '' && dev !== true && isFor(os, 'linux') && isFor(cpu, 'x64') && isFor(libc, 'glibc'),
  );

  it('has none of the tools of the contract, the build and the tests', () => {
    const tools = /\/(@redocly|@stoplight|esbuild|tsx|typescript|openapi-typescript|vitest)(\/|$)/;
    expect(installed.map(([path]) => path).filter((path) => tools.test(path))).toEqual([]);
  });

  it.each(['README.md', 'README.zh-CN.md'])('has about as many packages as %s says', (readme) => {
    const named = Number(/npm prune --omit=dev`[^\n]*?(\d+) (?:packages|个包)/.exec(read(readme))?.[1]);
    expect(Math.abs(installed.length - named)).toBeLessThanOrEqual(10);
  });
});

describe('prose', () => {
  const prose = [...sources, ...tests, 'CONTRIBUTING.md', 'README.md'].filter((file) => file !== 'test/house.test.ts');
  /** Comments, titles of tests and Markdown; not the table in CONTRIBUTING.md that shows how not to write. */
  const isProse = (place: string) => /: (\/\/|\/?\*|it\(|describe\()|\.md:/.test(place) && !/\.md:\d+: \| /.test(place);

  it('names its subjects', () => {
    // A relative clause needs a noun in front of it: "the user who signed in".
    const riddles = /(?<![A-Za-z’'`),] |## )\b[Ww]ho(m|se)? [a-z]+(s|ed|n|y|t|e)\b|\b[Ww]ho(m|so)?ever\b/;
    expect(matches(prose, riddles).filter(isProse)).toEqual([]);
  });

  it('does not use somebody or nobody as a subject', () => {
    expect(
      matches(prose, /(^|[.;:,(] |\* |\/\/ |')(Somebody|Nobody|Anybody|Everybody|somebody|nobody|anybody)\b/).filter(
        isProse,
      ),
    ).toEqual([]);
  });

  it('does not use told for errors and results', () => {
    expect(matches(prose, /\b(is|are|was|were) told\b/).filter(isProse)).toEqual([]);
  });

  it('cites no document that is not in the repository', () => {
    const all = [...prose, ...filesBelow('openapi', /\.(yaml|md)$/)];
    expect(
      matches(all, /\b[Ff]acts?, (section|operation|row|§)|\bthe facts\b|\b[Ss]eeds? 00\d|\d{3}_[0-9a-f]{16}/),
    ).toEqual([]);
  });
});
