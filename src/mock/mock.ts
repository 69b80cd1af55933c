import type { RequestHandler } from 'express';
import { pino } from 'pino';
import type { Context } from '../context.ts';
import { HttpError } from '../errors.ts';
import type { Api, CredentialSource, SecurityHandler } from '../http/api.ts';
import {
  type Contract,
  type Method,
  methods,
  type OperationObject,
  type Reference,
  type ResponseObject,
  resolve,
} from '../http/contract.ts';
import { mountApi } from '../http/mount.ts';
import type { AnyOperation, AnyOutput } from '../http/operation.ts';
import { isJson } from '../http/respond.ts';
import { responseValidator, type ValidateResponse } from '../http/validate-response.ts';
import { projectRoot } from '../root.ts';
import { followContract } from './follow-contract.ts';

/**
 * The mock of an API as a request handler. It follows the contract: an edit under `openapi/` is served by the next
 * request, and while the contract is broken the last good one answers.
 *
 * @param root the folder of `openapi/` and `generated/`
 */
export function mountMock(api: Api, context: Context, root = projectRoot()): RequestHandler {
  const mount = (contract: Contract) => mountApi(mockApi({ ...api, contract }), context);
  const current = followContract(api, { root, log: context.log }, mount);
  return async (request, response, next) => (await current())(request, response, next);
}

/** The same API with Prism in place of its functions, and with whatever credentials taken for right. */
export function mockApi(api: Api): Api {
  const { name, contract, renderError } = api;
  const schemes = Object.entries(contract.components?.securitySchemes ?? {}) as [string, SecurityScheme][];
  const security = Object.fromEntries(
    schemes.map(([scheme, definition]) => [scheme, isPresent(scheme, resolve(contract, definition))]),
  );
  return { name, contract, operations: mockOperations(contract), security, renderError };
}

/** The API as it is, with Prism's answers for the operations that nobody has written yet. */
export function fillMissing(api: Api): Api {
  return { ...api, operations: { ...mockOperations(api.contract), ...api.operations } };
}

/**
 * Every operation of a contract, answered by Prism from the contract's examples. `mountApi` does the rest as it does
 * for the server. Callers choose by a header: `Prefer: code=404`, `Prefer: example=name`, `Prefer: dynamic=true`
 * (values made up from the schema), also together: `Prefer: code=401, example=otpRequired`.
 *
 * Costs nothing until an operation is called: loading Prism takes most of a second.
 */
export function mockOperations(contract: Contract): Record<string, AnyOperation> {
  let prism: Promise<Prism> | undefined;
  const load = () => (prism ??= loadPrism(contract));
  const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined) return [];
      return [[operation.operationId, mockOperation({ contract, path, method, operation }, load)]];
    }),
  );
  return Object.fromEntries(operations) as Record<string, AnyOperation>;
}

interface Place {
  contract: Contract;
  path: string;
  method: Method;
  operation: OperationObject;
}

function mockOperation({ contract, path, method, operation }: Place, load: () => Promise<Prism>): AnyOperation {
  const { operationId, responses } = operation;
  const codes = Object.keys(responses);
  const usual = codes.find((code) => code.startsWith('2')) ?? codes[0];
  let validate: ValidateResponse | undefined;

  return async ({ headers }) => {
    const { code = usual, example, dynamic } = preferences(headers);
    if (code === undefined || !codes.includes(code)) {
      throw refused(`${operationId} has no response ${code}; it has ${codes.join(', ')}`);
    }
    const prism = await load();
    const question = { operationId, code, accept: String(headers.accept ?? '*/*') };
    const output = await prism({ ...question, example }).catch((error: unknown) => {
      if (example === undefined) throw error;
      const names = exampleNames(contract, responses[code]);
      throw refused(`${operationId} has no example ${example} for ${code}; it has ${names}`);
    });
    // Nobody wants a made-up page or picture, and a named example is wanted as it is.
    if (!dynamic || example !== undefined || output.body === undefined || !isJson(output.type)) return output;
    const madeUp = await prism({ ...question, dynamic }).catch(() => output);
    validate ??= responseValidator(contract, path, method);
    return { ...output, body: graft(output, madeUp.body, validate) };
  };
}

/**
 * The body of an answer with as many made-up values in it as the contract allows. Prism's generator is older than the
 * dialect of the contracts and does not keep all of its rules, so what it makes up is taken over as a whole when it is
 * valid, and else value by value.
 */
function graft(answer: AnyOutput, madeUp: unknown, validate: ValidateResponse): unknown {
  const result = { ...answer, body: structuredClone(answer.body) };
  const visit = (holder: Values, key: string, value: unknown) => {
    const kept = holder[key];
    holder[key] = value;
    try {
      validate(result);
    } catch {
      holder[key] = kept;
      if (!hasValues(kept) || !hasValues(value)) return;
      for (const inner of Object.keys(kept)) if (inner in value) visit(kept, inner, value[inner]);
    }
  };
  visit(result as unknown as Values, 'body', madeUp);
  return result.body;
}

type Values = Record<string, unknown>;
const hasValues = (value: unknown): value is Values => typeof value === 'object' && value !== null;

