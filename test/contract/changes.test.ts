import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Change, compareContracts } from '../../.redocly/changes/compare-contracts.ts';
import type { Json } from '../../.redocly/changes/place.ts';
import { announces } from '../../.redocly/changes/releases.ts';
import { type Level, type Rule, rules, type Where } from '../../.redocly/changes/rules.ts';
import { escapePointer, lookUp, methods } from '../../src/http/contract.ts';

/** One operation of each kind, small enough to see what a change does. */
const shop = () => ({
  openapi: '3.1.0',
  info: { title: 'Shop', version: '1.2.0' },
  servers: [{ url: '/shop' }],
  security: [{ key: [] }, { oauth: ['read'] }],
  paths: {
    '/orders': {
      parameters: [{ $ref: '#/components/parameters/Page' }],
      post: {
        operationId: 'createOrder',
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/NewOrder' } },
            'application/x-www-form-urlencoded': { schema: { $ref: '#/components/schemas/NewOrder' } },
          },
        },
        responses: {
          200: {
            description: 'The order.',
            headers: { ETag: { required: true, schema: { type: 'string' } } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
          },
          404: { description: 'No such article.' },
        },
      },
      get: { operationId: 'listOrders', responses: { 200: { description: 'Orders.' } } },
    },
  },
  webhooks: {
    'order.paid': {
      post: {
        operationId: 'orderPaid',
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } } },
        responses: { 200: { description: 'Received.' } },
      },
    },
  },
  components: {
    parameters: {
      Page: { name: 'page', in: 'query', schema: { type: 'integer', minimum: 1, default: 1 } },
    },
    securitySchemes: {
      key: { type: 'apiKey', in: 'header', name: 'X-Key' },
      oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: '/token', scopes: { read: 'Read.' } } } },
    },
    schemas: {
      NewOrder: {
        type: 'object',
        required: ['article'],
        properties: {
          article: { type: 'string', minLength: 1, maxLength: 20, pattern: '^[a-z]+$' },
          speed: { type: 'string', enum: ['slow', 'fast'], default: 'slow' },
          note: { type: ['string', 'null'] },
        },
      },
      Order: {
        type: 'object',
        required: ['id', 'state'],
        properties: {
          id: { type: 'integer', minimum: 1 },
          state: { type: 'string', enum: ['open', 'paid'] },
          error_code: { enum: [1, 3] },
          paid_at: { type: 'string', format: 'date-time' },
          pay: { oneOf: [{ $ref: '#/components/schemas/Card' }, { $ref: '#/components/schemas/Cash' }] },
          place: { allOf: [{ $ref: '#/components/schemas/Cash' }] },
          next: { $ref: '#/components/schemas/Order' },
          extra: { type: 'object', additionalProperties: false },
          lines: { type: 'array', items: { type: 'string' } },
        },
      },
      Card: { type: 'object', properties: { kind: { const: 'card' } } },
      Cash: { type: 'object', properties: { kind: { const: 'cash' } } },
    },
  },
});

type Edit = (contract: Json) => void;
const create = (contract: Json): Json => contract.paths['/orders'].post;
const ok = (contract: Json): Json => create(contract).responses[200];
const sent = (contract: Json): Json => contract.components.schemas.NewOrder;
const answer = (contract: Json): Json => contract.components.schemas.Order;
const page = (contract: Json): Json => contract.components.parameters.Page;

