import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { eachProse, findMissing, findStale, isChinese, readDictionary, translate } from '../../.redocly/prose.ts';

interface Operation {
  operationId: string;
  tags: string[];
}

interface Bundle {
  info: { version: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}

interface Register {
  apis: Record<string, { root: string; output: string }>;
}

const home = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(home, file), 'utf8');
const { apis } = parse(read('redocly.yaml')) as Register;

const shared = readDictionary(join(home, 'openapi/common'));

describe.each(Object.entries(apis))('the contract of %s', (name, { root, output }) => {
  const folder = dirname(root);
  const bundle = JSON.parse(read(output)) as Bundle;
  const socket = output.replace(/\.json$/, '.asyncapi.json');
  const documents = [bundle, ...(existsSync(join(home, socket)) ? [JSON.parse(read(socket))] : [])];
  const index = parse(read(root)) as { paths: Record<string, { $ref: string }> };
  const operations = Object.values(bundle.paths).flatMap((path) =>
    Object.values(path).filter((value) => value.operationId),
  );

  it('has contract tests and fuzz tests', () => {
    const suite = read(`test/${name}/api.test.ts`);
    for (const proof of ['testContract(suite)', 'fuzzContract(suite)']) expect(suite).toContain(proof);
  });

  it('uses every path file', () => {
    const used = Object.values(index.paths).map((path) => basename(path.$ref));
    expect(readdirSync(join(home, folder, 'paths')).sort()).toEqual(used.sort());
  });

  it('uses every component file, under the name of the file', () => {
    const components = join(home, folder, 'components');
    const unused = readdirSync(components).flatMap((kind) =>
      readdirSync(join(components, kind))
        .filter((file) => bundle.components[kind]?.[basename(file, '.yaml')] === undefined)
        .map((file) => `${kind}/${file}`),
    );
    expect(unused).toEqual([]);
  });

  it('declares the tags of its operations and no others', () => {
    const used = new Set(operations.flatMap((operation) => operation.tags));
    expect(bundle.tags.map((tag) => tag.name).sort()).toEqual([...used].sort());
  });

  it('says in its changelog what the present version brought, in both languages', () => {
    const [chinese, english] = ['CHANGELOG.md', 'CHANGELOG.en.md'].map((file) => read(join(folder, file)));
    expect(chinese).toContain(`\n## ${bundle.info.version}\n`);
    // Each heading and each entry has its translation, in the same order.
    const outline = (text = '') => text.match(/^(## .*|- )/gm);
    expect(outline(english)).toEqual(outline(chinese));
  });

  it('gives headers examples that are valid', () => {
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    ajv.addSchema({ $id: 'bundle:', ...bundle });
    const wrong: string[] = [];
    eachHeader(bundle, '', (header, pointer) => {
      const examples = header.examples
        ? Object.values(header.examples).map((example) => example.value)
        : [header.example];
      const validate = ajv.compile({ $ref: `bundle:#${encodeURI(pointer)}/schema` });
      if (!examples.every((example) => validate(example))) wrong.push(pointer);
    });
    expect(wrong).toEqual([]);
  });

  describe('in English', () => {
    const own = readDictionary(join(home, folder));
    const dictionary = { ...shared, ...own };

    it('has a translation of every text', () => {
      expect(Object.fromEntries(findMissing(documents, dictionary))).toEqual({});
    });

    it('has no translation of a text that is gone', () => {
      expect(findStale(documents, own)).toEqual([]);
    });

    it('does not repeat a translation that contracts share', () => {
      expect(Object.keys(own).filter((text) => own[text] === shared[text])).toEqual([]);
    });

    it('has Chinese only in quotations', () => {
      const quotations = /「[^」]*」|“[^”]*”|`[^`]*`/g;
      expect(
        Object.values(dictionary).filter((text) => text.trim() === '' || isChinese(text.replace(quotations, ''))),
      ).toEqual([]);
    });

    it('keeps the words in code style', () => {
      const code = (text: string) => [...new Set(text.match(/`[^`]+`/g))].sort();
      const different = Object.entries(dictionary).filter(
        ([text, translation]) => code(text).join() !== code(translation).join(),
      );
      expect(Object.fromEntries(different)).toEqual({});
    });
  });
});

