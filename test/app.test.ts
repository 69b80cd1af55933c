import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { apis, createMockApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import type { Context } from '../src/context.ts';
import type { Api } from '../src/http/api.ts';
import { startServer, type TestServer } from './support/server.ts';

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => void (await Promise.all(running.splice(0).map((server) => server.close()))));

async function start(environment?: Record<string, string>, served?: readonly Api[]): Promise<TestServer> {
  const server = await startServer(environment, served);
  running.push(server);
  return server;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Sends what `fetch` would not: a host name of its own, or a whole address as request target. */
function ask(url: string, target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: target, method, headers }, async (response) => {
      const text = (await response.toArray()).join('');
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    })
      .on('error', reject)
      .end();
  });
}

const metadata = '/.well-known/oauth-authorization-server';
const issuerOf = ({ text }: Answer) => (JSON.parse(text) as { issuer: string }).issuer;
const unknownToTower = { status: 404, text: expect.stringContaining('"errors":[') };

describe('addresses', () => {
  it('has every API under its prefix', async () => {
    const { url } = await start();
    expect(issuerOf(await ask(url, `/tower${metadata}`))).toBe(`${url}/tower`);
    expect(await ask(url, '/tower')).toMatchObject(unknownToTower);
    expect(await ask(url, '/tower?x=1')).toMatchObject(unknownToTower);
    expect((await ask(url, `/towers${metadata}`)).text).toContain('"error":"not_found"');
  });

  it('has every API at the root of its own host names, whatever their case and port', async () => {
    const { url } = await start({ TOWER_HOST: 'API.example.com' });
    expect(issuerOf(await ask(url, metadata, { Host: 'tower.localhost:3000' }))).toBe('http://tower.localhost:3000');
    expect(issuerOf(await ask(url, metadata, { Host: 'api.Example.com' }))).toBe('http://api.Example.com');
    expect((await ask(url, metadata, { Host: 'example.com' })).status).toBe(404);
  });

  it('leaves every path of such a host to the API, save those of the operator', async () => {
    const { url } = await start();
    const own = { Host: 'tower.localhost' };
    for (const path of ['/', '/docs/', '/sandbox/outbox', `/tower${metadata}`]) {
      expect(await ask(url, path, own), path).toMatchObject(unknownToTower);
    }
    for (const path of ['/livez', '/readyz', '/metrics']) expect((await ask(url, path, own)).status, path).toBe(200);
  });

  it('has the metadata where RFC 8414 looks for it', async () => {
    const { url } = await start();
    expect(issuerOf(await ask(url, `${metadata}/tower`))).toBe(`${url}/tower`);
    expect((await ask(url, `${metadata}/nothing`)).status).toBe(404);
  });

  it('takes a whole address as request target', async () => {
    const { url } = await start();
    expect((await ask(url, `${url}/tower${metadata}`)).status).toBe(200);
    expect((await ask(url, 'http://x')).status).toBe(200);
  });

  it('hands out addresses below PUBLIC_URL, and on an API’s own host those of that host', async () => {
    const { url } = await start({ PUBLIC_URL: 'https://example.com/apis/' });
    expect(issuerOf(await ask(url, `/tower${metadata}`))).toBe('https://example.com/apis/tower');
    expect(issuerOf(await ask(url, metadata, { Host: 'tower.localhost' }))).toBe('https://tower.localhost');
    expect(issuerOf(await ask(url, `${metadata}/apis/tower`))).toBe('https://example.com/apis/tower');
  });

  it('believes forwarded headers of a trusted proxy only', async () => {
    const forwarded = {
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'tower.localhost',
      'X-Forwarded-For': '192.0.2.1',
    };
    const { url } = await start();
    const ignored = await ask(url, `/tower${metadata}`, forwarded);
    expect(issuerOf(ignored)).toBe(`${url}/tower`);
    expect(ignored.headers).not.toHaveProperty('strict-transport-security');

    const behind = await start({ TRUST_PROXY: '1' });
    const believed = await ask(behind.url, metadata, forwarded);
    expect(issuerOf(believed)).toBe('https://tower.localhost');
    expect(believed.headers).toHaveProperty('strict-transport-security');
  });
});

describe('operation', () => {
  it('tells that it lives and is ready', async () => {
    const { url } = await start();
    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ status: 'live' });
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', checks: { contracts: 'ok', database: 'ok', migrations: 'ok' } },
    ]);
  });

  it('is not ready without its database, and says no more than that', async () => {
    const { url, context } = await start();
    await context.database.destroy();
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([
      503,
      { status: 'not ready', checks: { contracts: 'ok', database: 'failed', migrations: 'failed' } },
    ]);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('counts requests by operation', async () => {
    const { url } = await start();
    await fetch(`${url}/tower${metadata}`);
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toMatch(
      /http_request_duration_seconds_count\{api="tower",operation="getAuthorizationServerMetadata",method="GET",status="200"\} 1/,
    );
  });

  it('gives every request an id, and keeps one that a proxy gave', async () => {
    const { url } = await start();
    for (const path of ['/', '/livez', '/nothing', `/tower${metadata}`, '/tower/nothing']) {
      const first = await fetch(url + path);
      const second = await fetch(url + path);
      expect(first.headers.get('x-request-id'), path).toMatch(/^[\w-]{36}$/);
      expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
      const given = await fetch(url + path, { headers: { 'X-Request-Id': 'from-the-proxy' } });
      expect(given.headers.get('x-request-id'), path).toBe('from-the-proxy');
    }
  });
});

