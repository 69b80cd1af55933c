import { type Load, needsOf, usualLoad } from '../../src/docs/scale.ts';

const names = Object.keys(usualLoad) as (keyof Load)[];

/** One option for each number of a load, such as `--users 1000000`. */
export const simulateOptions = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));

/** The load of the options; the others are usual ones. */
export function readLoad(options: Readonly<Record<string, unknown>>): Load {
  const load = { ...usualLoad };
  for (const name of names) {
    const value = options[name];
    if (value === undefined) continue;
    const number = Number(value);
    if (value === '' || !Number.isFinite(number) || number < 0)
      throw new Error(`--${name}: expected a number from 0, got "${value}"`);
    load[name] = number;
  }
  if (load.groupShare > 1) throw new Error('--groupShare: expected a number from 0 to 1');
  return load;
}

export function needsTable(load: Load): string {
  const row = ([name, value]: [string, number]) =>
    `| ${name} | ${value.toLocaleString('en', { maximumFractionDigits: 1 })} |`;
  return [
    '| load | |',
    '| --- | ---: |',
    ...Object.entries(load).map(row),
    '',
    '| needs | |',
    '| --- | ---: |',
    ...Object.entries(needsOf(load)).map(row),
  ].join('\n');
}
