import { once } from 'node:events';
import { createServer, request as open, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import express from 'express';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import { parse } from 'yaml';
import type { Context } from '../../src/context.ts';
import { createIntake, type Upload } from '../../src/files/intake.ts';
import type { Api, ErrorScene } from '../../src/http/api.ts';
import type { Contract } from '../../src/http/contract.ts';
import { mountApi } from '../../src/http/mount.ts';
import type { AnyOperation } from '../../src/http/operation.ts';

export const BODY_LIMIT = 10_000;
export const UPLOAD_LIMIT = 20_000;
export const BODY_IDLE_MS = 300;
export const BODY_MEMORY = 2 * BODY_LIMIT;
export const UPLOAD_SPACE = 2 * UPLOAD_LIMIT;

export interface Mounted {
  url: string;
  lines: Record<string, unknown>[];
  /** The inputs of the operations, newest last. */
  // biome-ignore lint/suspicious/noExplicitAny: an input of any operation
  calls: Record<string, any>[];
  scenes: ErrorScene[];
}

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** Serves the paths of a small contract below /api. Without `operations` each one returns 200 and records its input. */
export async function mount(
  paths: string,
  operations: Record<string, AnyOperation> | undefined = undefined,
  more: { components?: string; security?: Api['security']; required?: string; production?: boolean } = {},
): Promise<Mounted> {
  const lines: Record<string, unknown>[] = [];
  const calls: Record<string, unknown>[] = [];
  const scenes: ErrorScene[] = [];
  const contract = parse(`
openapi: 3.1.0
jsonSchemaDialect: https://json-schema.org/draft/2020-12/schema
info: { title: Test, version: 1.0.0 }
${more.required ?? ''}
paths:
${paths}
components:
  responses:
    Refused: { description: No, content: { application/json: { schema: { type: object, required: [error], properties: { error: { type: string }, message: { type: string }, fields: { type: array, items: { type: string } } } } } } }
${more.components ?? ''}
`) as Contract;
  for (const item of Object.values(contract.paths)) {
    for (const operation of Object.values(item) as { operationId?: string; responses?: Record<string, unknown> }[]) {
      if (operation.operationId === undefined) continue;
      operation.responses ??= { 200: { description: 'Echo', content: { 'application/json': { schema: {} } } } };
      const isDownload = '206' in operation.responses;
      for (const status of [400, 401, 403, ...(isDownload ? [] : [406]), 413, 415, 500])
        operation.responses[status] ??= { $ref: '#/components/responses/Refused' };
    }
  }
  const echo: AnyOperation = async (input) => {
    calls.push({ ...input, body: await readUploads(input.body) });
    return { status: 200, body: {} };
  };
  const ids = Object.values(contract.paths).flatMap((item) =>
    Object.values(item).flatMap((operation) => (operation as { operationId?: string }).operationId ?? []),
  );
  const api: Api = {
    name: 'test',
    contract,
    operations: operations ?? Object.fromEntries(ids.map((id) => [id, echo])),
    security: more.security ?? {},
    renderError(error, scene) {
      scenes.push(scene);
      const { kind, message, details } = error;
      return {
        status: error.status,
        type: scene.mediaTypes[0] ?? 'application/json',
        body: { error: kind, message, fields: details.map(({ path, keyword }) => `${path} ${keyword}`) },
      };
    },
  };
  const log = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  const config = {
    bodyLimit: BODY_LIMIT,
    uploadLimit: UPLOAD_LIMIT,
    bodyIdleMs: BODY_IDLE_MS,
    production: more.production,
    sandbox: !more.production,
  };
  const intake = createIntake({ bodyMemory: BODY_MEMORY, uploadSpace: UPLOAD_SPACE });
  const context = { config, intake, log } as unknown as Context;
  const server = createServer(express().disable('x-powered-by').use('/api', mountApi(api, context))).listen(
    0,
    '127.0.0.1',
  );
  servers.push(server);
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`, lines, calls, scenes };
}

/** A file of a form, as far as the operation could read it. */
export interface ReadUpload {
  name: string;
  type: string;
  bytes: number[];
}

/** Reads the files of a body: after the request they are gone. */
async function readUploads(body: unknown): Promise<unknown> {
  if (isUpload(body)) return { name: body.name, type: body.type, bytes: [...(await buffer(body.stream()))] };
  if (typeof body !== 'object' || body === null || !Object.values(body).some(isUpload)) return body;
  const fields = Object.entries(body).map(async ([name, value]) => [name, await readUploads(value)] as const);
  return Object.fromEntries(await Promise.all(fields));
}

const isUpload = (value: unknown): value is Upload => typeof (value as Upload | undefined)?.stream === 'function';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any operation
  json: any;
}

/** Sends a request as it is; `fetch` would normalise or reject some of them. */
export async function raw(
  url: string,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
  body?: string | Uint8Array,
): Promise<Answer> {
  const { hostname, port, pathname } = new URL(url);
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const request = open({ hostname, port, path: pathname + path, method, headers: { ...length, ...headers } });
  request.end(body);
  const [response] = await once(request, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    json: /json/.test(response.headers['content-type'] ?? '') && text !== '' ? JSON.parse(text) : undefined,
  };
}

export const json = { 'Content-Type': 'application/json' };
export const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
export const last = <T>(values: readonly T[]) => values.at(-1) as T;