/** What an edit must be called. The rules of both directions are here twice. */
const edits: [Rule, Level, Edit][] = [
  ['server-added', 'safe', (c) => c.servers.push({ url: '/v2' })],
  ['server-removed', 'breaking', (c) => c.servers.pop()],
  [
    'operation-added',
    'safe',
    (c) => Object.assign(c.paths['/orders'], { delete: { operationId: 'deleteOrders', responses: {} } }),
  ],
  ['operation-removed', 'breaking', (c) => delete c.paths['/orders'].get],
  ['operation-renamed', 'breaking', (c) => Object.assign(create(c), { operationId: 'makeOrder' })],
  [
    'parameter-added',
    'safe',
    (c) => Object.assign(create(c), { parameters: [{ name: 'dry', in: 'query', schema: {} }] }),
  ],
  [
    'required-added',
    'breaking',
    (c) => Object.assign(create(c), { parameters: [{ name: 'dry', in: 'query', required: true, schema: {} }] }),
  ],
  ['parameter-removed', 'breaking', (c) => delete c.paths['/orders'].parameters],
  ['serialization-changed', 'breaking', (c) => Object.assign(page(c), { style: 'deepObject' })],
  ['default-changed', 'breaking', (c) => Object.assign(page(c).schema, { default: 2 })],
  ['body-added', 'safe', (c) => Object.assign(c.paths['/orders'].get, { requestBody: { content: {} } })],
  ['body-removed', 'breaking', (c) => delete create(c).requestBody],
  ['required-removed', 'safe', (c) => delete create(c).requestBody.required],
  ['media-type-removed', 'breaking', (c) => delete create(c).requestBody.content['application/x-www-form-urlencoded']],
  ['media-type-removed', 'breaking', (c) => delete ok(c).content['application/json']],
  ['media-type-added', 'safe', (c) => Object.assign(ok(c).content, { 'text/csv': {} })],
  ['success-status-added', 'breaking', (c) => Object.assign(create(c).responses, { 202: { description: 'Later.' } })],
  ['success-status-removed', 'breaking', (c) => delete create(c).responses[200]],
  ['error-status-added', 'safe', (c) => Object.assign(create(c).responses, { 409: { description: 'Twice.' } })],
  ['error-status-removed', 'safe', (c) => delete create(c).responses[404]],
  ['header-added', 'safe', (c) => Object.assign(ok(c).headers, { Location: {} })],
  ['header-removed', 'breaking', (c) => delete ok(c).headers.ETag],
  ['required-removed', 'breaking', (c) => delete ok(c).headers.ETag.required],
  ['required-added', 'breaking', (c) => sent(c).required.push('speed')],
  ['required-removed', 'safe', (c) => sent(c).required.pop()],
  ['required-added', 'safe', (c) => answer(c).required.push('paid_at')],
  ['required-removed', 'breaking', (c) => answer(c).required.pop()],
  ['property-added', 'safe', (c) => Object.assign(sent(c).properties, { gift: {} })],
  ['property-removed', 'breaking', (c) => delete sent(c).properties.note],
  ['property-removed', 'breaking', (c) => delete answer(c).properties.paid_at],
  ['undeclared-properties-refused', 'breaking', (c) => Object.assign(sent(c), { additionalProperties: false })],
  ['undeclared-properties-allowed', 'breaking', (c) => delete answer(c).properties.extra.additionalProperties],
  ['type-removed', 'breaking', (c) => Object.assign(sent(c).properties.note, { type: 'string' })],
  ['type-added', 'safe', (c) => sent(c).properties.note.type.push('integer')],
  ['type-added', 'breaking', (c) => Object.assign(answer(c).properties.id, { type: ['integer', 'null'] })],
  ['value-removed', 'breaking', (c) => sent(c).properties.speed.enum.pop()],
  ['value-added', 'safe', (c) => sent(c).properties.speed.enum.push('now')],
  ['value-added', 'breaking', (c) => answer(c).properties.state.enum.push('sent')],
  ['value-added', 'breaking', (c) => answer(c).properties.error_code.enum.push(7)],
  ['value-removed', 'safe', (c) => answer(c).properties.error_code.enum.pop()],
  ['bound-tightened', 'breaking', (c) => Object.assign(sent(c).properties.article, { maxLength: 10 })],
  ['bound-loosened', 'safe', (c) => Object.assign(sent(c).properties.article, { maxLength: 30 })],
  ['bound-loosened', 'breaking', (c) => delete answer(c).properties.id.minimum],
  ['constraint-added', 'breaking', (c) => Object.assign(sent(c).properties.note, { format: 'uri' })],
  ['constraint-removed', 'safe', (c) => delete sent(c).properties.article.pattern],
  ['constraint-removed', 'breaking', (c) => delete answer(c).properties.paid_at.format],
  ['constraint-removed', 'breaking', (c) => delete answer(c).properties.lines.items],
  ['constraint-changed', 'breaking', (c) => Object.assign(answer(c).properties.paid_at, { format: 'date' })],
  ['variant-added', 'breaking', (c) => answer(c).properties.pay.oneOf.push({ type: 'string' })],
  ['variant-removed', 'safe', (c) => answer(c).properties.pay.oneOf.pop()],
  ['part-added', 'safe', (c) => answer(c).properties.place.allOf.push({ required: ['kind'] })],
  ['part-removed', 'breaking', (c) => answer(c).properties.place.allOf.pop()],
  ['security-removed', 'breaking', (c) => c.security.pop()],
  ['security-removed', 'breaking', (c) => Object.assign(c.security[1], { oauth: ['read', 'write'] })],
  ['security-added', 'safe', (c) => Object.assign(create(c), { security: [{}, ...c.security] })],
  [
    'security-scheme-changed',
    'breaking',
    (c) => Object.assign(c.components.securitySchemes.key, { name: 'X-Api-Key' }),
  ],
  ['deprecated-changed', 'documentation', (c) => Object.assign(create(c), { deprecated: true })],
  [
    'documentation-changed',
    'documentation',
    (c) => Object.assign(answer(c).properties.id, { description: 'Its number.' }),
  ],
];

