import type { NextFunction, Request, Response } from 'express';
import { middleware } from 'express-openapi-validator';
import validatorModule from 'express-openapi-validator/dist/framework/openapi.schema.validator.js';
import { RequestValidator } from 'express-openapi-validator/dist/middlewares/openapi.request.validator.js';
import { HttpError } from '../errors.ts';
import { type Contract, extractPath, type Method, type PathItem, resolve } from './contract.ts';

type Middleware = (request: Request, response: Response, next: NextFunction) => unknown;
type OpenApiRequest = Request & { openapi?: { pathParams: Record<string, unknown> } & Record<string, unknown> };

/**
 * Validates and converts one request in place: `query`, `headers`, `body`; returns the parameters of the path. Throws
 * `HttpError`. Only the first call for a method gives a promise, for the validator is made then.
 */
export type ValidateRequest = (
  request: Request,
  response: Response,
  method: Method,
  pathParams: Record<string, string>,
) => Record<string, unknown> | Promise<Record<string, unknown>>;

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

  return (request, response, method, pathParams) => {
    const validate = ({ validator, metadata, numbers }: Prepared) => {
      const openapi = { ...metadata, pathParams };
      (request as OpenApiRequest).openapi = openapi;
      if (numbers.length > 0) refuseOddNumbers(numbers, pathParams, request);
      try {
        validator.validate(request, response, rethrow);
      } catch (error) {
        throw toHttpError(error);
      }
      return openapi.pathParams as Record<string, unknown>;
    };
    const validator = validators[kindOfBody(request)];
    const prepared = validator.ready[method];
    return prepared ? validate(prepared) : validator.prepare(method).then(validate);
  };
}

function rethrow(error?: unknown): void {
  if (error) throw error;
}

function kindOfBody(request: Request): 'none' | 'json' | 'form' {
  if (request.body === undefined) return 'none';
  return request.is(['urlencoded', 'multipart']) ? 'form' : 'json';
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
  numbers: NumericParameter[];
}

/** Makes a validator when it is first used, and looks each method's route up once. */
function lazyValidator(document: Contract, path: string, coerceTypes: false | 'array') {
  let steps: { lookUp: Middleware; validate: Middleware } | undefined;
  const ready: { [method in Method]?: Prepared } = {};
  async function prepare(method: Method): Promise<Prepared> {
    steps ??= createSteps(document, coerceTypes);
    const metadata = await findMetadata(steps.lookUp, path, method);
    const validator = await findValidator(steps.validate);
    const prepared = { validator, metadata, numbers: numericParameters(document, path, method) };
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
    validateRequests: { allErrors: true, coerceTypes, allowUnknownQueryParameters: false },
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

interface NumericParameter {
  name: string;
  in: 'path' | 'query';
}

function numericParameters(document: Contract, path: string, method: Method): NumericParameter[] {
  const { parameters: shared = [], [method]: operation } = document.paths[path] as PathItem;
  return [...shared, ...(operation?.parameters ?? [])]
    .map((parameter) => resolve(document, parameter as NumericParameter & { schema?: { type?: string } }))
    .filter(({ in: place, schema = {} }) => {
      const { type = '' } = resolve(document, schema as { type?: string });
      return (place === 'path' || place === 'query') && ['integer', 'number'].includes(type);
    });
}

/** The validator converts with JavaScript's ideas of a number, among them `0x10`, `1e400` and a blank. */
function refuseOddNumbers(numbers: readonly NumericParameter[], pathParams: Record<string, string>, request: Request) {
  for (const { name, in: place } of numbers) {
    const value = place === 'path' ? pathParams[name] : request.query[name];
    if (typeof value !== 'string' || /^-?\d+(\.\d+)?$/.test(value)) continue;
    const details = [
      { path: `/${place === 'path' ? 'params' : 'query'}/${name}`, message: 'must be a number', keyword: 'type' },
    ];
    throw new HttpError('invalid_request', `${name} must be a number`, { details });
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

interface ValidatorError extends Error {
  status: number;
  errors?: { path: string; message: string; errorCode?: string }[];
}

/** Says it of the field, whose name stands in front. */
function retell(message: string, keyword: string): string {
  if (keyword === 'required') return 'is required';
  if (keyword === 'unknown') return 'is not a known parameter';
  if (message.startsWith('Empty value found')) return 'must not be empty';
  return message;
}

function toHttpError(error: unknown): unknown {
  if (error instanceof HttpError || !(error instanceof Error) || !('status' in error)) return error;
  const { status, message, errors = [] } = error as ValidatorError;
  const details = errors.map(({ path, message, errorCode }) => {
    const keyword = errorCode?.split('.')[0] ?? (message.startsWith('Unknown query parameter') ? 'unknown' : 'invalid');
    return { path, message: retell(message, keyword), keyword };
  });
  if (status === 413) return new HttpError('payload_too_large', 'The request body is too large', { cause: error });
  if (status === 415) return new HttpError('unsupported_media_type', message, { cause: error });
  if (status < 500) {
    // A failed branch of if/then is reported twice: the field, and the branch. The branch tells the caller nothing.
    const telling = details.filter(({ keyword }) => keyword !== 'if');
    const first = telling[0];
    const text = first === undefined ? message : `${first.path.slice(1).replaceAll('/', '.')} ${first.message}`;
    return new HttpError('invalid_request', text, { details: telling, cause: error });
  }
  return error;
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
