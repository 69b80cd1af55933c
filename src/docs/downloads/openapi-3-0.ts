import type { Contract } from '../../http/contract.ts';

type Json = Record<string, unknown>;

/**
 * A contract as OpenAPI 3.0, for tools that read no 3.1. It converts what the contracts use of 3.1, which
 * `.redocly/house.js` limits. A value that 3.0 cannot describe becomes one with fewer rules, never with other ones.
 */
export function toOpenApi30(contract: Contract): Json {
  const { jsonSchemaDialect: _, webhooks: __, ...rest } = contract as unknown as Json;
  const { summary: ___, license, ...info } = contract.info as Contract['info'] & { license?: License };
  const { schemas = {}, securitySchemes = {}, ...components } = contract.components ?? {};
  const isOAuth = (scheme: string) =>
    /^(oauth2|openIdConnect)$/.test((securitySchemes[scheme] as { type: string }).type);
  return convertNode(
    {
      ...rest,
      openapi: '3.0.4',
      info: { ...info, ...(license && { license: toLicense(license) }) },
      components: { ...components, securitySchemes, ...mapValues({ schemas }, (all) => mapValues(all, convertSchema)) },
    },
    isOAuth,
  ) as Json;
}

interface License {
  name: string;
  identifier?: string;
}

const toLicense = ({ name, identifier, ...rest }: License) => ({
  name,
  ...(identifier !== undefined && { url: `https://spdx.org/licenses/${identifier}.html` }),
  ...rest,
});

/** Everything but schemas. Values of examples stay as they are. */
function convertNode(node: unknown, isOAuth: (scheme: string) => boolean, key = ''): unknown {
  if (typeof node !== 'object' || node === null || ['example', 'examples', 'schemas'].includes(key)) return node;
  if (Array.isArray(node)) {
    // Only OAuth 2 has scopes in 3.0.
    if (key === 'security')
      return node.map((one: Json) => mapValues(one, (scopes, name) => (isOAuth(name) ? scopes : [])));
    return node.map((child) => convertNode(child, isOAuth));
  }
  // In 3.0 nothing may stand beside a reference.
  if (typeof (node as Json).$ref === 'string') return { $ref: (node as Json).$ref };
  return mapValues(node as Json, (child, name) =>
    name === 'schema' ? convertSchema(child) : convertNode(child, isOAuth, name),
  );
}

const SCHEMAS = ['items', 'not', 'additionalProperties'];
const LISTS = ['allOf', 'anyOf', 'oneOf'];

/** @throws Error for a keyword that 3.0 does not have and that no contract has used before */
function convertSchema(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $ref, type, const: only, examples, contentMediaType, contentSchema: _, ...others } = schema as Json;
  const rest = withBooleanBounds(others);
  const converted = mapValues(rest, (value, keyword) => {
    if (REFUSED.includes(keyword)) throw new Error(`OpenAPI 3.0 has no ${keyword}: say how to write it`);
    if (SCHEMAS.includes(keyword)) return convertSchema(value);
    if (LISTS.includes(keyword)) return (value as unknown[]).map(convertSchema);
    return keyword === 'properties' ? mapValues(value as Json, convertSchema) : value;
  });
  const reference = $ref === undefined ? {} : { $ref };
  if ($ref !== undefined && Object.keys(schema).length > 1)
    return { ...converted, allOf: [reference, ...listOf(converted.allOf)] };
  return {
    ...reference,
    ...typesOf(type),
    ...converted,
    ...(only !== undefined && { enum: [only] }),
    ...(Array.isArray(examples) && examples.length > 0 && { example: examples[0] }),
    ...(contentMediaType === 'application/octet-stream' && { format: 'binary' }),
  };
}

const REFUSED = ['if', 'then', 'else', 'patternProperties', 'prefixItems', 'propertyNames', 'unevaluatedProperties'];

/** In 3.0 a bound says with a boolean whether it is exclusive. */
function withBooleanBounds({ exclusiveMinimum: above, exclusiveMaximum: below, ...rest }: Json): Json {
  return {
    ...rest,
    ...(above !== undefined && { minimum: above, exclusiveMinimum: true }),
    ...(below !== undefined && { maximum: below, exclusiveMaximum: true }),
  };
}

function typesOf(type: unknown): Json {
  if (type === 'null') return { type: 'object', nullable: true, enum: [null] };
  if (!Array.isArray(type)) return type === undefined ? {} : { type };
  const types = type.filter((one) => one !== 'null');
  return {
    ...(types.length === 1 ? { type: types[0] } : { anyOf: types.map((one) => ({ type: one })) }),
    ...(type.includes('null') && { nullable: true }),
  };
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const mapValues = <T>(object: Record<string, T>, change: (value: T, key: string) => unknown): Json =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