const refused = (message: string) =>
  new HttpError('invalid_request', message, { details: [{ path: '/headers/prefer', message, keyword: 'enum' }] });

function exampleNames(contract: Contract, response: ResponseObject | Reference = { description: '' }): string {
  const { content = {} } = resolve<ResponseObject>(contract, response);
  const media = Object.values(content) as { examples?: object }[];
  const names = media.flatMap(({ examples = {} }) => Object.keys(examples));
  return [...new Set(names)].join(', ') || 'none with a name';
}

interface Preferences {
  code: string | undefined;
  example: string | undefined;
  dynamic: boolean;
}

/** Reads `Prefer` (RFC 7240), of which the mock knows three preferences. */
function preferences({ prefer = '' }: Record<string, unknown>): Preferences {
  const pairs = String(prefer).matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,;]+))/g);
  const { code, example, dynamic } = Object.fromEntries(
    Array.from(pairs, ([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain]),
  ) as Partial<Record<string, string>>;
  return { code, example, dynamic: dynamic === 'true' };
}

interface Question {
  operationId: string;
  code: string;
  /** What the caller accepts. */
  accept: string;
  /** Make the answer up from the schema. */
  dynamic?: boolean;
  /** The name of an example; the first one unless told. */
  example?: string | undefined;
}

/** Throws when Prism has no answer to exactly this question. */
type Prism = (question: Question) => Promise<AnyOutput>;

async function loadPrism(contract: Contract): Promise<Prism> {
  const { createInstance, getHttpOperationsFromSpec } = await import('@stoplight/prism-http');
  const operations = await getHttpOperationsFromSpec(JSON.parse(JSON.stringify(contract, forPrism(contract))));
  // Prism would send callbacks to wherever the caller says; a mock should not.
  const known = new Map(operations.map((operation) => [operation.iid, { ...operation, callbacks: [] }]));
  // Everything but the choice of the answer is done by `mountApi`, for the mock as for the server.
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

  return async ({ operationId, code, accept, dynamic = false, example }) => {
    const operation = known.get(operationId);
    if (operation === undefined) throw new Error(`Prism does not know ${operationId}`);
    // The operation has been found already: the template of a path matches itself.
    const request = { method: operation.method as Method, url: { path: operation.path } };
    // An error may be told in a type that the caller did not ask for: better than in none.
    const mediaTypes = [accept, '*/*;q=0.001'];
    const choice = { code: Number(code), mediaTypes, dynamic, ...(example !== undefined && { exampleKey: example }) };
    const result = await prism.request(request, [operation], { ...config, mock: choice })();
    if (result._tag === 'Left') throw result.left;
    const { statusCode, headers: { 'Content-type': type, ...headers } = {}, body } = result.right.output;
    // Prism falls back to a success when it lacks the example.
    if (statusCode !== choice.code) throw new Error(`Prism answered ${statusCode} when asked for ${code}`);
    return { status: statusCode, type, headers: withoutNull(headers), body };
  };
}

/**
 * A replacer that rewrites what Prism's generator fails on, tuples and dates that must match a pattern, and takes away
 * a schema's own example where there are named ones, in front of which Prism would put it.
 */
function forPrism(contract: Contract) {
  return (_key: string, value: unknown): unknown => {
    if (!hasValues(value)) return value;
    const { schema, examples, prefixItems, format, ...rest } = value;
    if (hasValues(schema) && hasValues(examples))
      return { ...value, schema: { ...resolve(contract, schema), examples: undefined } };
    if (Array.isArray(prefixItems)) return { ...value, items: prefixItems, prefixItems: undefined };
    if (typeof format === 'string' && typeof rest.pattern === 'string') return { ...value, format: undefined };
    return value;
  };
}

/** Prism gives null for a header that it knows no value for. */
const withoutNull = (headers: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null));

interface SecurityScheme {
  type: string;
  /** Of `http`: the first word of Authorization. */
  scheme?: string;
  /** Of `apiKey`. */
  in?: string;
  name?: string;
  /** Other names of the parameter. */
  'x-aliases'?: readonly string[];
  /** The token may stand in the body too, in one of these fields. */
  'x-fields'?: readonly string[];
}

/** Takes any credentials of a scheme for right; the actor is the name of the scheme. */
function isPresent(name: string, scheme: SecurityScheme): SecurityHandler {
  return (source) => (credentials(scheme, source) ? { scheme: name } : undefined);
}

function credentials(
  { type, scheme = 'bearer', in: place, name = '', 'x-aliases': aliases = [], 'x-fields': fields = [] }: SecurityScheme,
  source: CredentialSource,
): unknown {
  const inBody = fields.map((field) => (source.body as Record<string, unknown> | undefined)?.[field]).find(Boolean);
  if (inBody !== undefined) return inBody;
  if (type !== 'apiKey') {
    const [word, value] = source.headers.authorization?.split(' ', 2) ?? [];
    return word?.toLowerCase() === scheme.toLowerCase() && value;
  }
  if (place === 'cookie') return source.cookie(name);
  if (place === 'query') return [name, ...aliases].map((one) => source.query[one]).find(Boolean);
  return source.headers[name.toLowerCase()];
}
