import type { NextFunction, Request, Response } from 'express';
import { middleware } from 'express-openapi-validator';
import validatorModule from 'express-openapi-validator/dist/framework/openapi.schema.validator.js';
import { RequestValidator } from 'express-openapi-validator/dist/middlewares/openapi.request.validator.js';
import { HttpError } from '../errors.ts';
import { type Contract, extractPath, type Method, type PathItem, resolve } from './contract.ts';
import { toHttpError } from './validation-errors.ts';

type Middleware = (request: Request, response: Response, next: NextFunction) => unknown;

/** What a request brought, or what it means by the contract: converted, with defaults. */
export interface Values {
  params: Record<string, unknown>;
  query: Record<string, unknown>;
  headers: Record<string, unknown>;
  body: unknown;
}

/** A request as the validator reads it. */
export interface Given extends Values {
  method: Method;
  originalUrl: string;
  /** The one of the contract's media types that the body was read as; undefined without a body. */
  mediaType: string | undefined;
}

/**
 * Checks what a request brought and tells what it means. The body is converted in place. Throws `HttpError`. Only the
 * first call for a method gives a promise, for the validator is made then.
 */
export type ValidateRequest = (given: Given) => Values | Promise<Values>;

/**
 * The validator of one path, made by express-openapi-validator from a contract that holds nothing but this path: the
 * stock validator scans all routes for each request. Routing, security, uploads and responses are done by `mountApi`,
 * so only the validator's reading of parameters and bodies runs here.
 *
 * Form fields are all text, so forms are converted to the contract's types and JSON is not; and an optional body that
 * is absent must not be looked at. That needs an instance for each case, made when it is first used.
 */
export function requestValidator(contract: Contract, path: string): ValidateRequest {
  const document = forValidator(extractPath(contract, path));
  const validators = {
    none: lazyValidator(withoutBodies(document), path, false),
    json: lazyValidator(document, path, false),
    form: lazyValidator(document, path, 'array'),
  };

  return (given) => {
    const { ready, prepare } = validators[kindOfBody(given)];
    const prepared = ready[given.method];
    return prepared ? validate(prepared, given) : prepare(given.method).then((made) => validate(made, given));
  };
}

function validate({ validator, metadata, special }: Prepared, given: Given): Values {
  prepareSpecial(special, given);
  const request = new ValidatedRequest(given, metadata);
  try {
    validator.validate(request as never, undefined as never, rethrow);
  } catch (error) {
    throw toHttpError(error);
  }
  return request;
}

/**
 * As much of an Express request as the validator looks at. It is not given the request itself: the validator parses
 * and redefines `query` there, which is slow, and compiles schemas anew for every Content-Type that a caller thinks
 * up, and keeps them.
 */
class ValidatedRequest implements Values {
  readonly openapi: object;
  readonly method: string;
  readonly path: string;
  readonly originalUrl: string;
  readonly headers: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly params: Record<string, unknown>;
  readonly body: unknown;

  constructor({ method, originalUrl, headers, query, params, body, mediaType }: Given, metadata: object) {
    this.openapi = { ...metadata, pathParams: params };
    this.method = method.toUpperCase();
    this.path = originalUrl;
    this.originalUrl = originalUrl;
    this.headers = headers['content-type'] === mediaType ? headers : { ...headers, 'content-type': mediaType };
    this.query = query;
    this.params = params;
    this.body = body;
  }
}

function rethrow(error?: unknown): void {
  if (error) throw error;
}

function kindOfBody({ body, mediaType }: Given): 'none' | 'json' | 'form' {
  if (body === undefined) return 'none';
  return mediaType === 'application/x-www-form-urlencoded' || mediaType === 'multipart/form-data' ? 'form' : 'json';
}

function withoutBodies(document: Contract): Contract {
  const paths = Object.entries(document.paths).map(([path, item]) => {
    const operations = Object.entries(item).map(([method, value]) => [method, { ...value, requestBody: undefined }]);
    return [path, { ...Object.fromEntries(operations), parameters: item.parameters }];
  });
  return JSON.parse(JSON.stringify({ ...document, paths: Object.fromEntries(paths) }));
}

interface Prepared {
  validator: Validator;
  metadata: Record<string, unknown>;
  special: SpecialParameter[];
}

/** Makes a validator when it is first used, and looks each method's route up once. */
function lazyValidator(document: Contract, path: string, coerceTypes: false | 'array') {
  let steps: { lookUp: Middleware; validate: Middleware } | undefined;
  const ready: { [method in Method]?: Prepared } = {};
  async function prepare(method: Method): Promise<Prepared> {
    steps ??= createSteps(document, coerceTypes);
    const metadata = await findMetadata(steps.lookUp, path, method);
    const validator = await findValidator(steps.validate);
    const prepared = { validator, metadata, special: specialParameters(document, path, method) };
    ready[method] = prepared;
    return prepared;
  }
  return { ready, prepare };
}

// With each instance the library compiles the meta-schema of OpenAPI, 100 ms and more, even if told not to validate the
// document. Lint has done that.
(validatorModule as { OpenAPISchemaValidator: unknown }).OpenAPISchemaValidator = class {
  validate() {
    return { errors: [] };
  }
};

