import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { apis } from '../../src/app.ts';
import { downloadsOf } from '../../src/docs/downloads/downloads.ts';
import type { Api } from '../../src/http/api.ts';

const each = apis.flatMap((api) => (['zh', 'en'] as const).map((language) => ({ name: api.name, api, language })));
const withStreams = each.filter(({ name }) => ['tower', 'ppmessage', 'gobelieve'].includes(name));

const here = { server: 'https://docs.example.com', mock: undefined, isSandbox: true };
const files = (api: Api, language: 'zh' | 'en') => downloadsOf(api, language, here);

async function text(api: Api, language: 'zh' | 'en', file: string): Promise<string> {
  const make = files(api, language).get(file);
  if (make === undefined) throw new Error(`${api.name} has no ${file}`);
  return (await make()).body;
}

/** What the rules of the specification alone find. */
async function problems(source: string): Promise<string[]> {
  const config = await createConfig({ extends: ['spec'] });
  const found = await lintFromString({ source, config, absoluteRef: '/document.json' });
  return found.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

describe.each(each)('the downloads of $name ($language)', ({ api, language }) => {
  it('are the contract, as JSON and as YAML', async () => {
    const json = JSON.parse(await text(api, language, 'openapi.json'));
    expect(Object.keys(json.paths)).toEqual(Object.keys(api.contract.paths));
    expect(json.servers[0].url).toBe(`${here.server}/${api.name}`);
    expect(JSON.stringify(json)).not.toContain('127.0.0.1:3000');
    expect(parse(await text(api, language, 'openapi.yaml'))).toEqual(json);
  });

  it('have it as OpenAPI 3.0', async () => {
    const source = await text(api, language, 'openapi-3.0.json');
    expect(JSON.parse(source).openapi).toMatch(/^3\.0\./);
    expect(await problems(source)).toEqual([]);
  });

  it('have the same operations in OpenAPI 3.0', async () => {
    const { paths } = JSON.parse(await text(api, language, 'openapi-3.0.json'));
    const idsOf = (all: object) => JSON.stringify(all).match(/"operationId":"\w+"/g);
    expect(idsOf(paths)).toEqual(idsOf(api.contract.paths));
  });
});

describe.each(withStreams)('the downloads of $name ($language)', ({ api, language }) => {
  it('describe each event of a stream in OpenAPI 3.2', async () => {
    const source = await text(api, language, 'openapi-3.2.json');
    expect(await problems(source)).toEqual([]);
    const stream = /"text\/event-stream": {\s*("\w+")/.exec(source)?.[1];
    expect(JSON.parse(source).openapi).toBe('3.2.0');
    expect([stream, source.match(/"itemSchema"/g)?.length]).toEqual(['"examples"', 1]);
  });

  it('describe streams and sockets as AsyncAPI', async () => {
    const source = await text(api, language, 'asyncapi.json');
    expect(await problems(source)).toEqual([]);
    const { asyncapi, channels } = JSON.parse(source);
    expect(asyncapi).toBe('3.0.0');
    const addresses = Object.values(channels as Record<string, { address: string }>).map(({ address }) => address);
    expect(addresses).toEqual(
      {
        tower: ['/api/v1/teams/{team_id}/stream'],
        ppmessage: ['/pcsocket/WS', '/events'],
        gobelieve: ['/ws', '/client/events'],
      }[api.name],
    );
  });
});

describe('OpenAPI 3.0', () => {
  const convert = async (schema: object) => {
    const contract = {
      openapi: '3.1.0',
      info: { title: '店', version: '1' },
      paths: {},
      components: { schemas: { Item: schema } },
    };
    const { toOpenApi30 } = await import('../../src/docs/downloads/openapi-3-0.ts');
    const { components } = toOpenApi30(contract) as { components: { schemas: { Item: object } } };
    return components.schemas.Item;
  };

  it.each([
    [{ type: ['string', 'null'] }, { type: 'string', nullable: true }],
    [{ type: ['string', 'integer'] }, { anyOf: [{ type: 'string' }, { type: 'integer' }] }],
    [
      { type: ['integer'], const: 1 },
      { type: 'integer', enum: [1] },
    ],
    [{ type: 'null' }, { type: 'object', nullable: true, enum: [null] }],
    [
      { type: 'integer', exclusiveMinimum: 0 },
      { type: 'integer', minimum: 0, exclusiveMinimum: true },
    ],
    [
      { type: 'string', examples: ['a', 'b'] },
      { type: 'string', example: 'a' },
    ],
    [
      { type: 'string', contentMediaType: 'application/octet-stream' },
      { type: 'string', format: 'binary' },
    ],
    [{ $ref: '#/components/schemas/Other' }, { $ref: '#/components/schemas/Other' }],
    [
      { $ref: '#/a', description: '另一个' },
      { allOf: [{ $ref: '#/a' }], description: '另一个' },
    ],
    [
      { type: 'object', properties: { const: { const: 1 } }, additionalProperties: { type: ['object', 'null'] } },
      {
        type: 'object',
        properties: { const: { enum: [1] } },
        additionalProperties: { type: 'object', nullable: true },
      },
    ],
  ])('writes %j as %j', async (schema, expected) => {
    expect(await convert(schema)).toEqual(expected);
  });

  it('refuses a keyword that it does not have', async () => {
    await expect(convert({ if: { const: 1 } })).rejects.toThrow('OpenAPI 3.0 has no if');
  });
});
