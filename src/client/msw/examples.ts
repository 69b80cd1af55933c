/** The first example of each operation's success, which is all that the handlers need of a contract. */

/** What an operation answers with when no test says otherwise. */
export interface Example {
  operation: string;
  method: string;
  /** `/api/v1/teams/{team_id}` */
  path: string;
  status: number;
  /** Undefined without a body. */
  type: string | undefined;
  /** Of the operation's errors. */
  errorType: string | undefined;
  /** JSON, or the text of another type; the bytes of a file are a `data:` URL. */
  body: unknown;
  location: string | undefined;
}

/** The parts of an OpenAPI document that have examples. */
interface Contract {
  paths: object;
}

interface WithExample {
  example?: unknown;
  examples?: Record<string, unknown>;
  schema?: { examples?: unknown[] };
}

interface Answer {
  headers?: Record<string, unknown>;
  content?: Record<string, WithExample>;
}

/**
 * Reads the examples of a contract. A build does so in place of the programs that use them, which need not carry whole
 * contracts then.
 */
export function examplesOf(contract: Contract): Example[] {
  function resolve<T>(value: unknown): T {
    const reference = (value as { $ref?: string }).$ref;
    if (reference === undefined) return value as T;
    const names = reference.slice(2).split('/');
    const target = names.reduce<unknown>(
      (node, name) => (node as Record<string, unknown>)[name.replaceAll('~1', '/').replaceAll('~0', '~')],
      contract,
    );
    return resolve(target);
  }

  function firstExample({ example, examples = {}, schema }: WithExample): unknown {
    const [first] = Object.values(examples);
    return first === undefined ? (example ?? schema?.examples?.[0]) : resolve<{ value: unknown }>(first).value;
  }

  function exampleOf(method: string, path: string, { operationId, responses }: Operation): Example {
    const statuses = Object.keys(responses).sort();
    const status = statuses.find((code) => /^[23]/.test(code)) ?? '';
    const failure = statuses.find((code) => /^[45]/.test(code));
    const [errorType] = failure === undefined ? [] : Object.keys(resolve<Answer>(responses[failure]).content ?? {});
    const { headers = {}, content = {} } = resolve<Answer>(responses[status]);
    const [[type, media] = [undefined, {}]] = Object.entries(content);
    const location = headers.Location && firstExample(resolve<WithExample>(headers.Location));
    return {
      operation: operationId,
      method,
      path,
      status: Number(status),
      type,
      errorType,
      body: firstExample(media),
      location: location as string | undefined,
    };
  }

  return Object.entries(contract.paths).flatMap(([path, item]) =>
    Object.entries(resolve<Record<string, Operation>>(item)).flatMap(([method, operation]) =>
      operation.operationId === undefined ? [] : exampleOf(method, path, operation),
    ),
  );
}

interface Operation {
  operationId: string;
  responses: Record<string, unknown>;
}