function changesAfter(edit: Edit): Change[] {
  const head = shop() as Json;
  edit(head);
  return compareContracts('shop', shop() as Json, head);
}

describe('each rule', () => {
  test.each(edits)('%s is %s (%#)', (rule, level, edit) => {
    const changes = changesAfter(edit).filter(({ operation }) => operation !== 'orderPaid');
    expect(changes).toContainEqual(expect.objectContaining({ rule, level }));
    const order = ['breaking', 'safe', 'documentation'];
    expect(changes.map((change) => change.level).sort((a, b) => order.indexOf(a) - order.indexOf(b))[0]).toBe(level);
  });

  test('is there, but for APIs, which run.ts compares', () => {
    const shown = new Set<Rule>([...edits.map(([rule]) => rule), 'api-added', 'api-removed']);
    expect([...shown].sort()).toEqual([...rules].sort());
  });

  test('counts for what a webhook sends as for an answer', () => {
    const changes = changesAfter((c) => answer(c).required.pop());
    expect(changes.map(({ operation, where, level }) => [operation, where, level])).toEqual([
      ['createOrder', 'response', 'breaking'],
      ['orderPaid', 'request', 'breaking'],
    ]);
  });

  test('names the operation, the part, the place and the member', () => {
    expect(changesAfter((c) => sent(c).properties.speed.enum.pop())).toEqual([
      {
        level: 'breaking',
        rule: 'value-removed',
        api: 'shop',
        operation: 'createOrder',
        where: 'request',
        pointer: '/components/schemas/NewOrder/properties/speed',
        message: 'speed no longer has the value "fast"',
      },
    ]);
  });

  test('takes a scope more of a scheme for nothing', () => {
    const add: Edit = (c) => {
      c.components.securitySchemes.oauth.flows.clientCredentials.scopes.write = 'Write.';
    };
    expect(changesAfter(add)).toEqual([]);
  });
});

