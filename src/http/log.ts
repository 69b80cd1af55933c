import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Exchange } from './exchange.ts';
import { presetHeaders } from './preset-headers.ts';

export type { Logger } from 'pino';

/** What is known of a request while it is processed; `mountApi` adds the operation. */
export class RequestRecord {
  readonly id: string;
  /** When the request came, by `performance.now()`. */
  readonly started = performance.now();
  api?: string;
  operationId?: string;
  /** Where the sandbox keeps a log of requests and answers. */
  exchange?: Exchange;
  private readonly parent: Logger;
  private child: Logger | undefined;

  constructor(id: string, log: Logger) {
    this.id = id;
    this.parent = log;
  }

  /** Its lines have the id of the request. Made on first use: most requests have one line, which `logRequests` writes. */
  get log(): Logger {
    this.child ??= this.parent.child({ requestId: this.id });
    return this.child;
  }
}

// A property, not a WeakMap: garbage collection of the map took a tenth of a small request when measured.
const recordKey = Symbol('record');
type Recorded = Request & { [recordKey]?: RequestRecord };

/** The record of a request; it is made here where `logRequests` did not run. */
export function recordOf(request: Request, log: Logger): RequestRecord {
  const recorded = request as Recorded;
  recorded[recordKey] ??= new RequestRecord(randomUUID(), log);
  return recorded[recordKey];
}

/** Logs the members that were taken out of a response because the contract does not declare them; never their values. */
export function logUndeclared(record: RequestRecord, pointers: readonly string[]): void {
  if (pointers.length === 0) return;
  record.log.error(
    { operationId: record.operationId, undeclared: pointers.slice(0, 10) },
    'the contract does not declare these members; they were not sent',
  );
}

// The id of a proxy in front is kept, so that its log and this one can be joined. Other values are replaced.
const acceptableId = /^[\w.-]{8,64}$/;

/** Gives every request an id, and logs it when it is finished. Query strings are not logged: they can hold secrets. */
export function logRequests(
  log: Logger,
  onFinish: (record: RequestRecord, request: Request, status: number, seconds: number) => void,
): RequestHandler {
  return (request, response, next) => {
    const received = request.get('x-request-id');
    const id = received !== undefined && acceptableId.test(received) ? received : randomUUID();
    const record = new RequestRecord(id, log);
    (request as Recorded)[recordKey] = record;
    presetHeaders(response, ['X-Request-Id', id]);
    const { method } = request;
    const path = request.originalUrl.split('?', 1)[0];
    response.once('close', () => {
      const seconds = (performance.now() - record.started) / 1000;
      const status = response.writableFinished ? response.statusCode : 499;
      onFinish(record, request, status, seconds);
      const { api, operationId } = record;
      log[status >= 500 ? 'error' : 'info'](
        { requestId: id, method, path, status, ms: Math.round(seconds * 1000), api, operationId },
        status === 499 ? 'request aborted by the client' : 'request',
      );
    });
    next();
  };
}
