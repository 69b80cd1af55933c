import { canonical, child, documentationOf, isDocumentation, type Json, type Place } from './place.ts';
import type { Rule } from './rules.ts';

/** @param message what changed, as the end of a sentence that begins with the place */
export type Report = (rule: Rule, place: Place, message: string) => void;

/** Compares what two schemas allow, with everything below them. */
export function compareSchemas(base: Place, head: Place, report: Report, seen = new Set<string>()): void {
  // Schemas may contain themselves.
  const pair = `${base.pointer} ${head.pointer}`;
  if (seen.has(pair)) return;
  seen.add(pair);
  const below = (before: Place | undefined, after: Place | undefined) => {
    if (before !== undefined && after !== undefined) compareSchemas(before, after, report, seen);
  };

  if (isUnion(base) !== isUnion(head)) {
    compareVariants(variantsOf(base), variantsOf(head), report, below);
    return;
  }
  compareDocumentation(base, head, report);
  compareSets(typesOf(base), typesOf(head), 'type', head, report);
  compareSets(valuesOf(base), valuesOf(head), 'value', head, report);
  compareBounds(base, head, report);
  compareConstraints(base, head, report);
  compareProperties(base, head, report, below);
  compareOpenness(base, head, report, below);
  for (const keyword of ['items', 'contentSchema'])
    below(child(base, keyword, `${base.trail}[]`), child(head, keyword, `${head.trail}[]`));
  for (const keyword of ['oneOf', 'anyOf']) {
    if (base.value[keyword] || head.value[keyword])
      compareVariants(membersOf(base, keyword), membersOf(head, keyword), report, below);
  }
  compareParts(membersOf(base, 'allOf'), membersOf(head, 'allOf'), report, below);
  if (canonical(base.value.default) !== canonical(head.value.default))
    report('default-changed', head, `has the default ${text(head.value.default)}, before ${text(base.value.default)}`);
}

/** Reports changed texts, examples and extensions of one object, not of those below it. */
export function compareDocumentation(base: Place, head: Place, report: Report): void {
  if (documentationOf(base.value) !== documentationOf(head.value))
    report('documentation-changed', head, 'is described differently');
  if (Boolean(base.value?.deprecated) !== Boolean(head.value?.deprecated))
    report('deprecated-changed', head, head.value.deprecated ? 'is deprecated' : 'is no longer deprecated');
}

/** Compares what is allowed; undefined stands for everything. */
function compareSets(
  before: Set<string> | undefined,
  after: Set<string> | undefined,
  noun: 'type' | 'value',
  head: Place,
  report: Report,
): void {
  const removed = before === undefined ? after && ['others'] : after && [...before].filter((one) => !after.has(one));
  const added = after === undefined ? before && ['others'] : before && [...after].filter((one) => !before.has(one));
  if (removed?.length) report(`${noun}-removed`, head, `no longer has the ${noun} ${removed.join(', ')}`);
  if (added?.length) report(`${noun}-added`, head, `may have the ${noun} ${added.join(', ')}`);
}

function typesOf({ value }: Place): Set<string> | undefined {
  if (value.type === undefined) return undefined;
  const types = new Set<string>([value.type].flat());
  if (types.has('number')) types.add('integer');
  return types;
}

function valuesOf({ value }: Place): Set<string> | undefined {
  if ('const' in value) return new Set([canonical(value.const)]);
  return value.enum && new Set(value.enum.map(canonical));
}

const least = {
  minLength: 0,
  minItems: 0,
  minProperties: 0,
  minContains: 1,
  minimum: -Infinity,
  exclusiveMinimum: -Infinity,
};
const most = ['maxLength', 'maxItems', 'maxProperties', 'maxContains', 'maximum', 'exclusiveMaximum'];

function compareBounds(base: Place, head: Place, report: Report): void {
  const compare = (keyword: string, none: number, sign: number) => {
    const [before, after] = [base.value[keyword] ?? none, head.value[keyword] ?? none];
    if (before === after) return;
    const rule = sign * after > sign * before ? 'bound-tightened' : 'bound-loosened';
    report(rule, head, `has ${keyword} ${text(head.value[keyword])}, before ${text(base.value[keyword])}`);
  };
  for (const [keyword, none] of Object.entries(least)) compare(keyword, none, 1);
  for (const keyword of most) compare(keyword, Infinity, -1);
}

/** Keywords with a comparison of their own. */
const compared = new Set([
  ...['type', 'enum', 'const', ...Object.keys(least), ...most, 'properties', 'required', 'additionalProperties'],
  ...['oneOf', 'anyOf', 'allOf', 'default', 'deprecated'],
]);

