import { request as openHttp } from 'node:http';
import { request as openHttps } from 'node:https';
import type { Wire } from './exchange.ts';
import type { Answer } from './judge.ts';

export interface SendOptions {
  /** Without a length of the body. */
  chunked?: boolean | undefined;
  /** All but the last byte is sent. */
  stalls?: boolean | undefined;
  /** How long the connection may be silent. */
  timeoutMs?: number;
}

/**
 * Sends a request unchanged, and follows no redirect. The answer of an event stream, which has no end, is its first chunk.
 *
 * @throws when there is no answer: the connection failed, or was silent for too long
 */
export function send(base: string, wire: Wire, options: SendOptions = {}): Promise<Answer> {
  return sendOnce(base, wire, options, true);
}

/** @param mayReuse whether a connection of an earlier request may be used */
function sendOnce(base: string, wire: Wire, options: SendOptions, mayReuse: boolean): Promise<Answer> {
  const { method, target, headers, body } = wire;
  const { chunked = false, stalls = false, timeoutMs = 30_000 } = options;
  const { protocol, hostname, port, pathname } = new URL(base);
  const open = protocol === 'https:' ? openHttps : openHttp;
  const path = pathname.replace(/\/$/, '') + target;
  const length = chunked
    ? { 'Transfer-Encoding': 'chunked' } // Without it Node sends neither header with DELETE
    : body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const request = open(
      {
        hostname: hostname.replace(/^\[|\]$/g, ''),
        port,
        path,
        method,
        headers: { ...length, ...headers },
        ...(!mayReuse && { agent: false }),
      },
      (response) => {
        const { statusCode = 0, headers } = response;
        const chunks: Buffer[] = [];
        const answer = (isCut = false) =>
          resolve({ status: statusCode, headers, body: Buffer.concat(chunks), ...(isCut && { isCut }) });
        const isEndless = headers['content-type']?.startsWith('text/event-stream');
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (!isEndless) return;
          answer();
          response.destroy();
        });
        response.on('end', () => answer());
        response.on('error', () => answer(true));
      },
    );
    request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer to ${method} within ${timeoutMs} ms`)));
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The server has closed a connection that waited for the next request.
      if (request.reusedSocket && error.code === 'ECONNRESET')
        sendOnce(base, wire, options, false).then(resolve, reject);
      else reject(error);
    });
    if (stalls) request.write(Buffer.from(body ?? '').subarray(0, -1));
    else request.end(body);
  });
}
