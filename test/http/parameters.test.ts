import { describe, expect, it } from 'vitest';
import { last, mount, raw } from './mounted.ts';

describe('parameters of the path', async () => {
  const api = await mount(`
  /users/{name}:
    get:
      operationId: getUser
      parameters: [{ name: name, in: path, required: true, schema: { type: string, minLength: 1, maxLength: 2048 } }]
  /users/{name}/notes/{note_id}:
    parameters: [{ name: name, in: path, required: true, schema: { type: string } }]
    get:
      operationId: getNote
      parameters: [{ name: note_id, in: path, required: true, schema: { type: integer, minimum: 1, maximum: 9007199254740991 } }]
  /users/self:
    get: { operationId: getSelf }
  /PP_GET_FILE:
    get: { operationId: getFile }
  /flags/{on}:
    get:
      operationId: getFlag
      parameters: [{ name: on, in: path, required: true, schema: { type: boolean } }]`);

  it.each([
    ['a%2Fb', 'a/b'],
    ['%E5%8C%97%E4%BA%AC', '北京'],
    ['a%20b+c', 'a b+c'],
    ['100%25', '100%'],
    ['%2541', '%41'],
    ['a%3Fb%23c', 'a?b#c'],
    ['a:b@c;d=e,f!$&()*', 'a:b@c;d=e,f!$&()*'],
    ['%00', '\0'],
    ['..', '..'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['x'.repeat(2048), 'x'.repeat(2048)],
  ])('decodes %s once', async (segment, name) => {
    expect((await raw(api.url, `/users/${segment}`)).status).toBe(200);
    expect(last(api.calls).params).toEqual({ name });
  });

  it('prefers a fixed path to a parameter', async () => {
    await raw(api.url, '/users/self');
    expect(last(api.calls).params).toEqual({});
  });

  it('reads numbers and booleans', async () => {
    await raw(api.url, '/users/ann/notes/9007199254740991');
    expect(last(api.calls).params).toEqual({ name: 'ann', note_id: 9007199254740991 });
    await raw(api.url, '/flags/false');
    expect(last(api.calls).params).toEqual({ on: false });
  });

  it.each([
    'x',
    '1.0',
    '1.5',
    '0',
    '-1',
    '9007199254740992',
    '1e400',
    '%20',
    '0x10',
    '9'.repeat(400),
    `-${'9'.repeat(400)}`,
  ])('returns 400 to %s instead of a number from 1', async (id) => {
    const { status, json } = await raw(api.url, `/users/ann/notes/${id}`);
    expect([status, json.fields[0]]).toEqual([400, expect.stringMatching(/^\/params\/note_id /)]);
  });

  it.each(['/users/%', '/users/%zz', '/users/%ff', '/users/%E4%B8'])('returns 400 to the broken %s', async (path) => {
    expect((await raw(api.url, path)).status).toBe(400);
  });

  it.each(['/users/a/', '//users/a', '///users///a//', '/users/a//?x=//'])(
    'finds the operation at %s',
    async (path) => {
      expect((await raw(api.url, path)).status).toBe(200);
      expect(last(api.calls).params).toEqual({ name: 'a' });
      expect(last(api.calls).request.path).toBe('/users/a');
    },
  );

  it('keeps an encoded slash', async () => {
    await raw(api.url, '/users//%2F%2F');
    expect(last(api.calls).params).toEqual({ name: '//' });
  });

  it.each(['/', '//', '/users', '/users/', '/users//notes/1/x', '/pp_get_file', '/users/a/b/c'])(
    'returns 404 to %s',
    async (path) => {
      const { status, headers } = await raw(api.url, path);
      expect([status, headers['content-type']]).toEqual([404, 'application/json; charset=utf-8']);
    },
  );

  it('keeps upper case', async () => expect((await raw(api.url, '/PP_GET_FILE')).status).toBe(200));
});

describe('parameters of the query', async () => {
  const api = await mount(`
  /search:
    get:
      operationId: search
      parameters:
        - { name: id, in: query, schema: { type: array, items: { type: integer }, maxItems: 3 } }
        - { name: tag, in: query, style: form, explode: false, schema: { type: array, items: { type: string } } }
        - { name: page, in: query, style: deepObject, explode: true, schema: { type: object, additionalProperties: false, properties: { number: { type: integer, minimum: 1 }, size: { type: integer } } } }
        - { name: limit, in: query, schema: { type: integer, default: 20, maximum: 100 } }
        - { name: since, in: query, allowReserved: true, schema: { type: string, format: date-time } }
        - { name: deep, in: query, schema: { type: boolean } }
        - { name: last, in: query, schema: { type: integer, minimum: 1 } }
        - { name: key, in: query, schema: { type: string } }
        - { name: text, in: query, allowEmptyValue: true, schema: { type: string } }
        - { name: X-Client, in: header, schema: { type: integer } }`);
  const query = async (text: string, headers = {}) => {
    const answer = await raw(api.url, `/search?${text}`, 'GET', headers);
    return answer.status === 200 ? { ...last(api.calls).query } : [answer.status, answer.json.fields];
  };

  it('reads arrays', async () => {
    expect(await query('id=1&id=2')).toMatchObject({ id: [1, 2] });
    expect(await query('id=1')).toMatchObject({ id: [1] });
    expect(await query('tag=a,b')).toMatchObject({ tag: ['a', 'b'] });
    expect(await query('tag=a')).toMatchObject({ tag: ['a'] });
  });

  it('reads objects', async () => {
    expect(await query('page[number]=2&page[size]=5')).toMatchObject({ page: { number: 2, size: 5 } });
    expect(await query('page%5Bnumber%5D=2')).toMatchObject({ page: { number: 2 } });
  });

  it('sets defaults and reads booleans and times', async () => {
    expect(await query('')).toMatchObject({ limit: 20 });
    expect(await query('deep=true&since=2026-11-22T10:00:00%2B08:00')).toMatchObject({
      deep: true,
      since: '2026-11-22T10:00:00+08:00',
    });
  });

  it('reads 1 and 0 as booleans', async () => {
    expect([await query('deep=1'), await query('deep=0')]).toMatchObject([{ deep: true }, { deep: false }]);
    expect((await raw(api.url, '/search?deep=2')).status).toBe(400);
  });

  it('reads an empty value as absent unless the contract allows it', async () => {
    expect(await query('last=&key=&limit=&text=')).toEqual({ ...(await query('')), text: '' });
    expect(await query('last=7&key=a&text=b')).toMatchObject({ last: 7, key: 'a', text: 'b' });
  });

  it.each([
    ['limit=1.0', '/query/limit type'],
    ['last=%20', '/query/last type'],
    ['id=x', '/query/id/0 type'],
    ['id=1&id=2&id=3&id=4', '/query/id maxItems'],
    ['page[number]=0', '/query/page/number minimum'],
    ['limit=101', '/query/limit maximum'],
    ['limit=1&limit=2', '/query/limit type'],
    [`last=${'9'.repeat(400)}`, '/query/last type'],
    [`limit=-${'9'.repeat(400)}`, '/query/limit type'],
    [`id=1&id=${'9'.repeat(400)}`, '/query/id/1 type'],
    [`page[size]=${'9'.repeat(400)}`, '/query/page/size type'],
    ['since=2026-02-30T00:00:00Z', '/query/since format'],
    ['deep=yes', '/query/deep type'],
  ])('returns 400 to %s', async (text, field) => expect(await query(text)).toEqual([400, [field]]));

  it.each([
    'page[odd]=1',
    'page=x',
    'page[number][deep]=1',
    'page[number]=1&page[number]=2',
    'limit[]=1',
    'limit=%',
    'limit=%ff',
    '%zz=1',
  ])('returns 400 to %s', async (text) => {
    expect((await query(text)) as unknown[]).toContain(400);
  });

  it('reads headers as their types', async () => {
    await query('', { 'X-Client': '7' });
    expect(last(api.calls).headers).toMatchObject({ 'x-client': 7 });
    expect(await query('', { 'X-Client': 'seven' })).toEqual([400, ['/headers/x-client type']]);
  });
});
