/**
 * Compares examples with answers. Each answer was received twice, from two worlds that have only demo data and time in
 * common: where the two differ, the server makes up a value (a token, an id, a signature), and an example may have
 * another one of the same form. Everything else must be equal, except that a list may leave items out.
 */

/** A place in a body where an example shows something else than the server answers. */
export interface Drift {
  path: Path;
  problem: string;
}

export type Path = readonly (string | number)[];

type Members = Record<string, unknown>;

/** Where an example differs from an answer. */
export function findDrifts(example: unknown, first: unknown, second: unknown, path: Path = []): Drift[] {
  const drift = (problem: string, at = path): Drift[] => [{ path: at, problem }];
  if (typeOf(example) !== typeOf(first)) return drift(`is ${brief(example)}, but the answer has ${brief(first)}`);
  if (Array.isArray(example)) {
    const [answers, others] = [first as unknown[], Array.isArray(second) ? second : []];
    if (example.length === 0 && answers.length > 0) return drift('is empty, but the answer has items');
    const pairs = pairItems(example, answers, others);
    return example.flatMap((item, index) => {
      const at = pairs[index];
      if (at === undefined) return drift(`the answer has no item like ${brief(item)}`, [...path, index]);
      return findDrifts(item, answers[at], others[at], [...path, index]);
    });
  }
  if (isObject(example)) {
    const [answer, other] = [first as Members, isObject(second) ? second : {}];
    const missing = Object.keys(answer).filter((key) => !(key in example));
    return [
      ...missing.flatMap((key) => drift(`is missing, but the answer has ${brief(answer[key])}`, [...path, key])),
      ...Object.keys(example).flatMap((key) =>
        key in answer
          ? findDrifts(example[key], answer[key], other[key], [...path, key])
          : drift('is not in the answer', [...path, key]),
      ),
    ];
  }
  if (example === first || (first !== second && isAlike(example, first, second))) return [];
  return drift(`is ${brief(example)}, but the answer has ${brief(first)}`);
}

/** The example with what the answer has in place of what drifted. An example without drifts stays as it is. */
export function refresh(example: unknown, first: unknown, second: unknown): unknown {
  const refreshed = replaceDrifts(example, first, second);
  // A made-up value that the example keeps may be a part of a longer text, too.
  const texts = keptTexts(refreshed, first);
  return JSON.parse(
    JSON.stringify(refreshed, (_, value: unknown) =>
      typeof value === 'string' ? texts.reduce((text, [made, kept]) => text.replaceAll(made, kept), value) : value,
    ),
  );
}

const LEAST_LENGTH = 8;

function keptTexts(refreshed: unknown, first: unknown): [made: string, kept: string][] {
  if (typeof refreshed === 'string' && typeof first === 'string')
    return refreshed === first || first.length < LEAST_LENGTH ? [] : [[first, refreshed]];
  if (!isObject(refreshed) || !isObject(first)) return [];
  return Object.keys(refreshed).flatMap((key) => keptTexts(refreshed[key], first[key]));
}

function replaceDrifts(example: unknown, first: unknown, second: unknown): unknown {
  if (findDrifts(example, first, second).length === 0) return example;
  if (Array.isArray(example) && Array.isArray(first)) {
    const others = Array.isArray(second) ? second : [];
    if (example.length === 0) return first;
    const pairs = pairItems(example, first, others).filter((at) => at !== undefined);
    const rest = first.map((_, at) => at).filter((at) => !pairs.includes(at));
    const kept = [...pairs, ...rest].slice(0, example.length).sort((a, b) => a - b);
    return kept.map((at) => {
      const from = pairs.indexOf(at);
      return from < 0 ? first[at] : replaceDrifts(example[from], first[at], others[at]);
    });
  }
  if (isObject(example) && isObject(first)) {
    const other = isObject(second) ? second : {};
    const hasSameMembers = Object.keys(example).sort().join('\n') === Object.keys(first).sort().join('\n');
    const names = Object.keys(hasSameMembers ? example : first);
    const members = names.map((key) => [
      key,
      key in example ? replaceDrifts(example[key], first[key], other[key]) : first[key],
    ]);
    return withLinkedOnly(Object.fromEntries(members) as Members, first);
  }
  return first;
}

/**
 * For each item of an example the place of the item in the answer that it shows, in the order of the answer: the same
 * one, or one with the same identity; where there is none, the next one.
 */
function pairItems(
  example: readonly unknown[],
  first: readonly unknown[],
  second: readonly unknown[],
): (number | undefined)[] {
  let next = 0;
  return example.map((item, index) => {
    const later = first.map((_, at) => at).filter((at) => at >= next);
    const left = example.length - index;
    const at =
      later.find((one) => findDrifts(item, first[one], second[one]).length === 0) ??
      later.find((one) => identityOf(item) !== undefined && identityOf(item) === identityOf(first[one])) ??
      later.find((one) => first.length - one <= left || identityOf(item) === undefined);
    if (at !== undefined) next = at + 1;
    return at;
  });
}

const identityOf = (item: unknown): string | undefined => {
  if (!isObject(item)) return undefined;
  const id = item.id ?? item.uuid ?? item.uid;
  return id === undefined ? undefined : `${item.type} ${id}`;
};

/** JSON:API: a document includes only resources to which it links. */
function withLinkedOnly(document: Members, answer: Members): Members {
  if (!('data' in document) || !Array.isArray(answer.included)) return document;
  const included = answer.included as Members[];
  const linked = new Set<string>();
  const follow = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) follow(one);
    if (!isObject(value)) return;
    const name = `${value.type} ${value.id}`;
    const resource = linked.has(name) ? undefined : included.find((one) => `${one.type} ${one.id}` === name);
    linked.add(name);
    for (const one of Object.values(resource?.relationships ?? {})) follow((one as Members).data);
    for (const one of Object.values(value.relationships ?? {})) follow((one as Members).data);
  };
  follow(document.data);
  return { ...document, included: included.filter((one) => linked.has(`${one.type} ${one.id}`)) };
}

/** Whether a made-up value of an example has the form of those that the server makes up. */
function isAlike(example: unknown, first: unknown, second: unknown): boolean {
  if (typeof example === 'number') return Number.isInteger(example) === Number.isInteger(first);
  if (typeof example !== 'string' || typeof first !== 'string' || typeof second !== 'string') return true;
  const [shown, one, other] = [example, first, second].map(partsOf) as [string[], string[], string[]];
  // Where the parts cannot be told apart, the whole text is made up.
  if (one.length !== other.length) return formOf(example.replace(/\W/g, '')) === formOf(first.replace(/\W/g, ''));
  return (
    shown.length === one.length &&
    one.every((part, at) => (part === other[at] ? part === shown[at] : formOf(part) === formOf(shown[at] as string)))
  );
}

const partsOf = (text: string): string[] => text.split(/([^\w-]+)/);

/** What a made-up part of a text consists of. */
function formOf(part: string): string {
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-/.test(part)) return 'uuid';
  if (/^\d{1,19}$/.test(part)) return 'number';
  if (/^[0-9a-f]+$/.test(part)) return `${part.length} hexadecimal digits`;
  return 'text';
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
