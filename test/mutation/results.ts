import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Evidence } from '../../src/docs/evidence.ts';
import { projectRoot } from '../../src/root.ts';

/** A change of the code that no test noticed. */
export interface Survivor {
  line: number;
  /** The changed part and what it became. */
  code: string;
  becomes: string;
  /** Why no test has to notice it. Empty before a reason was written. */
  why: string;
}

/** What came of the changes of one file. */
export interface FileResult {
  file: string;
  killed: number;
  survivors: Survivor[];
}

/** One changed part, as the reporter writes it. Lines and columns begin with 1. */
export interface Outcome {
  file: string;
  location: { start: Position; end: Position };
  replacement: string;
  status: string;
}

interface Position {
  line: number;
  column: number;
}

const stored = join(projectRoot(), 'test/mutation/results.yaml');

export const readResults = (): FileResult[] => (parse(readFileSync(stored, 'utf8')) ?? []) as FileResult[];

export function writeResults(results: readonly FileResult[]): void {
  const sorted = [...results].sort((a, b) => (a.file < b.file ? -1 : 1));
  writeFileSync(stored, stringify(sorted, { lineWidth: 0 }));
}

/**
 * The results of files, from the outcomes of their changes. A change that no test reaches is a survivor, too; one that
 * does not compile, or that is made where a module is loaded, does not count.
 *
 * @param sourceOf the text of a file
 */
export function toResults(outcomes: readonly Outcome[], sourceOf: (file: string) => string): FileResult[] {
  const files = new Map<string, FileResult>();
  for (const { file, location, replacement, status } of outcomes) {
    const isKilled = status === 'Killed' || status === 'Timeout';
    if (!isKilled && status !== 'Survived' && status !== 'NoCoverage') continue;
    const result = files.get(file) ?? { file, killed: 0, survivors: [] };
    files.set(file, result);
    if (isKilled) result.killed += 1;
    else result.survivors.push({ ...partAt(sourceOf(file), location), becomes: short(replacement), why: '' });
  }
  return [...files.values()];
}

function partAt(source: string, { start, end }: Outcome['location']): Pick<Survivor, 'line' | 'code'> {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  const parts = lines.map((line, index) =>
    line.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : undefined),
  );
  return { line: start.line, code: short(parts.join('\n')) };
}

const short = (text: string) => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
};

/** New results in place of the old ones of their files. A survivor that was explained keeps its reason. */
export function mergeResults(before: readonly FileResult[], after: readonly FileResult[]): FileResult[] {
  const reasons = new Map(
    before.flatMap(({ file, survivors }) => survivors.map((one) => [keyOf(file, one), one.why] as const)),
  );
  const explained = after.map(({ survivors, ...result }) => ({
    ...result,
    survivors: survivors.map((one) => ({ ...one, why: reasons.get(keyOf(result.file, one)) ?? one.why })),
  }));
  const kept = before.filter(({ file }) => after.every((one) => one.file !== file));
  return [...kept, ...explained];
}

const keyOf = (file: string, { code, becomes }: Survivor) => JSON.stringify([file, code, becomes]);

/** The results as the evidence has them: the share of the changes that tests noticed, in percent. */
export function toEvidence(results: readonly FileResult[]): Evidence['mutation'] {
  if (results.length === 0) return null;
  const killed = results.reduce((sum, result) => sum + result.killed, 0);
  const survived = results.reduce((sum, result) => sum + result.survivors.length, 0);
  // Several changes of one line often have the same reason.
  const places = results.flatMap(({ file, survivors }) => survivors.map(({ line, why }) => ({ file, line, why })));
  const survivors = [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
  return { score: Math.round((1000 * killed) / (killed + survived)) / 10, survivors };
}
