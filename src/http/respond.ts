import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { AnyOutput } from './operation.ts';

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
  const head: Record<string, string | number | string[]> = { 'X-Request-Id': requestId };
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) head[name] = value as string | number | string[];
  }
  if (body === undefined) {
    if (status !== 204 && status !== 304) head['Content-Length'] = 0;
    response.writeHead(status, head).end();
    return;
  }
  head['Content-Type'] = withCharset(type ?? 'application/json');
  if (body instanceof Readable) return stream(request, response.writeHead(status, head), body);
  const bytes = isJson(type) ? JSON.stringify(body) : (body as string | Uint8Array);
  head['Content-Length'] = Buffer.byteLength(bytes);
  response.writeHead(status, head);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

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