describe('headers', () => {
  it('are helmet’s, without what gives the server away', async () => {
    const { url } = await start();
    for (const path of ['/livez', '/nothing', '/tower/nothing']) {
      const { headers } = await fetch(url + path);
      expect(Object.fromEntries(headers), path).toMatchObject({
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
      });
      expect(headers.has('x-powered-by')).toBe(false);
      expect(headers.has('strict-transport-security')).toBe(false);
    }
  });

  it('leave a page its own policy', async () => {
    const { url } = await start();
    const { headers } = await fetch(`${url}/`);
    expect(headers.get('content-security-policy')).toMatch(/style-src 'sha256-.*script-src 'sha256-/);
  });
});

describe('CORS', () => {
  const origin = { Origin: 'https://app.example' };

  it('answers a preflight', async () => {
    const { url } = await start();
    const asks = {
      ...origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,prefer',
    };
    const response = await fetch(`${url}/tower/oauth/token`, { method: 'OPTIONS', headers: asks });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization,prefer',
      'access-control-allow-methods': expect.stringContaining('DELETE'),
    });
    expect(response.headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('lets pages of any origin read answers and errors', async () => {
    const { url } = await start();
    for (const path of [metadata, '/nothing']) {
      const { headers } = await fetch(`${url}/tower${path}`, { headers: origin });
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-expose-headers')).toBe('X-Request-Id,Retry-After,WWW-Authenticate,Location');
    }
  });

  it('leaves OPTIONS to the API when it is no preflight', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/tower/oauth/token`, { method: 'OPTIONS', headers: origin });
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('is not for what lies outside of the APIs', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/metrics`, { headers: origin })).headers.has('access-control-allow-origin')).toBe(false);
  });
});

describe('errors outside of the APIs', () => {
  it('are JSON for programs', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/nothing`);
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: 'not_found', message: 'Nothing is at /nothing', request_id: response.headers.get('x-request-id') },
    ]);
  });

  it('are a page in the reader’s language for browsers, with nothing unescaped', async () => {
    const { url } = await start();
    const headers = { Accept: 'text/html,*/*;q=0.8', 'Accept-Language': 'en' };
    const { status, headers: given, text } = await ask(url, "/'><script>", headers);
    expect([status, given['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(text).toContain('Page not found');
    expect(text).not.toContain('<script>');
    const chinese = await ask(url, '/x', { ...headers, 'Accept-Language': 'zh-CN,zh;q=0.9' });
    expect(chinese.text).toContain('没有这个页面');
  });

  it('tell nothing of an unforeseen one', async () => {
    const [tower] = apis as [Api];
    const demo = {
      create: async () => {},
      credentials: () => {
        throw new Error('the secret reason');
      },
      tryIt: () => '',
    };
    const { url } = await start({}, [{ ...tower, demo }]);
    const response = await fetch(`${url}/sandbox/credentials`);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ error: 'internal', request_id: response.headers.get('x-request-id') });
    expect(text).not.toMatch(/secret|\.ts/);
  });
});

describe('the mock', () => {
  it('answers for missing operations when asked to', async () => {
    const [tower] = apis as [Api];
    const unfinished = [{ ...tower, operations: {} }];
    expect((await fetch(`${(await start({}, unfinished)).url}/tower${metadata}`)).status).toBeGreaterThanOrEqual(500);
    expect((await fetch(`${(await start({ MOCK_MISSING: '1' }, unfinished)).url}/tower${metadata}`)).status).toBe(200);
  });

  it('has the same addresses, and needs no database', async () => {
    const config = readConfig([{ name: 'tower' }], { LOG_LEVEL: 'silent' });
    const server = createServer(createMockApp({ config, log: pino({ level: 'silent' }) } as Context));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    running.push({ close: async () => void server.close() });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    expect((await ask(url, `/tower${metadata}`)).status).toBe(200);
    expect((await ask(url, metadata, { Host: 'tower.localhost' })).status).toBe(200);
    expect((await ask(url, '/readyz')).status).toBe(200);
    expect(await (await fetch(url)).json()).toEqual({ mocks: ['/tower', '/gobelieve', '/ucenter', '/ppmessage'] });
    expect((await ask(url, '/nothing')).status).toBe(404);
  });
});
