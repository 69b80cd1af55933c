import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { apis } from '../src/app.ts';
import { methods, type OperationObject } from '../src/http/contract.ts';
import { control, makeWorld } from './sandbox/control.ts';
import { startServer, type TestServer } from './support/server.ts';

interface Result {
  structuredContent?: Record<string, unknown>;
  content: { type: 'text'; text: string }[];
  isError?: boolean;
}

interface Described {
  method: string;
  path: string;
  example: Record<string, unknown>;
}

let server: TestServer;
let client: Client;

async function connect(url: string, headers: Record<string, string> = {}): Promise<Client> {
  const made = new Client({ name: 'test', version: '1' });
  await made.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }) as never);
  return made;
}

const callTool = async (name: string, input: Record<string, unknown>, at = client) =>
  (await at.callTool({ name, arguments: input })) as unknown as Result;

const textOf = ({ content }: Result) => content.map(({ text }) => text).join('\n');

beforeAll(async () => {
  server = await startServer();
  client = await connect(server.url);
});
afterAll(async () => {
  await client.close();
  await server.close();
});

const operations = apis.flatMap(({ name: api, contract }) =>
  Object.values(contract.paths).flatMap((item) =>
    methods.flatMap((method) => (item[method] ? [{ api, method, operation: item[method] as OperationObject }] : [])),
  ),
);

describe('the list of tools', () => {
  it('has three, and is small', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['search', 'describe', 'call']);
    const texts = tools.map(({ description, inputSchema }) => description + JSON.stringify(inputSchema.properties));
    expect(Buffer.byteLength(texts.join(''))).toBeLessThanOrEqual(2048);
    expect(Buffer.byteLength(JSON.stringify(tools))).toBeLessThanOrEqual(4096);
  });
});

describe('search', () => {
  it.each([
    ['create a todo', 'tower', 'createTodo'],
    ['创建任务', 'tower', 'createTodo'],
    ['PP_SEND_MESSAGE', 'ppmessage', 'sendMessage'],
    ['重置密码', 'ucenter', 'updatePassword'],
    ['upload picture', 'gobelieve', 'uploadImage'],
    ['move the clock', 'sandbox', 'updateClock'],
  ])('finds what "%s" is about', async (query, api, operation) => {
    const { results } = (await callTool('search', { query })).structuredContent as { results: object[] };
    expect(results.slice(0, 3)).toContainEqual(expect.objectContaining({ api, operation }));
  });

  it.each(['发送短信', '发送短信验证码'])('finds operations when only other texts have all of "%s"', async (query) => {
    const { results } = (await callTool('search', { query, api: 'ucenter' })).structuredContent as {
      results: object[];
    };
    expect(results.slice(0, 3)).toContainEqual(expect.objectContaining({ operation: 'sendSmsCode' }));
  });

  it('looks into one API', async () => {
    const { results } = (await callTool('search', { query: 'message', api: 'gobelieve' })).structuredContent as {
      results: { api: string }[];
    };
    expect(new Set(results.map(({ api }) => api))).toEqual(new Set(['gobelieve']));
  });

  it('names the APIs when there is no such one', async () => {
    const result = await callTool('search', { query: 'message', api: 'slack' });
    expect([result.isError, textOf(result)]).toEqual([true, expect.stringContaining('tower, gobelieve')]);
  });
});

/** A server on fresh demo data: a world, because calls end tokens and delete what others need. */
async function connectToWorld(): Promise<{ at: Client; end: () => Promise<void> }> {
  const world = await makeWorld(server.url);
  const at = await connect(world.base_url);
  return {
    at,
    end: async () => {
      await at.close();
      await control(server.url, 'DELETE', `/worlds/${world.id}`);
    },
  };
}

/** Calls of the examples, and those that got neither success nor a redirect. */
const outcomes = { all: 0, failed: [] as string[] };

