import type { Exchange } from './exchange.ts';
import type { Operation, Schema } from './operations.ts';
import { dereference, type Node } from './references.ts';
import type { Compile } from './schemas.ts';

/** A request that the contract does not allow, and what is wrong with it. */
export interface BadInput {
  what: string;
  /** JSON pointer of the broken rule. */
  pointer: string;
  /** The parameter that is wrong; otherwise it is the body. */
  parameter?: string;
  exchange: Exchange;
}

const FORM = 'application/x-www-form-urlencoded';

/**
 * Changes a valid request so that it breaks the contract in one place: something required is missing, or a value has the
 * wrong type, is out of bounds, or is not listed. Only those are made that the schema really forbids.
 */
export function* badInputs(
  operation: Operation,
  start: Exchange,
  contract: Node,
  compile: Compile,
): Generator<BadInput> {
  yield* badParameters(operation, start, contract, compile);
  yield* badBodies(operation, start, contract, compile);
  yield* unreadableBodies(operation, start);
}

function* badParameters(
  { parameters }: Operation,
  start: Exchange,
  contract: Node,
  compile: Compile,
): Generator<BadInput> {
  for (const { name, in: place, required, schema, pointer, style } of parameters) {
    if (place !== 'path' && place !== 'query') continue;
    const query = { ...start.query };
    if (place === 'query' && required && name in query) {
      delete query[name];
      yield { what: `the parameter ${name} is missing`, pointer, parameter: name, exchange: { ...start, query } };
    }
    if (style === 'deepObject') {
      for (const [key, of] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
        for (const { what, value } of textsFor(dereference(contract, of), compile.text(`${pointer}/properties/${key}`)))
          yield {
            what: `${name}[${key}] ${what}`,
            pointer,
            parameter: name,
            exchange: { ...start, query: { ...start.query, [`${name}[${key}]`]: value } },
          };
      }
      continue;
    }
    if (schema.type === 'object') continue;
    const items = schema.type === 'array' ? dereference(contract, schema.items) : undefined;
    const isValid = compile.text(items === undefined ? pointer : `${pointer}/items`);
    for (const { what, value } of textsFor(items ?? schema, isValid)) {
      const exchange =
        place === 'path'
          ? { ...start, params: { ...start.params, [name]: value } }
          : { ...start, query: { ...start.query, [name]: value } };
      yield { what: `the parameter ${name} ${what}`, pointer, parameter: name, exchange };
    }
  }
}

interface Wrong<Value> {
  what: string;
  value: Value;
}

/** Longer values make addresses that servers and proxies refuse by themselves. */
const MAX_TEXT = 2_000;

/** Texts that a schema forbids, of each kind one. */
function* textsFor(schema: Schema, isValid: (text: string) => string | undefined): Generator<Wrong<string>> {
  const { minimum, maximum, maxLength, minLength, format, pattern, type } = schema as Bounds;
  const types = [type].flat();
  const isNumber = types.some((one) => one === 'integer' || one === 'number');
  const candidates: Wrong<string>[] = [
    ...(isNumber || types.includes('boolean') ? [{ what: 'is a word', value: 'abc' }] : []),
    ...(isNumber ? [] : [{ what: 'is not one of those listed', value: 'not-in-the-contract' }]),
    ...(minimum === undefined ? [] : [{ what: 'is too small', value: String(minimum - 1) }]),
    ...(maximum === undefined ? [] : [{ what: 'is too large', value: String(maximum + 1) }]),
    ...(maxLength === undefined || maxLength > MAX_TEXT
      ? []
      : [{ what: 'is too long', value: 'x'.repeat(maxLength + 1) }]),
    ...(minLength !== undefined && minLength > 1 ? [{ what: 'is too short', value: 'x'.repeat(minLength - 1) }] : []),
    ...((format ?? pattern) ? [{ what: 'has the wrong form', value: '!' }] : []),
  ];
  const seen = new Set<string>();
  for (const candidate of candidates) {
    if (seen.has(candidate.value) || isValid(candidate.value) === undefined) continue;
    seen.add(candidate.value);
    yield candidate;
  }
}

