import { Ajv } from 'ajv';
import { describe, expect, it, vi } from 'vitest';
import { json, last, mount, raw } from './mounted.ts';

describe('an operation that is not written yet', () => {
  it('returns 501 in the format of the API', async () => {
    const api = await mount('  /later: { get: { operationId: later } }', {});
    const { status, json } = await raw(api.url, '/later');
    expect([status, json]).toEqual([
      501,
      { error: 'not_implemented', message: 'later is not implemented yet', fields: [] },
    ]);
  });
});

describe('a request whose renderError throws', () => {
  it('still gets a response', async () => {
    const api = await mount(
      `
  /plain:
    get:
      operationId: plain
      responses: { '200': { description: '', content: { application/json: { schema: {} } } }, '500': { description: '', content: { image/png: { schema: {} } } } }`,
      {
        plain: () => {
          throw new Error('secret');
        },
      },
    );
    const { status, text } = await raw(api.url, '/plain');
    expect([status, text.includes('secret')]).toEqual([500, false]);
  });
});

describe('a contract with 200 operations', async () => {
  const paths = Array.from(
    { length: 100 },
    (_, index) => `
  /things${index}/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { operationId: getThing${index} }
    post:
      operationId: postThing${index}
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Thing${index}' } } } }`,
  );
  const schemas = Array.from(
    { length: 100 },
    (_, index) => `
    Thing${index}: { type: object, required: [at], properties: { at: { const: ${index} } } }`,
  );
  const api = await mount(paths.join(''), undefined, { components: `  schemas:${schemas.join('')}` });

  it('validates each of them by its own schema', async () => {
    for (const index of [0, 57, 99]) {
      expect((await raw(api.url, `/things${index}/1`)).status).toBe(200);
      expect(last(api.calls).params).toEqual({ id: 1 });
      expect((await raw(api.url, `/things${index}/1`, 'POST', json, `{"at":${index}}`)).status).toBe(200);
      expect((await raw(api.url, `/things${index}/1`, 'POST', json, '{"at":-1}')).status).toBe(400);
      expect((await raw(api.url, `/things${index}/x`)).status).toBe(400);
    }
  });

  it('compiles nothing for an unknown media type', async () => {
    const [get, post] = [{ 'content-type': 'text/made-up' }, { 'content-type': 'application/json; made=up' }];
    await raw(api.url, '/things3/1');
    await raw(api.url, '/things3/1', 'POST', json, '{"at":3}');
    const compile = vi.spyOn(Object.getPrototypeOf(Ajv.prototype), 'addSchema');
    expect((await raw(api.url, '/things3/1', 'GET', get)).status).toBe(200);
    expect((await raw(api.url, '/things3/1', 'POST', post, '{"at":3}')).status).toBe(200);
    expect(compile).not.toHaveBeenCalled();
    // The spy does see a schema that is compiled.
    await raw(api.url, '/things4/1');
    expect(compile).toHaveBeenCalled();
    compile.mockRestore();
  });

  it('compiles a path on first use', async () => {
    // A schema that cannot be compiled does not affect the others.
    const broken = await mount(`
  /good: { get: { operationId: good } }
  /bad:
    get:
      operationId: bad
      parameters: [{ name: a, in: query, schema: { type: string, pattern: '(' } }]`);
    expect((await raw(broken.url, '/good')).status).toBe(200);
    expect((await raw(broken.url, '/bad')).status).toBe(500);
    expect((await raw(broken.url, '/good')).status).toBe(200);
  });
});