describe('describe and call', () => {
  it.each(apis.map(({ name }) => name))(
    'call every operation of %s: the example gets a declared status',
    async (api) => {
      const shared = await connectToWorld();
      for (const { operation, method } of operations.filter((one) => one.api === api)) {
        const id = operation.operationId;
        // There are no worlds inside a world.
        const isApart = method !== 'get' && api !== 'sandbox';
        const { at, end } = isApart ? await connectToWorld() : shared;
        const target = api === 'sandbox' ? client : at;
        const described = await callTool('describe', { api, operation: id }, target);
        const { example, ...place } = described.structuredContent as unknown as Described;
        expect(place).toMatchObject({ method: method.toUpperCase(), path: expect.stringMatching(/^\//) });
        for (const status of Object.keys(operation.responses)) expect(textOf(described)).toContain(`| ${status} |`);
        const result = await callTool('call', { api, operation: id, ...example }, target);
        expect([id, result.isError ? textOf(result) : undefined]).toEqual([id, undefined]);
        const { status } = result.structuredContent as { status: number };
        expect([id, Object.keys(operation.responses)]).toEqual([id, expect.arrayContaining([String(status)])]);
        outcomes.all += 1;
        if (status >= 400) outcomes.failed.push(`${api} ${id}: ${status}`);
        if (isApart) await end();
      }
      await shared.end();
    },
    60_000,
  );

  it('succeed for at least 95 of 100 operations', () => {
    expect(outcomes.failed.length / outcomes.all, outcomes.failed.join('\n')).toBeLessThanOrEqual(0.05);
  });
});

describe('a call that breaks the contract', () => {
  const todo = { api: 'tower', operation: 'createTodo', path: { todolist_id: 'any' } };

  it.each([
    [{ ...todo, body: { todo: { content: '' } } }, /^body\.todo\.content: .*1 characters \(minLength\)/],
    [{ ...todo, body: {} }, /^body\.todo: is required \(required\)/],
    [{ ...todo, path: {}, body: { todo: { content: 'a' } } }, /^path\.todolist_id: /],
    [
      { api: 'tower', operation: 'getTodo', path: { todo_id: 'a' }, query: { pages: 1 } },
      /^query\.pages: there is no such/,
    ],
    [{ api: 'tower', operation: 'getUser', body: {} }, /^body: the operation takes none/],
    [{ api: 'tower', operation: 'getUser', query: 'a' }, /^query: must be an object/],
    [{ api: 'tower', operation: 'getUser', as: 'unknown' }, /^as: must be one of demo, /],
    [{ api: 'tower', operation: 'getUser', params: {} }, /^params: not known/],
    [{ api: 'tower', operation: 'creatTodo' }, /^tower has no operation creatTodo\. Near names: createTodo/],
    [{ api: 'towers', operation: 'getUser' }, /^There is no API towers/],
    [{ api: 'tower' }, /^operation: must be a text/],
  ])('is not sent: %j', async (input, message) => {
    const before = await (await control(server.url, 'GET', '/requests')).text();
    const result = await callTool('call', input);
    expect([result.isError, textOf(result)]).toEqual([true, expect.stringMatching(message)]);
    const after = (await (await control(server.url, 'GET', '/requests')).json()) as unknown[];
    expect(after).toEqual(JSON.parse(before));
  });

  it.each(['X-Forwarded-For', 'Host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Qiyue-World'])(
    'is not sent with the header %s',
    async (name) => {
      const result = await callTool('call', { api: 'tower', operation: 'getUser', headers: { [name]: '5000' } });
      const message = `headers.${name.toLowerCase()}: a call cannot set this header. Headers: `;
      expect([result.isError, textOf(result)]).toEqual([true, expect.stringContaining(message)]);
    },
  );

  it.each(['', '.', '..'])('is not sent with the value "%s" in its path', async (todo_id) => {
    const result = await callTool('call', { api: 'tower', operation: 'getTodo', path: { todo_id } });
    expect([result.isError, textOf(result)]).toEqual([true, 'path.todo_id: must not be empty, "." or ".."']);
  });

  it('names near operations in describe, too', async () => {
    const result = await callTool('describe', { api: 'gobelieve', operation: 'createTodo' });
    expect([result.isError, textOf(result)]).toEqual([true, expect.stringContaining('createTodo of tower')]);
  });
});

describe('the callers of calls', () => {
  const getUser = { api: 'tower', operation: 'getUser' };
  const nameOf = ({ structuredContent }: Result) => JSON.stringify(structuredContent?.body);

  it('are demo people', async () => {
    const { structuredContent } = await callTool('describe', getUser);
    const { people } = structuredContent as { people: { key: string; name: string }[] };
    const [first, second] = people as [(typeof people)[0], (typeof people)[0]];
    expect(nameOf(await callTool('call', getUser))).toContain(first.name);
    expect(nameOf(await callTool('call', { ...getUser, as: 'demo' }))).toContain(first.name);
    expect(nameOf(await callTool('call', { ...getUser, as: second.key }))).toContain(second.name);
  });

  it('are those of the credentials that the call or the connection has', async () => {
    const headers = { Authorization: 'Bearer wrong' };
    expect((await callTool('call', { ...getUser, headers })).structuredContent).toMatchObject({ status: 401 });
    const other = await connect(server.url, headers);
    expect((await callTool('call', getUser, other)).structuredContent).toMatchObject({ status: 401 });
    await other.close();
  });
});

describe('the addresses of callers', () => {
  it('are those that connect to the protocol', async () => {
    const proxied = await startServer({ TRUST_PROXY: '1' });
    onTestFinished(() => proxied.close());
    const at = await connect(proxied.url, { 'X-Forwarded-For': '192.0.2.9' });
    const { structuredContent } = await callTool('describe', { api: 'ucenter', operation: 'createLog' }, at);
    const { example } = structuredContent as unknown as Described;
    await callTool('call', { api: 'ucenter', operation: 'createLog', ...example }, at);
    const logs = await callTool('call', { api: 'ucenter', operation: 'listLogs' }, at);
    expect(textOf(logs)).toContain('"ip":"192.0.2.9"');
    await at.close();
  });
});

describe('the address of the protocol', () => {
  const post = (url: string, headers: Record<string, string>) =>
    fetch(`${url}/mcp`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });

  it('refuses pages of other origins', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1'])
      expect([origin, (await post(server.url, { Origin: origin })).status]).toEqual([origin, 403]);
    expect((await post(server.url, { Origin: server.url })).status).toBe(200);
  });

  it('answers what is no JSON with an error of JSON-RPC', async () => {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
    const response = await fetch(`${server.url}/mcp`, { method: 'POST', headers, body: '{"jsonrpc":' });
    expect([response.status, await response.json()]).toEqual([
      400,
      { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } },
    ]);
  });

  it('has no sessions', async () => {
    expect((await fetch(`${server.url}/mcp`)).status).toBe(405);
    expect((await fetch(`${server.url}/mcp`, { method: 'DELETE' })).status).toBe(405);
  });

  it('is off in production unless MCP says on, and then has no demo people', async () => {
    const environment = { NODE_ENV: 'production', PUBLIC_URL: 'https://example.com' };
    const off = await startServer(environment);
    onTestFinished(() => off.close());
    expect((await post(off.url, {})).status).toBe(404);
    const on = await startServer({ ...environment, MCP: 'on' });
    onTestFinished(() => on.close());
    expect((await post(on.url, { Origin: 'https://example.com' })).status).toBe(200);
    expect((await post(on.url, { Origin: on.url })).status).toBe(403);
    const agent = await connect(on.url);
    const { structuredContent } = await callTool('describe', { api: 'tower', operation: 'getUser' }, agent);
    expect(structuredContent).toEqual(expect.not.objectContaining({ people: expect.anything() }));
    expect(JSON.stringify(structuredContent)).not.toContain('demo');
    const call = await callTool('call', { api: 'tower', operation: 'getUser' }, agent);
    expect(call.structuredContent).toMatchObject({ status: 401 });
    expect((await callTool('call', { api: 'tower', operation: 'getUser', as: 'demo' }, agent)).isError).toBe(true);
    await agent.close();
  });
});