interface Bounds {
  type?: string | string[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  minLength?: number;
  maxItems?: number;
  format?: string;
  pattern?: string;
}

function* badBodies(
  { requestBody }: Operation,
  start: Exchange,
  contract: Node,
  compile: Compile,
): Generator<BadInput> {
  const isForm = start.form !== undefined;
  const type = isForm ? FORM : start.json !== undefined ? 'application/json' : undefined;
  const media = type === undefined ? undefined : requestBody?.content[type];
  const body = start.form ?? start.json;
  if (media === undefined || typeof body !== 'object' || body === null || Array.isArray(body)) return;
  const { schema, pointer } = media;
  const isValid = isForm ? compile.form(pointer) : compile.body(pointer);
  const wrong = isForm ? wrongTexts : wrongValues;
  for (const { what, value } of changesIn(contract, body as Node, [schema], wrong, '')) {
    if (isValid(structuredClone(value))) continue;
    yield {
      what,
      pointer,
      exchange: isForm ? { ...start, form: value as typeof start.form & object } : { ...start, json: value },
    };
  }
  if (!isForm && !isValid([[]])) yield { what: 'the body is a list', pointer, exchange: { ...start, json: [[]] } };
}

type Wrongs = (schemas: readonly Schema[]) => Iterable<Wrong<unknown>>;

/** The body without each of its fields, and with each wrong value of each field. */
function* changesIn(
  contract: Node,
  body: Node,
  schemas: readonly Schema[],
  wrongs: Wrongs,
  within: string,
): Generator<Wrong<Node>> {
  for (const [name, value] of Object.entries(body)) {
    const { [name]: _, ...rest } = body;
    const field = `${within}${name}`;
    if (!impliedFieldsOf(contract).includes(name)) yield { what: `the field ${field} is missing`, value: rest };
    const own = schemas.flatMap((schema) => propertiesNamed(contract, schema, name));
    for (const one of wrongs(own))
      yield { what: `the field ${field} ${one.what}`, value: { ...body, [name]: one.value } };
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    for (const inner of changesIn(contract, value as Node, own, wrongs, `${field}.`))
      yield { what: inner.what, value: { ...body, [name]: inner.value } };
  }
}

/** `x-implied-fields` of a contract: the credentials of some callers stand in for these fields. */
const impliedFieldsOf = (contract: Node) => (contract['x-implied-fields'] ?? []) as readonly string[];

/** The schemas of a member, in all variants of an object. */
function propertiesNamed(contract: Node, schema: unknown, name: string): Schema[] {
  const { properties = {}, allOf = [], anyOf = [], oneOf = [] } = dereference(contract, schema);
  const own = (properties as Node)[name];
  const variants = [...(allOf as unknown[]), ...(anyOf as unknown[]), ...(oneOf as unknown[])];
  return [
    ...(own === undefined ? [] : [dereference(contract, own)]),
    ...variants.flatMap((variant) => propertiesNamed(contract, variant, name)),
  ];
}

function* bounds(schemas: readonly Schema[]): Generator<Wrong<number | string>> {
  for (const schema of schemas) {
    const { minimum, maximum, maxLength, minLength, format, pattern } = schema as Bounds;
    if (minimum !== undefined) yield { what: 'is too small', value: minimum - 1 };
    if (maximum !== undefined) yield { what: 'is too large', value: maximum + 1 };
    if (maxLength !== undefined && maxLength < 100_000) yield { what: 'is too long', value: 'x'.repeat(maxLength + 1) };
    if (minLength !== undefined && minLength > 1) yield { what: 'is too short', value: 'x'.repeat(minLength - 1) };
    if (format !== undefined || pattern !== undefined) yield { what: 'has the wrong form', value: '!' };
  }
}

function* wrongValues(schemas: readonly Schema[]): Generator<Wrong<unknown>> {
  yield { what: 'is an object', value: { unexpected: true } };
  yield { what: 'is not one of those listed', value: 'not-in-the-contract' };
  yield { what: 'is a number', value: 1.5 };
  yield* bounds(schemas);
}

function* wrongTexts(schemas: readonly Schema[]): Generator<Wrong<string>> {
  yield { what: 'is not one of those listed', value: 'not-in-the-contract' };
  for (const { what, value } of bounds(schemas)) yield { what, value: String(value) };
}

/** Bodies that are not what the request says, or are not there. */
function* unreadableBodies({ requestBody, pointer: at }: Operation, start: Exchange): Generator<BadInput> {
  if (requestBody === undefined || requestBody.acceptsAnyType) return;
  const pointer = `${at}/requestBody`;
  const { form: _, json: __, multipart: ___, body: ____, headers, ...others } = start;
  const bare = Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => name !== 'Content-Type'));
  const types = Object.keys(requestBody.content);
  const sent = (type: string, body: string) => ({ ...others, headers: { ...bare, 'Content-Type': type }, body });
  if (types.some((type) => type.endsWith('json')))
    yield { what: 'the body is not JSON', pointer, exchange: sent('application/json', '{"a":') };
  if (requestBody.required) yield { what: 'there is no body', pointer, exchange: { ...others, headers: bare } };
  if (!types.some((type) => /xml|\*/.test(type)))
    yield { what: 'the body has the media type text/xml', pointer, exchange: sent('text/xml', '<a/>') };
}
