import { describe, expect, it } from 'vitest';
import { HttpError } from '../../src/errors.ts';
import type { Api } from '../../src/http/api.ts';
import { form, last, mount, raw } from './mounted.ts';

describe('security', async () => {
  const called: string[] = [];
  const scheme =
    (name: string, value: (source: Parameters<Api['security'][string]>[0]) => unknown): Api['security'][string] =>
    async (source) => {
      called.push(name);
      const found = value(source);
      if (found === undefined) return undefined;
      if (found === 'wrong') throw new HttpError('unauthorized', `wrong ${name}`);
      if (found === 'broken') throw new Error(`secret of ${name}`);
      return { [name]: found };
    };
  const word = (source: Parameters<Api['security'][string]>[0], expected: string) => {
    const [first, second] = source.headers.authorization?.split(' ') ?? [];
    return first?.toLowerCase() === expected ? second : undefined;
  };
  const path = (name: string, security: string) => `
  /${name}:
    get: { operationId: ${name}, security: ${security}, parameters: [{ name: key, in: query, schema: { type: string } }, { name: n, in: query, schema: { type: integer } }] }`;
  const api = await mount(
    [
      path('either', '[{ token: [] }, { header: [] }]'),
      path('both', '[{ token: [], header: [] }]'),
      path('optional', '[{}, { token: [] }]'),
      path('fallback', '[{ token: [], header: [] }, { cookie: [] }]'),
      path('oauth', '[{ oauth: [] }]'),
      path('inQuery', '[{ query: [] }]'),
      path('open', '[]'),
      path('scoped', '[{ oauth: [read, write] }]'),
    ].join('') +
      `
  /usual:
    get: { operationId: usual }
  /submit:
    post:
      operationId: submit
      security: [{ body: [] }]
      requestBody: { required: true, content: { application/x-www-form-urlencoded: { schema: { type: object, required: [key], properties: { key: { type: string }, n: { type: integer } } } } } }`,
    undefined,
    {
      required: 'security: [{ cookie: [] }]',
      components: `
  securitySchemes:
    token: { type: http, scheme: bearer }
    oauth: { type: http, scheme: OAuth }
    header: { type: apiKey, in: header, name: X-Key }
    query: { type: apiKey, in: query, name: key }
    cookie: { type: apiKey, in: cookie, name: visit }
    body: { type: apiKey, in: query, name: unused, x-fields: [key] }`,
      security: {
        token: scheme('token', (source) => word(source, 'bearer')),
        oauth: scheme('oauth', (source) => word(source, 'oauth')),
        header: scheme('header', (source) => source.headers['x-key']),
        query: scheme('query', (source) => source.query.key),
        cookie: scheme('cookie', (source) => source.cookie('visit')),
        body: scheme('body', (source) => (source.body as { key?: string } | undefined)?.key),
      },
    },
  );
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    called.length = 0;
    const { status, json } = await raw(api.url, path, 'GET', headers);
    return status === 200 ? last(api.calls).actor : [status, json.message];
  };

  it('accepts one of several alternatives', async () => {
    expect(await ask('/either', { authorization: 'Bearer t' })).toEqual({ token: 't' });
    expect(called).toEqual(['token']);
    expect(await ask('/either', { 'x-key': 'k' })).toEqual({ header: 'k' });
    expect(await ask('/either', { authorization: 'Bearer wrong', 'x-key': 'k' })).toEqual({ header: 'k' });
    expect(await ask('/either', { authorization: 'Bearer wrong', 'x-key': 'wrong' })).toEqual([401, 'wrong token']);
    expect(await ask('/either')).toEqual([401, 'Credentials are required']);
  });

  it('requires all schemes of one alternative', async () => {
    expect(await ask('/both', { authorization: 'Bearer t', 'x-key': 'k' })).toEqual([{ token: 't' }, { header: 'k' }]);
    expect(await ask('/both', { authorization: 'Bearer t' })).toContain(401);
    expect(await ask('/both', { authorization: 'Bearer t', 'x-key': 'wrong' })).toEqual([401, 'wrong header']);
    expect(await ask('/fallback', { authorization: 'Bearer t', cookie: 'visit=v' })).toEqual({ cookie: 'v' });
  });

  it('allows no credentials where they are optional, but not wrong ones', async () => {
    expect(await ask('/optional')).toBeUndefined();
    expect(await ask('/optional', { authorization: 'Bearer t' })).toEqual({ token: 't' });
    expect(await ask('/optional', { authorization: 'Bearer wrong' })).toEqual([401, 'wrong token']);
    expect(await ask('/open', { authorization: 'Bearer wrong' })).toBeUndefined();
    expect(called).toEqual([]);
  });

  it('finds credentials in a header, the query, a cookie and the body', async () => {
    expect(await ask('/oauth', { authorization: 'OAuth o' })).toEqual({ oauth: 'o' });
    expect(await ask('/oauth', { authorization: 'Bearer o' })).toContain(401);
    expect(await ask('/inQuery?key=q%20q')).toEqual({ query: 'q q' });
    expect(await ask('/usual', { cookie: 'a=b; visit=%E5%8C%97' })).toEqual({ cookie: '北' });
    const { status } = await raw(api.url, '/submit', 'POST', form, 'key=b');
    expect([status, last(api.calls).actor]).toEqual([200, { body: 'b' }]);
  });

  it('uses the security of the document for an operation without its own', async () => {
    expect(await ask('/usual')).toContain(401);
  });

  it('authenticates before it validates the request', async () => {
    expect(await ask('/either?n=x')).toContain(401);
    expect(await ask('/either?n=x', { 'x-key': 'k' })).toContain(400);
  });

  it('returns 500 without details when a handler fails', async () => {
    const { status, text } = await raw(api.url, '/either', 'GET', { authorization: 'Bearer broken' });
    expect([status, text.includes('secret')]).toEqual([500, false]);
  });

  it('cannot be mounted without a handler for a scheme', async () => {
    const paths = path('a', '[{ token: [] }]');
    await expect(mount(paths)).rejects.toThrow('test has no handler for the security scheme token');
  });
});
