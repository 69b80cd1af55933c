import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chineseLabels } from '../../src/docs/labels.ts';
import { redocFile } from '../../src/docs/redoc.ts';

describe('the Chinese labels', () => {
  it('translate only labels that this version of Redoc has', () => {
    const redoc = readFileSync(redocFile(), 'utf8');
    // Redoc puts "Items" before some of its labels.
    const isThere = (label: string) => redoc.includes(`\`${label.replace(/^Items /, '')}`);
    expect(Object.keys(chineseLabels).filter((label) => !isThere(label))).toEqual([]);
  });
});
