import { type FieldType, rulesOf } from './contract.ts';

/**
 * Requests may write some fields in several ways (P-23): booleans and numbers as text, an absent value as empty text. The
 * schema of such a field is an `anyOf`. Its first branch is the normal form, which operations get.
 */

/** A body in normal form. */
export type Normalized<Body> = { [Name in keyof Body]: NormalizedField<Body[Name]> };

type NormalizedField<Value> = true extends Value
  ? boolean | Extract<Value, null | undefined>
  : number extends Value
    ? number | Extract<Value, null | undefined>
    : Value;

/** Converts a valid body to normal form. */
export function normalize<Body extends object>(path: string, body: Body): Body {
  const fields = rulesOf(path).spelled.flatMap(([name, type]) => {
    const value = (body as Record<string, unknown>)[name];
    return value === undefined ? [] : [[name, toType(value, type)] as const];
  });
  return fields.length === 0 ? body : { ...body, ...Object.fromEntries(fields) };
}

function toType(value: unknown, { type }: FieldType): unknown {
  if (type === 'boolean') return ['true', '1'].includes(String(value).toLowerCase());
  if (value === '') return undefined;
  const isNumber = [type].flat().includes('integer');
  return isNumber && typeof value === 'string' ? Number(value) : value;
}
