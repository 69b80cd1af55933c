import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { apis, createMockApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import type { Context } from '../src/context.ts';
import { createIntake } from '../src/files/intake.ts';
import type { Api } from '../src/http/api.ts';
import { startServer, type TestServer } from './support/server.ts';

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => void (await Promise.all(running.splice(0).map((server) => server.close()))));

async function start(environment?: Record<string, string>, served?: readonly Api[]): Promise<TestServer> {
  const server = await startServer(environment, served);
  running.push(server);
  return server;
}

/** The mock alone, without a database. */
async function startMock(): Promise<string> {
  const config = readConfig(apis, { LOG_LEVEL: 'silent' });
  const context = { config, intake: createIntake(config), log: pino({ level: 'silent' }) } as Context;
  const server = createServer(createMockApp(context));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push({ close: async () => void server.close() });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Sends what `fetch` cannot: another host name, or an absolute URL as request target. */
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

describe('URLs', () => {
  it('serve every API under its prefix', async () => {
    const { url } = await start();
    expect(issuerOf(await ask(url, `/tower${metadata}`))).toBe(`${url}/tower`);
    expect(await ask(url, '/tower')).toMatchObject(unknownToTower);
    expect(await ask(url, '/tower?x=1')).toMatchObject(unknownToTower);
    expect((await ask(url, `/towers${metadata}`)).text).toContain('"error":"not_found"');
  });

  it('serve every API at the root of its own host names, in any case and with any port', async () => {
    const { url } = await start({ TOWER_HOST: 'API.example.com' });
    expect(issuerOf(await ask(url, metadata, { Host: 'tower.localhost:3000' }))).toBe('http://tower.localhost:3000');
    expect(issuerOf(await ask(url, metadata, { Host: 'api.Example.com' }))).toBe('http://api.Example.com');
    expect((await ask(url, metadata, { Host: 'example.com' })).status).toBe(404);
  });

  it('serve only the API on its own host name, except for the paths of operators', async () => {
    const { url } = await start();
    const own = { Host: 'tower.localhost' };
    for (const path of ['/', '/docs/', '/sandbox/outbox', `/tower${metadata}`]) {
      expect(await ask(url, path, own), path).toMatchObject(unknownToTower);
    }
    for (const path of ['/livez', '/readyz', '/metrics']) expect((await ask(url, path, own)).status, path).toBe(200);
  });

  it('serve the metadata at the well-known URL of RFC 8414', async () => {
    const { url } = await start();
    expect(issuerOf(await ask(url, `${metadata}/tower`))).toBe(`${url}/tower`);
    expect((await ask(url, `${metadata}/nothing`)).status).toBe(404);
  });

  it('accept an absolute URL as request target', async () => {
    const { url } = await start();
    expect((await ask(url, `${url}/tower${metadata}`)).status).toBe(200);
    expect((await ask(url, 'http://x')).status).toBe(200);
  });

  it('reach an operation with doubled slashes and one at the end, on the server and the mock', async () => {
    const { url } = await start();
    const mock = await startMock();
    for (const { name, contract } of apis) {
      const [path = ''] = Object.keys(contract.paths)
        .filter((one) => !one.includes('{'))
        .sort((one, other) => other.split('/').length - one.split('/').length);
      for (const base of [url, mock]) {
        const { headers } = await ask(base, `/${name}${path}`, {}, 'OPTIONS');
        for (const odd of [`/${name}${path}/`, `//${name}/${path}?a=//`, `/${name}${path.replaceAll('/', '//')}//`]) {
          const answer = await ask(base, odd, {}, 'OPTIONS');
          expect([odd, answer.status, answer.headers.allow]).toEqual([odd, 204, headers.allow]);
        }
        expect((await ask(base, `/${path}/`, { Host: `${name}.localhost` }, 'OPTIONS')).status).toBe(204);
      }
    }
    expect((await ask(url, `${metadata}/tower/`)).status).toBe(200);
  });

  it('begin with PUBLIC_URL in responses, and with the host on an API’s own host', async () => {
    const { url } = await start({ PUBLIC_URL: 'https://example.com/apis/' });
    expect(issuerOf(await ask(url, `/tower${metadata}`))).toBe('https://example.com/apis/tower');
    expect(issuerOf(await ask(url, metadata, { Host: 'tower.localhost' }))).toBe('https://tower.localhost');
    expect(issuerOf(await ask(url, `${metadata}/apis/tower`))).toBe('https://example.com/apis/tower');
  });

  it('follow forwarded headers of a trusted proxy only', async () => {
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
    const trusted = await ask(behind.url, metadata, forwarded);
    expect(issuerOf(trusted)).toBe('https://tower.localhost');
    expect(trusted.headers).toHaveProperty('strict-transport-security');
  });
});

describe('endpoints for operators', () => {
  it('report that the server is live and ready', async () => {
    const { url } = await start();
    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ status: 'live' });
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      {
        status: 'ready',
        checks: { open: 'ok', contracts: 'ok', database: 'ok', migrations: 'ok', writes: 'ok', files: 'ok' },
      },
    ]);
  });

  it('report only that the server is not ready without its database', async () => {
    const { url, context } = await start();
    await context.database.destroy();
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([
      503,
      {
        status: 'not ready',
        checks: {
          open: 'ok',
          contracts: 'ok',
          database: 'failed',
          migrations: 'failed',
          writes: 'failed',
          files: 'ok',
        },
      },
    ]);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('count requests by operation', async () => {
    const { url } = await start();
    await fetch(`${url}/tower${metadata}`);
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toMatch(
      /http_request_duration_seconds_count\{api="tower",operation="getAuthorizationServerMetadata",method="GET",status="200"\} 1/,
    );
  });

  it('show metrics outside of the sandbox only to the bearer of METRICS_TOKEN', async () => {
    const closed = await start({ QIYUE_SANDBOX: '0' });
    expect((await fetch(`${closed.url}/metrics`)).status).toBe(404);
    const METRICS_TOKEN = 'a token of the metrics with 32 or more'.replaceAll(' ', '-');
    for (const QIYUE_SANDBOX of ['0', '1']) {
      const { url } = await start({ QIYUE_SANDBOX, METRICS_TOKEN });
      const ask = (authorization?: string) =>
        fetch(`${url}/metrics`, { headers: authorization === undefined ? {} : { authorization } });
      for (const wrong of [undefined, 'Bearer wrong', `Basic ${METRICS_TOKEN}`]) {
        const refused = await ask(wrong);
        expect([refused.status, await refused.text()]).toEqual([401, '']);
      }
      const shown = await ask(`Bearer ${METRICS_TOKEN}`);
      expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining('http_request_duration')]);
    }
  });

  it('give every request an id, and keep the id of a proxy', async () => {
    const { url } = await start();
    for (const path of ['/', '/livez', '/nothing', `/tower${metadata}`, '/tower/nothing']) {
      const first = await fetch(url + path);
      const second = await fetch(url + path);
      expect(first.headers.get('x-request-id'), path).toMatch(/^[\w-]{36}$/);
      expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
      const proxied = await fetch(url + path, { headers: { 'X-Request-Id': 'from-the-proxy' } });
      expect(proxied.headers.get('x-request-id'), path).toBe('from-the-proxy');
    }
  });
});

