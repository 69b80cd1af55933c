import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { apis } from '../../src/app.ts';
import type { Suite } from '../contract/harness.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { ADDRESS } from './answers.ts';
import { readCaseAnswers } from './case-answers.ts';
import { checkExamples } from './check.ts';
import { checkCases } from './check-cases.ts';
import { findDrifts, refresh } from './compare.ts';
import { replaceValue } from './edit-yaml.ts';
import { linesOf } from './report.ts';
import { Sources } from './sources.ts';
import { suites } from './suites.ts';

describe('the examples in the contracts', () => {
  let servers: [TestServer, TestServer];
  beforeAll(async () => {
    const start = () => startServer({ PUBLIC_URL: ADDRESS });
    servers = await Promise.all([start(), start()]);
  });
  afterAll(() => Promise.all(servers.map((server) => server.close())));

  it.each(apis.map((api) => [api.name, api] as const))(
    'of %s are what a sandbox answers',
    async (_, api) => {
      const cases = await readCaseAnswers(suites[api.name] as Suite);
      expect(linesOf(await checkExamples(api, [servers[0].url, servers[1].url], { cases }))).toEqual([]);
    },
    300_000,
  );

  it('are found wherever they drift', async () => {
    const planted = new Sources();
    const [tower] = apis.filter(({ name }) => name === 'tower');
    if (tower === undefined) throw new Error('There is no Tower');
    const user = planted
      .examplesOf('tower')
      .find(({ operation, status }) => operation === 'getUser' && status === '200');
    const nickname = user?.document.getIn(['value', 'data', 'attributes', 'nickname'], true) as { value: string };
    nickname.value = '别人';
    expect(linesOf(await checkExamples(tower, [servers[0].url, servers[1].url], { sources: planted }))).toEqual([
      expect.stringMatching(/^tower getUser 200 data\.attributes\.nickname: is "别人", but the answer has "何晴"$/),
    ]);
  }, 300_000);
});

describe('the examples of errors', () => {
  const [tower] = apis.filter(({ name }) => name === 'tower') as [(typeof apis)[number]];
  const examples = new Sources()
    .examplesOf('tower')
    .filter(({ operation, status, media }) => operation === 'getUser' && status === '401' && media.endsWith('json'));
  const [{ value }] = examples as unknown as [{ value: { errors: { id: string; detail: string }[] } }];
  const answer = (change: object) => {
    const body = { errors: value.errors.map((error) => ({ ...error, ...change })) };
    return { operation: 'getUser', status: '401', media: 'application/vnd.api+json', body };
  };

  it('are compared with the answers to cases, but for ids', () => {
    const id = 'd3b07384-d9a0-4c9b-8f6e-0f3a9c77aa01';
    expect(checkCases(tower, examples, [answer({ id })])).toEqual([]);
    const [stale, ...others] = checkCases(tower, examples, [answer({ id, detail: 'Who are you' })]);
    expect([stale?.example.operation, stale?.drifts, others]).toEqual([
      'getUser',
      [{ path: ['errors', 0, 'detail'], problem: expect.stringMatching(/but the answer has "Who are you"$/) }],
      [],
    ]);
  });
});

