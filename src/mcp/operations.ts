import { listOperations } from '../docs/samples/example.ts';
import type { Api } from '../http/api.ts';
import type { Method, OperationObject, PathItem } from '../http/contract.ts';

/** One operation of an API. */
export interface KnownOperation {
  api: Api;
  id: string;
  path: string;
  method: Method;
  item: PathItem;
  operation: OperationObject;
}

/** A call that is not sent, because it cannot succeed. The message says what to change. */
export class CallError extends Error {
  override readonly name = 'CallError';
}

export const operationsOf = (apis: readonly Api[]): KnownOperation[] =>
  apis.flatMap((api) => listOperations(api).map((found) => ({ api, id: found.operation.operationId, ...found })));

/** @throws CallError that has names like these, when there is no such operation */
export function findOperation(apis: readonly Api[], name: string, id: string): KnownOperation {
  const all = operationsOf(apis);
  const ofApi = all.filter((one) => one.api.name === name);
  if (ofApi.length === 0)
    throw new CallError(`There is no API ${name}. APIs: ${apis.map((api) => api.name).join(', ')}`);
  const found = ofApi.find((one) => one.id === id);
  if (found !== undefined) return found;
  const elsewhere = all.filter((one) => one.id === id).map((one) => `${id} of ${one.api.name}`);
  const near = [
    ...elsewhere,
    ...nearest(
      id,
      ofApi.map((one) => one.id),
    ),
  ];
  throw new CallError(`${name} has no operation ${id}. Near names: ${near.join(', ')}`);
}

const NEAREST = 5;

/** The names that share the most pairs of letters with this one. */
export function nearest(name: string, names: readonly string[]): string[] {
  const pairs = pairsOf(name);
  const likeness = (other: string) => {
    const others = pairsOf(other);
    const common = [...pairs].filter((pair) => others.has(pair)).length;
    return (2 * common) / (pairs.size + others.size);
  };
  const rated = names.map((one) => [one, likeness(one)] as const).toSorted(([, a], [, b]) => b - a);
  return rated.slice(0, NEAREST).map(([one]) => one);
}

function pairsOf(name: string): Set<string> {
  const text = name.toLowerCase();
  return new Set(Array.from(text, (letter, index) => letter + (text[index + 1] ?? '')));
}
