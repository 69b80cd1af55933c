import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
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
  requestId: string,
): void | Promise<void> {
  const { status, type, headers, body } = output;
  const head = presetOf(response) as Head;
  set(head, 'X-Request-Id', requestId);
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) set(head, name, value as HeaderValue);
  }
  if (body === undefined) {
    if (status !== 204 && status !== 304) set(head, 'Content-Length', 0);
    response.writeHead(status, head).end();
    return;
  }
  set(head, 'Content-Type', withCharset(type ?? 'application/json'));
  if (body instanceof Readable) return stream(request, response.writeHead(status, head), body);
  const bytes = isJson(type) ? JSON.stringify(body) : (body as string | Uint8Array);
  set(head, 'Content-Length', Buffer.byteLength(bytes));
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

async function stream(request: Request, response: Response, body: Readable): Promise<void> {
  if (request.method === 'HEAD') {
    body.destroy();
    response.end();
    return;
  }
  // A client that disconnects in the middle of a stream is not an error of the server.
  await pipeline(body, response).catch(() => response.destroy());
}

export const isJson = (type: string | undefined) => type === undefined || type.endsWith('json');

// JSON:API forbids parameters on its media type. For other types some old clients need the charset.
const withCharset = (type: string) =>
  type === 'application/json' || type.startsWith('text/') ? `${type}; charset=utf-8` : type;
