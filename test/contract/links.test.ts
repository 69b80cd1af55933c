import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis, sandbox } from '../../src/app.ts';
import type { Addresses } from '../../src/docs/addresses.ts';
import { sampleRequest } from '../../src/docs/samples/example.ts';
import { headersOf, type SampleBody, type SampleRequest, urlOf } from '../../src/docs/samples/request.ts';
import type { Api } from '../../src/http/api.ts';
import { type LinkOfAnswer, linksOf } from '../../src/http/links.ts';
import type { Answer } from '../../src/verify/judge.ts';
import { evaluate, type FinishedCall, parametersOf } from '../../src/verify/runtime-expressions.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { createChecker } from './checker.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** A world of its own with fresh demo data, as the addresses of the samples. Worlds have no worlds inside. */
async function createWorld(api: Api): Promise<Addresses> {
  if (api === sandbox) return { server: server.url, mock: undefined, isSandbox: true };
  const response = await fetch(`${server.url}/sandbox/worlds`, { method: 'POST' });
  return { server: ((await response.json()) as { base_url: string }).base_url, mock: undefined, isSandbox: true };
}

function encode(body: SampleBody | undefined): BodyInit | undefined {
  if (body === undefined) return undefined;
  if (body.kind === 'json') return JSON.stringify(body.value);
  if (body.kind === 'form') return new URLSearchParams(body.value as Record<string, string>);
  const file = body.kind === 'bytes' ? body.file : undefined;
  if (file !== undefined) return file.text ?? Buffer.from(file.base64 ?? '', 'base64');
  const form = new FormData();
  for (const [name, value] of body.kind === 'multipart' ? body.fields : []) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([value.text ?? Buffer.from(value.base64 ?? '', 'base64')]), value.name);
  }
  return form;
}

/** Sends a request and returns the call as runtime expressions see it, and the answer as the checker sees it. */
async function call(request: SampleRequest): Promise<FinishedCall & { answer: Answer }> {
  const body = encode(request.body);
  const response = await fetch(urlOf(request), {
    method: request.method,
    headers: headersOf(request),
    ...(body !== undefined && { body }),
    redirect: 'manual',
  });
  const header = Object.fromEntries(response.headers);
  const bytes = Buffer.from(await response.arrayBuffer());
  const given = (place: string) =>
    Object.fromEntries(request.parameters.filter((one) => one.in === place).map(({ name, value }) => [name, value]));
  return {
    url: urlOf(request),
    method: request.method,
    request: {
      path: given('path'),
      query: given('query'),
      header: headersOf(request),
      body: request.body !== undefined && 'value' in request.body ? request.body.value : undefined,
    },
    statusCode: response.status,
    response: { header, body: /json/.test(header['content-type'] ?? '') ? JSON.parse(bytes.toString()) : undefined },
    answer: { status: response.status, headers: header, body: bytes },
  };
}

/** Bodies in place of examples that are about the demo data. */
const ownBodies: Record<string, Record<string, unknown>> = { createProject: { project: { name: '官网改版' } } };

/** The target's own example with what the link says, and the credentials of the source where they are of one kind. */
function follow(api: Api, link: LinkOfAnswer, source: SampleRequest, made: FinishedCall, at: Addresses): SampleRequest {
  const target = sampleRequest(api, link.operationId, at);
  const own = ownBodies[link.operationId];
  if (own !== undefined) target.body = { kind: 'json', type: 'application/json', value: own };
  for (const { name, value } of parametersOf(link, made)) {
    const parameter = target.parameters.find((one) => one.name === name);
    expect(value, `${link.source} → ${link.operationId}: ${name}`).toBeDefined();
    if (parameter !== undefined) parameter.value = value as string;
    else target.parameters.push({ name, in: 'query', value: value as string });
  }
  if (link.requestBody !== undefined) {
    const body = evaluate(link.requestBody, made) as Record<string, unknown>;
    expect(Object.values(body), `${link.source} → ${link.operationId}`).not.toContain(undefined);
    const { value } = target.body as { value: Record<string, unknown> };
    const isForm = target.body?.kind === 'form';
    target.body = { ...(target.body as SampleBody & { kind: 'json' }), value: isForm ? body : { ...value, ...body } };
  }
  const { Authorization } = source.headers;
  if (source.scheme === target.scheme && Authorization !== undefined) target.headers.Authorization = Authorization;
  return target;
}

describe.each(apis.map((api) => [api.name, api] as const))('the links of %s', (name, api) => {
  const links = linksOf(api.contract);
  const checker = createChecker(name);

  it('are five or more, and lead to operations and parameters that exist', () => {
    expect(links.length).toBeGreaterThanOrEqual(5);
    for (const link of links) {
      const target = checker.operations.get(link.operationId);
      expect(target, `${link.source} → ${link.operationId}`).toBeDefined();
      const names = Object.keys(link.parameters ?? {});
      expect(names.length > 0 || link.requestBody !== undefined).toBe(true);
      expect(target?.parameters.map((parameter) => parameter.name)).toEqual(expect.arrayContaining(names));
      if (link.requestBody !== undefined) expect(target?.requestBody).toBeDefined();
    }
  });

  const starts = new Map(links.map(({ source, status }) => [`${source} ${status}`, { source, status }]));
  it.each([...starts])('that begin at %s lead to a success', async (_, { source: id, status }) => {
    const at = await createWorld(api);
    // listRequests lists at least this one.
    await fetch(`${at.server}/tower/api/v1/user`);
    const source = sampleRequest(api, id, at);
    let made = await call(source);
    // A snapshot is created at first, and replaced then.
    if (String(made.statusCode) !== status) made = await call(source);
    expect(String(made.statusCode)).toBe(status);
    const followed = [];
    for (const link of links.filter((one) => one.source === id && one.status === status)) {
      const { answer } = await call(follow(api, link, source, made, at));
      const isSuccess = answer.status < 400 && !isRefusal(answer);
      followed.push([
        link.operationId,
        isSuccess || answer.body.toString(),
        checker.problems(link.operationId, answer),
      ]);
    }
    expect(followed).toEqual(followed.map(([target]) => [target, true, []]));
  });
});

/** UCenter and PPMessage refuse with the status of success and a number in the body. */
function isRefusal({ headers, body }: Answer): boolean {
  if (!/json/.test(String(headers['content-type']))) return false;
  const { code, error_code } = JSON.parse(body.toString()) as Record<string, unknown>;
  return code === 0 || (error_code !== undefined && error_code !== '0');
}
