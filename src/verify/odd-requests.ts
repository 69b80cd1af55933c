import { asText, changed, replaceParameters, setField, setHeader } from './changes.ts';
import type { Exchange, Wire } from './exchange.ts';
import type { Operation } from './operations.ts';

/** Valid requests in which one field, parameter or header has one odd value. */
export function* oneThingOdd(operation: Operation, starts: readonly Exchange[]): Generator<Wire> {
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

const form = 'application/x-www-form-urlencoded';

const odd: readonly unknown[] = ['', 'a\0b', '\ud800', '🀄️汉字', 'x'.repeat(70_000), 1, ['a', 'b'], null];
export const oddSegments = [
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
export const oddHeaders = {
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
  'Content-Encoding': ['gzip', 'br', 'deflate', 'x', 'constructor'],
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
