import { type Contract, escapePointer } from './contract.ts';
import { type Matches, type Place, Places, type Schema } from './places.ts';

export interface Pruned {
  /** The value itself, or a copy without its undeclared members. */
  value: unknown;
  /** JSON pointers of the undeclared members. */
  undeclared: readonly string[];
}

/** Makes a function that leaves out the members of a value that a schema does not declare. The value must match the schema. */
export function pruner(contract: Contract, schema: Schema, matches: Matches): (value: unknown) => Pruned {
  const root = new Places(contract, matches).of([schema]);
  return (body) => {
    const undeclared: string[] = [];
    return { value: prune(root, body, { path: [], undeclared }), undeclared };
  };
}

interface Walk {
  /** Where the value is: names of members and indexes of elements. */
  path: (string | number)[];
  undeclared: string[];
}

function prune(place: Place, value: unknown, walk: Walk): unknown {
  if (typeof value === 'string') return pruneText(place.choose(value).text(), value, walk);
  if (typeof value !== 'object' || value === null) return value;
  const chosen = place.choose(value);
  if (Array.isArray(value)) return pruneElements(chosen, value, walk);
  return chosen.isFree ? value : pruneMembers(chosen, value as Record<string, unknown>, walk);
}

function pruneMembers(place: Place, value: Record<string, unknown>, walk: Walk): unknown {
  // What was validated is sent, not what a method of its class makes of it.
  let copy = typeof value.toJSON === 'function' ? { ...value } : undefined;
  for (const name in value) {
    const inner = place.member(name);
    if (inner === undefined) {
      // JSON has neither undefined nor what is inherited.
      if (value[name] === undefined || !Object.hasOwn(value, name)) continue;
      copy ??= { ...value };
      delete copy[name];
      walk.undeclared.push(pointerOf([...walk.path, name]));
    } else if (!inner.isLeaf) {
      const member = value[name];
      const pruned = pruneAt(name, inner, member, walk);
      if (pruned === member) continue;
      copy ??= { ...value };
      copy[name] = pruned;
    }
  }
  return copy ?? value;
}

function pruneElements(place: Place, value: readonly unknown[], walk: Walk): unknown {
  let copy: unknown[] | undefined;
  for (const [index, element] of value.entries()) {
    const inner = place.element(index);
    if (inner.isLeaf) continue;
    const pruned = pruneAt(index, inner, element, walk);
    if (pruned === element) continue;
    copy ??= [...value];
    copy[index] = pruned;
  }
  return copy ?? value;
}

function pruneAt(token: string | number, place: Place, value: unknown, walk: Walk): unknown {
  walk.path.push(token);
  const pruned = prune(place, value, walk);
  walk.path.pop();
  return pruned;
}

function pruneText(place: Place | undefined, text: string, walk: Walk): string {
  if (place === undefined) return text;
  const value = parse(text);
  const pruned = prune(place, value, walk);
  return pruned === value ? text : JSON.stringify(pruned);
}

/** Undefined for text that is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const pointerOf = (path: readonly (string | number)[]) =>
  path.map((token) => `/${escapePointer(String(token))}`).join('');
