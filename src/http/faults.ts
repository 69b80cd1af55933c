import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { delay } from '../duration.ts';
import type { Fault } from './hooks.ts';
import type { RequestRecord } from './log.ts';
import type { AnyOutput } from './operation.ts';
import { presetHeaders } from './preset-headers.ts';
import type { RequestInfo } from './request.ts';
import { respond } from './respond.ts';
import type { ValidateResponse } from './validate-response.ts';

/** A call on which a fault acts. */
export interface FaultyCall {
  request: Request;
  response: Response;
  info: RequestInfo;
  record: RequestRecord;
  validateResponse: () => ValidateResponse;
}

/**
 * Waits, and then cuts the connection or answers, as the fault says.
 *
 * @param closing ends the wait; undefined where nothing is closed
 * @returns whether the call has ended; otherwise its work is to be done
 */
export async function actFault(fault: Fault, call: FaultyCall, closing: AbortSignal | undefined): Promise<boolean> {
  const { request, response, info, record } = call;
  presetHeaders(response, ['Qiyue-Fault', fault.id]);
  if (record.exchange !== undefined) record.exchange.fault = fault.id;
  if (fault.delayMs > 0) await delay(fault.delayMs, info.disconnected, closing);
  if (response.destroyed || fault.drop === 'before') {
    cut(request, response, record);
    return true;
  }
  if (fault.answer === undefined) return false;
  const output = fault.answer(request, info);
  if (record.exchange !== undefined) record.exchange.responseError = violationOf(output, call.validateResponse());
  await respond(request, response, output, record);
  return true;
}

function violationOf(output: AnyOutput, validate: ValidateResponse): unknown {
  try {
    // The validator takes out what is not declared, and a fault sends what was asked for.
    validate({ ...output });
  } catch (error) {
    return error;
  }
}

/** Cuts the connection in place of an answer. */
export function cut(request: Request, response: Response, record: RequestRecord): void {
  record.exchange?.cut(request);
  response.destroy();
}

/** Cuts the connection after the work: an event stream after its first event, other answers before they begin. */
export async function cutAnswer(
  output: AnyOutput,
  request: Request,
  response: Response,
  record: RequestRecord,
): Promise<void> {
  const { type = '', body } = output;
  if (!type.startsWith('text/event-stream')) {
    if (body instanceof Readable) body.destroy();
    return cut(request, response, record);
  }
  const events = body instanceof Readable ? body : [body as string];
  await respond(request, response, { ...output, body: Readable.from(firstEvent(events)) }, record);
}

/** The beginning of an event stream up to its first event. Ends with an error, which cuts the connection. */
async function* firstEvent(stream: AsyncIterable<string | Uint8Array> | Iterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of stream) {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const event = /^(?:.*\r?\n)*?data:.*\r?\n(?:.+\r?\n)*\r?\n/.exec(text);
    if (event === null) continue;
    yield event[0];
    break;
  }
  // What was written leaves the process first.
  await turn();
  await turn();
  throw new Error('a fault cuts the stream');
}
