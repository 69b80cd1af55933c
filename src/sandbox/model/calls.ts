import type { Api } from '../../http/api.ts';
import { methods, type OperationObject } from '../../http/contract.ts';
import type { FoundOperation } from '../../http/exchange.ts';
import type { FoundCall } from '../../http/hooks.ts';
import { similarNames } from '../../similar-names.ts';
import { invalidField } from './errors.ts';

/** An operation of an API, with what its contract says. */
export interface KnownOperation extends FoundOperation {
  api: Api;
  object: OperationObject;
}

/** Which calls a fault acts on; a member that is absent means any. */
export interface CallFilter {
  api?: string;
  /** operationId */
  operation?: string;
  /** In any case. */
  method?: string;
  /** Without the prefix: a path of the contract or of a call, where `*` stands for one segment. */
  path?: string;
}

export const operationsOf = (apis: readonly Api[]): KnownOperation[] =>
  apis.flatMap((api) =>
    Object.entries(api.contract.paths).flatMap(([path, item]) =>
      methods.flatMap((method) => {
        const object = item[method];
        return object === undefined ? [] : [{ api, id: object.operationId, method, path, object }];
      }),
    ),
  );

/**
 * The operations that a filter may match.
 *
 * @param place where the filter stands in the request
 * @throws HttpError 400 that names the member which matches nothing, and what there is
 */
export function requireMatching(
  filter: CallFilter,
  all: readonly KnownOperation[],
  place: 'body' | 'query' = 'body',
): KnownOperation[] {
  const { api, operation, method, path } = filter;
  let left = all;
  const narrow = (member: keyof CallFilter, test: (one: KnownOperation) => boolean, there: () => string) => {
    if (filter[member] === undefined) return;
    const matching = left.filter(test);
    if (matching.length === 0) throw invalidField(place, member, `must be ${there()}`);
    left = matching;
  };
  const ofThese = api === undefined ? '' : ` of ${api}`;
  narrow(
    'api',
    (one) => one.api.name === api,
    () => listOf(all.map((one) => one.api.name)),
  );
  narrow(
    'operation',
    (one) => one.id === operation,
    () => `an operationId${ofThese}, such as ${similarNames(operation as string, idsOf(left)).join(', ')}`,
  );
  narrow(
    'method',
    (one) => one.method === method?.toLowerCase(),
    () => listOf(left.map((one) => one.method.toUpperCase())),
  );
  narrow(
    'path',
    (one) => mayMatch(path as string, one.path),
    () => `a path${ofThese} without the prefix, such as ${left[0]?.path}`,
  );
  return [...left];
}

/** A test of calls. The operation has to be one that `requireMatching` returned. */
export function matcherOf({ path }: CallFilter, operations: readonly KnownOperation[]): (call: FoundCall) => boolean {
  const keys = new Set(operations.map(({ api, id }) => `${api.name} ${id}`));
  return (call) =>
    keys.has(`${call.api} ${call.operation.id}`) &&
    (path === undefined || matches(path, call.operation.path, call.path));
}

/** Whether a pattern is the path of the contract or the path of the call, segment by segment. */
function matches(pattern: string, template: string, concrete: string): boolean {
  const [wanted, declared, called] = [pattern, template, concrete].map((path) => path.split('/')) as Segments;
  return (
    wanted.length === declared.length &&
    wanted.every((one, index) => one === '*' || one === declared[index] || decode(one) === decode(called[index] ?? ''))
  );
}

type Segments = [wanted: string[], declared: string[], called: string[]];

function mayMatch(pattern: string, template: string): boolean {
  const [wanted, declared] = [pattern.split('/'), template.split('/')];
  if (wanted.length !== declared.length || /[?#]/.test(pattern)) return false;
  return wanted.every((one, index) => {
    const segment = declared[index] as string;
    return one === '*' || one === segment || (segment.includes('{') && one !== '' && !one.includes('{'));
  });
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const idsOf = (operations: readonly KnownOperation[]) => [...new Set(operations.map(({ id }) => id))];
const listOf = (names: readonly string[]) => `one of ${[...new Set(names)].join(', ')}`;
