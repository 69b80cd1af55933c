import { type Contract, resolve } from './contract.ts';

/** As much of a schema as is needed to find out where null is allowed. */
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
 * A JSON body without the members that are null where the contract does not allow null: some clients send every field
 * that they know, and the original servers read null as absent.
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

/** A schema and its parts. */
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

/** Only as deep as the contracts: a body that is nested deeper must not exhaust the stack. */
const hasNull = (value: unknown, depth = 0): boolean =>
  value === null ||
  (typeof value === 'object' && depth < 8 && Object.values(value).some((member) => hasNull(member, depth + 1)));
