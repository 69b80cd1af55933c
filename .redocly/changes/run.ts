/**
 * What changed for the callers of the APIs since an earlier contract:
 *
 *     npm run changes -- --base v0.1.0
 *     npm run changes -- --base old.json --head new.json --format json
 *
 * Ends with 0 when nothing breaks them, or when the version and the changelog say so; with 1 when something does; with 2
 * when it could not compare.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Contract } from '../../src/http/contract.ts';
import { projectRoot } from '../../src/root.ts';
import { type Change, compareContracts } from './compare-contracts.ts';
import { announces } from './releases.ts';
import { formats } from './report.ts';

interface Pair {
  api: string;
  /** Undefined for an API that is new, or gone. */
  base: Contract | undefined;
  head: Contract | undefined;
  changelog: string | undefined;
}

const home = projectRoot();

try {
  const { values } = parseArgs({
    options: {
      base: { type: 'string' },
      head: { type: 'string' },
      api: { type: 'string' },
      format: { type: 'string', default: 'text' },
      changelog: { type: 'string' },
    },
  });
  const format = formats[values.format];
  if (format === undefined) throw new Error(`--format must be ${Object.keys(formats).join(', ')}`);
  const base = values.base ?? lastRelease();
  if (values.base === undefined)
    console.error(`Compared with ${base}, as there is no --base: the last tag of a release, or HEAD^ without one`);
  const pairs = readPairs(base, values.head, values.api, values.changelog);
  const changes = pairs.map((pair) => ({ ...pair, changes: changesOf(pair) }));
  const sudden = changes.filter((pair) => breaks(pair.changes) && !announces(pair.base, pair.head, pair.changelog));
  console.log(format(changes.flatMap((pair) => pair.changes)));
  for (const { api, base } of sudden)
    console.error(
      `${api}: changes break callers, but info.version is not a major one after ${base?.info.version} (below 1.0.0, a minor one) with an entry in CHANGELOG.md`,
    );
  process.exitCode = sudden.length > 0 ? 1 : 0;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}

function breaks(changes: readonly Change[]): boolean {
  return changes.some(({ level }) => level === 'breaking');
}

function changesOf({ api, base, head }: Pair): Change[] {
  if (base !== undefined && head !== undefined) return compareContracts(api, base, head);
  const whole = { api, operation: null, where: 'operation', pointer: '' } as const;
  return base === undefined
    ? [{ ...whole, level: 'safe', rule: 'api-added', message: `the API ${api} is new` }]
    : [{ ...whole, level: 'breaking', rule: 'api-removed', message: `the API ${api} is gone` }];
}

/** @param base a bundle, or a revision of git. @param head a bundle; without one, what lies in `generated/` */
function readPairs(
  base: string,
  head: string | undefined,
  api: string | undefined,
  changelog: string | undefined,
): Pair[] {
  const isFile = existsSync(base);
  if (head !== undefined || isFile) {
    if (!isFile) throw new Error(`--head is compared with a bundle, and --base ${base} is none`);
    const before = readBundle(base);
    const name = api ?? nameOf(before);
    return [
      {
        api: name,
        base: before,
        head: readBundle(head ?? join(home, 'generated', `${name}.json`)),
        changelog: readChangelog(name, changelog),
      },
    ];
  }
  const [old, now] = [bundlesOf(base), bundlesOf(undefined)];
  const names = [...new Set([...old.keys(), ...now.keys()])].filter((name) => api === undefined || name === api);
  if (names.length === 0) throw new Error(`--api ${api} is no API; there are ${[...now.keys()].join(', ')}`);
  return names.map((name) => ({
    api: name,
    base: old.get(name)?.(),
    head: now.get(name)?.(),
    changelog: readChangelog(name, changelog),
  }));
}

/** By API, the bundles of a revision; without one, those of the working tree. */
function bundlesOf(revision: string | undefined): Map<string, () => Contract> {
  const where = revision === undefined ? [] : [`${revision}^{commit}`];
  const list =
    revision === undefined ? git('ls-files', 'generated') : git('ls-tree', '--name-only', ...where, 'generated/');
  // Other files of `generated/` have no types.
  const names = Array.from(list.matchAll(/^generated\/(\w+)\.ts$/gm), ([, name]) => name as string);
  const read = (name: string) => (): Contract => {
    const file = `generated/${name}.json`;
    return revision === undefined ? readBundle(join(home, file)) : JSON.parse(git('show', `${revision}:${file}`));
  };
  return new Map(names.map((name) => [name, read(name)]));
}

/** The last tag of a release; before the first one, the last commit but one. */
function lastRelease(): string {
  const tag = git('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname').split('\n')[0];
  return tag || 'HEAD^';
}

function git(...parameters: string[]): string {
  try {
    return execFileSync('git', parameters, { cwd: home, encoding: 'utf8', stdio: 'pipe', maxBuffer: 64 << 20 });
  } catch (error) {
    throw new Error(`git ${parameters.join(' ')} failed: ${String((error as { stderr?: string }).stderr).trim()}`);
  }
}

function readBundle(file: string): Contract {
  const contract = JSON.parse(readFileSync(file, 'utf8'));
  if (!String(contract?.openapi).startsWith('3.1')) throw new Error(`${file} is no OpenAPI 3.1 document`);
  return contract;
}

/** The end of the server's path is the API's name. */
function nameOf(contract: Contract): string {
  const { servers } = contract as { servers?: { url: string }[] };
  return servers?.[0]?.url.split('/').pop() || contract.info.title;
}

function readChangelog(api: string, file: string | undefined): string | undefined {
  const path = file ?? join(home, 'openapi', api, 'CHANGELOG.md');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
