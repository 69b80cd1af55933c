import { readFile } from 'node:fs/promises';
import { requestProblems } from './check-request.ts';
import { VerifyError } from './error.ts';
import type { Wire } from './exchange.ts';
import { type Answer, createJudge } from './judge.ts';
import type { Operation } from './operations.ts';
import { Recorder, type Verification } from './recorder.ts';
import { Redactor } from './redact.ts';
import type { Node } from './references.ts';
import { compiler } from './schemas.ts';

/** The parts of HAR 1.2 that are read. */
interface Entry {
  time?: number;
  request: {
    method: string;
    url: string;
    headers?: NameValue[];
    cookies?: NameValue[];
    postData?: { mimeType?: string; text?: string; params?: { name: string; value?: string }[] };
  };
  response: {
    status: number;
    headers?: NameValue[];
    content?: { size?: number; mimeType?: string; text?: string; encoding?: string };
  };
}

interface NameValue {
  name: string;
  value: string;
}

export interface HarOptions {
  api: string;
  contract: Node;
  /** The API's base in the recording. */
  url: string;
  slowMs: number;
  strict: boolean;
}

/**
 * Judges the exchanges that a browser or a proxy has recorded, without sending anything. Entries of other addresses, and of
 * none of the operations, do not count. Recordings often lack credentials, so nothing is said about authentication.
 *
 * @throws VerifyError when the file cannot be read, or has nothing of the API
 */
export async function verifyHar(file: string, options: HarOptions): Promise<Verification> {
  const { api, contract, url, slowMs, strict } = options;
  const entries = await readEntries(file);
  const own = entries.flatMap((entry) => {
    const target = targetBelow(url, entry.request.url);
    return target === undefined ? [] : [{ entry, target }];
  });
  if (own.length === 0) {
    const origins = [...new Set(entries.map(({ request }) => originOf(request.url)))].join(', ');
    throw new VerifyError(`${file} has no request below ${url}; its requests are to ${origins || 'nothing'}`);
  }
  const judge = createJudge(contract, { strict });
  const compile = compiler(contract);
  const redactor = new Redactor();
  const recorder = new Recorder(url, { judge, contract, redactor, slowMs });
  const operations = [...judge.operations.values()];
  for (const { entry, target } of own) {
    const operation = findOperation(operations, entry.request.method, target);
    if (operation === undefined) continue;
    const wire = toWire(entry, target);
    learnSecrets(redactor, entry, wire);
    if (entry.response.status === 0) {
      recorder.recordFailure(operation, wire, new Error('the recording has no answer'));
      continue;
    }
    const { answer, withoutBody } = toAnswer(entry);
    recorder.record(operation, wire, answer, entry.time ?? 0, { withoutBody });
    if (!recorder.isSuccess(operation, answer) || String(answer.headers['content-type']).startsWith('text/html'))
      continue;
    for (const { what, ...problem } of requestProblems(operation, wire, contract, compile))
      recorder.add(
        operation,
        wire,
        { kind: 'accepted-bad-input', message: `the operation succeeds although ${what}`, ...problem },
        answer,
      );
  }
  return recorder.conclude({ api, url, mode: 'har' });
}

async function readEntries(file: string): Promise<Entry[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new VerifyError(`The recording cannot be read: ${error.message}`);
  });
  let entries: unknown;
  try {
    entries = (JSON.parse(text) as { log?: { entries?: unknown } } | null)?.log?.entries;
  } catch {
    throw new VerifyError(`${file} is not JSON`);
  }
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw new VerifyError(`${file} is not a HAR file`);
  return entries;
}

const isEntry = (value: unknown): value is Entry => {
  const { request, response } = (value ?? {}) as Partial<Entry>;
  return typeof request?.url === 'string' && typeof request.method === 'string' && typeof response?.status === 'number';
};

const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : url.slice(0, 40));

/** Path and query below the base; undefined for another address. */
function targetBelow(base: string, address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const [own, url] = [new URL(base), new URL(address)];
  const prefix = own.pathname.replace(/\/$/, '');
  if (url.origin !== own.origin || !`${url.pathname}/`.startsWith(`${prefix}/`)) return undefined;
  return `${url.pathname.slice(prefix.length) || '/'}${url.search}`;
}

/** The operation of a path; one without parameters comes before one with them. */
function findOperation(operations: readonly Operation[], method: string, target: string): Operation | undefined {
  const segments = (target.split('?', 1)[0] ?? '').split('/');
  const parametersIn = ({ path }: Operation) => path.split('{').length;
  return operations
    .filter((operation) => {
      const template = operation.path.split('/');
      return (
        (operation.method === method || (method === 'HEAD' && operation.method === 'GET')) &&
        template.length === segments.length &&
        template.every((part, index) => part.startsWith('{') || part === segments[index])
      );
    })
    .toSorted((a, b) => parametersIn(a) - parametersIn(b))[0];
}

/** Headers that belong to the connection, or that HTTP/2 writes for itself. */
const ofConnection = /^(:.*|host|connection|content-length|accept-encoding|transfer-encoding)$/i;

function toWire({ request: { method, headers = [], postData } }: Entry, target: string): Wire {
  const sent = headers.filter(({ name }) => !ofConnection.test(name));
  const type = postData?.mimeType;
  const fields = (postData?.params ?? []).map(({ name, value = '' }) => [name, value]);
  const body = postData?.text ?? (fields.length > 0 ? new URLSearchParams(fields).toString() : undefined);
  const known = Object.fromEntries(
    sent.map(({ name, value }) => [name.toLowerCase() === 'content-type' ? 'Content-Type' : name, value]),
  );
  return {
    method,
    target,
    headers: { ...(type && { 'Content-Type': type }), ...known },
    ...(body !== undefined && body !== '' && { body }),
  };
}

function toAnswer({ request: { method }, response }: Entry): { answer: Answer; withoutBody: boolean } {
  const { status, headers = [], content = {} } = response;
  const { text, encoding, size = 0 } = content;
  const received: Record<string, string[]> = {};
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    received[key] = [...(received[key] ?? []), value];
  }
  const single = Object.entries(received).map(([name, values]) => [name, values.length === 1 ? values[0] : values]);
  const body = Buffer.from(text ?? '', encoding === 'base64' ? 'base64' : 'utf8');
  const isUnknown = text === undefined && size !== 0;
  return { answer: { status, headers: Object.fromEntries(single), body }, withoutBody: method === 'HEAD' || isUnknown };
}

function learnSecrets(redactor: Redactor, { request, response }: Entry, { target, body }: Wire): void {
  for (const { name, value } of [...(request.headers ?? []), ...(request.cookies ?? []), ...(response.headers ?? [])])
    redactor.learn(value.replace(/^\w+ /, ''), name);
  redactor.learn(Object.fromEntries(new URLSearchParams(target.split('?', 2)[1] ?? '')));
  redactor.learn(Object.fromEntries(new URLSearchParams(typeof body === 'string' ? body : '')));
  for (const text of [body, response.content?.text]) {
    try {
      redactor.learn(JSON.parse(String(text)));
    } catch {
      // Not JSON: the patterns of the redactor are left.
    }
  }
}
