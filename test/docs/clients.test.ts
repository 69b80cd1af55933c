import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clients } from '../../src/docs/clients.ts';
import { clientsPage } from '../../src/docs/clients-page.ts';
import { createFrame } from '../../src/docs/frame.ts';
import { languages } from '../../src/docs/page.ts';

describe('the page on general OAuth clients', () => {
  it.each(languages)('has a row for each client that is proved (%s)', async (language) => {
    const rows = String((await clientsPage(language, createFrame([]))).body)
      .split('<tr>')
      .slice(2);
    expect(rows).toHaveLength(clients.length);
    for (const [index, { name, version }] of clients.entries()) {
      expect(rows[index]).toContain(`<th scope="row">${name}</th><td>${version}</td>`);
    }
  });

  it('says what a client cannot do', async () => {
    const rows = String((await clientsPage('en', createFrame([]))).body).split('<tr>');
    const rowOf = (name: string) => rows.find((row) => row.includes(`>${name}<`));
    expect(rowOf('openid-client')).toMatch(
      /sign in, refresh, revoke<.*sign in, refresh, revoke, OpenID Connect<.*sign in</,
    );
    expect(rowOf('passport-oauth2')).not.toContain('revoke');
  });

  it('is named in both READMEs', () => {
    expect(readFileSync('README.md', 'utf8')).toContain('/docs/clients/en/');
    expect(readFileSync('README.zh-CN.md', 'utf8')).toContain('/docs/clients/');
  });
});
