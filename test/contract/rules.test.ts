import { createConfig, lintFromString, type Plugin } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';

interface Parts {
  schema?: unknown;
  schemas?: Record<string, unknown>;
  server?: string;
}

/** What a general program cannot read, by the rules of .redocly/house.js. */
describe('the house rule schema-portable', () => {
  it('accepts a schema and a server that every program can read', async () => {
    const switches = { anyOf: [{ type: 'boolean' }, { type: 'integer', enum: [1, 0] }] };
    const schemas = { Switch: switches, Language: { type: ['string', 'null'], enum: ['zh', null] } };
    expect(await lint({ schema: { type: 'integer', enum: [-1] }, schemas })).toEqual([]);
  });

  it('refuses a negative const', async () => {
    expect(await lint({ schema: { type: 'integer', const: -1 } })).toEqual([
      'Write enum: [-1]; kubb and oazapfts fail on a negative const.',
    ]);
  });

  it('refuses an enum of several types', async () => {
    expect(await lint({ schema: { type: ['boolean', 'integer'], enum: [true, 1] } })).toEqual([
      'Write an enum of several types as anyOf, one for each type.',
    ]);
  });

  it('refuses an anyOf of enums alone', async () => {
    const text = { type: 'string', enum: ['1', '2'] };
    const number = { type: 'integer', enum: [1, 2] };
    expect(await lint({ schema: { anyOf: [text, { ...number, type: ['integer'] }] } })).toEqual([]);
    expect(await lint({ schema: { anyOf: [text, number] } })).toEqual([
      'Write type: [integer] for one enum of an anyOf; orval makes one object of enums with single types.',
    ]);
  });

  it.each(['^/files', '/files/', '^"[^"]+"$'])('refuses the pattern %s', async (pattern) => {
    expect(await lint({ schema: { type: 'string', pattern } })).toEqual([
      'Write [/] at the beginning of a pattern, and ["]: Specmatic takes these for delimiters.',
    ]);
  });

  it.each(['^[/]files/', '^["][^"]+["]$'])('accepts the pattern %s', async (pattern) => {
    expect(await lint({ schema: { type: 'string', pattern } })).toEqual([]);
  });

  it('refuses a server that no name can be made of', async () => {
    expect(await lint({ server: '原系统' })).toEqual(['The description of a server needs a word in Latin letters.']);
  });

  it('refuses a schema with the name of a JavaScript type', async () => {
    expect(await lint({ schemas: { File: { type: 'object' } } })).toEqual([
      'A generated File hides the File of JavaScript. Take another name.',
    ]);
  });
});

/** The messages about a small document with these parts. */
async function lint({ schema = true, schemas = {}, server = '原系统：original' }: Parts): Promise<string[]> {
  // The house's rules are plain JavaScript, which the command line of Redocly loads as it is.
  const file = new URL('../../.redocly/house.js', import.meta.url).href;
  const { default: house } = (await import(file)) as { default: () => Plugin };
  const config = await createConfig({ plugins: [house()], rules: { 'house/schema-portable': 'error' } });
  const source = JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'small', version: '1' },
    servers: [{ url: 'https://small.example', description: server }],
    paths: {},
    components: { schemas: { Value: schema, ...schemas } },
  });
  return (await lintFromString({ source, config })).map(({ message }) => message);
}
