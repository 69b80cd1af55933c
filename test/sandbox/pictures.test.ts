import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis, createMockApp, sandbox } from '../../src/app.ts';
import type { Addresses } from '../../src/docs/addresses.ts';
import type { Api } from '../../src/http/api.ts';
import { type ResponseObject, resolve } from '../../src/http/contract.ts';
import { createServer } from '../../src/http/create-server.ts';
import { demoCredentials, exampleCall } from '../../src/mcp/example.ts';
import { type KnownOperation, operationsOf } from '../../src/mcp/operations.ts';
import { toRequest } from '../../src/mcp/request.ts';
import { sendByFetch } from '../../src/mcp/send.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { sendRaw } from '../tower/raw.ts';
import { makeWorld, signIn } from './control.ts';

let server: TestServer;
let mock: Server;
let mockUrl: string;
beforeAll(async () => {
  server = await startServer({ TOWER_HOST: 'api.tower.example' });
  mock = createServer(createMockApp(server.context));
  await new Promise<void>((resolve) => mock.listen(0, '127.0.0.1', resolve));
  mockUrl = `http://127.0.0.1:${(mock.address() as AddressInfo).port}`;
});
afterAll(async () => {
  mock?.closeAllConnections();
  mock?.close();
  await server?.close();
});

/** The addresses of pictures in a body, by the names of their members; in the server's answers those of files, too. */
function picturesIn(body: unknown, ofFiles: boolean): string[] {
  if (typeof body !== 'object' || body === null) return [];
  const isImage = ofFiles && /^image\//.test(String((body as { content_type?: unknown }).content_type));
  return Object.entries(body).flatMap(([name, value]) => {
    if (typeof value !== 'string') return picturesIn(value, ofFiles);
    const isPicture = /avatar|icon|picture|image|photo|thumb/i.test(name) || (isImage && name === 'url');
    return isPicture && /^https?:/.test(value) ? [value] : [];
  });
}

