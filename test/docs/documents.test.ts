import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noServer } from '../../src/docs/addresses.ts';
import { readDocuments, sectionsOf } from '../../src/docs/documents.ts';
import { renderMarkdown } from '../../src/docs/markdown.ts';

describe('the documents of an API', () => {
  let root: string;
  const files = {
    'shop/READINGS.md': '# 店：解读\n',
    'shop/READINGS.en.md': '# Shop: readings\n',
    'shop/CHANGELOG.md': '# 变更记录\n',
    'shop/guides/paging.md': '---\njourneys: [listItems]\n---\n# 店的分页\n',
    'common/guides/paging.md': '# 分页\n',
    'common/guides/limits.md': '# 限制\n',
    'common/guides/limits.en.md': '# Limits\n',
  };

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'qiyue-docs-'));
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, 'openapi', file)), { recursive: true });
      await writeFile(join(root, 'openapi', file), text);
    }
  });
  afterAll(() => rm(root, { recursive: true }));

  const titles = async (language: 'zh' | 'en') =>
    (await readDocuments('shop', language, noServer, root)).map(({ kind, path, title }) => [kind, path, title]);

  it('are its guides, those of all APIs, its readings and its changelog', async () => {
    expect(await titles('zh')).toEqual([
      ['guide', 'guides/limits', '限制'],
      ['guide', 'guides/paging', '店的分页'],
      ['readings', 'readings', '店：解读'],
      ['changelog', 'changelog', '变更记录'],
    ]);
  });

  it('are only those that there are in the language', async () => {
    expect(await titles('en')).toEqual([
      ['guide', 'guides/limits', 'Limits'],
      ['readings', 'readings', 'Shop: readings'],
    ]);
  });
});

describe('the sections of a document', () => {
  it('begin with headings of the second level, outside of code', () => {
    expect(sectionsOf('# A\n\n## S-1 `id` is one\n\ntext\n\n```sh\n## no heading\n```\n## Next page\n')).toEqual([
      { id: 's-1', title: 'S-1 `id` is one', markdown: 'text\n\n```sh\n## no heading\n```' },
      { id: 'next-page', title: 'Next page', markdown: '' },
    ]);
  });
});

describe('Markdown', () => {
  const render = async (markdown: string) => (await renderMarkdown(markdown)).text.trim();

  it('has headings that can be linked to, and numbers that lead to their readings', async () => {
    expect(await render('## S-1 Ids\n\n`S-1` and `S-2`')).toBe(
      '<h2 id="s-1">S-1 Ids</h2>\n<p><a href="#s-1"><code>S-1</code></a> and <code>S-2</code></p>',
    );
  });

  it('loses what could run or load anything', async () => {
    const text = await render(
      '<script>run()</script><p onclick="run()">x</p>\n\n[y](javascript:run())\n\n<iframe src="/"></iframe>',
    );
    expect(text).not.toMatch(/script|onclick|iframe/);
    expect(text).toContain('<p>x</p>');
  });

  it('has links to the site and no others to files', async () => {
    expect(await render('[a](../README.md) [b](READINGS.en.md) [c](https://example.com)')).toBe(
      '<p><span>a</span> <a href="../en/readings/index.html">b</a> <a href="https://example.com">c</a></p>',
    );
  });
});
