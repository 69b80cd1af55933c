import { type IncomingHttpHeaders, request } from 'node:http';
import { expect } from 'vitest';

export interface RawResponse {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Sends target, headers (`Host` included) and body byte by byte as they are, which `fetch` does not. */
export const sendRaw = (
  serverUrl: string,
  method: string,
  target: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<RawResponse> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(serverUrl);
    const outgoing = request({ host: '127.0.0.1', port, method, path: target, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

/** Expects an error in the body of its kind: RFC 6749 §5.2 or JSON:API (T-35). */
export function expectApiError(
  { status, headers, text }: RawResponse,
  expected: number | number[],
  kind: 'oauth' | 'jsonapi',
): void {
  expect(Array.isArray(expected) ? expected : [expected], text).toContain(status);
  expect(headers['content-type'], text).toMatch(/^application\/(vnd\.api\+)?json/);
  expect(headers['x-request-id']).toMatch(/\S/);
  const body = JSON.parse(text) as { error?: string; error_description?: string; errors?: object[] };
  if (kind === 'oauth')
    expect(body).toMatchObject({
      error: expect.stringMatching(/^[a-z_]+$/),
      error_description: expect.stringMatching(/\S/),
    });
  else
    expect(body.errors?.[0]).toMatchObject({
      status: String(status),
      title: expect.stringMatching(/\S/),
      detail: expect.stringMatching(/\S/),
    });
  expect(text).not.toMatch(/node_modules|\.ts:\d|at \w+ \(/);
}

export const form = { 'content-type': 'application/x-www-form-urlencoded' };
export const json = { 'content-type': 'application/json' };