const bundles = Object.fromEntries(
  await Promise.all(
    (await readdir('openapi', { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() && !['common', 'journeys'].includes(entry.name))
      .map(async ({ name }) => [name, await readFile(`generated/${name}.json`, 'utf8')] as const),
  ),
);

describe.each(Object.entries(bundles))('the contract of %s', (api, text) => {
  const base = JSON.parse(text);
  const compareTo = (edit: Edit) => {
    const head = JSON.parse(text);
    edit(head);
    return compareContracts(api, base, head);
  };

  test('is the same in another order', () => {
    expect(compareTo((head) => reverse(head))).toEqual([]);
  });

  test('breaks nobody by its texts and examples', () => {
    const changes = compareTo((head) => rewrite(head));
    expect(changes.length).toBeGreaterThan(0);
    expect(changes.filter(({ level }) => level !== 'documentation')).toEqual([]);
  });

  test('loses no operation without a word', () => {
    const operations = Object.values<Json>(base.paths).flatMap((item) =>
      methods.filter((method) => method in item).map((method) => item[method].operationId),
    );
    const all = compareTo((head) => Object.assign(head, { paths: {} }));
    expect(all.filter(({ rule }) => rule === 'operation-removed').map(({ operation }) => operation)).toEqual(
      operations,
    );
    expect(all.every(({ level }) => level === 'breaking')).toBe(true);

    const [[path, item]] = Object.entries<Json>(base.paths) as [[string, Json]];
    const one = compareTo((head) => delete head.paths[path]);
    expect(one.map(({ operation }) => operation)).toEqual(
      methods.filter((method) => method in item).map((method) => item[method].operationId),
    );
  });

  test('loses no required member of an answer without a word', () => {
    const found = objectsOf(base, 'response').filter(({ object }) => Array.isArray(object.required));
    expect(found.length).toBeGreaterThan(0);
    const removed = found.flatMap(({ operation, pointer, object }) =>
      object.required.map((name: string) => `${operation} ${pointer} may come without ${name}`),
    );
    const changes = compareTo((head) => {
      for (const { pointer } of found) delete (lookUp(head, `#${pointer}`) as Json).required;
    });
    expect(endings(changes, 'required-removed', 'response')).toEqual(new Set(removed));
  });

  test('takes back no value of a request without a word', () => {
    const found = objectsOf(base, 'request').filter(({ object }) => Array.isArray(object.enum));
    const removed = found.map(
      ({ operation, pointer, object }) =>
        `${operation} ${pointer} no longer has the value ${JSON.stringify(object.enum.at(-1))}`,
    );
    const changes = compareTo((head) => {
      for (const pointer of new Set(found.map((one) => one.pointer))) (lookUp(head, `#${pointer}`) as Json).enum.pop();
    });
    expect(endings(changes, 'value-removed', 'request')).toEqual(new Set(removed));
  });
});

/** `operation pointer what`, of the changes of one rule that break callers. */
function endings(changes: readonly Change[], rule: Rule, where: Where): Set<string> {
  const broken = changes.filter(
    (change) => change.rule === rule && change.level === 'breaking' && change.where === where,
  );
  return new Set(
    broken.map(
      ({ operation, pointer, message }) =>
        `${operation} ${pointer} ${message.replace(/^.*?(?=may come|no longer)/, '')}`,
    ),
  );
}

/** Every object that an operation's request or answers reach, with the place where it stands. */
function objectsOf(contract: Json, where: 'request' | 'response') {
  const found: { operation: string; pointer: string; object: Json }[] = [];
  const walk = (operation: string, value: Json, pointer: string, seen: Set<string>): void => {
    if (typeof value !== 'object' || value === null || seen.has(pointer)) return;
    seen.add(pointer);
    found.push({ operation, pointer, object: value });
    for (const [key, child] of Object.entries<Json>(value)) {
      if (key === '$ref') walk(operation, lookUp(contract, child), child.slice(1), seen);
      else if (!key.startsWith('example')) walk(operation, child, `${pointer}/${escapePointer(key)}`, seen);
    }
  };
  for (const [path, item] of Object.entries<Json>(contract.paths)) {
    for (const method of methods.filter((one) => one in item)) {
      const seen = new Set<string>();
      for (const part of where === 'request' ? ['parameters', 'requestBody'] : ['responses'])
        walk(item[method].operationId, item[method][part], `/paths/${escapePointer(path)}/${method}/${part}`, seen);
      if (where === 'request')
        walk(item[method].operationId, item.parameters, `/paths/${escapePointer(path)}/parameters`, seen);
    }
  }
  return found;
}

/** Turns around what has no order. */
function reverse(value: Json, key = ''): void {
  if (Array.isArray(value)) {
    if (
      ['required', 'enum', 'type', 'parameters', 'tags', 'security', 'servers'].includes(key) &&
      value.every((one) => one !== null)
    )
      value.reverse();
    for (const one of value) reverse(one);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value).reverse()) {
      delete value[name];
      value[name] = one;
      if (name !== 'example' && name !== 'examples') reverse(one, name);
    }
  }
}

