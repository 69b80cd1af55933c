import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { projectRoot } from '../../src/root.ts';
import type { StaleExample } from './check.ts';
import { refresh } from './compare.ts';
import { replaceValue } from './edit-yaml.ts';

/**
 * Writes the answers into the files of the contracts.
 *
 * @returns the examples that it could not write, because no request brings their answers
 */
export function writeExamples(stale: readonly StaleExample[]): StaleExample[] {
  const written = stale.filter(({ bodies }) => bodies !== undefined);
  for (const file of new Set(written.map(({ example }) => example.file))) {
    const path = join(projectRoot(), file);
    // From the end of the file, so that what is before stays where it was.
    const inFile = written.filter(({ example }) => example.file === file).toSorted((a, b) => startOf(b) - startOf(a));
    const text = inFile.reduce(
      (source, { example, bodies = [] }) => {
        const value = refresh(example.value, bodies[0], bodies[1]);
        return replaceValue(source, example.node, value);
      },
      readFileSync(path, 'utf8'),
    );
    const { errors } = parseDocument(text);
    if (errors.length > 0) throw new Error(`${file} would no longer be YAML: ${errors[0]?.message}`);
    writeFileSync(path, text);
  }
  return stale.filter(({ bodies }) => bodies === undefined);
}

const startOf = ({ example }: StaleExample): number => example.node.range?.[0] ?? 0;
