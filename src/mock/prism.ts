import { createInstance, getHttpOperationsFromSpec } from '@stoplight/prism-http';
import { pino } from 'pino';
import { type Contract, extractPath, type Method, resolve } from '../http/contract.ts';
import type { AnyOutput } from '../http/operation.ts';

/** Which response Prism makes. */
export interface Choice {
  operationId: string;
  /** Of the operation. */
  path: string;
  code: string;
  /** The Accept header of the caller. */
  accept: string;
  /** Generate the body from the schema. */
  dynamic?: boolean;
  /** The name of an example. Defaults to the first one. */
  example?: string | undefined;
}

/** Makes a response from a contract. Throws when Prism cannot make exactly this one. */
export type Prism = (choice: Choice) => Promise<AnyOutput>;

/** Prism for a contract. It reads the operations of a path with the first call, because it needs seconds for a contract. */
export function createPrism(contract: Contract): Prism {
  const paths = new Map<string, ReturnType<typeof getHttpOperationsFromSpec>>();
  const operationsOf = (path: string) => {
    const operations =
      paths.get(path) ??
      getHttpOperationsFromSpec(JSON.parse(JSON.stringify(extractPath(contract, path), forPrism(contract))));
    paths.set(path, operations);
    return operations;
  };
  // Prism only makes the response. `mountApi` does the rest, for the mock as for the server.
  const config = {
    isProxy: false as const,
    upstreamProxy: undefined,
    checkSecurity: false,
    validateRequest: false,
    validateResponse: false,
    errors: false,
    mock: { dynamic: false },
  };
  const logger = pino({ level: 'silent', customLevels: { success: 35 } });
  const prism = createInstance(config, { logger: logger as never });

  return async ({ operationId, path, code, accept, dynamic = false, example }) => {
    const found = (await operationsOf(path)).find(({ iid }) => iid === operationId);
    if (found === undefined) throw new Error(`Prism does not know ${operationId}`);
    // Without callbacks: Prism would send them to any address that the caller names.
    const operation = { ...found, callbacks: [] };
    // The operation is already chosen; the template of a path matches itself.
    const request = { method: operation.method as Method, url: { path: operation.path } };
    // An error is better sent in a type that the caller does not accept than not at all.
    const mediaTypes = [accept, '*/*;q=0.001'];
    const mock = { code: Number(code), mediaTypes, dynamic, ...(example !== undefined && { exampleKey: example }) };
    const result = await prism.request(request, [operation], { ...config, mock })();
    if (result._tag === 'Left') throw result.left;
    const { statusCode, headers: { 'Content-type': type, ...headers } = {}, body } = result.right.output;
    // Without the example Prism falls back to a success.
    if (statusCode !== mock.code) throw new Error(`Prism answered ${statusCode} instead of ${code}`);
    return { status: statusCode, type, headers: withoutNull(headers), body };
  };
}

/**
 * A replacer for `JSON.stringify`. Prism's generator fails on tuples and on dates that must match a pattern, so they are
 * rewritten. Prism prefers a schema's own example to named ones, so that is removed where there are named ones.
 */
function forPrism(contract: Contract) {
  return (_key: string, value: unknown): unknown => {
    if (!isObject(value)) return value;
    const { schema, examples, prefixItems, format, ...rest } = value;
    if (isObject(schema) && isObject(examples))
      return { ...value, schema: { ...resolve(contract, schema), examples: undefined } };
    if (Array.isArray(prefixItems)) return { ...value, items: prefixItems, prefixItems: undefined };
    if (typeof format === 'string' && typeof rest.pattern === 'string') return { ...value, format: undefined };
    return value;
  };
}

/** Prism gives null for a header without a value. */
const withoutNull = (headers: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
