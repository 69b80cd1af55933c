import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { apis } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Context } from '../../src/context.ts';
import { noServer, withAddresses, withServer } from '../../src/docs/addresses.ts';
import { serveDocs } from '../../src/docs/serve.ts';
import type { Contract } from '../../src/http/contract.ts';
import { sendRaw } from '../tower/raw.ts';

type Addressed = Contract & {
  servers: { url: string; description: string }[];
  components: { securitySchemes: Record<string, { flows: Record<string, Record<string, string>> }> };
};

const ORIGINAL = /^(原系统|The original system)/;

/** Serves the docs; the returned function gets one of their files, with these headers. */
async function serve(environment: Record<string, string> = {}) {
  const config = readConfig(apis, environment);
  const app = express().set('trust proxy', config.trustProxy ?? false);
  const server = createServer(app.use('/docs', serveDocs(apis, { config } as Context)));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async (path: string, headers: Record<string, string> = {}) =>
    (await sendRaw(url, 'GET', `/docs/${path}`, { Host: 'qiyue.test:81', ...headers })).text;
}

const urlsOf = (text: string) => (JSON.parse(text) as Addressed).servers.map(({ url }) => url);

describe('the servers of a contract that is served', () => {
  it('are this one as the caller reaches it, its mock and the original', async () => {
    const get = await serve();
    for (const path of ['tower', 'tower/en']) {
      const { servers, components } = JSON.parse(await get(`${path}/openapi.json`)) as Addressed;
      const urls = servers.map(({ url }) => url);
      expect(urls).toEqual(['http://qiyue.test:81/tower', 'http://qiyue.test:4010/tower', 'https://tower.im']);
      expect(servers.map(({ description }) => ORIGINAL.test(description))).toEqual([false, false, true]);
      expect(components.securitySchemes.oauth2?.flows.authorizationCode).toMatchObject({
        authorizationUrl: 'http://qiyue.test:81/tower/oauth/authorize',
        tokenUrl: 'http://qiyue.test:81/tower/oauth/token',
        refreshUrl: 'http://qiyue.test:81/tower/oauth/token',
      });
    }
  });

  it('are of each Host by itself', async () => {
    const get = await serve();
    for (const host of ['one.test', 'two.test:8080', '[::1]:3000', 'one.test']) {
      const [first, mock] = urlsOf(await get('ucenter/openapi.json', { Host: host }));
      expect(first).toBe(`http://${host}/ucenter`);
      expect(mock).toBe(`http://${new URL(`http://${host}`).hostname}:4010/ucenter`);
      expect(await get('ucenter/', { Host: host })).toContain(`"url":"http://${host}/ucenter"`);
    }
  });

  it('follow forwarded addresses only of trusted proxies', async () => {
    const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'outside.test' };
    const plain = await serve({ MOCK_PORT: 'off' });
    expect(urlsOf(await plain('tower/openapi.json', forwarded))).toEqual([
      'http://qiyue.test:81/tower',
      'https://tower.im',
    ]);
    const trusting = await serve({ MOCK_PORT: 'off', TRUST_PROXY: '1' });
    expect(urlsOf(await trusting('tower/openapi.json', forwarded))[0]).toBe('https://outside.test/tower');
  });

  it('have no mock with a public URL', async () => {
    const get = await serve({ PUBLIC_URL: 'https://api.example.com/apis' });
    expect(urlsOf(await get('gobelieve/openapi.json'))).toEqual([
      'https://api.example.com/apis/gobelieve',
      'https://api.gobelieve.io',
    ]);
    const { servers } = JSON.parse(await get('gobelieve/en/asyncapi.json'));
    expect(servers.websocket).toMatchObject({
      host: 'api.example.com',
      pathname: '/apis/gobelieve',
      protocol: 'wss',
    });
    expect(servers.tcp.host).toBe('api.example.com:23000');
  });

  it('leave no address of another machine in any page', async () => {
    const get = await serve();
    for (const { name } of apis)
      for (const path of [name, `${name}/en`])
        for (const file of ['index.html', 'openapi.json'])
          expect(await get(`${path}/${file}`)).not.toMatch(/(127\.0\.0\.1|localhost):(3000|4010)/);
  });
});

describe('the guides of a server without a sandbox', () => {
  const production = { QIYUE_SANDBOX: '0', MOCK_PORT: 'off' };

  it('are not about the sandbox and the mock, in pages, search and Markdown', async () => {
    const get = await serve(production);
    for (const path of ['tower/guides/sandbox/', 'tower/en/guides/mock/', 'tower/guides/sandbox.md'])
      expect(await get(path), path).toContain('Cannot GET');
    const front = await get('index.html');
    const [search = ''] = /search\.zh\.[\w-]+\.js/.exec(front) ?? [];
    for (const path of ['tower/', 'llms.txt', 'llms-full.txt', search, 'tower/guides/first-request/'])
      expect(await get(path), path).not.toMatch(/guides\/(sandbox|mock)|\.\.\/sandbox\/index/);
  });

  it('say that the demo data is not there', async () => {
    const [get, sandbox] = await Promise.all([serve(production), serve()]);
    for (const page of ['/', '.md']) {
      const path = `gobelieve/en/guides/first-request${page}`;
      expect(await get(path), path).toContain('This server does not have them');
      expect(await sandbox(path), path).not.toContain('This server does not have them');
    }
    expect(await get('tower/guides/two-step/')).toContain('这台服务器上没有');
    expect(await get('tower/en/guides/production/')).not.toContain('This server does not have them');
  });
});

describe('a contract for no server', () => {
  it.each(apis.map((api) => [api.name, api] as const))('of %s has only the original', (name, api) => {
    const { servers } = withAddresses(name, api.contract, 'zh', noServer) as Addressed;
    expect(servers).toHaveLength(1);
    expect(JSON.stringify(servers)).not.toMatch(/127\.0\.0\.1/);
  });
});

describe('a guide', () => {
  it('names this server, except in lines for nginx, which name the one behind it', () => {
    const lines = (fence: string, server: string) => `\`\`\`${fence}\nproxy_pass ${server};\n\`\`\`\n`;
    const local = 'http://127.0.0.1:3000';
    const server = 'https://api.example.com';
    const text = `${lines('sh', local)}\n${lines('nginx', local)}\n${local}/tower`;
    expect(withServer(text, { ...noServer, server })).toBe(
      `${lines('sh', server)}\n${lines('nginx', local)}\n${server}/tower`,
    );
  });
});
