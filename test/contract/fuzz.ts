import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { Proofs } from '../support/evidence.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Checker, createChecker, type Operation, type Schema } from './checker.ts';
import { type Exchange, exampleExchange, send, toWire, type Wire } from './exchange.ts';
import { perform, type Suite, successCases } from './harness.ts';

/** `FUZZ_SEED=… FUZZ_RUNS=… npm test` sends other and more requests. */
const seed = Number(process.env.FUZZ_SEED ?? 20261122);
const runs = Number(process.env.FUZZ_RUNS ?? 15);

/**
 * Sends every operation requests that would succeed but for an odd part, on both databases. The answer must never be a
 * 5xx, and must be one that the contract declares. First each part is replaced by each known odd value, then up to four
 * parts at random: each database gets half of these.
 */
export function fuzzContract(suite: Suite): void {
  const { name } = suite.api;
  const checker = createChecker(name, suite.errorNumbers?.member);
  describeEachDatabase(`${name}: any request (seed ${seed})`, (databases) => {
    let server: TestServer;
    let base: string;
    let world: unknown;
    const proofs = new Proofs(name, 'fuzz');

    beforeAll(async () => {
      server = await startServer({ DATABASE_URL: await databases.createUrl() }, suite.served ?? [suite.api]);
      base = `${server.url}/${name}`;
      world = await suite.createWorld(base, server);
    });
    afterAll(() => server?.close());

    it.each([...checker.operations.values()].map((operation) => [operation.id, operation] as const))(
      '%s',
      async (id, operation) => {
        const starts: Exchange[] = [];
        for (const one of successCases(suite, operation)) starts.push(await perform(one, world));
        starts.push(exampleExchange(operation, { all: true }));
        const failures = new Map<string, Wire>();
        const attempt = async (wire: Wire) => {
          const answer = await send(base, wire);
          // Without its empty segments, a URL may be that of another operation, or of none.
          const reached = isOutside(wire.target) ? operationAt(checker, wire) : id;
          const problems = checker.problems(reached ?? id, answer);
          if (problems.length === 0 && answer.status < 500) {
            const proved = checker.operations.get(reached ?? id) as Operation;
            return proofs.add(proved, answer, checker.errorCodeOf(answer));
          }
          if (reached === undefined && [400, 404, 405].includes(answer.status)) return;
          const kind = `${answer.status}: ${problems.join('; ').replace(/\d+/g, '0').slice(0, 300)}`;
          const known = failures.get(kind);
          if (known === undefined || sizeOf(wire) < sizeOf(known)) failures.set(kind, wire);
        };
        for (const wire of oneThingOdd(operation, starts)) await attempt(wire);
        await fc.assert(fc.asyncProperty(requests(operation, starts), attempt), {
          seed: databases.engine === 'sqlite' ? seed : seed + 1,
          numRuns: Math.ceil(runs / 2),
        });
        // Every kind of failure with its shortest request, so that one run shows all of them.
        const report = [...failures].map(([kind, wire]) => `\n${kind}\n  ${JSON.stringify(wire).slice(0, 2_000)}`);
        expect(failures.size, report.join('')).toBe(0);
      },
      // Each reset of the sandbox replaces all data, which takes PostgreSQL half a second.
      240_000,
    );
  });
}

const sizeOf = (wire: Wire) => JSON.stringify(wire).length;

/** Whether a segment of the path is empty or cannot be decoded. */
function isOutside(target: string): boolean {
  const path = target.split('?', 1)[0] ?? '';
  try {
    decodeURIComponent(path);
    return path.includes('//') || path.endsWith('/');
  } catch {
    return true;
  }
}

/** The operation of a URL whose empty segments do not count. */
function operationAt({ operations }: Checker, { method, target }: Wire): string | undefined {
  const segments = (target.split('?', 1)[0] ?? '').split('/').filter(Boolean);
  return [...operations.values()].find((operation) => {
    const template = operation.path.split('/').filter(Boolean);
    return (
      operation.method === method &&
      template.length === segments.length &&
      template.every((segment, index) => segment.startsWith('{') || segment === segments[index])
    );
  })?.id;
}

const form = 'application/x-www-form-urlencoded';

/** Text that often breaks servers. */
const oddText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    '1e400',
    'null',
    'true',
    '[]',
    '{}',
    '\0',
    'a\0b',
    '\ud800',
    '\ufffe',
    '🀄️汉字',
    'ß',
    "' or 1=1 --",
    '{{x}}',
    '%00',
    '%',
    '../../etc',
    '__proto__',
    'constructor',
    '\r\nX-Odd: 1',
    '١٢٣',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer().map(String),
  fc.constantFrom(300, 9_000, 70_000).map((length) => 'x'.repeat(length)),
);

