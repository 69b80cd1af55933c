import type { Request, Response } from 'express';
import { isForeignKeyViolation, isUnstorable } from '../database/transact.ts';
import { type ErrorKind, HttpError } from '../errors.ts';
import type { Api } from './api.ts';
import { logUndeclared, type RequestRecord } from './log.ts';
import type { AnyOutput } from './operation.ts';
import type { RequestInfo } from './request.ts';
import { isJson, respond } from './respond.ts';
import { ResponseContractError, type ValidateResponse } from './validate-response.ts';

/** A request that failed, as far as it was processed. */
export interface FailedRequest {
  request: Request;
  response: Response;
  info: RequestInfo;
  record: RequestRecord;
  /** Undefined for an unknown path or method. */
  operation:
    | {
        id: string;
        /** Media types by status, as declared. */
        mediaTypes: ReadonlyMap<number, readonly string[]>;
        validateResponse: () => ValidateResponse;
      }
    | undefined;
}

/** Writes an error with `api.renderError`. An error that is not an `HttpError` becomes a 500 without its message. */
export async function handleError(api: Api, error: unknown, failed: FailedRequest): Promise<void> {
  const { request, response, record, operation } = failed;
  if (response.headersSent) {
    record.log.error({ err: error }, 'the response broke off');
    response.destroy();
    return;
  }
  const known = toHttpError(error, failed);
  let output: AnyOutput;
  try {
    output = render(api, known, failed);
    if (operation !== undefined && isDeclared(known, operation))
      logUndeclared(record, operation.validateResponse()(output));
  } catch (violation) {
    output = renderInternal(api, toInternalError(violation, record), failed);
  }
  await respond(request, response, output, record);
}

/** Every operation may send these, and few contracts declare them; 501 is sent while an operation is being written. */
const universal = new Set<ErrorKind>(['request_timeout', 'unavailable', 'not_implemented']);

const isDeclared = ({ kind, status }: HttpError, { mediaTypes }: NonNullable<FailedRequest['operation']>) =>
  mediaTypes.has(status) || !universal.has(kind);

const DELETED = 'Something that the request needs was deleted in the meantime';

/** The error as the caller may see it. */
function toHttpError(error: unknown, { record, operation }: FailedRequest): HttpError {
  if (error instanceof HttpError) return error;
  if (isForeignKeyViolation(error)) {
    record.log.warn({ err: error, operationId: record.operationId }, 'a row was deleted before another referred to it');
    if (operation?.mediaTypes.has(404)) return new HttpError('not_found', DELETED, { cause: error });
    // The next request finds it missing, and gets the error for that.
    return new HttpError('unavailable', `${DELETED}; try again`, { headers: { 'Retry-After': '1' }, cause: error });
  }
  if (isUnstorable(error))
    return new HttpError('malformed_request', 'Text with a NUL character is not accepted', { cause: error });
  return toInternalError(error, record);
}

function toInternalError(error: unknown, record: RequestRecord): HttpError {
  if (record.exchange !== undefined && error instanceof ResponseContractError) record.exchange.responseError = error;
  const message =
    error instanceof ResponseContractError ? `the response breaks the contract: ${error.message}` : 'unexpected error';
  record.log.error({ err: error, operationId: record.operationId }, message);
  return new HttpError('internal', 'Internal server error', { cause: error });
}

function render(api: Api, error: HttpError, { request, info, operation }: FailedRequest): AnyOutput {
  // A status that is not declared has the media type of 500, which every operation declares.
  const declared = operation?.mediaTypes.get(error.status) ?? operation?.mediaTypes.get(500) ?? [];
  const preferred = declared.length > 1 ? request.accepts([...declared]) || declared[0] : declared[0];
  const mediaTypes = preferred === undefined ? [] : [preferred, ...declared.filter((type) => type !== preferred)];
  const output = api.renderError(error, { request: info, operationId: operation?.id, body: request.body, mediaTypes });
  return { ...output, headers: { ...error.headers, ...output.headers } };
}

/** A 500 with the API's own body, or with a plain one where even that fails. The contract may not declare 500. */
function renderInternal(api: Api, error: HttpError, failed: FailedRequest): AnyOutput {
  try {
    const output = render(api, error, failed);
    if (isJson(output.type) || typeof output.body === 'string') return output;
  } catch (secondError) {
    toInternalError(secondError, failed.record);
  }
  const body = { error: 'internal', message: 'Internal server error' };
  return { status: 500, type: 'application/json', body };
}
