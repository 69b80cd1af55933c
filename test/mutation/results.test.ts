import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { areas } from './areas.ts';
import { mergeResults, type Outcome, readResults, toEvidence, toResults } from './results.ts';

const source = 'const a = 1;\nif (a === 1) go();\n';
const outcome = (status: string, replacement = 'true'): Outcome => ({
  file: 'src/x.ts',
  location: { start: { line: 2, column: 5 }, end: { line: 2, column: 12 } },
  replacement,
  status,
});
const survivor = { line: 2, code: 'a === 1', becomes: 'true', why: '' };

describe('the results of a run', () => {
  it('count what was noticed, and keep what was not with its code', () => {
    const outcomes = ['Killed', 'Timeout', 'Survived', 'Ignored', 'RuntimeError'].map((one) => outcome(one));
    expect(toResults(outcomes, () => source)).toEqual([{ file: 'src/x.ts', killed: 2, survivors: [survivor] }]);
  });

  it('replace those of the same file, and keep the reasons', () => {
    const before = [
      { file: 'src/x.ts', killed: 1, survivors: [{ ...survivor, line: 9, why: 'It means the same.' }] },
      { file: 'src/y.ts', killed: 1, survivors: [] },
    ];
    const after = toResults([outcome('Survived'), outcome('NoCoverage', 'false')], () => source);
    const merged = mergeResults(before, after);
    expect(merged.map(({ file }) => file)).toEqual(['src/y.ts', 'src/x.ts']);
    expect(merged[1]?.survivors).toEqual([
      { ...survivor, why: 'It means the same.' },
      { ...survivor, becomes: 'false' },
    ]);
    expect(toEvidence(merged)).toEqual({
      score: 33.3,
      survivors: [
        { file: 'src/x.ts', line: 2, why: 'It means the same.' },
        { file: 'src/x.ts', line: 2, why: '' },
      ],
    });
  });
});

describe('the stored results', () => {
  it('explain each survivor', () => {
    const results = readResults();
    expect(results.length).toBeGreaterThan(0);
    for (const { file, survivors } of results)
      for (const { line, why } of survivors) expect(why.length, `${file}:${line}`).toBeGreaterThan(10);
  });

  it('come from areas that are run every night', () => {
    const workflow = readFileSync(new URL('../../.github/workflows/nightly.yml', import.meta.url), 'utf8');
    const { jobs } = parse(workflow) as { jobs: { mutate: { strategy: { matrix: { area: string[] } } } } };
    expect(jobs.mutate.strategy.matrix.area).toEqual(Object.keys(areas));
  });
});