const oddValue = fc.oneof(
  oddText,
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]], { a: { b: [null] } }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A value for a schema: at its limits, just outside of them, or any odd one. */
function valueFor(schema: Schema): fc.Arbitrary<unknown> {
  const {
    const: constant,
    enum: values,
    minLength = 0,
    maxLength = 64,
    minimum,
    maximum,
  } = schema as {
    const?: unknown;
    enum?: unknown[];
    minLength?: number;
    maxLength?: number;
    minimum?: number;
    maximum?: number;
  };
  const near = [
    constant,
    ...(values ?? []),
    minimum,
    maximum,
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
  ].filter((value) => value !== undefined);
  const lengths = [minLength - 1, minLength, maxLength, maxLength + 1].filter((length) => length >= 0);
  return fc.oneof(
    oddValue,
    ...(near.length > 0 ? [fc.constantFrom(...near)] : []),
    fc.constantFrom(...lengths).map((length) => '长'.repeat(length)),
  );
}

const asText = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** The members of every object in the schema of a body, with those of unions. */
function members(schema: Schema | undefined): [string, Schema][] {
  if (schema === undefined) return [];
  const {
    properties = {},
    oneOf = [],
    anyOf = [],
    allOf = [],
  } = schema as { properties?: Record<string, Schema>; oneOf?: Schema[]; anyOf?: Schema[]; allOf?: Schema[] };
  return [...Object.entries(properties), ...[...oneOf, ...anyOf, ...allOf].flatMap(members)];
}

type Change = (
  wire: Wire,
  fields: Record<string, unknown> | undefined,
) => { wire: Wire; fields?: Record<string, unknown> | undefined };

/** Valid requests with a few changes. */
const requests = (operation: Operation, starts: readonly Exchange[]): fc.Arbitrary<Wire> =>
  fc
    .tuple(fc.constantFrom(...starts), fc.array(changes(operation), { minLength: 1, maxLength: 4 }))
    .map(([start, chosen]) => changed(operation, start, chosen));

function changed(operation: Operation, exchange: Exchange, chosen: readonly Change[]): Wire {
  const original = (exchange.form ?? exchange.json) as Record<string, unknown> | undefined;
  let wire = toWire(operation, exchange);
  let fields = original;
  for (const change of chosen) ({ wire, fields } = { fields, ...change(wire, fields) });
  if (fields !== original && fields !== undefined)
    wire = { ...wire, body: exchange.form === undefined ? JSON.stringify(fields) : encodeForm(fields) };
  return {
    ...wire,
    headers: Object.fromEntries(Object.entries(wire.headers).filter(([, value]) => isHeaderValue(value))),
  };
}

/** Valid requests in which one field, parameter or header has one odd value. */
function* oneThingOdd(operation: Operation, starts: readonly Exchange[]): Generator<Wire> {
  const [first = {}] = starts;
  for (const start of starts) {
    const fields = Object.keys((start.form ?? start.json ?? {}) as object);
    for (const name of fields) for (const value of odd) yield changed(operation, start, [setField(name, value)]);
  }
  for (const { name } of operation.parameters.filter((parameter) => parameter.in === 'query')) {
    for (const value of odd)
      yield changed(
        operation,
        { ...first, query: { ...first.query, [name]: asText(value).slice(0, 1_000).toWellFormed() } },
        [],
      );
  }
  if (operation.path.includes('{'))
    for (const value of oddSegments) yield changed(operation, first, [replaceParameters(operation, value)]);
  for (const [name, values] of Object.entries(oddHeaders))
    for (const value of values) yield changed(operation, first, [setHeader(name, value)]);
}

const odd: readonly unknown[] = ['', 'a\0b', '\ud800', '🀄️汉字', 'x'.repeat(70_000), 1, ['a', 'b'], null];
const oddSegments = [
  '%',
  '%zz',
  '%ff',
  '%2F',
  '%2e%2e',
  '..',
  ':',
  '*',
  ';',
  '%00',
  'a%00b',
  '%F0%9F%80%84',
  'x'.repeat(1_000),
  '',
];
const oddHeaders = {
  'X-Request-Id': ['abcdefgh:1', 'x'.repeat(128), 'x'.repeat(65), 'short', '12345678'],
  Accept: ['*/*', 'text/html', 'application/json', 'application/*', 'a', ';;;,', '*/*;q=0', 'application/json;q=x'],
  Authorization: [
    'Bearer',
    'Bearer  x',
    'Bearer \xff',
    'Basic',
    'Basic %%%',
    'Basic AA==',
    `Basic ${btoa('\0:\0')}`,
    `Basic ${btoa(':')}`,
    `Basic ${btoa('a%00:b')}`,
    'x',
    `Bearer ${'0'.repeat(64)}`,
  ],
  Cookie: ['qiyue_session=%00', 'a=b=c;;;=', `qiyue_session=${'a'.repeat(64)}`],
  'Content-Encoding': ['gzip', 'br', 'deflate', 'x'],
  'Content-Type': [
    'application/json',
    form,
    'text/plain',
    'application/json; charset=utf-16',
    `${form}; charset=gbk`,
    'multipart/form-data',
    'multipart/form-data; boundary=x',
    '',
    '/',
    ';',
    'application/JSON',
  ],
  'Accept-Language': ['*', 'en;q=', 'zz-'.repeat(300)],
  Host: ['', 'a b', '[::1', 'evil.example:99999', '汉'],
};

