import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { actFor } from '../http/own-calls.ts';
import type { CallRequest } from './request.ts';

/** What a call answers. */
export interface CallAnswer extends Record<string, unknown> {
  status: number;
  headers: Record<string, string>;
  /** JSON as a value, text as text; of other content only its type and its length in bytes. */
  body: unknown;
}

/** How long a call may take. */
const TIMEOUT_MS = 30_000;

/** How long a stream of events is read: it has no end. */
const STREAM_MS = 3000;

/** A longer answer would fill the memory of a model. */
const MAX_TEXT = 100_000;

/** Sends a request to the API at this address. Redirects are answers. */
export async function sendByFetch(baseUrl: string, { method, path, headers, body }: CallRequest): Promise<CallAnswer> {
  const response = await fetch(baseUrl + path, {
    method,
    headers,
    ...(body !== undefined && { body }),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return toAnswer(response);
}

/**
 * Sends a request to this server itself, on the connection's own address and port. The names in `host` are those that
 * the caller uses, which may lead elsewhere or nowhere from here.
 *
 * @param own the address that the caller is connected to, the caller's own, and the headers that every call has
 */
export async function sendToSelf(
  own: { address: string; port: number; caller: string; prefix: string; headers: Record<string, string> },
  { method, path, headers, body }: CallRequest,
): Promise<CallAnswer> {
  const encoded = body === undefined ? undefined : new Response(body);
  const bytes = encoded && Buffer.from(await encoded.arrayBuffer());
  const type = encoded?.headers.get('content-type');
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      agent: false,
      host: own.address,
      port: own.port,
      method,
      path: own.prefix + path,
      headers: {
        ...own.headers,
        ...(type && { 'content-type': type }),
        ...headers,
        ...(bytes && { 'content-length': bytes.length }),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    request.once('socket', (socket) => actFor(socket, own.caller));
    request.once('error', reject).once('response', (incoming) => {
      const fields = Object.entries(incoming.headers).flatMap(([name, value]) =>
        [value ?? []].flat().map((one): [string, string] => [name, one]),
      );
      const status = incoming.statusCode ?? 0;
      const hasBody = ![204, 205, 304].includes(status);
      const stream = hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : undefined;
      resolve(toAnswer({ status, headers: new Headers(fields), body: stream ?? null }));
    });
    request.end(bytes);
  });
}

interface ReceivedAnswer {
  status: number;
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
}

async function toAnswer({ status, headers, body }: ReceivedAnswer): Promise<CallAnswer> {
  const type = headers.get('content-type')?.split(';', 1)[0] ?? '';
  const bytes = await read(body, type === 'text/event-stream' ? STREAM_MS : undefined);
  const shown = [...headers].filter(([name]) => !isOfConnection(name));
  return { status, headers: Object.fromEntries(shown), body: toValue(bytes, type) };
}

/** Headers about the connection, and those that only browsers read. */
const isOfConnection = (name: string) =>
  /^(connection|keep-alive|transfer-encoding|content-length|date|vary|origin-agent-cluster|referrer-policy)$/.test(
    name,
  ) ||
  /^(access-control|content-security|cross-origin|strict-transport|x-content-type|x-dns|x-download|x-frame|x-permitted|x-xss)-/.test(
    name,
  );

/** @param forMs for how long; by default to its end */
async function read(body: ReceivedAnswer['body'], forMs?: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  if (body === null) return Buffer.alloc(0);
  const reader = body.getReader();
  const timer = forMs === undefined ? undefined : setTimeout(() => void reader.cancel(), forMs);
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(parts);
}

function toValue(bytes: Buffer, type: string): unknown {
  if (bytes.length === 0) return null;
  const isText = type === '' || /^text\/|json$|javascript$|xml$|x-www-form-urlencoded$/.test(type);
  if (!isText) return { type, bytes: bytes.length };
  const text = bytes.toString();
  if (text.length > MAX_TEXT) return `${text.slice(0, MAX_TEXT)}… (${text.length} characters)`;
  try {
    return type.endsWith('json') ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}
