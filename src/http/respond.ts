import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import type { RequestRecord } from './log.ts';
import type { AnyOutput } from './operation.ts';
import { presetOf } from './preset-headers.ts';

/**
 * Writes an output with `writeHead` and `end`. `res.json` is not used: what it adds (ETag, settings, content negotiation)
 * costs more than the rest, and the contracts do not have it.
 */
export function respond(
  request: Request,
  response: Response,
  output: AnyOutput,
  record: RequestRecord,
): void | Promise<void> {
  const { status, type, headers, body } = output;
  const head = presetOf(response) as Head;
  set(head, 'X-Request-Id', record.id);
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) set(head, name, value as HeaderValue);
  }
  if (body === undefined) {
    if (status !== 204 && status !== 304) set(head, 'Content-Length', 0);
    record.exchange?.sent(request, status, head, body);
    response.writeHead(status, head).end();
    return;
  }
  set(head, 'Content-Type', withCharset(type ?? 'application/json'));
  if (body instanceof Readable) {
    record.exchange?.sent(request, status, head, undefined);
    return stream(request, response.writeHead(status, head), body);
  }
  const bytes = isJson(type) ? JSON.stringify(body) : (body as string | Uint8Array);
  set(head, 'Content-Length', Buffer.byteLength(bytes));
  record.exchange?.sent(request, status, head, bytes);
  response.writeHead(status, head);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

type HeaderValue = string | number | string[];
/** Names and values in turn: the form that Node writes fastest. */
type Head = HeaderValue[];

function set(head: Head, name: string, value: HeaderValue): void {
  let index = 0;
  while (index < head.length && !isSameName(head[index] as string, name)) index += 2;
  head[index] = name;
  head[index + 1] = value;
}

const isSameName = (one: string, other: string) =>
  one.length === other.length && one.toLowerCase() === other.toLowerCase();

/**
 * Resolves when the connection is done with the response. A client that disconnects in the middle is not an error of the
 * server. Node's `pipeline` keeps 7 kB of listeners for each stream, and event streams stay open for hours.
 */
async function stream(request: Request, response: Response, body: Readable): Promise<void> {
  if (request.method === 'HEAD' || response.destroyed) {
    body.destroy();
    response.end();
    return;
  }
  const breakOff = () => void response.destroy();
  body.on('error', breakOff).once('close', () => {
    if (!body.readableEnded) breakOff();
  });
  body.pipe(response.on('error', breakOff));
  await once(response, 'close').catch(breakOff);
  body.destroy();
}

export const isJson = (type: string | undefined) => type === undefined || type.endsWith('json');

// JSON:API forbids parameters on its media type. For other types some old clients need the charset.
const withCharset = (type: string) =>
  type === 'application/json' || type.startsWith('text/') ? `${type}; charset=utf-8` : type;