describe('openapi/common', () => {
  const bundles = Object.values(apis).map(({ output }) => JSON.parse(read(output)) as Bundle);

  it('has components that two or more contracts use, and no others', () => {
    const folders = readdirSync(join(home, 'openapi/common'), { withFileTypes: true }).filter(
      (one) => one.isDirectory() && one.name !== 'guides',
    );
    const rare = folders.flatMap(({ name: kind }) =>
      readdirSync(join(home, 'openapi/common', kind)).filter((file) => {
        const name = basename(file, '.yaml');
        return bundles.filter(({ components }) => components[kind]?.[name] !== undefined).length < 2;
      }),
    );
    expect(rare).toEqual([]);
  });

  it('has translations of texts that two or more contracts or the journeys have, and of no others', () => {
    const ofJourneys = new Set(findStale(JSON.parse(read('generated/journeys.json')), shared));
    const stale = bundles.map((bundle) => new Set(findStale(bundle, shared)));
    const users = (text: string) => stale.filter((texts) => !texts.has(text)).length;
    expect(Object.keys(shared).filter((text) => users(text) < 2 && ofJourneys.has(text))).toEqual([]);
  });
});

describe('findMissing and findStale', () => {
  const document = { info: { title: '清单', summary: 'List', description: '清单' }, tags: [{ description: '标签' }] };

  it('name the Chinese texts without English, and the place of each', () => {
    expect([...findMissing(document, { 标签: 'Tag' })]).toEqual([['清单', '/info/title']]);
  });

  it('name the translations of texts that are gone', () => {
    expect(findStale(document, { 清单: 'List', 旧: 'Old' })).toEqual(['旧']);
  });
});

describe('translate', () => {
  const document = {
    info: { title: '清单', 'x-displayName': '清单' },
    paths: { '/title': { get: { summary: '清单', 'x-source': '清单', responses: { 200: { description: '清单' } } } } },
    components: {
      schemas: {
        List: {
          description: '清单',
          properties: {
            title: { description: '清单', default: { title: '清单' } },
            description: { type: 'string', enum: ['清单'] },
          },
          examples: [{ title: '清单' }],
        },
      },
      examples: { summary: { summary: '清单', value: { summary: '清单' } } },
      securitySchemes: { oauth: { flows: { password: { scopes: { lists: '清单' } } } } },
    },
  };
  const english = translate(document, { 清单: 'list' });

  it('translates prose, also in properties that are named like prose', () => {
    const found: string[] = [];
    eachProse(english, (text, pointer) => {
      found.push(`${pointer} ${text}`);
      return undefined;
    });
    expect(found.sort()).toEqual([
      '/components/examples/summary/summary list',
      '/components/schemas/List/description list',
      '/components/schemas/List/properties/title/description list',
      '/components/securitySchemes/oauth/flows/password/scopes/lists list',
      '/info/title list',
      '/info/x-displayName list',
      '/paths/~1title/get/responses/200/description list',
      '/paths/~1title/get/summary list',
    ]);
  });

  it('leaves data and the original unchanged', () => {
    expect(JSON.stringify(english).match(/清单/g)).toHaveLength(5);
    expect(JSON.stringify(document)).not.toContain('list"');
  });
});

interface Header {
  $ref?: string;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

/** Every header that is written out, in a response or among the components. */
function eachHeader(node: unknown, pointer: string, visit: (header: Header, pointer: string) => void): void {
  if (node === null || typeof node !== 'object') return;
  for (const [key, child] of Object.entries(node)) {
    const here = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (['example', 'examples', 'value', 'properties'].includes(key)) continue;
    if (key !== 'headers') {
      eachHeader(child, here, visit);
      continue;
    }
    for (const [name, header] of Object.entries(child as Record<string, Header>)) {
      if (header.$ref === undefined) visit(header, `${here}/${name}`);
    }
  }
}