/** Every other keyword: `pattern`, `format`, `not`, … and whether there are `items`. */
function compareConstraints(base: Place, head: Place, report: Report): void {
  const keywords = new Set([...Object.keys(base.value), ...Object.keys(head.value)]);
  for (const keyword of keywords) {
    if (compared.has(keyword) || isDocumentation(keyword)) continue;
    // `uniqueItems: false` says the same as no such keyword.
    const [before, after] = [base.value[keyword] || undefined, head.value[keyword] || undefined];
    if (canonical(before) === canonical(after)) continue;
    if ((keyword === 'items' || keyword === 'contentSchema') && before && after) continue;
    const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    report(`constraint-${change}`, head, `has ${keyword} ${text(after)}, before ${text(before)}`);
  }
}

type Below = (base: Place | undefined, head: Place | undefined) => void;

function compareProperties(base: Place, head: Place, report: Report, below: Below): void {
  const [before, after] = [base.value.properties ?? {}, head.value.properties ?? {}];
  const at = (place: Place, name: string) => {
    const properties = child(place, 'properties') as Place;
    return child(properties, name, place.trail === '' ? name : `${place.trail}.${name}`) as Place;
  };
  for (const name of Object.keys(before)) {
    if (name in after) below(at(base, name), at(head, name));
    else report('property-removed', at(base, name), 'is gone');
  }
  for (const name of Object.keys(after)) if (!(name in before)) report('property-added', at(head, name), 'is new');
  const [required, nowRequired] = [new Set<string>(base.value.required), new Set<string>(head.value.required)];
  for (const name of required) if (!nowRequired.has(name)) report('required-removed', head, `may come without ${name}`);
  for (const name of nowRequired) if (!required.has(name)) report('required-added', head, `needs ${name}`);
}

/** `additionalProperties`: a schema allows less than `true` and more than `false`. */
function compareOpenness(base: Place, head: Place, report: Report, below: Below): void {
  const openness = ({ value: { additionalProperties = true } }: Place) =>
    typeof additionalProperties === 'object' ? 1 : additionalProperties ? 2 : 0;
  const [before, after] = [openness(base), openness(head)];
  if (after < before) report('undeclared-properties-refused', head, 'allows fewer properties that are not declared');
  if (after > before) report('undeclared-properties-allowed', head, 'allows more properties that are not declared');
  if (before === 1 && after === 1)
    below(
      child(base, 'additionalProperties', `${base.trail}.*`),
      child(head, 'additionalProperties', `${head.trail}.*`),
    );
}

const isUnion = ({ value }: Place): boolean => Boolean(value.oneOf ?? value.anyOf) && value.properties === undefined;

/** The alternatives of a schema; one that is no union is its own. */
const variantsOf = (place: Place): Place[] =>
  isUnion(place) ? membersOf(place, place.value.oneOf ? 'oneOf' : 'anyOf') : [place];

function membersOf(place: Place, keyword: string): Place[] {
  const list = child(place, keyword);
  return list === undefined ? [] : list.value.map((_: Json, index: number) => child(list, index));
}

function compareVariants(base: readonly Place[], head: readonly Place[], report: Report, below: Below): void {
  const { pairs, removed, added } = match(base, head);
  for (const [before, after] of pairs) below(before, after);
  for (const place of removed) report('variant-removed', place, 'is no longer an alternative');
  for (const place of added) report('variant-added', place, 'is a new alternative');
}

function compareParts(base: readonly Place[], head: readonly Place[], report: Report, below: Below): void {
  const { pairs, removed, added } = match(base, head);
  for (const [before, after] of pairs) below(before, after);
  for (const place of removed) report('part-removed', place, 'need not hold any more');
  for (const place of added) report('part-added', place, 'has to hold, too');
}

/** Finds what belongs together in two lists whose order says nothing: the same first, then what has the same mark. */
function match(base: readonly Place[], head: readonly Place[]) {
  const pairs: [Place, Place][] = [];
  let [removed, added] = [[...base], [...head]];
  for (const key of [
    (place: Place) => place.pointer + canonical(place.value),
    (place: Place) => canonical(place.value),
    markOf,
    () => '',
  ]) {
    const open = added;
    removed = removed.filter((before) => {
      const index = open.findIndex((after) => key(after) === key(before));
      if (index === -1) return true;
      pairs.push([before, open.splice(index, 1)[0] as Place]);
      return false;
    });
    added = open;
  }
  return { pairs, removed, added };
}

/** Tells variants apart: the component's name, or the constants that mark it, or the type. */
function markOf({ pointer, value }: Place): string {
  const constants = Object.entries<Json>(value.properties ?? {}).filter(([, schema]) => 'const' in schema);
  if (constants.length > 0)
    return canonical(Object.fromEntries(constants.map(([name, schema]) => [name, schema.const])));
  return pointer.startsWith('/components/') ? pointer : canonical(value.type);
}

const text = (value: Json): string => (value === undefined ? 'none' : JSON.stringify(value));
