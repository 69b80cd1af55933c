import { finished } from 'node:stream';
import type { Request, RequestHandler } from 'express';
import findMyWay from 'find-my-way';
import { systemClock } from '../clock.ts';
import { type Context, contextOf } from '../context.ts';
import { HttpError } from '../errors.ts';
import { keptWith, lazy } from '../lazy.ts';
import type { Api } from './api.ts';
import { type Authenticate, authenticator, Caller, credentialFields } from './authenticate.ts';
import {
  type Contract,
  methods,
  type OperationObject,
  type RequestBody,
  type ResponseObject,
  resolve,
} from './contract.ts';
import { answerDownload } from './downloads.ts';
import type { FoundOperation } from './exchange.ts';
import { actFault, cut, cutAnswer } from './faults.ts';
import { FileBody } from './file-body.ts';
import { handleError } from './handle-error.ts';
import { releaseHeld } from './held.ts';
import type { Fault, HooksOf } from './hooks.ts';
import { logUndeclared, recordOf } from './log.ts';
import { methodReader, type ReadMethod } from './method-override.ts';
import type { AnyOperation, AnyOutput } from './operation.ts';
import { bodyReader, hasBody, hasBrokenEncoding, type ReadBody, unreadableUrl } from './read-body.ts';
import { RequestInfo } from './request.ts';
import { respond } from './respond.ts';
import { putUploads } from './uploads.ts';
import { requestValidator, type ValidateRequest } from './validate-request.ts';
import { responseValidator, type ValidateResponse } from './validate-response.ts';
import { type Place, placeOf } from './world.ts';

/** One operation, ready to be called. */
interface MountedOperation extends FoundOperation {
  run: AnyOperation;
  /** Media types by status, as declared. */
  mediaTypes: ReadonlyMap<number, readonly string[]>;
  /** The media types that Accept can choose; empty where no response has a body. */
  offered: readonly string[];
  readBody: ReadBody | undefined;
  authenticate: Authenticate;
  /** Fields of the body that may hold credentials. */
  credentialFields: readonly string[];
  validateRequest: () => ValidateRequest;
  validateResponse: () => ValidateResponse;
}

interface MountedPath {
  /** By method, in upper case. */
  operations: Partial<Record<string, MountedOperation>>;
  /** Where a POST can name another method. */
  readMethod: ReadMethod | undefined;
}

/**
 * Serves an API as its contract says: finds the operation, negotiates the media type, authenticates, reads the body,
 * validates the request, calls the operation, validates its output and writes it. `api.renderError` writes all errors.
 *
 * The result is an Express handler for `app.use('/tower', mountApi(tower, context))`, or for the root. A request that
 * `enterWorld` has led into a world gets the services of that world in place of `outside`. Routing uses a
 * radix tree and every validator belongs to one path, so the cost of a request does not depend on the number of
 * operations. Validators are made on first use.
 *
 * @param hooksOf what sees and changes the calls; in the sandbox
 */