const addQuery =
  (name: string, value: string): Change =>
  (wire) => ({ wire: { ...wire, target: `${wire.target}${wire.target.includes('?') ? '&' : '?'}${name}=${value}` } });
const setHeader =
  (name: string, value: string): Change =>
  (wire) => ({ wire: { ...wire, headers: { ...wire.headers, [name]: value } } });
const setBody =
  (body: string | Uint8Array): Change =>
  (wire) => ({ wire: { ...wire, body }, fields: undefined });
const setField =
  (name: string, value: unknown): Change =>
  (wire, before = {}) => {
    // A list stays a list for small indexes only: Node cannot encode a list of a billion items.
    const isIndex = Array.isArray(before) && /^\d{1,2}$/.test(name);
    const fields = Object.assign(isIndex ? [...before] : { ...before }, { [name]: value }) as Record<string, unknown>;
    return { wire, fields };
  };
const dropField =
  (name: string): Change =>
  (wire, before = {}) => ({ wire, fields: Object.fromEntries(Object.entries(before).filter(([key]) => key !== name)) });
const replaceParameters =
  ({ path }: Operation, value: string): Change =>
  (wire) => {
    const segments = path.split('/');
    const [place = '', search] = wire.target.split('?', 2);
    const replaced = place
      .split('/')
      .map((segment, index) => (segments[index]?.startsWith('{') ? value : segment))
      .join('/');
    return { wire: { ...wire, target: search === undefined ? replaced : `${replaced}?${search}` } };
  };

const encodeForm = (fields: Record<string, unknown>) =>
  Object.entries(fields)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => `${encode(name)}=${encode(asText(one))}`),
    )
    .join('&');
const encode = (text: string) => encodeURIComponent(text.toWellFormed());
/** Short enough for a URL; Node rejects longer ones before the API sees them. */
const short = (text: string) => encode(text.slice(0, 1_000));
// Node cannot send others.
const isHeaderValue = (value: string) => value.length < 2_000 && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

function changes(operation: Operation): fc.Arbitrary<Change> {
  const { parameters, requestBody, path } = operation;
  const fields = Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => members(schema));
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const options: fc.Arbitrary<Change>[] = [
    fc
      .constantFrom(...Object.entries(oddHeaders))
      .chain(([name, values]) => fc.oneof(fc.constantFrom(...values), oddText).map((value) => setHeader(name, value))),
    fc
      .tuple(
        fc.constantFrom(
          'Prefer',
          'Origin',
          'X-Forwarded-Host',
          'X-Forwarded-Proto',
          'X-HTTP-Method-Override',
          'Range',
          'If-None-Match',
        ),
        oddText,
      )
      .map(([name, value]) => setHeader(name, value)),
    fc.constantFrom('%', '%zz', '%E4%B8', '%00', '%ff').map((bytes) => addQuery('state', bytes)),
    fc.tuple(oddText, oddText).map(([name, value]) => addQuery(short(name), short(value))),
  ];
  if (query.length > 0) {
    options.push(
      fc
        .constantFrom(...query)
        .chain(({ name, schema }) => valueFor(schema).map((value) => addQuery(encode(name), short(asText(value))))),
      fc
        .constantFrom(...query)
        .chain(({ name }) =>
          fc.constantFrom(`${name}[a]`, `${name}[]`, `${name}[__proto__]`).map((strange) => addQuery(strange, '1')),
        ),
      fc.constant((wire) => ({ wire: { ...wire, target: wire.target.split('?', 1)[0] ?? '' } })),
    );
  }
  if (path.includes('{'))
    options.push(
      fc.oneof(oddText.map(short), fc.constantFrom(...oddSegments)).map((value) => replaceParameters(operation, value)),
    );
  if (requestBody === undefined) return fc.oneof(...options);
  if (fields.length > 0) {
    const known = fc
      .constantFrom(...fields)
      .chain(([name, schema]) => valueFor(schema).map((value) => setField(name, value)));
    // More often than the rest, because it finds the most.
    options.push(
      known,
      known,
      known,
      fc.constantFrom(...fields).map(([name]) => dropField(name)),
    );
  }
  options.push(
    fc.tuple(oddText, oddValue).map(([name, value]) => setField(name.slice(0, 100), value)),
    oddText.map(setBody),
    fc.uint8Array({ maxLength: 60 }).map(setBody),
    fc.jsonValue({ maxDepth: 4 }).map((value) => setBody(JSON.stringify(value))),
    fc
      .constantFrom(
        'a=1&a=2',
        'a[b]=1',
        '&&&',
        '=',
        'a=%',
        '[',
        'null',
        '"x"',
        '\ufeff{}',
        `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
        'a=b&'.repeat(2_000),
      )
      .map(setBody),
  );
  return fc.oneof(...options);
}