/** The two of the validator's middlewares that are used here. */
function createSteps(document: Contract, coerceTypes: false | 'array') {
  const all = middleware({
    apiSpec: structuredClone(document) as never,
    validateApiSpec: false,
    validateSecurity: false,
    validateRequests: { allErrors: true, coerceTypes, allowUnknownQueryParameters: true },
    validateResponses: false,
    ajvFormats: { mode: 'full' },
    fileUploader: false,
  }) as Middleware[];
  const named = (name: string): Middleware => {
    const step = all.find((one) => one.name === name);
    if (step === undefined) throw new Error(`express-openapi-validator has no ${name}`);
    return step;
  };
  return { lookUp: named('metadataMiddleware'), validate: named('requestMiddleware') };
}

interface Parameter {
  name: string;
  in: string;
  allowEmptyValue?: boolean;
  schema?: { type?: unknown };
}

/** A parameter that the validator would read otherwise than it is meant. */
interface SpecialParameter {
  name: string;
  place: 'params' | 'query';
  number: 'integer' | 'number' | undefined;
  /** An empty value is as good as none: a parameter of the query for which the contract does not say otherwise. */
  emptyIsAbsent: boolean;
}

function specialParameters(document: Contract, path: string, method: Method): SpecialParameter[] {
  const { parameters: shared = [], [method]: operation } = document.paths[path] as PathItem;
  return [...shared, ...(operation?.parameters ?? [])].flatMap((one) => {
    const { name, in: place, allowEmptyValue = false, schema = {} } = resolve(document, one as Parameter);
    if (place !== 'path' && place !== 'query') return [];
    const { type } = resolve(document, schema);
    const number = type === 'integer' || type === 'number' ? type : undefined;
    return {
      name,
      place: place === 'path' ? 'params' : 'query',
      number,
      emptyIsAbsent: place === 'query' && !allowEmptyValue,
    };
  });
}

const notations = { integer: /^-?\d+$/, number: /^-?\d+(\.\d+)?$/ };

/** The validator converts with JavaScript's ideas of a number, among them `0x10`, `1.0`, `1e400` and a blank. */
function prepareSpecial(parameters: readonly SpecialParameter[], given: Given) {
  for (const { name, place, number, emptyIsAbsent } of parameters) {
    const value = given[place][name];
    if (value === '' && emptyIsAbsent) delete given[place][name];
    else if (number !== undefined && typeof value === 'string' && !notations[number].test(value)) {
      const message = `must be ${number === 'integer' ? 'an integer' : 'a number'}`;
      const details = [{ path: `/${place}/${name}`, message, keyword: 'type' }];
      throw new HttpError('invalid_request', `${name} ${message}`, { details });
    }
  }
}

/** Lets the validator look its route up once, with a request that has just what the look-up reads. */
async function findMetadata(step: Middleware, path: string, method: Method): Promise<Record<string, unknown>> {
  const url = path.replace(/{[^}]+}/g, 'x');
  const probe = {
    path: url,
    baseUrl: '',
    originalUrl: url,
    method: method.toUpperCase(),
    app: { enabled: () => true },
  };
  await run(step, probe as never, {} as never);
  return (probe as unknown as { openapi: Record<string, unknown> }).openapi;
}

const run = (step: Middleware, request: Request, response: Response) =>
  new Promise<void>((resolve, reject) => {
    step(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
  });

/** Answers at once by calling `next` or throwing. The library's middleware around it takes three promises more. */
type Validator = InstanceType<typeof RequestValidator>;

/** A request that asks which validator it has come to. */
class Question {
  validator: Validator | undefined;
}

const { validate: validateAsTheyDo } = RequestValidator.prototype;
RequestValidator.prototype.validate = function (this: Validator, request, response, next) {
  if (!(request instanceof Question)) return validateAsTheyDo.call(this, request, response, next);
  request.validator = this;
  next();
};

/** The validator that the library's middleware makes at its first request and keeps to itself. */
async function findValidator(step: Middleware): Promise<Validator> {
  const question = new Question();
  await run(step, question as never, {} as never);
  return question.validator as Validator;
}

/**
 * The contract as the validator should see it: unions with a discriminator become `if tag then variant`, so that an
 * error names the field of the chosen variant (and express-openapi-validator's own discriminator, which depends on the
 * order of the schemas, never runs).
 */
function forValidator(value: Contract): Contract {
  const rewrite = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(rewrite);
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node).map(([key, child]) => [key, rewrite(child)] as const);
    const copy = Object.fromEntries(entries) as Record<string, unknown>;
    const discriminator = (node as { discriminator?: { propertyName?: unknown; mapping?: Record<string, string> } })
      .discriminator;
    if (typeof discriminator?.propertyName !== 'string') return copy;
    delete copy.discriminator;
    if (discriminator.mapping === undefined || copy.oneOf === undefined) return copy;
    delete copy.oneOf;
    return { ...copy, ...asConditions(discriminator.propertyName, discriminator.mapping) };
  };
  return rewrite(value) as Contract;
}

function asConditions(tag: string, mapping: Record<string, string>): object {
  return {
    type: 'object',
    required: [tag],
    properties: { [tag]: { type: 'string', enum: Object.keys(mapping) } },
    allOf: Object.entries(mapping).map(([value, $ref]) => ({
      if: { required: [tag], properties: { [tag]: { const: value } } },
      // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
      then: { $ref },
    })),
  };
}
