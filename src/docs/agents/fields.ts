import { type Contract, resolve } from '../../http/contract.ts';
import type { Language } from '../page.ts';

/** As much of a schema as a table of fields shows. */
export interface FieldSchema {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  contentMediaType?: string;
  required?: string[];
  properties?: Record<string, FieldSchema>;
  additionalProperties?: boolean | FieldSchema;
  items?: FieldSchema;
  allOf?: FieldSchema[];
  anyOf?: FieldSchema[];
  oneOf?: FieldSchema[];
}

/** One row: a field by its path, `todo.labels[].name`. */
export interface Field {
  name: string;
  type: string;
  isRequired: boolean;
  description: string;
  /** Its rules, besides the type; of variants those of each. */
  rules: readonly string[];
}

type Fields = ReadonlyMap<string, Field>;

const words = {
  zh: {
    or: ' 或 ',
    default: '默认',
    pattern: '格式',
    numbers: (from?: number, to?: number) => bounds(from, to, ['不小于 ', '不大于 ', ' 到 '], ''),
    characters: (from?: number, to?: number) => bounds(from, to, ['至少 ', '最多 ', ' 到 '], ' 个字符'),
    items: (from?: number, to?: number) => bounds(from, to, ['至少 ', '最多 ', ' 到 '], ' 项'),
  },
  en: {
    or: ' or ',
    default: 'default',
    pattern: 'pattern',
    numbers: (from?: number, to?: number) => bounds(from, to, ['at least ', 'at most ', ' to '], ''),
    characters: (from?: number, to?: number) => bounds(from, to, ['at least ', 'at most ', ' to '], ' characters'),
    items: (from?: number, to?: number) => bounds(from, to, ['at least ', 'at most ', ' to '], ' items'),
  },
};

function bounds(from: number | undefined, to: number | undefined, text: readonly string[], unit: string): string {
  const [atLeast = '', atMost = '', until = ''] = text;
  if (from !== undefined && to !== undefined) return (from === to ? `${from}` : `${from}${until}${to}`) + unit;
  if (from !== undefined) return atLeast + from + unit;
  return to === undefined ? '' : atMost + to + unit;
}

/**
 * The fields of a schema, parents before their children. A schema that contains itself is not repeated.
 *
 * @param maxDepth deeper fields are left out
 */
export function fieldsOf(contract: Contract, schema: FieldSchema, language: Language, maxDepth: number): Field[] {
  return [...collect({ contract, language, maxDepth }, schema, '', new Set()).values()];
}

interface Scope {
  contract: Contract;
  language: Language;
  maxDepth: number;
}

function collect(scope: Scope, reference: FieldSchema, path: string, above: ReadonlySet<FieldSchema>): Fields {
  const schema = resolve<FieldSchema>(scope.contract, reference);
  if (above.has(schema) || path.split('.').length > scope.maxDepth) return new Map();
  const inside = new Set(above).add(schema);
  const below = (part: FieldSchema, name: string) => collect(scope, part, name, inside);
  const { properties = {}, required = [], items, additionalProperties, allOf = [], oneOf = [], anyOf = [] } = schema;
  const own = Object.entries(properties).map(([name, property]) => {
    const full = path === '' ? name : `${path}.${name}`;
    const field = toField(scope, property, full, required.includes(name));
    return new Map([[full, field], ...below(property, full)]);
  });
  const others =
    typeof additionalProperties === 'object' ? below(additionalProperties, path === '' ? '*' : `${path}.*`) : [];
  return merge(true, [
    ...own,
    items ? below(items, `${path}[]`) : new Map(),
    new Map(others),
    ...allOf.map((part) => below(part, path)),
    merge(
      false,
      oneOf.map((part) => below(part, path)),
    ),
    merge(
      false,
      anyOf.map((part) => below(part, path)),
    ),
  ]);
}

function toField({ contract, language }: Scope, property: FieldSchema, name: string, isRequired: boolean): Field {
  const schema = resolve<FieldSchema>(contract, property);
  const description = property.description ?? schema.description ?? '';
  return {
    name,
    type: typeOf(contract, property, language),
    isRequired,
    description,
    rules: rulesOf(schema, language),
  };
}

/**
 * The fields of several schemas as one list.
 *
 * @param isAll whether a value has to match all of them; otherwise it matches one, and has what all of them require
 */
function merge(isAll: boolean, parts: readonly Fields[]): Fields {
  const merged = new Map<string, Field>();
  for (const name of new Set(parts.flatMap((part) => [...part.keys()]))) {
    const fields = parts.flatMap((part) => part.get(name) ?? []);
    const isRequired = isAll
      ? fields.some((field) => field.isRequired)
      : fields.length === parts.length && fields.every((field) => field.isRequired);
    const rules = [...new Set(fields.flatMap((field) => field.rules))];
    const [first] = fields;
    if (first) merged.set(name, { ...first, isRequired, rules });
  }
  return merged;
}

/** The type in the words of JSON Schema: `string (date-time)`, `integer or null`, `array of object`. */
export function typeOf(contract: Contract, schema: FieldSchema, language: Language): string {
  const {
    type,
    format,
    items,
    allOf = [],
    oneOf,
    anyOf,
    properties,
    const: only,
    contentMediaType,
  } = resolve(contract, schema);
  const variants = oneOf ?? anyOf;
  if (type === undefined && variants)
    return [...new Set(variants.map((one) => typeOf(contract, one, language)))].join(words[language].or);
  if (type === undefined && allOf[0]) return typeOf(contract, allOf[0], language);
  const names = [type ?? (properties ? 'object' : only === undefined ? 'any' : typeof only)].flat();
  return names
    .map((name) => {
      if (name === 'array' && items) return `array of ${typeOf(contract, items, language)}`;
      const kind =
        format ?? (name === 'string' && contentMediaType === 'application/octet-stream' ? 'binary' : undefined);
      return kind && name !== 'null' ? `${name} (${kind})` : name;
    })
    .join(words[language].or);
}

/** The rules for a value, besides its type. */
export function rulesOf(schema: FieldSchema, language: Language): string[] {
  const { default: usual, pattern, minimum, maximum, minLength, maxLength, minItems, maxItems } = schema;
  const word = words[language];
  const code = (value: unknown) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
  const values = schema.const === undefined ? (schema.enum ?? []) : [schema.const];
  return [
    ...values.map(code),
    usual === undefined ? '' : `${word.default} ${code(usual)}`,
    word.numbers(minimum, maximum),
    word.characters(minLength, maxLength),
    word.items(minItems, maxItems),
    pattern === undefined ? '' : `${word.pattern} ${code(pattern)}`,
  ].filter(Boolean);
}

/** A description with the rules behind it. */
export const withRules = (description: string, rules: readonly string[]): string =>
  [description, rules.length > 0 && `(${rules.join(', ')})`].filter(Boolean).join(' ');
