import { escapePointer, lookUp } from '../../src/http/contract.ts';

/** An object of a bundled contract, and the place where it stands. */
export interface Place {
  root: Json;
  value: Json;
  /** JSON pointer in the bundle. */
  pointer: string;
  /** The member of the message that it describes, such as `todo.content`; empty at its top. */
  trail: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the keywords of OpenAPI and JSON Schema are looked at one by one
export type Json = any;

/** Keywords that say something to people alone. */
const documentation = [
  'title',
  'description',
  'summary',
  'example',
  'examples',
  'externalDocs',
  'links',
  'discriminator',
];
export const isDocumentation = (keyword: string): boolean =>
  documentation.includes(keyword) || keyword.startsWith('x-');

/** The value of a member as a place, behind its references; undefined when there is none. */
export function child(place: Place, key: string | number, trail = place.trail): Place | undefined {
  const value = place.value?.[key];
  if (value === undefined) return undefined;
  return follow({ root: place.root, value, pointer: `${place.pointer}/${escapePointer(String(key))}`, trail });
}

/** What a reference refers to. Keywords beside `$ref` count, too. */
function follow(place: Place): Place {
  const { $ref, ...beside } = typeof place.value === 'object' && place.value !== null ? place.value : {};
  if ($ref === undefined) return place;
  const value = lookUp(place.root, $ref);
  const target = follow({ ...place, value, pointer: $ref.slice(1) });
  const isSame = Object.keys(beside).every(isDocumentation);
  return isSame ? target : { ...target, value: { ...target.value, ...beside }, pointer: place.pointer };
}

/** Equal for equal values, without regard to the order of members. References stay references. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)}}`;
}

/** The documentation of an object, or all but it, as text to compare. Objects below it count as they are. */
export const documentationOf = (value: Json): string => pick(value, isDocumentation);
export const meaningOf = (value: Json): string => pick(value, (keyword) => !isDocumentation(keyword));

const pick = (value: Json, isWanted: (keyword: string) => boolean) =>
  canonical(Object.fromEntries(Object.entries(value ?? {}).filter(([keyword]) => isWanted(keyword))));
