import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apis } from '../src/app.ts';
import { methods } from '../src/http/contract.ts';

describe.each([
  ['README.md', /^\| (\w+) \|.*?: (\d+) operations \|$/gm],
  ['README.zh-CN.md', /^\| (\w+) \|.*?：(\d+) 个操作 \|$/gm],
])('%s', (file, row) => {
  it('says how many operations each API has', () => {
    const said = [...readFileSync(file, 'utf8').matchAll(row)].map(([, name = '', count]) => [
      name.toLowerCase(),
      Number(count),
    ]);
    const counted = apis.map(({ name, contract }) => {
      const operations = Object.values(contract.paths).flatMap((item) => methods.filter((method) => item[method]));
      return [name, operations.length];
    });
    expect(Object.fromEntries(said)).toEqual(Object.fromEntries(counted));
  });
});
