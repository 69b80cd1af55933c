import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { listVariables } from '../../src/config-variables.ts';
import { createFrame } from '../../src/docs/frame.ts';
import { languages } from '../../src/docs/page.ts';
import { securityPage } from '../../src/docs/security-page.ts';
import { projectRoot } from '../../src/root.ts';

describe('the page on security', () => {
  const variables = listVariables(apis).map(({ name }) => name);
  const variablesIn = async (language: (typeof languages)[number]) =>
    Array.from(
      (await securityPage(language, createFrame([]))).body.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g),
      ([name]) => name,
    );

  it.each(languages)('names only variables that exist (%s)', async (language) => {
    expect((await variablesIn(language)).filter((name) => !variables.includes(name))).toEqual([]);
  });

  it('names the same variables in both languages', async () => {
    expect(await variablesIn('zh')).toEqual(await variablesIn('en'));
  });

  it('names every switch for what the documents prescribe', async () => {
    expect(await variablesIn('en')).toEqual(
      expect.arrayContaining(['QUERY_CREDENTIALS', 'OPEN_CUSTOMERS', 'GOBELIEVE_TOKEN_DAYS']),
    );
  });

  it('is named in SECURITY.md', () => {
    expect(readFileSync(join(projectRoot(), 'SECURITY.md'), 'utf8')).toContain('/docs/security/');
  });
});
