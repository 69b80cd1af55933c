import { describe, expect, it } from 'vitest';
import { lineInBody, parseYaml } from '../../src/http/yaml-body.ts';
import { BODY_LIMIT, json, last, mount, raw } from './mounted.ts';

const yaml = { 'Content-Type': 'application/yaml' };

describe('bodies in YAML', async () => {
  const schema = `{ type: object, required: [name], additionalProperties: false,
            properties: { name: { type: string }, age: { type: integer }, friends: { type: array, items: { type: string } } } }`.replaceAll(
    '\n',
    ' ',
  );
  const api = await mount(`
  /people:
    post:
      operationId: savePerson
      requestBody:
        required: true
        content:
          application/json: { schema: ${schema} }
          application/yaml: { schema: ${schema} }
`);
  const send = (body: string | Uint8Array, headers: Record<string, string> = yaml) =>
    raw(api.url, '/people', 'POST', headers, body);

  it('are read as the same values as JSON', async () => {
    expect((await send('# 一个人\nname: 小明\nage:\nfriends: &some [小红]\n')).status).toBe(200);
    expect(last(api.calls)).toMatchObject({
      mediaType: 'application/yaml',
      body: { name: '小明', friends: ['小红'] },
    });
    expect((await send('{"name": "小明"}')).status).toBe(200);
    expect((await send('{"name": "小明"}', json)).status).toBe(200);
    expect(last(api.calls)).toMatchObject({ mediaType: 'application/json' });
  });

  it('are validated, and each wrong field has its line', async () => {
    for (const [body, field, line] of [
      ['name: a\nage: old\n', '/body/age type', 2],
      ['name: a\n\nfriends:\n  - b\n  - 3\n', '/body/friends/1 type', 5],
      ['name: a\nfreinds: []\n', '/body/freinds additionalProperties', 2],
      ['# nothing\nage: 3\n', '/body/name required', 2],
    ] as const) {
      const answer = await send(body);
      expect([answer.status, answer.json.fields]).toEqual([400, [field]]);
      const scene = last(api.scenes);
      expect(lineInBody(scene.body, field.split(' ')[0] as string)).toBe(line);
    }
    expect((await send('name: a\nage: old\n', json)).status).toBe(400);
    expect(lineInBody(last(api.scenes).body, '/body/age')).toBeUndefined();
  });

  it('that cannot be read are a 400, and long ones a 413', async () => {
    for (const body of ['name: [', 'name: a\nname: b', 'name: *nobody', Buffer.from([0x6e, 0x3a, 0x20, 0xff])]) {
      const answer = await send(body);
      expect([answer.status, answer.json.error]).toEqual([400, 'malformed_request']);
    }
    expect((await send(`name: ${'a'.repeat(BODY_LIMIT)}`)).status).toBe(413);
    expect((await send('name: a', { 'Content-Type': 'text/plain' })).status).toBe(415);
  });

  it('say in which line they are broken', async () => {
    await expect(parseYaml('a: 1\nb: [\n')).rejects.toMatchObject({
      message: expect.stringContaining('line 3'),
      details: [{ line: 3 }],
    });
  });

  it('do not grow by their aliases', async () => {
    const lines = Array.from(
      { length: 9 },
      (_, index) => `${'bcdefghij'[index]}: [${`*${'abcdefghi'[index]},`.repeat(9)}]`,
    );
    expect((await send(`a: &a x\n${lines.map((line) => line.replace(/^(.): /, '$1: &$1 ')).join('\n')}`)).status).toBe(
      400,
    );
  });

  it('find lines behind aliases and in keys that are no text', async () => {
    const { lineOf, value } = await parseYaml('base: &base\n  x: 1\n1:\n  - *base\n');
    expect(value).toEqual({ base: { x: 1 }, 1: [{ x: 1 }] });
    expect([lineOf('/1/0/x'), lineOf('/1/5'), lineOf(''), lineOf('/nothing')]).toEqual([2, 3, 1, 1]);
  });
});
