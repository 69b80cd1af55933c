import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readAccepted, sort } from './accepted.ts';
import { judges } from './judges.ts';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

interface Workflow {
  on: { schedule: unknown[] };
  jobs: Record<string, { strategy: { matrix: Record<string, string[]> }; steps: { run?: string }[] }>;
}

describe('the foreign judges', () => {
  it('are at least three, and each runs every night', () => {
    const { on, jobs } = parse(read('.github/workflows/nightly.yml')) as Workflow;
    expect(on.schedule).toHaveLength(1);
    expect(jobs.judge?.strategy.matrix.judge).toEqual(judges.map(({ name }) => name));
    expect(judges.length).toBeGreaterThanOrEqual(3);
    const commands = jobs.judge?.steps.flatMap(({ run }) => run ?? []);
    expect(commands).toContain('npm run judge -- ${' + '{ matrix.judge }}');
  });

  it('have exact versions', () => {
    const versions = judges.flatMap(({ packages }) => Object.values(packages));
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('are answered with a reason', async () => {
    for (const { judge, reason } of await readAccepted()) {
      expect(judges.map(({ name }) => name)).toContain(judge);
      expect(reason.length).toBeGreaterThan(20);
    }
  });
});

describe('a finding', () => {
  const finding = { api: 'tower', rule: 'a-rule', where: 'paths./teams', message: 'is wrong' };
  const entry = { judge: 'spectral', rule: 'a-rule', reason: '' };

  it('is accepted by an entry of its rule, API and place', () => {
    expect(sort([finding], [{ ...entry, apis: ['tower'], where: '/teams' }])).toEqual({
      open: [],
      explained: 1,
      stale: [],
    });
  });

  it.each([
    ['rule', { rule: 'another' }],
    ['API', { apis: ['ucenter'] }],
    ['place', { where: '/todos' }],
  ])('stays open for an entry of another %s, which is then stale', (_, change) => {
    const other = { ...entry, ...change };
    expect(sort([finding], [other])).toEqual({ open: [finding], explained: 0, stale: [other] });
  });
});
