import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Proof, tools } from './tools.ts';

const home = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(home + file, 'utf8');

/** What the READMEs say of each proof. */
const words: Record<string, Record<Proof, string>> = {
  'README.md': {
    calls: 'its code makes a signed-in call',
    compiles: 'its code compiles',
    generates: 'it makes code',
    reads: 'it reads them without an error',
  },
  'README.zh-CN.md': {
    calls: '生成的代码完成一次登录后的调用',
    compiles: '生成的代码通过编译',
    generates: '能生成代码',
    reads: '能读取，没有错误',
  },
};

describe('the tools that the contracts are tried with', () => {
  it.each(Object.entries(words))('are those of %s', (file, proofs) => {
    const [, section = ''] = read(file).split(/^## (?:Generators|代码生成器)$/m);
    const rows = section.split(/^## /m)[0]?.match(/^\| .* \|$/gm) ?? [];
    expect(rows.slice(2)).toEqual(
      tools.map(({ name, version, proof }) => `| ${name} | ${version} | ${proofs[proof]} |`),
    );
  });

  it('have exact versions', () => {
    const versions = tools.flatMap(({ version, packages }) => [version, ...Object.values(packages)]);
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('are tried every week', () => {
    const workflow = read('.github/workflows/consumers.yml');
    for (const part of ["cron: '", 'npm run test:consumers']) expect(workflow).toContain(part);
  });
});