/** The widths of pictures in pixels; fails for one that does not load. */
const widthsOf = (addresses: readonly string[]) =>
  Promise.all(
    [...new Set(addresses)].map(async (address) => {
      const response = await fetch(address);
      const bytes = Buffer.from(await response.arrayBuffer());
      expect([address, response.status, response.headers.get('content-type')]).toEqual([
        address,
        200,
        expect.stringMatching(/^image\//),
      ]);
      return (await sharp(bytes).metadata()).width;
    }),
  );

/** The pictures in the answer to the example request of an operation. */
async function picturesOf(known: KnownOperation, base: string, prefer?: string): Promise<string[]> {
  const at: Addresses = { server: base, mock: undefined, isSandbox: true };
  const call = exampleCall(known, at);
  const request = toRequest(known, call, demoCredentials(known, at, call.as));
  if (prefer !== undefined) request.headers.prefer = prefer;
  const { status, body } = await sendByFetch(`${base}/${known.api.name}`, request);
  expect([known.id, status < 400]).toEqual([known.id, true]);
  return picturesIn(body, base !== mockUrl);
}

/** The operations that answer with JSON. */
const jsonOf = (api: Api) =>
  operationsOf([api]).filter(({ operation }) =>
    Object.entries(operation.responses).some(([code, response]) => {
      const { content = {} } = resolve<ResponseObject>(api.contract, response);
      return code.startsWith('2') && Object.keys(content).some((type) => type.includes('json'));
    }),
  );

describe.each(apis.filter((api) => api !== sandbox).map((api) => [api.name, api] as const))(
  'pictures in the answers of %s',
  (name, api) => {
    it('load from the world', async () => {
      const addresses: string[] = [];
      const shared = await makeWorld(server.url);
      for (const known of jsonOf(api)) {
        const { base_url } = known.method === 'get' ? shared : await makeWorld(server.url);
        addresses.push(...(await picturesOf(known, base_url)));
      }
      expect(addresses.filter((address) => !/\/w\/\w+\//.test(address))).toEqual([]);
      await widthsOf(addresses);
      if (name === 'tower') expect(addresses.length).toBeGreaterThan(20);
    }, 120_000);

    it.each([undefined, 'dynamic'])(
      'load from the mock (%s)',
      async (prefer) => {
        for (const known of jsonOf(api)) {
          const addresses = await picturesOf(known, mockUrl, prefer);
          expect(addresses.filter((address) => !address.startsWith(mockUrl))).toEqual([]);
          await widthsOf(addresses);
        }
      },
      120_000,
    );
  },
);

describe('the picture of a user', () => {
  const read = async (host: string, prefix: string, headers: Record<string, string> = {}) => {
    const raw = (path: string) => sendRaw(server.url, 'GET', path, { ...headers, host });
    const { gavatar } = JSON.parse((await raw(`${prefix}/api/v1/user`)).text).data.attributes;
    const { pathname } = new URL(gavatar);
    const { status, headers: answered } = await raw(pathname);
    return [gavatar.slice(0, -'d0000000000000000000000000000011.png'.length), status, answered['content-type']];
  };

  it('is at the kind of address that the request has', async () => {
    const { host } = new URL(server.url);
    const Authorization = `Bearer ${await signIn(server.url)}`;
    const address = (root: string) => [`http://${root}/sandbox/pictures/`, 200, 'image/png'];
    expect(await read(host, '/tower', { Authorization })).toEqual(address(host));
    expect(await read('api.tower.example', '', { Authorization })).toEqual(address('api.tower.example'));
    const { id, base_url } = await makeWorld(server.url);
    const inWorld = { Authorization: `Bearer ${await signIn(base_url)}` };
    expect(await read(host, `/w/${id}/tower`, inWorld)).toEqual(address(`${host}/w/${id}`));
    expect(await read(host, '/tower', { ...inWorld, 'qiyue-world': id })).toEqual(address(host));
    expect(await read(`tower.${id}.localhost`, '', inWorld)).toEqual(address(`tower.${id}.localhost`));
  });

  it('is below the public URL', async () => {
    const { url, close } = await startServer({ PUBLIC_URL: 'https://api.example.com/base' });
    try {
      const { base_url } = await makeWorld(url);
      const path = new URL(base_url).pathname.replace('/base', '');
      const headers = { Authorization: `Bearer ${await signIn(url + path)}` };
      const { data } = await (await fetch(`${url}${path}/tower/api/v1/user`, { headers })).json();
      expect(data.attributes.gavatar).toMatch(`${base_url}/sandbox/pictures/`);
    } finally {
      await close();
    }
  });

  it('is there for a user of a seed', async () => {
    const login = { username: 'wang@example.com', password: 'wang-password' };
    const { base_url } = await makeWorld(server.url, { seed: { tower: { users: [{ ref: 'wang', ...login }] } } });
    const client = { client_id: 'tower-demo-client', client_secret: 'tower-demo-secret' };
    const body = new URLSearchParams({ grant_type: 'password', ...client, ...login });
    const token = await (await fetch(`${base_url}/tower/oauth/token`, { method: 'POST', body })).json();
    const headers = { Authorization: `Bearer ${token.access_token}` };
    const { data } = await (await fetch(`${base_url}/tower/api/v1/user`, { headers })).json();
    expect(await widthsOf([data.attributes.gavatar])).toEqual([240]);
  });

  it('may be shown by pages of other origins', async () => {
    const { headers } = await fetch(`${server.url}/sandbox/pictures/any.png`);
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(headers.get('cache-control')).toContain('immutable');
  });

  it('is drawn by no other server than a sandbox', async () => {
    const { url, close } = await startServer({ QIYUE_SANDBOX: '0' });
    try {
      expect((await fetch(`${url}/sandbox/pictures/any.png`)).status).toBe(404);
    } finally {
      await close();
    }
  });
});
