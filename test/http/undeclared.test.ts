import { describe, expect, it } from 'vitest';
import { mount, raw } from './mounted.ts';

const SECRET = 'argon2id-of-a-password';

const components = `
  schemas:
    Named: { type: object, required: [name], properties: { name: { type: string } } }
    Aged: { type: object, properties: { age: { type: integer }, home: { type: object, properties: { town: { type: string } } } } }
    Person: { allOf: [{ $ref: '#/components/schemas/Named' }, { $ref: '#/components/schemas/Aged' }] }
    Citizen:
      description: Both schemas declare home.
      $ref: '#/components/schemas/Aged'
      properties: { home: { type: object, properties: { street: { type: string } } } }
    Cat: { type: object, required: [kind], properties: { kind: { const: cat }, lives: { type: integer } } }
    Dog: { type: object, required: [kind], properties: { kind: { const: dog }, tricks: { type: array, items: { $ref: '#/components/schemas/Named' } } } }
    Pet:
      oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }]
      discriminator: { propertyName: kind, mapping: { cat: '#/components/schemas/Cat', dog: '#/components/schemas/Dog' } }
    Tree: { type: object, properties: { leaf: { type: string }, branches: { type: array, items: { $ref: '#/components/schemas/Tree' } } } }`;

/** [what, schema, a body with undeclared members, the same without them, their pointers] */
const cases: [string, string, unknown, unknown, string[]][] = [
  ['an object', '{ $ref: "#/components/schemas/Named" }', { name: 'a', hash: SECRET }, { name: 'a' }, ['/hash']],
  [
    'an object that may be null',
    '{ type: [object, "null"], properties: { a: {} } }',
    { a: 1, b: SECRET },
    { a: 1 },
    ['/b'],
  ],
  ['an object without members', '{ type: object }', { hash: SECRET }, {}, ['/hash']],
  [
    'a nested object',
    '{ properties: { user: { $ref: "#/components/schemas/Named" } } }',
    { user: { name: 'a', 'h~a/sh': SECRET } },
    { user: { name: 'a' } },
    ['/user/h~0a~1sh'],
  ],
  [
    'the elements of an array',
    '{ type: array, items: { $ref: "#/components/schemas/Named" } }',
    [{ name: 'a' }, { name: 'b', hash: SECRET }],
    [{ name: 'a' }, { name: 'b' }],
    ['/1/hash'],
  ],
  [
    'a tuple',
    '{ type: array, prefixItems: [{ $ref: "#/components/schemas/Named" }, { type: object, properties: { b: {} } }], items: { properties: { c: {} } } }',
    [
      { name: 'a', x: 1 },
      { b: 1, x: 1 },
      { c: 1, x: 1 },
    ],
    [{ name: 'a' }, { b: 1 }, { c: 1 }],
    ['/0/x', '/1/x', '/2/x'],
  ],
  [
    'allOf',
    '{ $ref: "#/components/schemas/Person" }',
    { name: 'a', age: 1, home: { town: 't', hash: SECRET }, hash: SECRET },
    { name: 'a', age: 1, home: { town: 't' } },
    ['/home/hash', '/hash'],
  ],
  [
    'a member of two schemas',
    '{ $ref: "#/components/schemas/Citizen" }',
    { age: 1, home: { town: 't', street: 's', hash: SECRET } },
    { age: 1, home: { town: 't', street: 's' } },
    ['/home/hash'],
  ],
  [
    'the variant of a discriminator',
    '{ type: array, items: { $ref: "#/components/schemas/Pet" } }',
    [
      { kind: 'cat', lives: 7, tricks: [] },
      { kind: 'dog', tricks: [{ name: 'a', lives: 1 }], lives: 1 },
    ],
    [
      { kind: 'cat', lives: 7 },
      { kind: 'dog', tricks: [{ name: 'a' }] },
    ],
    ['/0/tricks', '/1/tricks/0/lives', '/1/lives'],
  ],
  [
    'oneOf with null',
    '{ properties: { pet: { oneOf: [{ $ref: "#/components/schemas/Named" }, { type: "null" }] } } }',
    { pet: { name: 'a', hash: SECRET } },
    { pet: { name: 'a' } },
    ['/pet/hash'],
  ],
  [
    'oneOf that only validation decides',
    '{ oneOf: [{ required: [a], properties: { a: { type: string, minLength: 3 } } }, { properties: { a: { type: string, maxLength: 2 }, b: {} } }] }',
    { a: 'long', b: SECRET },
    { a: 'long' },
    ['/b'],
  ],
  [
    'every schema of anyOf that matches',
    '{ anyOf: [{ required: [a], properties: { a: { type: string } } }, { required: [b], properties: { b: { type: string } } }, { required: [c], properties: { c: { type: string } } }] }',
    { a: '1', b: '2', c: 3 },
    { a: '1', b: '2' },
    ['/c'],
  ],
  [
    'if, then and else',
    '{ type: array, items: { type: object, if: { required: [a], properties: { a: { const: 1 } } }, then: { properties: { b: {} } }, else: { properties: { c: {} } } } }',
    [
      { a: 1, b: 2, c: 3 },
      { b: 2, c: 3 },
    ],
    [{ a: 1, b: 2 }, { c: 3 }],
    ['/0/c', '/1/b'],
  ],
  [
    'dependentSchemas',
    '{ properties: { a: {} }, dependentSchemas: { a: { properties: { b: {} } }, z: { properties: { c: {} } } } }',
    { a: 1, b: 2, c: 3 },
    { a: 1, b: 2 },
    ['/c'],
  ],
  [
    'a map',
    '{ type: object, additionalProperties: { $ref: "#/components/schemas/Named" } }',
    { one: { name: 'a', hash: SECRET }, two: { name: 'b' } },
    { one: { name: 'a' }, two: { name: 'b' } },
    ['/one/hash'],
  ],
  [
    'patternProperties',
    '{ patternProperties: { "^x-": { $ref: "#/components/schemas/Named" } } }',
    { 'x-a': { name: 'a', hash: SECRET }, y: 1 },
    { 'x-a': { name: 'a' } },
    ['/x-a/hash', '/y'],
  ],
  [
    'a schema that contains itself',
    '{ $ref: "#/components/schemas/Tree" }',
    { branches: [{ branches: [{ leaf: 'a', hash: SECRET }] }] },
    { branches: [{ branches: [{ leaf: 'a' }] }] },
    ['/branches/0/branches/0/hash'],
  ],
  [
    'JSON in a string',
    '{ properties: { text: { type: string, contentMediaType: application/json, contentSchema: { $ref: "#/components/schemas/Named" } } } }',
    { text: JSON.stringify({ name: 'a', hash: SECRET }) },
    { text: '{"name":"a"}' },
    ['/text/hash'],
  ],
  [
    'members with the names of methods',
    '{ $ref: "#/components/schemas/Named" }',
    JSON.parse(`{"name":"a","__proto__":{"a":"${SECRET}"},"constructor":1,"toString":2}`),
    { name: 'a' },
    ['/__proto__', '/constructor', '/toString'],
  ],
];

