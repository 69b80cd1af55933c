import type { NextFunction, Request, Response } from 'express';
import { middleware } from 'express-openapi-validator';
import { HttpError } from '../errors.ts';
import { type Contract, extractPath, type Method } from './contract.ts';

type Middleware = (request: Request, response: Response, next: NextFunction) => unknown;
type OpenApiRequest = Request & { openapi?: { pathParams: Record<string, unknown> } & Record<string, unknown> };

/** Validates and converts one request in place: `openapi.pathParams`, `query`, `headers`, `body`. Throws `HttpError`. */
export type ValidateRequest = (
  request: Request,
  response: Response,
  method: Method,
  pathParams: Record<string, string>,
) => Promise<Record<string, unknown>>;

/**
 * The validator of one path, made by express-openapi-validator from a contract that holds nothing but this path: the
 * stock validator scans all routes for each request. Routing, security and responses are done by `mountApi`, so only
 * the validator's reading of parameters, uploads and bodies runs here.
 *
 * Form fields are all text, so forms are converted to the contract's types and JSON is not; that needs two instances,
 * each made when it is first used.
 */
export function requestValidator(contract: Contract, path: string): ValidateRequest {
  const document = forValidator(extractPath(contract, path));
  const forJson = lazyValidator(document, path, false);
  const forForms = lazyValidator(document, path, 'array');

  return async (request, response, method, pathParams) => {
    const isForm = request.body !== undefined && Boolean(request.is(['urlencoded', 'multipart']));
    const { steps, metadata } = await (isForm ? forForms : forJson)(method);
    const openapi = { ...metadata, pathParams };
    (request as OpenApiRequest).openapi = openapi;
    for (const step of steps) await run(step, request, response);
    return openapi.pathParams;
  };
}

/** Makes a validator when it is first used, and looks each method's route up once. */
function lazyValidator(document: Contract, path: string, coerceTypes: false | 'array') {
  let steps: Middleware[] | undefined;
  const known: { [method in Method]?: Record<string, unknown> } = {};
  return async (method: Method) => {
    steps ??= createSteps(document, coerceTypes);
    const [lookUp, ...validate] = steps as [Middleware, ...Middleware[]];
    known[method] ??= await findMetadata(lookUp, path, method);
    return { steps: validate, metadata: known[method] };
  };
}

/** The validator's middlewares that are used here: metadata, (multipart,) request. */
function createSteps(document: Contract, coerceTypes: false | 'array'): Middleware[] {
  const all = middleware({
    apiSpec: structuredClone(document) as never,
    validateApiSpec: false,
    validateSecurity: false,
    validateRequests: { allErrors: true, coerceTypes, allowUnknownQueryParameters: false },
    validateResponses: false,
    ajvFormats: { mode: 'full' },
    fileUploader: hasMultipart(document) ? {} : false,
  }) as Middleware[];
  const named = (name: string) => all.filter((step) => step.name === name);
  return [...named('metadataMiddleware'), ...named('multipartMiddleware'), ...named('requestMiddleware')];
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
    step(request, response, (error?: unknown) => (error ? reject(toHttpError(error)) : resolve()));
  });

interface ValidatorError extends Error {
  status: number;
  errors?: { path: string; message: string; errorCode?: string }[];
}

function toHttpError(error: unknown): unknown {
  if (error instanceof HttpError || !(error instanceof Error) || !('status' in error)) return error;
  const { status, message, errors = [] } = error as ValidatorError;
  const details = errors.map(({ path, message, errorCode }) => {
    const keyword = errorCode?.split('.')[0] ?? 'invalid';
    return { path, message: keyword === 'required' ? 'is required' : message, keyword };
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

const hasMultipart = (document: Contract) => JSON.stringify(document.paths).includes('"multipart/form-data"');

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
