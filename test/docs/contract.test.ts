import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { noServer } from '../../src/docs/addresses.ts';
import { annotateContract } from '../../src/docs/contract.ts';
import { describeSources, type Source } from '../../src/docs/sources.ts';
import type { Contract } from '../../src/http/contract.ts';

const sources: Source[] = [
  { document: 'tower-quickstart', section: '第一节', kind: 'quoted' },
  { document: 'tower-guide', section: '附录', kind: 'inferred' },
  { document: 'tower-quickstart', section: '第二节', kind: 'quoted' },
];

describe('describeSources', () => {
  it('names each document once for each kind, with its sections', () => {
    expect(describeSources(sources, 'zh')).toBe(
      '依据：Tower 快速开始「第一节」「第二节」（原文写明）；Tower 指南「附录」（由原文推出）。',
    );
    expect(describeSources(sources, 'en')).toBe(
      'Source: Tower quick start, “第一节” “第二节” (quoted); Tower guide, “附录” (inferred).',
    );
  });

  it('says that an extension is in no document', () => {
    expect(describeSources([{ kind: 'extension' }], 'zh')).toMatch(/^依据：扩展/);
    expect(describeSources([{ kind: 'extension' }], 'en')).toMatch(/^Source: an extension/);
  });

  it('calls a document without a longer name by its short name', () => {
    expect(describeSources([{ document: 'shop', section: '一', kind: 'quoted' }], 'en')).toBe(
      'Source: shop, “一” (quoted).',
    );
  });
});

describe('annotateContract', () => {
  const contract = {
    info: { title: '店', description: '介绍。' },
    paths: {
      '/items': {
        get: { operationId: 'listItems', tags: ['items'], description: '列出。', 'x-source': sources, responses: {} },
      },
    },
  } as unknown as Contract;
  let root: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'qiyue-docs-'));
    await mkdir(join(root, 'openapi', 'shop'), { recursive: true });
    await writeFile(join(root, 'openapi', 'shop', 'READINGS.md'), '# 店：解读\n');
    await writeFile(join(root, 'package.json'), '{}');
  });
  afterAll(() => rm(root, { recursive: true }));

  const annotate = async (language: 'zh' | 'en') => {
    const { info, paths } = await annotateContract('shop', contract, language, noServer, root);
    const operation = paths['/items']?.get as { description?: string } | undefined;
    return { introduction: info.description, description: operation?.description };
  };

  it('ends each description with the source and a link to the readings', async () => {
    const { description } = await annotate('zh');
    expect(description).toMatch(
      /^列出。\n\n依据：Tower 快速开始.*（由原文推出）。.*\[解读\]\(readings\/index\.html\)。\n\n实现：`src\/shop\/operations\/items\.ts` 里的 `listItems`。$/,
    );
  });

  it('ends the introduction with the downloads', async () => {
    const { introduction } = await annotate('zh');
    expect(introduction).toBe(
      '介绍。\n\n# 下载\n\n[OpenAPI 3.1](openapi.json) · [YAML](openapi.yaml) · [OpenAPI 3.0](openapi-3.0.json) · [Postman](postman_collection.json)（[环境](postman_environment.json)）',
    );
  });

  it('has no link in a language without readings', async () => {
    const { introduction, description } = await annotate('en');
    expect(introduction).toMatch(/^介绍。\n\n# Downloads\n\n.*$/);
    expect(description).toMatch(
      /^列出。\n\nSource: .*\(inferred\)\.\n\nImplementation: `listItems` in `src\/shop\/operations\/items\.ts`\.$/,
    );
  });

  it.each([
    '"github:owner/shop"',
    '"owner/shop"',
    '{"type":"git","url":"git+https://github.com/owner/shop.git"}',
    '{"url":"git@github.com:owner/shop.git"}',
  ])('links the file of each operation where package.json names the repository %s', async (repository) => {
    await writeFile(join(root, 'package.json'), `{"repository":${repository}}`);
    onTestFinished(() => writeFile(join(root, 'package.json'), '{}'));
    const file = 'src/shop/operations/items.ts';
    const link = `[\`${file}\`](https://github.com/owner/shop/blob/HEAD/${file})`;
    expect((await annotate('en')).description).toContain(`\n\nImplementation: \`listItems\` in ${link}.`);
  });

  it('does not change the contract itself', async () => {
    await annotate('zh');
    expect(contract.info.description).toBe('介绍。');
  });
});
