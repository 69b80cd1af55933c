import { type Meaning, rulesOf } from './contract.ts';

/**
 * How requests may write a field: its schema is an `anyOf`, whose first branch is how operations get it. The others are
 * how clients of the original write it: booleans and numbers as text, nothing as an empty text.
 */

type MeantField<Value> = true extends Value
  ? boolean | Extract<Value, null | undefined>
  : number extends Value
    ? number | Extract<Value, null | undefined>
    : Value;

/** A body as an operation gets it. */
export type Meant<Body> = { [Name in keyof Body]: MeantField<Body[Name]> };

/** A body that the contract allows, with every field as it is meant. */
export function asMeant<Body extends object>(path: string, body: Body): Body {
  const fields = rulesOf(path).meanings.flatMap(([name, meaning]) => {
    const value = (body as Record<string, unknown>)[name];
    return value === undefined ? [] : [[name, meantBy(value, meaning)] as const];
  });
  return fields.length === 0 ? body : { ...body, ...Object.fromEntries(fields) };
}

function meantBy(value: unknown, { type }: Meaning): unknown {
  if (type === 'boolean') return ['true', '1'].includes(String(value).toLowerCase());
  if (value === '') return undefined;
  const isNumber = [type].flat().includes('integer');
  return isNumber && typeof value === 'string' ? Number(value) : value;
}
