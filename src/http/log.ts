import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';

export type { Logger } from 'pino';

/** What is known of a request while it is under way; `mountApi` adds the operation that it found. */
export interface RequestRecord {
  id: string;
  log: Logger;
  api?: string;
  operationId?: string;
}

// A property and no WeakMap: measured, the map's share of garbage collection is a tenth of a small request.
const recordKey = Symbol('record');
type Recorded = Request & { [recordKey]?: RequestRecord };

/** The record of a request; one is made where `logRequests` did not run before. */
export function recordOf(request: Request, log: Logger): RequestRecord {
  const recorded = request as Recorded;
  recorded[recordKey] ??= { id: randomUUID(), log };
  return recorded[recordKey];
}

// Ids of a proxy in front are taken over, so that its lines and ours can be joined; anything odd is replaced.
const acceptableId = /^[\w.-]{8,64}$/;

/** Gives every request an id and a log line of its own when it is answered. Query strings are left out: they can hold secrets. */
export function logRequests(
  log: Logger,
  onFinish: (record: RequestRecord, request: Request, status: number, seconds: number) => void,
): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const given = request.get('x-request-id');
    const id = given !== undefined && acceptableId.test(given) ? given : randomUUID();
    const record: RequestRecord = { id, log: log.child({ requestId: id }) };
    (request as Recorded)[recordKey] = record;
    response.setHeader('X-Request-Id', id);
    const { method } = request;
    const path = request.originalUrl.split('?', 1)[0];
    response.once('close', () => {
      const seconds = (performance.now() - started) / 1000;
      const status = response.writableFinished ? response.statusCode : 499;
      onFinish(record, request, status, seconds);
      const { api, operationId } = record;
      record.log[status >= 500 ? 'error' : 'info'](
        { method, path, status, ms: Math.round(seconds * 1000), api, operationId },
        status === 499 ? 'request aborted by the client' : 'request',
      );
    });
    next();
  };
}
