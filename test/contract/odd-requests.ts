import fc from 'fast-check';
import {
  addQuery,
  asText,
  type Change,
  changed,
  dropField,
  encode,
  replaceParameters,
  setBody,
  setField,
  setHeader,
  short,
} from '../../src/verify/changes.ts';
import type { Exchange, Wire } from '../../src/verify/exchange.ts';
import { oddHeaders, oddSegments } from '../../src/verify/odd-requests.ts';
import type { Operation, Schema } from '../../src/verify/operations.ts';

/** Valid requests with a few changes. */
export const requests = (operation: Operation, starts: readonly Exchange[]): fc.Arbitrary<Wire> =>
  fc
    .tuple(fc.constantFrom(...starts), fc.array(changes(operation), { minLength: 1, maxLength: 4 }))
    .map(([start, chosen]) => changed(operation, start, chosen));

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
  // fc.string makes a table of all characters for the same, which takes seconds.
  fc.array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 40 }).map((points) => String.fromCodePoint(...points)),
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
