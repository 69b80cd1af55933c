import type { Request, RequestHandler, Response } from 'express';
import findMyWay from 'find-my-way';
import type { Context } from '../context.ts';
import { isUnstorable } from '../database/transact.ts';
import { HttpError } from '../errors.ts';
import { lazy } from '../lazy.ts';
import type { Api, ErrorScene } from './api.ts';
import { type Authenticate, authenticator } from './authenticate.ts';
import {
  type Contract,
  type Method,
  methods,
  type OperationObject,
  type RequestBody,
  type ResponseObject,
  resolve,
} from './contract.ts';
import { type RequestRecord, recordOf } from './log.ts';
import type { AnyOperation, AnyOutput } from './operation.ts';
import { type BodyLimits, bodyReader, type ReadBody, requireReadable } from './read-body.ts';
import { RequestInfo } from './request.ts';
import { isJson, respond } from './respond.ts';
import { putUploads } from './uploads.ts';
import { requestValidator, type ValidateRequest } from './validate-request.ts';
import { ResponseContractError, responseValidator, type ValidateResponse } from './validate-response.ts';

/** One operation, ready to be called. */
interface MountedOperation {
  id: string;
  method: Method;
  run: AnyOperation;
  /** Media types by status, as declared. */
  mediaTypes: ReadonlyMap<number, readonly string[]>;
  /** What the caller may ask for with Accept; empty where no answer has a body. */
  offered: readonly string[];
  readBody: ReadBody | undefined;
  authenticate: Authenticate;
  validateRequest: () => ValidateRequest;
  validateResponse: () => ValidateResponse;
}

type MountedPath = Partial<Record<string, MountedOperation>>;

/**
 * Serves an API as its contract says: finds the operation, reads the body, authenticates, validates the request, calls
 * the operation, validates its answer and writes it. Whatever is thrown on the way is told by `api.renderError`.
 *
 * The result is an Express handler to be mounted with `app.use('/tower', mountApi(tower, context))`, or at the root.
 * Routing is a radix tree and every validator belongs to one path, so a request costs the same whatever the number of
 * operations; validators are made when they are first needed.
 *
 * @param run what to call for an operation; defaults to the API's own functions (the mock gives others)
 */
export function mountApi(api: Api, context: Context, run = ownOperations(api)): RequestHandler {
  const router = findMyWay({ ignoreTrailingSlash: false, maxParamLength: 2048 });
  for (const path of Object.keys(api.contract.paths)) {
    const mounted = mountPath(api, path, context.config, run);
    router.on('GET', path.replace(/{([^}]+)}/g, ':$1'), () => {}, mounted);
  }

  return async (request, response) => {
    const record = recordOf(request, context.log);
    record.api = api.name;
    const info = new RequestInfo(request, record.log, record.id, context.config.publicUrl, `/${api.name}`);
    let operation: MountedOperation | undefined;
    try {
      const { path } = request;
      requireReadable(path);
      const route = router.find('GET', path);
      if (route === null || hasEmpty(route.params)) {
        throw new HttpError('not_found', `Nothing is at ${path}`);
      }
      const mounted = route.store as MountedPath;
      if (request.method === 'OPTIONS') return respond(request, response, options(mounted), record.id);
      operation = mounted[request.method === 'HEAD' ? 'GET' : request.method];
      if (operation === undefined) throw methodNotAllowed(request.method, mounted);
      record.operationId = operation.id;
      requireReadable(request.url);
      const accepted = acceptable(request, operation);
      // What is there already is not waited for: a promise for nothing costs as much as a check.
      const mediaType = operation.readBody && (await operation.readBody(request, response));
      let actor = operation.authenticate(request, info, context);
      if (actor instanceof Promise) actor = await actor;
      const values = operation.validateRequest()({
        method: operation.method,
        originalUrl: request.originalUrl,
        params: route.params,
        query: request.query,
        headers: request.headers,
        mediaType,
        body: request.body,
      });
      putUploads(request);
      let output = operation.run(
        {
          params: values.params,
          query: values.query,
          headers: values.headers,
          mediaType,
          body: values.body,
          actor,
          request: info,
        },
        context,
      );
      if (output instanceof Promise) output = await output;
      chooseType(output, operation, accepted);
      operation.validateResponse()(output);
      const written = respond(request, response, output, record.id);
      if (written !== undefined) await written;
    } catch (error) {
      await handleError(api, error, { request, response, info, record, operation });
    }
  };
}

function hasEmpty(params: Record<string, string | undefined>): boolean {
  for (const name in params) if (params[name] === '') return true;
  return false;
}

/** The API's own functions. One that is missing (while it is being written) answers 501. */
const ownOperations =
  (api: Api) =>
  (operationId: string): AnyOperation =>
    api.operations[operationId] ??
    (() => {
      throw new HttpError('not_implemented', `${operationId} is not implemented yet`);
    });

