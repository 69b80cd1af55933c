import { type Contract, type Reference, resolve } from './contract.ts';

/** As much of a schema as bounds the length of a body. */
export interface BodySchema {
  type?: string | readonly string[];
  format?: string;
  contentMediaType?: string;
  const?: unknown;
  enum?: readonly unknown[];
  maxLength?: number;
  pattern?: string;
  maxItems?: number;
  items?: BodySchema | Reference;
  properties?: Record<string, BodySchema | Reference>;
  patternProperties?: object;
  additionalProperties?: unknown;
  allOf?: readonly (BodySchema | Reference)[];
  anyOf?: readonly (BodySchema | Reference)[];
  oneOf?: readonly (BodySchema | Reference)[];
}

/** Room for white space, and for fields that the contract does not have, which are ignored. */
const SLACK_BYTES = 65_536;

/** The longest encoding of a character, which may be two UTF-16 units: `%F0%9F%80%84` in a form, `\ud83c\udc04` in JSON. */
const BYTES_PER_CHARACTER = 12;

/** Longer than any number that a caller needs. */
const BYTES_PER_NUMBER = 400;

/**
 * The length of the longest JSON or form that a schema allows, in bytes, without files. Infinity where the schema does
 * not limit it.
 */
export const longestBody = (contract: Contract, schema: BodySchema | Reference): number =>
  SLACK_BYTES + longest(contract, schema, []);

/** @param above the schemas that contain this one: one that contains itself has no limit */
function longest(contract: Contract, reference: BodySchema | Reference, above: readonly BodySchema[]): number {
  const schema = resolve(contract, reference);
  if (above.includes(schema) || typeof schema !== 'object') return Number.POSITIVE_INFINITY;
  const inside = [...above, schema];
  const each = (schemas: readonly (BodySchema | Reference)[] = []) =>
    schemas.map((one) => longest(contract, one, inside));
  const { allOf, anyOf, oneOf } = schema;
  const values = schema.const === undefined ? schema.enum : [schema.const];
  if (values !== undefined) return Math.max(...values.map((value) => textLength(JSON.stringify(value))));
  const combined = [...each(allOf), Math.max(0, ...each(anyOf)), Math.max(0, ...each(oneOf))];
  const isCombined = allOf !== undefined || anyOf !== undefined || oneOf !== undefined;
  if (schema.type === undefined && schema.properties === undefined && isCombined) return sum(combined);
  const types = schema.type ?? (schema.properties ? 'object' : 'any');
  return sum([...combined, Math.max(...[types].flat().map((type) => longestOfType(contract, type, schema, inside)))]);
}

function longestOfType(contract: Contract, type: string, schema: BodySchema, inside: readonly BodySchema[]): number {
  switch (type) {
    case 'null':
    case 'boolean':
    case 'integer':
    case 'number':
      return BYTES_PER_NUMBER;
    case 'string':
      if (isFile(contract, schema)) return 0;
      return (
        textLength('""') +
        Math.min(schema.maxLength ?? Number.POSITIVE_INFINITY, longestMatch(schema)) * BYTES_PER_CHARACTER
      );
    case 'array': {
      const item = longest(contract, schema.items ?? {}, inside);
      return item === 0 ? 0 : (item + 1) * (schema.maxItems ?? Number.POSITIVE_INFINITY);
    }
    case 'object': {
      const { properties, patternProperties, additionalProperties } = schema;
      if (properties === undefined || patternProperties !== undefined || typeof additionalProperties === 'object')
        return Number.POSITIVE_INFINITY;
      const fields = Object.entries(properties);
      return sum(fields.map(([name, value]) => textLength(name) + longest(contract, value, inside)));
    }
    default:
      return isFile(contract, schema) ? 0 : Number.POSITIVE_INFINITY;
  }
}

/** Whether a field is a file, or a list of files. */
export function isFile(contract: Contract, property: BodySchema | Reference): boolean {
  const { format, contentMediaType, items } = resolve(contract, property);
  return format === 'binary' || contentMediaType !== undefined || (items !== undefined && isFile(contract, items));
}

/** In characters: for whole patterns without groups and without open repetitions, such as `^1[3-9]\\d{9}$`. */
function longestMatch({ pattern = '' }: BodySchema): number {
  if (!/^\^[^()*+|]*\$$/.test(pattern) || pattern.includes(',}')) return Number.POSITIVE_INFINITY;
  const counts = Array.from(pattern.matchAll(/(\d+)}/g), ([, count]) => Number(count));
  return pattern.length + sum(counts);
}

const textLength = (text: string) => (text.length + 4) * BYTES_PER_CHARACTER;

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
