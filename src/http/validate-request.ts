import { RequestValidator } from 'express-openapi-validator/dist/middlewares/openapi.request.validator.js';
import { SchemaPreprocessor } from 'express-openapi-validator/dist/middlewares/parsers/schema.preprocessor.js';
import { OpenApiValidator } from 'express-openapi-validator/dist/openapi.validator.js';
import { lazy } from '../lazy.ts';
import { type Contract, extractPath, type Method, methods, type PathItem, resolve } from './contract.ts';
import { discriminatorsToConditions } from './discriminators.ts';
import { applyParameterRules, parameterRules } from './parameters.ts';
import { requireStorableValues } from './storable-values.ts';
import { fromValidatorError } from './validation-errors.ts';

/** The values of a request: as they were sent before validation, with the contract's types and defaults after it. */
export interface RequestValues {
  params: Record<string, unknown>;
  query: Record<string, unknown>;
  headers: Record<string, unknown>;
  body: unknown;
}

/** A request before validation. */
export interface ReceivedRequest extends RequestValues {
  method: Method;
  originalUrl: string;
  /** The one of the contract's media types that the body was read as; undefined without a body. */
  mediaType: string | undefined;
}

/** Validates a request and converts its values; those of the body in place. Throws `HttpError`. */
export type ValidateRequest = (request: ReceivedRequest) => RequestValues;

/**
 * The validator of one path. It sees only the requests of this path, so that its cost does not grow with the contract.
 * Form fields are all text, so forms are converted to the contract's types and JSON is not: this takes two instances,
 * each made on first use.
 */
export function requestValidator(contract: Contract, path: string): ValidateRequest {
  const item = withoutResponses(contract.paths[path] ?? {});
  const document = discriminatorsToConditions(extractPath({ ...contract, paths: { [path]: item } }, path));
  const rules = Object.fromEntries(methods.map((method) => [method, parameterRules(document, item, method)]));
  const forJson = lazy(() => createValidator(document, path, false));
  const forForms = lazy(() => createValidator(document, path, 'array'));

  return (request) => {
    applyParameterRules(rules[request.method] ?? [], request);
    const validate = isForm(request.mediaType) ? forForms() : forJson();
    const values = validate(request);
    requireStorableValues(values);
    return values;
  };
}

const isForm = (mediaType: string | undefined) =>
  mediaType === 'application/x-www-form-urlencoded' || mediaType === 'multipart/form-data';

function withoutResponses(item: PathItem): PathItem {
  const copy: PathItem = { ...item };
  for (const method of methods) if (copy[method] !== undefined) copy[method] = { ...copy[method], responses: {} };
  return copy;
}

/**
 * The request validation of express-openapi-validator. Its classes are called as its middleware calls them; the
 * middleware itself would also compile the schema of OpenAPI for each instance (100 ms) and scan the routes for each
 * request.
 *
 * The library takes every request apart before it validates it. Where there is nothing to take apart, the functions that
 * it has compiled are called directly, in a fifth of the time, and the library validates again what they refuse.
 *
 * @param coerceTypes whether the fields of a body are converted; with `array`, single values to lists too
 */
function createValidator(contract: Contract, path: string, coerceTypes: false | 'array'): ValidateRequest {
  const document = structuredClone(contract) as ConstructorParameters<typeof SchemaPreprocessor>[0];
  const { ajvOpts } = new OpenApiValidator({
    apiSpec: document,
    validateRequests: { allErrors: true, coerceTypes, allowUnknownQueryParameters: true },
    ajvFormats: { mode: 'full' },
  });
  // Rewrites the document in place, as `RequestValidator` needs it.
  new SchemaPreprocessor(document, ajvOpts.preprocessor, false as never).preProcess();
  const validator = new RequestValidator(document, ajvOpts.request);
  const operations = document.paths?.[path] as Record<string, object>;
  // An optional body that is absent must not be validated.
  const withoutBodies: typeof operations = Object.fromEntries(
    methods.map((method) => [method, { ...operations[method], requestBody: undefined }]),
  );
  const takesApart = new Set(methods.filter((method) => hasPartedParameters(contract, path, method)));
  const compiled = new Map<string, IsValid>();

  return (received) => {
    const { method, mediaType, originalUrl } = received;
    const schemas = received.body === undefined ? withoutBodies : operations;
    const request = new ValidatorRequest(received, path, schemas[method] as object);
    const { query, headers, params, body } = request;
    const key = `${request.method}-${path}-${mediaType ?? 'not_provided'}`;
    if (hasPlainQuery(originalUrl) && compiled.get(key)?.({ query, headers, params, body })) return request;
    try {
      validator.validate(request as never, undefined as never, throwIfAny);
    } catch (error) {
      throw fromValidatorError(error);
    }
    if (!compiled.has(key) && !takesApart.has(method) && mediaType !== 'multipart/form-data')
      compiled.set(key, compiledBy(validator, key));
    return request;
  };
}

type IsValid = (values: RequestValues) => boolean;

/** What the library has compiled for one kind of request: it keeps its functions in two Ajv instances, by this key. */
function compiledBy(validator: RequestValidator, key: string): IsValid {
  const { ajv, ajvBody } = validator as unknown as Record<'ajv' | 'ajvBody', { getSchema(key: string): IsValid }>;
  const [areParametersValid, isBodyValid] = [ajv.getSchema(key), ajvBody.getSchema(key)];
  return (values) => areParametersValid(values) && isBodyValid(values);
}

/** Whether the library has nothing to decode and to refuse in the query, such as `a[b]` and reserved characters. */
const hasPlainQuery = (url: string) => !/\?.*[^\w.~&=-]/.test(url);

/** Whether an operation has parameters that are lists, objects or JSON. */
function hasPartedParameters(contract: Contract, path: string, method: Method): boolean {
  const { parameters = [], [method]: operation } = contract.paths[path] ?? {};
  return [...parameters, ...(operation?.parameters ?? [])].some((parameter) => {
    const { schema = {} } = resolve(contract, parameter as { schema?: { type?: unknown } });
    const { type } = resolve(contract, schema);
    return typeof type !== 'string' || type === 'array' || type === 'object';
  });
}

function throwIfAny(error?: unknown): void {
  if (error) throw error;
}

/**
 * As much of an Express request as the validator reads. It does not get the request itself: there it parses and
 * redefines `query`, which is slow, and compiles and keeps a schema for every spelling of Content-Type.
 */
class ValidatorRequest implements RequestValues {
  readonly openapi: object;
  readonly method: string;
  readonly path: string;
  readonly originalUrl: string;
  readonly headers: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly params: Record<string, unknown>;
  readonly body: unknown;

  constructor(received: ReceivedRequest, path: string, schema: object) {
    const { method, originalUrl, headers, query, params, body, mediaType } = received;
    this.openapi = { expressRoute: path, openApiRoute: path, pathParams: params, schema };
    this.method = method.toUpperCase();
    this.path = originalUrl;
    this.originalUrl = originalUrl;
    this.headers = headers['content-type'] === mediaType ? headers : { ...headers, 'content-type': mediaType };
    this.query = query;
    this.params = params;
    this.body = body;
  }
}
