import { delay } from '../duration.ts';
import {
  type Contract,
  type Method,
  methods,
  type OperationObject,
  type Reference,
  type ResponseObject,
  resolve,
} from '../http/contract.ts';
import type { AnyOperation, AnyOutput } from '../http/operation.ts';
import { PICTURES } from '../http/pictures.ts';
import { isJson } from '../http/respond.ts';
import { responseValidator, type ValidateResponse } from '../http/validate-response.ts';
import { lazy } from '../lazy.ts';
import { acceptFile, toFileBody, withBytes } from './example-files.ts';
import { EXAMPLE_PICTURES, plausible } from './plausible.ts';
import { preferenceError, readPreferences } from './preferences.ts';
import type { Prism } from './prism.ts';

/**
 * Every operation of a contract, answered by Prism with the examples of the contract. `mountApi` does the rest, as for
 * the server. Callers choose the response by a header: `Prefer: code=404`, `Prefer: example=name`, `Prefer: dynamic`
 * (values generated from the schema), `Prefer: delay=800ms`, or several: `Prefer: code=401, delay=2s`. An example that the
 * success does not have is looked for among the errors, unless a status is named. In a browser's address bar, Prism's
 * query parameters do the same: `?__code=401&__example=otpRequired`.
 */
export function mockOperations(contract: Contract): Record<string, AnyOperation> {
  const load = lazy(async () => (await loadPrism()).createPrism(contract));
  const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined) return [];
      return [[operation.operationId, mockOperation({ contract, path, method, operation }, load)]];
    }),
  );
  return Object.fromEntries(operations) as Record<string, AnyOperation>;
}

/** Prism is large: the first call loads it, unless the process had time before. */
export const loadPrism = () => import('./prism.ts');

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
  const validate = lazy(() => responseValidator(contract, path, method, { leavesOut: false }));
  const { content = {} } = resolve<ResponseObject>(contract, responses[usual ?? ''] ?? { description: '' });
  // Only downloads declare the status of a range.
  const isDownload = codes.includes('206');

  return async ({ params, headers, query, request }, { closing }) => {
    const preferences = readPreferences(headers, query);
    const { example, dynamic, delayMs } = preferences;
    const has = (code: string | undefined) =>
      example !== undefined && code !== undefined && exampleNames(contract, responses[code]).includes(example);
    const { code = has(usual) ? usual : (codes.find(has) ?? usual) } = preferences;
    if (code === undefined || !codes.includes(code)) {
      throw preferenceError(`asks for status ${code}, but ${operationId} has only ${codes.join(', ')}`);
    }
    if (delayMs > 0) await delay(delayMs, request.disconnected, closing);
    const prism = await load();
    const accepted = String(headers.accept ?? '*/*');
    const accept = isDownload ? acceptFile(accepted, params, content, example) : accepted;
    const choice = { operationId, path, code, accept };
    const made = await prism({ ...choice, example }).catch((error: unknown) => {
      if (example === undefined) throw error;
      const names = exampleNames(contract, responses[code]).join(', ');
      const there = names === '' ? 'none with a name' : `only ${names}`;
      throw preferenceError(`asks for example ${example}, but status ${code} of ${operationId} has ${there}`);
    });
    const output = withBytes(made);
    // A status that the caller chose stays; Range and If-None-Match do not change it.
    if (isDownload && preferences.code === undefined) return { ...output, body: toFileBody(output) };
    // Pages and images are not generated, and a named example stays as it is.
    if (output.body === undefined || !isJson(output.type)) return output;
    if (!dynamic || example !== undefined) return { ...output, body: withPictures(output.body, request.rootUrl) };
    const generated = await prism({ ...choice, dynamic }).catch(() => output);
    const body = mergeGenerated(output, plausible(generated.body, output.body), validate());
    return { ...output, body: withPictures(body, request.rootUrl) };
  };
}

/** The body with the pictures of this server, in place of those of the examples, so that they load. */
function withPictures(body: unknown, rootUrl: string): unknown {
  if (typeof body === 'string')
    return body.startsWith(EXAMPLE_PICTURES) ? rootUrl + PICTURES + body.slice(EXAMPLE_PICTURES.length) : body;
  if (Array.isArray(body)) return body.map((item) => withPictures(item, rootUrl));
  if (!hasValues(body)) return body;
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, withPictures(value, rootUrl)]));
}

/**
 * The body of a response with as many generated values as the contract allows. Prism's generator is older than the
 * dialect of the contracts and breaks some of its rules. So a generated body is used as a whole where it is valid, and
 * otherwise value by value.
 */
function mergeGenerated(output: AnyOutput, generated: unknown, validate: ValidateResponse): unknown {
  const result = { ...output, body: structuredClone(output.body) };
  const visit = (holder: Values, key: string, value: unknown) => {
    const original = holder[key];
    holder[key] = value;
    try {
      validate(result);
    } catch {
      holder[key] = original;
      if (!hasValues(original) || !hasValues(value)) return;
      for (const inner of Object.keys(original)) if (inner in value) visit(original, inner, value[inner]);
    }
  };
  visit(result as unknown as Values, 'body', generated);
  return result.body;
}

type Values = Record<string, unknown>;
const hasValues = (value: unknown): value is Values => typeof value === 'object' && value !== null;

function exampleNames(contract: Contract, response: ResponseObject | Reference = { description: '' }): string[] {
  const { content = {} } = resolve<ResponseObject>(contract, response);
  const names = Object.values(content).flatMap(({ examples = {} }) => Object.keys(examples));
  return [...new Set(names)];
}
