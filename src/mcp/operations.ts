import { listOperations } from '../docs/samples/example.ts';
import type { Api } from '../http/api.ts';
import type { Method, OperationObject, PathItem } from '../http/contract.ts';
import { similarNames } from '../similar-names.ts';

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
  const ids = ofApi.map((one) => one.id);
  const near = [...elsewhere, ...similarNames(id, ids)];
  throw new CallError(`${name} has no operation ${id}. Near names: ${near.join(', ')}`);
}