describe('qiyue mcp', () => {
  async function start(...parameters: string[]): Promise<Client> {
    const made = new Client({ name: 'test', version: '1' });
    const args = ['.ci/start.mjs', 'mcp', ...parameters];
    await made.connect(new StdioClientTransport({ command: process.execPath, args }) as never);
    onTestFinished(() => made.close());
    return made;
  }

  it('calls a sandbox with its demo credentials', async () => {
    const agent = await start('--url', server.url);
    const { tools } = await agent.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['search', 'describe', 'call']);
    const { results } = (await callTool('search', { query: '上传图片' }, agent)).structuredContent as {
      results: object[];
    };
    expect(results[0]).toMatchObject({ api: 'gobelieve' });
    const { structuredContent } = await callTool('describe', { api: 'gobelieve', operation: 'uploadImage' }, agent);
    const { example } = structuredContent as unknown as Described;
    const call = await callTool('call', { api: 'gobelieve', operation: 'uploadImage', ...example }, agent);
    expect(call.structuredContent).toMatchObject({ status: 200, body: { src: expect.stringMatching(/\.png$/) } });
  }, 30_000);

  it('calls with the token that it was started with', async () => {
    const agent = await start('--url', server.url, '--token', 'wrong');
    const call = await callTool('call', { api: 'tower', operation: 'getUser' }, agent);
    expect(call.structuredContent).toMatchObject({ status: 401 });
  }, 30_000);
});