function mountPath(
  api: Api,
  path: string,
  limits: BodyLimits,
  run: (operationId: string) => AnyOperation,
): MountedPath {
  const { contract } = api;
  const item = contract.paths[path] ?? {};
  const validateRequest = lazy(() => requestValidator(contract, path));
  const mounted: MountedPath = {};
  for (const method of methods) {
    const operation = item[method];
    if (operation === undefined) continue;
    const body = operation.requestBody && (resolve(contract, operation.requestBody) as RequestBody);
    const mediaTypes = mediaTypesOf(contract, operation);
    mounted[method.toUpperCase()] = {
      id: operation.operationId,
      method,
      run: run(operation.operationId),
      mediaTypes,
      offered: [...new Set([...mediaTypes].flatMap(([status, types]) => (status < 300 ? types : [])))],
      readBody: body && bodyReader(contract, body, limits),
      authenticate: authenticator(api, operation),
      validateRequest,
      validateResponse: lazy(() => responseValidator(contract, path, method)),
    };
  }
  return mounted;
}

function mediaTypesOf(contract: Contract, operation: OperationObject): Map<number, string[]> {
  return new Map(
    Object.entries(operation.responses).map(([status, response]) => [
      Number(status),
      Object.keys((resolve(contract, response) as ResponseObject).content ?? {}),
    ]),
  );
}

/** The offered media types that the caller accepts, best first. */
function acceptable(request: Request, { offered }: MountedOperation): readonly string[] {
  const accept = request.headers.accept;
  if (offered.length === 0 || accept === undefined || accept === '*/*') return offered;
  const best = request.accepts([...offered]) || anyJson(accept, offered);
  if (best === undefined) {
    throw new HttpError('not_acceptable', `Accept is ${accept}; offered: ${offered.join(', ')}`);
  }
  return [best, ...offered.filter((type) => type !== best)];
}

/** Who asks for one kind of JSON is content with another: clients name theirs, a version or a charset everywhere. */
const anyJson = (accept: string, offered: readonly string[]) =>
  /json(?![^,]*;\s*q=0(\.0*)?\s*(,|;|$))/i.test(accept) ? offered.find((type) => type.endsWith('json')) : undefined;

function methodNotAllowed(method: string, mounted: MountedPath): HttpError {
  return new HttpError('method_not_allowed', `${method} is not allowed here`, { headers: { Allow: allow(mounted) } });
}

function allow(mounted: MountedPath): string {
  const names = Object.keys(mounted);
  return [...names, ...(names.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

const options = (mounted: MountedPath): AnyOutput => ({ status: 204, headers: { Allow: allow(mounted) } });

/** Fills in what the handler may leave out: the negotiated media type. */
function chooseType(output: AnyOutput, operation: MountedOperation, accepted: readonly string[]) {
  if (output.body === undefined || output.type !== undefined) return;
  const declared = operation.mediaTypes.get(output.status) ?? [];
  output.type = accepted.find((type) => declared.includes(type)) ?? declared[0];
}

interface Failure {
  request: Request;
  response: Response;
  info: RequestInfo;
  record: RequestRecord;
  operation: MountedOperation | undefined;
}

/** Tells an error in the API's own words; an unforeseen one as 500 without its message. */
async function handleError(api: Api, error: unknown, { request, response, info, record, operation }: Failure) {
  if (response.headersSent) {
    record.log.error({ err: error }, 'the answer broke off');
    response.destroy();
    return;
  }
  const known = foreseen(error, record);
  let output: AnyOutput;
  try {
    output = render(api, known, request, info, operation);
    // No contract declares what is only true until an operation is written.
    if (known.kind !== 'not_implemented') operation?.validateResponse()(output);
  } catch (violation) {
    const fault = unforeseen(violation, record);
    output = lastResort(() => render(api, fault, request, info, operation), record);
  }
  await respond(request, response, output, record.id);
}

/** A 500 in the API's own body, told plainly where even that cannot be written. The contract may not know this status. */
function lastResort(renderFault: () => AnyOutput, record: RequestRecord): AnyOutput {
  try {
    const output = renderFault();
    if (isJson(output.type) || typeof output.body === 'string') return output;
  } catch (error) {
    unforeseen(error, record);
  }
  const body = { error: 'internal', message: 'Internal server error' };
  return { status: 500, type: 'application/json', body };
}

/** The error as the caller may see it. */
function foreseen(error: unknown, record: RequestRecord): HttpError {
  if (error instanceof HttpError) return error;
  if (isUnstorable(error))
    return new HttpError('malformed_request', 'Text with a NUL character is not accepted', { cause: error });
  return unforeseen(error, record);
}

function unforeseen(error: unknown, record: RequestRecord): HttpError {
  const message =
    error instanceof ResponseContractError ? `the answer breaks the contract: ${error.message}` : 'unforeseen error';
  record.log.error({ err: error, operationId: record.operationId }, message);
  return new HttpError('internal', 'Internal server error', { cause: error });
}

function render(
  api: Api,
  error: HttpError,
  request: Request,
  info: RequestInfo,
  operation: MountedOperation | undefined,
): AnyOutput {
  const declared = operation?.mediaTypes.get(error.status) ?? [];
  const preferred = declared.length > 1 ? request.accepts([...declared]) || declared[0] : declared[0];
  const mediaTypes = preferred === undefined ? [] : [preferred, ...declared.filter((type) => type !== preferred)];
  const scene: ErrorScene = { request: info, operationId: operation?.id, body: request.body, mediaTypes };
  const output = api.renderError(error, scene);
  return { ...output, headers: { ...error.headers, ...output.headers } };
}