describe('an example and an answer', () => {
  const first = {
    id: 7,
    token: '0f3a9c',
    at: '2026-03-22',
    list: [{ id: 1 }, { id: 2 }, { id: 3 }],
    tags: ['a'],
    note: null,
  };
  const second = { ...first, token: '77aa01' };
  const driftsOf = (change: object) =>
    findDrifts({ ...first, ...change }, first, second).map(({ path }) => path.join('.'));

  it('are the same where the answer is fixed', () => {
    expect(driftsOf({})).toEqual([]);
    expect(driftsOf({ id: 8 })).toEqual(['id']);
    expect(driftsOf({ at: '2026-03-23' })).toEqual(['at']);
    expect(driftsOf({ note: '' })).toEqual(['note']);
    expect(driftsOf({ id: '7' })).toEqual(['id']);
  });

  it('have the same form where the server makes values up', () => {
    expect(driftsOf({ token: 'abcdef' })).toEqual([]);
    expect(driftsOf({ token: 'abcdef00' })).toEqual(['token']);
    expect(driftsOf({ token: 'some-token' })).toEqual(['token']);
  });

  it('have the same members', () => {
    expect(driftsOf({ more: 1 })).toEqual(['more']);
    const { at, ...without } = first;
    expect(at).toBeDefined();
    expect(findDrifts(without, first, second).map(({ path }) => path.join('.'))).toEqual(['at']);
  });

  it('may have lists of which the example leaves items out', () => {
    expect(driftsOf({ list: [{ id: 1 }, { id: 3 }] })).toEqual([]);
    expect(driftsOf({ list: [{ id: 3 }, { id: 1 }] })).not.toEqual([]);
    expect(driftsOf({ list: [{ id: 4 }] })).not.toEqual([]);
    expect(driftsOf({ list: [] })).toEqual(['list']);
  });

  it('have nothing left to refresh after a refresh', () => {
    const stale = { id: 8, token: 'abcdef', at: 'yesterday', list: [{ id: 3 }, { id: 9 }], tags: [], gone: true };
    const fresh = refresh(stale, first, second);
    expect(fresh).toEqual({ ...first, token: 'abcdef', list: expect.any(Array) });
    expect(findDrifts(fresh, first, second)).toEqual([]);
    expect(refresh(fresh, first, second)).toEqual(fresh);
  });

  it('keep a made-up value that stands in a longer text, too', () => {
    const answer = { location: 'http://a.example/?code=0f3a9c0f3a9c', code: '0f3a9c0f3a9c' };
    const other = { location: 'http://a.example/?code=77aa0177aa01', code: '77aa0177aa01' };
    expect(refresh({ location: 'http://b.example/', code: 'abcdefabcdef' }, answer, other)).toEqual({
      location: 'http://a.example/?code=abcdefabcdef',
      code: 'abcdefabcdef',
    });
  });
});

describe('a value in a file', () => {
  const source = `# The first comment.
value:
  name: 'one'   # why
  flow: {"a": 1, "b": [1, 2]}
  plain: {a: 1}
  list:
    - id: 1
      tags: [x]

    - id: 2
      tags: []
  last: 1
`;
  const put = (value: unknown) => {
    const document = parseDocument(source);
    return replaceValue(source, document.get('value', true) as never, value);
  };
  const { value } = parseDocument(source).toJS() as { value: Record<string, unknown> };

  it('keeps everything else', () => {
    expect(put(value)).toBe(source);
    expect(put({ ...value, name: "it's" })).toBe(source.replace("'one'", "'it''s'"));
    expect(put({ ...value, flow: { a: 2, b: [1, 2] } })).toBe(source.replace('"a": 1', '"a": 2'));
    expect(put({ ...value, flow: { a: 1, c: 'x' } })).toBe(source.replace(/\{"a".*\}/, '{"a": 1, "c": "x"}'));
    expect(put({ ...value, plain: { b: 'x, y' } })).toBe(source.replace('{a: 1}', "{b: 'x, y'}"));
  });

  it.each([
    { list: [{ id: 1, tags: ['x', 'y'] }] },
    {
      list: [
        { id: 3, tags: [], more: { text: 'a: b' } },
        { id: 2, tags: ['z'] },
      ],
    },
    { list: [], last: '1' },
    { list: [{ id: 1, tags: [] }, { id: 2 }], name: 'null' },
  ])('is what was put there: %j', (change) => {
    expect(parseDocument(put({ ...value, ...change })).toJS()).toEqual({ value: { ...value, ...change } });
  });

  it('is the same for every example of the contracts', () => {
    const sources = new Sources();
    const examples = apis.flatMap(({ name }) => sources.examplesOf(name));
    expect(examples.length).toBeGreaterThan(1000);
    for (const example of examples) {
      const text = readFileSync(example.file, 'utf8');
      expect([example.operation, replaceValue(text, example.node, example.value)]).toEqual([example.operation, text]);
    }
  });
});