/** [what, schema, a body that is sent as it is] */
const complete: [string, string, unknown][] = [
  ['a value without a schema', '{}', { a: { b: [1] } }],
  ['an object with any members', '{ type: object, additionalProperties: true }', { a: { b: [1] } }],
  ['a member with any value', '{ properties: { a: {}, b: true } }', { a: { x: 1 }, b: [{ y: 1 }] }],
  [
    'members that no schema of an object names',
    '{ properties: { a: {} }, unevaluatedProperties: { type: integer } }',
    { a: 1, b: 2 },
  ],
  ['an array without items', '{ type: array }', [{ a: 1 }, [2]]],
  ['null', '{ type: [object, "null"], properties: { a: {} } }', null],
  [
    'text that is not JSON',
    '{ type: string, contentMediaType: application/json, contentSchema: { type: object } }',
    'a',
  ],
  [
    'everything that allOf declares',
    '{ $ref: "#/components/schemas/Person" }',
    { name: 'a', age: 1, home: { town: 't' } },
  ],
];

describe('members that the contract does not declare', async () => {
  const all = [...cases, ...complete];
  const paths = all.map(
    ([, schema], index) => `
  /body${index}: { get: { operationId: getBody${index}, responses: { 200: { description: ok, content: { application/json: { schema: ${schema} } } } } } }`,
  );
  const bodies = all.map(([, , body]) => body);
  const operations = Object.fromEntries(
    all.map((_, index) => [`getBody${index}`, () => ({ status: 200, body: bodies[index] })]),
  );
  const sandbox = await mount(paths.join(''), operations, { components });
  const production = await mount(paths.join(''), operations, { components, production: true });

  it.each(cases)(
    'of %s are a 500 in the sandbox and are left out in production',
    async (what, _schema, body, left, undeclared) => {
      const path = `/body${cases.findIndex(([name]) => name === what)}`;
      const before = JSON.stringify(body);
      sandbox.lines.length = 0;
      production.lines.length = 0;

      const refused = await raw(sandbox.url, path);
      expect([refused.status, refused.json.error]).toEqual([500, 'internal']);
      const [violation] = sandbox.lines;
      for (const pointer of undeclared) expect(violation?.msg).toContain(pointer);

      const { status, json } = await raw(production.url, path);
      expect([status, json]).toEqual([200, left]);
      expect(production.lines).toMatchObject([{ level: 50, undeclared }]);

      expect(JSON.stringify([sandbox.lines, production.lines])).not.toContain(SECRET);
      // The operation may still use its object.
      expect(JSON.stringify(body)).toBe(before);
    },
  );

  it.each(complete)('do not exist in %s', async (what, _schema, body) => {
    const path = `/body${all.findIndex(([name]) => name === what)}`;
    for (const api of [sandbox, production]) {
      const { status, json } = await raw(api.url, path);
      expect([status, json]).toEqual([200, body]);
    }
  });

  it('are neither those without a value nor those that a class makes of its object', async () => {
    bodies[0] = { name: 'a', hash: undefined };
    expect((await raw(sandbox.url, '/body0')).json).toEqual({ name: 'a' });
    const revealing = { toJSON: () => ({ name: 'a', hash: SECRET }) };
    bodies[0] = Object.assign(Object.create(revealing), { name: 'a' });
    expect((await raw(sandbox.url, '/body0')).json).toEqual({ name: 'a' });
  });
});