export function mountApi(api: Api, outside: Context, hooksOf?: HooksOf): RequestHandler {
  const router = findMyWay({ ignoreTrailingSlash: false, maxParamLength: 2048 });
  for (const path of Object.keys(api.contract.paths)) {
    const mounted = mountPath(api, path, outside);
    router.on('GET', path.replace(/{([^}]+)}/g, ':$1'), () => {}, mounted);
  }

  return async (request, response) => {
    const place = placeOf(request);
    const context = place === undefined ? outside : contextOf(place.context, api.name);
    const record = recordOf(request, context.log);
    record.api = api.name;
    const hooks = hooksOf?.(request);
    const exchange = hooks?.begin(api, request, record, context.clock ?? systemClock);
    if (exchange !== undefined) record.exchange = exchange;
    const info = new RequestInfo(request, record, context.config.publicUrl, `/${api.name}`);
    let operation: MountedOperation | undefined;
    let fault: Fault | undefined;
    try {
      request.url = withoutAlias(request, api, router);
      const isReadable = !hasBrokenEncoding(request.url);
      const route = findRoute(router, request);
      const { operations: mounted, readMethod } = route.store as MountedPath;
      if (request.method === 'OPTIONS') return respond(request, response, toOptions(mounted), record);
      if (readMethod !== undefined && request.method === 'POST') request.method = await readMethod(request, response);
      operation = mounted[request.method === 'HEAD' ? 'GET' : request.method];
      if (operation === undefined) throw methodNotAllowed(request.method, mounted);
      record.operationId = operation.id;
      if (exchange !== undefined) exchange.operation = operation;
      if (hooks?.hasFaults) {
        fault = hooks.findFault({ api: api.name, operation, path: request.path });
        const { validateResponse } = operation;
        const call = { request, response, info, record, validateResponse };
        if (fault !== undefined && (await actFault(fault, call, context.closing))) return;
      }
      if (!isReadable) throw unreadableUrl();
      const accepted = acceptable(request, operation);
      const { authenticate, credentialFields, readBody } = operation;
      const caller = new Caller(() => authenticate(request, info, context));
      // Only promises are awaited: to await a value costs as much as a whole validation.
      const identified = caller.identify();
      if (identified !== undefined) await identified;
      if (credentialFields.length === 0) caller.requireActor();
      const mediaType = readBody && (await readBody(request, response, caller));
      if (credentialFields.some((field) => request.body?.[field])) await caller.identify();
      const actor = caller.requireActor();
      if (api.completeBody !== undefined) request.body = api.completeBody(request.body, actor, info);
      const values = operation.validateRequest()({
        method: operation.method,
        originalUrl: request.originalUrl,
        params: route.params,
        query: request.query,
        headers: request.headers,
        mediaType,
        body: request.body,
      });
      if (exchange !== undefined) exchange.isChecked = true;
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
      const { body: file } = output;
      if (file instanceof FileBody) output = await answerDownload(request, { ...output, body: file });
      chooseType(output, operation, accepted);
      logUndeclared(record, operation.validateResponse()(output));
      if (fault?.drop === 'after') return await cutAnswer(output, request, response, record);
      const written = respond(request, response, output, record);
      if (written !== undefined) await written;
    } catch (error) {
      if (exchange?.isChecked === false) exchange.requestError = error;
      const shown = wasReset(place) && !(error instanceof HttpError) ? new ResetError(error) : error;
      if (fault?.drop === 'after') cut(request, response, record);
      else await handleError(api, shown, { request, response, info, record, operation });
    } finally {
      releaseHeld(request);
      if (hasBody(request) && !request.complete) discardRest(request);
    }
  };
}

/** Whether the world of the request was reset after the request came. */
const wasReset = (place: Place | undefined) => place !== undefined && place.world.context !== place.context;

/** The data went away under a call. The same call can be made again, as after any 408. */
class ResetError extends HttpError {
  constructor(cause: unknown) {
    super('request_timeout', 'The sandbox was reset during this call; call again', { cause });
  }
}

/** How long a caller may go on to send a body after the response. */
const DISCARD_MS = 10_000;

/** Ignores the rest of a body that was refused, so that the caller reads the response before the connection is closed. */
function discardRest(request: Request): void {
  const timeout = setTimeout(() => request.socket.destroy(), DISCARD_MS).unref();
  finished(request.resume(), () => clearTimeout(timeout));
}

/** A URL as the contract has it. What the contract has at an alias itself comes first. */
function withoutAlias({ url, path }: Request, { aliases = {} }: Api, router: Router): string {
  for (const alias in aliases) {
    if (!url.startsWith(alias)) continue;
    const isPath = !hasBrokenEncoding(path) && router.find('GET', path) !== null;
    return isPath ? url : aliases[alias] + url.slice(alias.length);
  }
  return url;
}

/**
 * Finds the path as it was sent, or else without doubled slashes and a slash at its end, which come from addresses that
 * were joined carelessly. `request.url` is then the path of the contract, because operations read it.
 */
function findRoute(router: Router, request: Request): Route {
  const { url } = request;
  const isReadable = !hasBrokenEncoding(request.path);
  // The operation at an unreadable path is found too: it declares the media type of the error.
  const path = isReadable ? request.path : request.path.replaceAll('%', '%25');
  const route = router.find('GET', path);
  if (route !== null && !hasEmpty(route.params)) return route;
  const tidy = path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  const tidyRoute = tidy === path ? null : router.find('GET', tidy);
  if (tidyRoute === null || hasEmpty(tidyRoute.params))
    throw isReadable ? new HttpError('not_found', `Nothing is at ${path}`) : unreadableUrl();
  const query = url.indexOf('?');
  request.url = query < 0 ? tidy : tidy + url.slice(query);
  return tidyRoute;
}

