import { type Contract, resolve } from './contract.ts';

/** As much of a schema as tells where null may stand. */
interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
}

/**
 * A JSON body in which what is null where the contract has no null is left out: clients of some languages send every
 * field that they know, and the original servers took null for absent.
 */
export const withoutNulls = (contract: Contract, body: unknown, schema: Schema): unknown =>
  hasNull(body) ? strip(contract, body, [schema]) : body;

function strip(contract: Contract, value: unknown, schemas: readonly Schema[]): unknown {
  if (schemas.length === 0) return value;
  const known = schemas.flatMap((schema) => alternatives(contract, schema));
  if (Array.isArray(value)) {
    const items = known.flatMap(({ items = [] }) => items);
    return value.map((item) => strip(contract, item, items));
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const own = known.flatMap(({ properties = {} }) =>
      Object.hasOwn(properties, name) ? [properties[name] ?? {}] : [],
    );
    if (member === null && own.length > 0 && !own.some((schema) => mayBeNull(contract, schema))) return [];
    return [[name, strip(contract, member, own)]];
  });
  return Object.fromEntries(members);
}

/** A schema with those that it is made of. */
function alternatives(contract: Contract, schema: Schema): Schema[] {
  const { allOf = [], anyOf = [], oneOf = [], ...own } = resolve(contract, schema);
  return [own, ...[...allOf, ...anyOf, ...oneOf].flatMap((part) => alternatives(contract, part))];
}

function mayBeNull(contract: Contract, schema: Schema): boolean {
  const { type, const: constant, enum: values, allOf = [], anyOf = [], oneOf = [] } = resolve(contract, schema);
  const parts = [...allOf, ...anyOf, ...oneOf];
  if (parts.length > 0) return parts.some((part) => mayBeNull(contract, part));
  if (type === undefined && constant === undefined && values === undefined) return true;
  return [type, constant, values].flat().some((one) => one === 'null' || one === null);
}

/** As deep as contracts go: what a caller nests deeper must not exhaust the stack. */
const hasNull = (value: unknown, depth = 0): boolean =>
  value === null ||
  (typeof value === 'object' && depth < 8 && Object.values(value).some((member) => hasNull(member, depth + 1)));
