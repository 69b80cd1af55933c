import type { Api } from '../../src/http/api.ts';
import type { CaseAnswer } from './case-answers.ts';
import type { StaleExample } from './check.ts';
import { type Drift, findDrifts, typeOf } from './compare.ts';
import { type Schemas, schemaOf } from './schemas.ts';
import { keyOf, type WrittenExample } from './sources.ts';

/**
 * Compares the examples that are no answers to example requests with the answers to the cases of the contract tests. An
 * error must be the answer to a case of one of its operations, but for numbers and ids. Where an API has no demo data,
 * other answers are about other data, so that only their members and types are compared.
 */
export function checkCases(
  api: Api,
  examples: readonly WrittenExample[],
  answers: readonly CaseAnswer[],
): StaleExample[] {
  return examples.flatMap((example) => {
    const group = examples.filter((one) => keyOf(one) === keyOf(example));
    if (group[0] !== example) return [];
    const operations = new Set(group.map(({ operation }) => operation));
    const bodies = answers
      .filter(({ operation, status }) => operations.has(operation) && status === example.status)
      .map(({ body }) => body);
    const isError = Number(example.status) >= 400;
    if (!isError && api.demo?.samples !== undefined) return [];
    const stale = isError
      ? compareError(example, bodies)
      : { drifts: compareForm(example.value, bodies, schemaOf(api, example)), bodies: undefined };
    return stale === undefined || stale.drifts.length === 0 ? [] : [{ api: api.name, example, ...stale }];
  });
}

/** Compares an error with the answer that comes nearest to it. */
function compareError(example: WrittenExample, bodies: readonly unknown[]) {
  const [nearest] = bodies
    .map((body) => ({ body, drifts: findDrifts(example.value, body, madeUpAnew(body)) }))
    .toSorted((a, b) => a.drifts.length - b.drifts.length || likeness(example, b.body) - likeness(example, a.body));
  return nearest && { drifts: nearest.drifts, bodies: [nearest.body, madeUpAnew(nearest.body)] as const };
}

/** The body as another call would get it: with other ids and numbers in its texts. */
function madeUpAnew(body: unknown): unknown {
  return JSON.parse(
    JSON.stringify(body, (_, value: unknown) =>
      typeof value === 'string'
        ? value
            .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '00000000-0000-4000-8000-000000000000')
            .replace(/\b[0-9a-f]{32,}\b/g, (hexadecimal) => '0'.repeat(hexadecimal.length))
            .replace(/(?<= )\d+(?= |$)/g, '1234567')
        : value,
    ),
  );
}

/**
 * Where an example has another form than all answers about other data: a type that none has, a member that none has, or
 * no member that all have. Members that the contract does not name, as in a map, may be any.
 */
function compareForm(example: unknown, bodies: readonly unknown[], schema: Schemas, path: Drift['path'] = []): Drift[] {
  const present = bodies.filter((body) => body !== null && body !== undefined);
  if (example === null || present.length === 0) return [];
  const alike = present.filter((body) => typeOf(body) === typeOf(example));
  if (alike.length === 0)
    return [{ path, problem: `is of type ${typeOf(example)}, but the answer has ${typeOf(present[0])}` }];
  if (Array.isArray(example)) {
    const items = (alike as unknown[][]).flat();
    return example.flatMap((item, index) => compareForm(item, items, schema.items(), [...path, index]));
  }
  if (typeof example !== 'object') return [];
  const members = example as Record<string, unknown>;
  const others = alike as Record<string, unknown>[];
  return schema.names().flatMap((name) => {
    const having = others.filter((other) => name in other);
    if (name in members && having.length > 0)
      return compareForm(
        members[name],
        having.map((other) => other[name]),
        schema.member(name),
        [...path, name],
      );
    if (name in members) return [{ path: [...path, name], problem: 'is in no answer' }];
    return having.length === others.length
      ? [{ path: [...path, name], problem: 'is missing, but every answer has it' }]
      : [];
  });
}

/** How many words of an example are in an answer, too. */
function likeness({ value }: WrittenExample, body: unknown): number {
  const words = new Set(wordsOf(value));
  const others = wordsOf(body);
  return others.filter((word) => words.has(word)).length / Math.max(1, others.length);
}

const wordsOf = (value: unknown): string[] => JSON.stringify(value).match(/\p{Script=Han}|[\w-]+/gu) ?? [];