type Router = ReturnType<typeof findMyWay>;
type Route = NonNullable<ReturnType<Router['find']>>;

function hasEmpty(params: Record<string, string | undefined>): boolean {
  for (const name in params) if (params[name] === '') return true;
  return false;
}

// Server and mock of one contract share the validators.
const requestValidators = keptWith<Contract, ValidateRequest>();
const responseValidators = keptWith<Contract, ValidateResponse>();

function mountPath(api: Api, path: string, context: Context): MountedPath {
  const { contract } = api;
  const item = contract.paths[path] ?? {};
  const validateRequest = lazy(() => requestValidators(contract, path, () => requestValidator(contract, path)));
  // Mistakes are found where no caller is harmed.
  const leavesOut = context.config.production && !context.config.sandbox;
  const operations: MountedPath['operations'] = {};
  const bodies = new Map<string, RequestBody | undefined>();
  for (const method of methods) {
    const operation = item[method];
    if (operation === undefined) continue;
    const body = operation.requestBody && (resolve(contract, operation.requestBody) as RequestBody);
    const mediaTypes = mediaTypesOf(contract, operation);
    bodies.set(method.toUpperCase(), body);
    operations[method.toUpperCase()] = {
      id: operation.operationId,
      method,
      path,
      run: api.operations[operation.operationId] ?? notImplemented(operation.operationId),
      mediaTypes,
      offered: [...new Set([...mediaTypes].flatMap(([status, types]) => (status < 300 ? types : [])))],
      readBody: body && bodyReader(contract, body, context),
      authenticate: authenticator(api, operation),
      credentialFields: credentialFields(api, operation),
      validateRequest,
      validateResponse: lazy(() =>
        responseValidators(contract, `${method} ${path} ${leavesOut}`, () =>
          responseValidator(contract, path, method, { leavesOut }),
        ),
      ),
    };
  }
  const readMethod = api.overridesMethod ? methodReader(contract, bodies, context) : undefined;
  return { operations, readMethod };
}

/** Stands for an operation that is not written yet. */
const notImplemented =
  (operationId: string): AnyOperation =>
  () => {
    throw new HttpError('not_implemented', `${operationId} is not implemented yet`);
  };

function mediaTypesOf(contract: Contract, operation: OperationObject): Map<number, string[]> {
  return new Map(
    Object.entries(operation.responses).map(([status, response]) => [
      Number(status),
      Object.keys((resolve(contract, response) as ResponseObject).content ?? {}),
    ]),
  );
}

/**
 * The offered media types that the caller accepts, best first. Downloads declare no 406: a file is sent with its own
 * type, also when Accept does not name it.
 */
function acceptable(request: Request, { offered, mediaTypes }: MountedOperation): readonly string[] {
  const accept = request.headers.accept;
  if (offered.length === 0 || accept === undefined || accept === '*/*') return offered;
  const best = request.accepts([...offered]) || anyJson(accept, offered);
  if (best === undefined) {
    if (!mediaTypes.has(406)) return offered;
    throw new HttpError('not_acceptable', `Accept is ${accept}; offered: ${offered.join(', ')}`);
  }
  return [best, ...offered.filter((type) => type !== best)];
}

/** Accept for one JSON type is met by another: clients also send a version, a charset or a type of their own. */
const anyJson = (accept: string, offered: readonly string[]) =>
  /json(?![^,]*;\s*q=0(\.0*)?\s*(,|;|$))/i.test(accept) ? offered.find((type) => type.endsWith('json')) : undefined;

function methodNotAllowed(method: string, mounted: MountedPath['operations']): HttpError {
  return new HttpError('method_not_allowed', `${method} is not allowed here`, { headers: { Allow: allow(mounted) } });
}

function allow(mounted: MountedPath['operations']): string {
  const names = Object.keys(mounted);
  return [...names, ...(names.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

const toOptions = (mounted: MountedPath['operations']): AnyOutput => ({
  status: 204,
  headers: { Allow: allow(mounted) },
});

/** Sets the negotiated media type where the operation has not chosen one. */
function chooseType(output: AnyOutput, operation: MountedOperation, accepted: readonly string[]) {
  if (output.body === undefined || output.type !== undefined) return;
  const declared = operation.mediaTypes.get(output.status) ?? [];
  output.type = accepted.find((type) => declared.includes(type)) ?? declared[0];
}
