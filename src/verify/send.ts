import { request as open } from 'node:http';
import type { Wire } from './exchange.ts';
import type { Answer } from './judge.ts';

/**
 * Sends a request unchanged, or all but its last byte, and follows no redirect. The answer of an event stream, which has no end, is its first
 * chunk.
 */
export function send(
  base: string,
  { method, target, headers, body }: Wire,
  { chunked = false, stalls = false }: { chunked?: boolean | undefined; stalls?: boolean | undefined } = {},
): Promise<Answer> {
  const { hostname, port, pathname } = new URL(base);
  const path = pathname.replace(/\/$/, '') + target;
  const length = chunked
    ? { 'Transfer-Encoding': 'chunked' } // Without it Node sends neither header with DELETE
    : body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const request = open(
      { hostname, port, path, method, headers: { ...length, ...headers }, timeout: 30_000 },
      (response) => {
        const { statusCode = 0, headers } = response;
        const chunks: Buffer[] = [];
        const answer = () => resolve({ status: statusCode, headers, body: Buffer.concat(chunks) });
        const isEndless = headers['content-type']?.startsWith('text/event-stream');
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (!isEndless) return;
          answer();
          response.destroy();
        });
        response.on('end', answer);
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${target}`)));
    request.on('error', reject);
    if (stalls) request.write(Buffer.from(body ?? '').subarray(0, -1));
    else request.end(body);
  });
}