/** Changes descriptions and removes examples. Properties may have these names, too. */
function rewrite(value: Json, isMap = false): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, one] of Object.entries(value)) {
    if (!isMap && name === 'description') value[name] = 'Other words.';
    else if (!isMap && (name === 'example' || name === 'examples')) delete value[name];
    else rewrite(one, ['properties', 'schemas', 'paths', 'headers', 'scopes', 'content'].includes(name));
  }
}

describe('a version', () => {
  const version = (version: string) => ({ info: { version } }) as Json;
  test.each([
    ['1.2.0', '2.0.0', '## 2.0.0\n\n- gone: x\n', true],
    ['1.2.0', '1.3.0', '## 1.3.0\n\n- gone: x\n', false],
    ['1.2.0', '2.0.0', '## 2.0.0\n\n## 1.2.0\n\n- x\n', false],
    ['1.2.0', '2.0.0', '## 1.2.0\n\n- x\n', false],
    ['0.1.0', '0.2.0', '## 0.2.0\n\n- gone: x\n', true],
    ['0.1.0', '0.1.1', '## 0.1.1\n\n- gone: x\n', false],
    ['0.9.0', '1.0.0', '## 1.0.0\n\n- gone: x\n', true],
  ])('after %s: %s with %j announces a break: %s', (before, after, changelog, expected) => {
    expect(announces(version(before), version(after), changelog)).toBe(expected);
  });
});

describe('npm run changes', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qiyue-changes-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const write = async (name: string, value: unknown) => {
    const file = join(folder, name);
    await writeFile(file, typeof value === 'string' ? value : JSON.stringify(value));
    return file;
  };
  const run = async (...parameters: string[]) => {
    const script = ['--import', 'tsx', '.redocly/changes/run.ts', ...parameters];
    return promisify(execFile)(process.execPath, script).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  };

  test('ends with 1 for a break, unless version and changelog announce it', async () => {
    const head = shop() as Json;
    delete head.paths['/orders'].get;
    const [old, now] = [await write('old.json', shop()), await write('new.json', head)];
    const broken = await run('--base', old, '--head', now, '--format', 'json');
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.stdout)).toEqual({
      changes: [expect.objectContaining({ rule: 'operation-removed', api: 'shop' })],
    });
    expect(broken.stderr).toContain('shop');

    head.info.version = '2.0.0';
    const [major, changelog] = [
      await write('major.json', head),
      await write('CHANGELOG.md', '## 2.0.0\n\n- listOrders is gone.\n'),
    ];
    const announced = await run('--base', old, '--head', major, '--changelog', changelog, '--format', 'markdown');
    expect(announced.code).toBe(0);
    expect(announced.stdout).toContain('- shop `listOrders`, operation: the operation is gone');
  });

  test('compares nothing with the same: 0, and says so', async () => {
    const same = await run('--base', 'generated/sandbox.json');
    expect(same).toEqual({ code: 0, stdout: '0 breaking, 0 safe, 0 documentation\n', stderr: '' });
  });

  test('without --base it says what it compared with', async () => {
    const { stderr } = await run('--api', 'sandbox');
    expect(stderr).toMatch(/^Compared with (v\d\S*|HEAD\^), as there is no --base/);
  });

  test.each([
    [['--base', 'no-such-revision'], 'no-such-revision'],
    [['--base', 'package.json'], 'package.json is no OpenAPI 3.1 document'],
    [['--base', 'generated/tower.json', '--format', 'html'], '--format must be json, text, markdown'],
    [['--bass', 'x'], '--bass'],
  ])('%j cannot run: 2', async (parameters, message) => {
    const failed = await run(...parameters);
    expect(failed.code).toBe(2);
    expect(failed.stderr).toContain(message);
  });
});