describe('headers', () => {
  it('are those of helmet, without the name of the server', async () => {
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

  it('do not replace the policy of a page', async () => {
    const { url } = await start();
    const { headers } = await fetch(`${url}/`);
    expect(headers.get('content-security-policy')).toMatch(/style-src 'sha256-.*script-src 'sha256-/);
  });
});

describe('CORS', () => {
  const origin = { Origin: 'https://app.example' };

  it('answers a preflight', async () => {
    const { url } = await start();
    const preflight = {
      ...origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,prefer',
    };
    const response = await fetch(`${url}/tower/oauth/token`, { method: 'OPTIONS', headers: preflight });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization,prefer',
      'access-control-allow-methods': expect.stringContaining('DELETE'),
    });
    expect(response.headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('of the mock also allows requests with credentials', async () => {
    const url = await startMock();
    const preflight = { ...origin, 'Access-Control-Request-Method': 'GET' };
    for (const [method, headers] of [
      ['GET', origin],
      ['OPTIONS', preflight],
    ] as const) {
      for (const path of [metadata, '/nothing']) {
        const response = await fetch(`${url}/tower${path}`, { method, headers });
        expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
        expect(response.headers.get('access-control-allow-credentials')).toBe('true');
        expect(response.headers.get('vary')).toContain('Origin');
      }
    }
  });

  it('allows pages of any origin to read responses and errors', async () => {
    const { url } = await start();
    for (const path of [metadata, '/nothing']) {
      const { headers } = await fetch(`${url}/tower${path}`, { headers: origin });
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-expose-headers')).toBe(
        'Accept-Ranges,Content-Disposition,Content-Range,ETag,Location,Qiyue-Fault,Retry-After,WWW-Authenticate,X-Request-Id',
      );
    }
  });

  it('passes OPTIONS to the API when it is not a preflight', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/tower/oauth/token`, { method: 'OPTIONS', headers: origin });
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('does not apply outside of the APIs', async () => {
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

  it('are an escaped page in the reader’s language for browsers', async () => {
    const { url } = await start();
    const headers = { Accept: 'text/html,*/*;q=0.8', 'Accept-Language': 'en' };
    const { status, headers: received, text } = await ask(url, "/'><script>", headers);
    expect([status, received['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(text).toContain('Page not found');
    expect(text).not.toContain('<script>');
    const chinese = await ask(url, '/x', { ...headers, 'Accept-Language': 'zh-CN,zh;q=0.9' });
    expect(chinese.text).toContain('没有这个页面');
  });

  it('show no details of an unexpected error', async () => {
    const [tower] = apis as [Api];
    const demo = {
      create: async () => {},
      credentials: () => {
        throw new Error('the secret reason');
      },
      people: [],
      names: async () => new Map([['demo_app', { kind: 'apps', id: '1' }]]),
      tryIt: () => '',
    };
    const { url } = await start({}, [{ ...tower, demo }]);
    const response = await fetch(url);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ error: 'internal', request_id: response.headers.get('x-request-id') });
    expect(text).not.toMatch(/secret|\.ts/);
  });
});

describe('the mock', () => {
  it('answers for missing operations with MOCK_MISSING', async () => {
    const [tower] = apis as [Api];
    const unfinished = [{ ...tower, operations: {} }];
    expect((await fetch(`${(await start({}, unfinished)).url}/tower${metadata}`)).status).toBeGreaterThanOrEqual(500);
    expect((await fetch(`${(await start({ MOCK_MISSING: '1' }, unfinished)).url}/tower${metadata}`)).status).toBe(200);
  });

  it('has the same URLs, and needs no database', async () => {
    const url = await startMock();
    expect((await ask(url, `/tower${metadata}`)).status).toBe(200);
    expect((await ask(url, metadata, { Host: 'tower.localhost' })).status).toBe(200);
    expect((await ask(url, '/readyz')).status).toBe(200);
    expect(await (await fetch(url)).json()).toEqual({
      mocks: ['/tower', '/gobelieve', '/ucenter', '/ppmessage', '/sandbox'],
    });
    expect((await ask(url, '/nothing')).status).toBe(404);
  });
});
