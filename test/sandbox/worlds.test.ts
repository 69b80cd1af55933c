import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { apis, createWorlds } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createContext } from '../../src/context.ts';
import { startServer, type TestServer } from '../support/server.ts';
import {
  ask,
  causeMessage,
  control,
  createProject,
  type MadeWorld,
  makeWorld,
  projectsOf,
  signIn,
  statusOf,
} from './control.ts';

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startServer({ WORLDS: '200' });
  url = server.url;
});
afterAll(() => server.close());

const metadata = '/.well-known/oauth-authorization-server';
const issuerOf = (text: string) => (JSON.parse(text) as { issuer: string }).issuer;
const docsOf = (text: string) => (JSON.parse(text) as { service_documentation: string }).service_documentation;
const gone = { error: 'world_gone', message: expect.stringContaining('nowhere') };

describe('a world', () => {
  it('has data, tokens and an outbox of its own', async () => {
    const [one, other] = [await makeWorld(url), await makeWorld(url)];
    const [token, others, outside] = [await signIn(one.base_url), await signIn(other.base_url), await signIn(url)];
    expect(await statusOf(one.base_url, token)).toBe(200);
    for (const base of [other.base_url, url]) expect(await statusOf(base, token)).toBe(401);
    await createProject(one.base_url, token, 'only in one world');
    expect(await projectsOf(one.base_url, token)).toContain('only in one world');
    expect(await projectsOf(other.base_url, others)).not.toContain('only in one world');
    expect(await projectsOf(url, outside)).not.toContain('only in one world');
    await causeMessage(one.base_url);
    const outbox = async (base: string) => (await (await control(base, 'GET', '/outbox')).json()) as unknown[];
    expect(await outbox(one.base_url)).toHaveLength(1);
    for (const base of [other.base_url, url]) expect(await outbox(base)).toEqual([]);
  });

  it('ends at the same time in each answer, until it is used', async () => {
    const made = await makeWorld(url, { ttl: '1h' });
    for (let read = 0; read < 20; read++) {
      const list = (await (await control(url, 'GET', '/worlds')).json()) as MadeWorld[];
      expect(list.find(({ id }) => id === made.id)).toEqual(made);
      expect(await (await control(url, 'GET', `/worlds/${made.id}`)).json()).toEqual(made);
    }
  });

  it('begins with the demo data, with nothing, or with the state of another one', async () => {
    const one = await makeWorld(url);
    const token = await signIn(one.base_url);
    await createProject(one.base_url, token, 'copied');
    const copy = await makeWorld(url, { from: one.id });
    expect(await projectsOf(copy.base_url, token)).toContain('copied');
    await createProject(copy.base_url, token, 'only in the copy');
    expect(await projectsOf(one.base_url, token)).not.toContain('only in the copy');
    const empty = await makeWorld(url, { from: 'empty' });
    expect(await statusOf(empty.base_url, token)).toBe(401);
    const demo = await makeWorld(url, { from: 'demo' });
    expect(await projectsOf(demo.base_url, await signIn(demo.base_url))).not.toContain('copied');
  });

  it('begins with the limits of another world or snapshot', async () => {
    const strict = await startServer({ WRONG_GUESS_LIMIT: '1' });
    const guess = async (base: string) => {
      const client = { client_id: 'tower-demo-client', client_secret: 'tower-demo-secret' };
      const user = { grant_type: 'password', username: 'demo@tower.example', password: 'wrong' };
      const body = new URLSearchParams({ ...client, ...user });
      return (await fetch(`${base}/tower/oauth/token`, { method: 'POST', body })).status;
    };
    try {
      const one = await makeWorld(strict.url);
      expect([await guess(one.base_url), await guess(one.base_url)]).toEqual([400, 429]);
      await control(one.base_url, 'PUT', '/snapshots/guessed');
      for (const from of [one.id, 'guessed']) {
        const copy = await makeWorld(strict.url, { from });
        expect(await guess(copy.base_url)).toBe(429);
        expect((await control(copy.base_url, 'POST', '/reset', {})).status).toBe(204);
        expect(await guess(copy.base_url)).toBe(400);
      }
      expect((await control(strict.url, 'POST', '/reset', { to: 'guessed' })).status).toBe(204);
      expect(await guess(strict.url)).toBe(429);
      expect((await control(strict.url, 'POST', '/reset', {})).status).toBe(204);
      expect(await guess(strict.url)).toBe(400);
    } finally {
      await strict.close();
    }
  });

  it('has no ports, which lead to the data of the outside', async () => {
    const place = await startServer({ IM_PORT: '0' });
    const credentialsOf = async (base: string) => (await control(base, 'GET', '/credentials')).json();
    const { base_url } = await makeWorld(place.url);
    expect(await credentialsOf(place.url)).toHaveProperty('gobelieve.tcp_port');
    expect(await credentialsOf(base_url)).not.toHaveProperty('gobelieve.tcp_port');
    expect(await (await fetch(place.url)).text()).toContain('tcp_port');
    expect(await (await fetch(base_url)).text()).not.toContain('tcp_port');
    await place.close();
  });

  it('hands out addresses below its own', async () => {
    const { base_url } = await makeWorld(url);
    const root = new URL(base_url).pathname;
    expect(issuerOf((await ask(base_url, `${root}/tower${metadata}`, {})).text)).toBe(`${base_url}/tower`);
    expect(issuerOf((await ask(base_url, `${metadata}${root}/tower`, {})).text)).toBe(`${base_url}/tower`);
    for (const api of ['tower', 'ucenter', 'ppmessage']) {
      const docs = docsOf((await ask(base_url, `${root}/${api}${metadata}`, {})).text);
      expect([docs, (await fetch(docs)).status]).toEqual([`${base_url}/docs/${api}/`, 200]);
    }
    const page = await fetch(`${base_url}/tower/oauth/sign_in`);
    expect(page.headers.get('set-cookie')).toMatch(new RegExp(`^qiyue_session=.*Path=${root}/tower;`));
    expect(await page.text()).toContain(`action="${root}/tower/oauth/sign_in"`);
    const credentials = await (await control(base_url, 'GET', '/credentials')).json();
    expect(credentials).toMatchObject({ origin: base_url, gobelieve: { base_url: `${base_url}/gobelieve` } });
    const front = await fetch(base_url);
    expect([front.status, front.url]).toEqual([200, `${base_url}/`]);
    expect(await front.text()).toContain(`<code>${base_url}/tower</code>`);
    for (const path of ['outbox.html', 'events.html', 'gobelieve/chat.html'])
      expect([path, (await fetch(`${base_url}/sandbox/${path}`)).status]).toEqual([path, 200]);
  });

  it('is reached with a header at the ordinary addresses', async () => {
    const { id, base_url } = await makeWorld(url);
    const header = { 'Qiyue-World': id };
    const token = await signIn(url, header);
    expect(await statusOf(url, token, header)).toBe(200);
    expect(await statusOf(base_url, token)).toBe(200);
    expect(await statusOf(url, token)).toBe(401);
    expect(issuerOf((await ask(url, `/tower${metadata}`, header)).text)).toBe(`${url}/tower`);
    const page = await fetch(`${url}/tower/oauth/sign_in`, { headers: header });
    expect(page.headers.get('set-cookie')).toMatch(new RegExp(`^qiyue_session_${id}=.*Path=/tower;`));
  });

  it('is reached by host names', async () => {
    const { id, base_url } = await makeWorld(url);
    const token = await signIn(base_url);
    const { port } = new URL(url);
    const host = { Host: `tower.${id}.localhost:${port}` };
    expect(issuerOf((await ask(url, metadata, host)).text)).toBe(`http://tower.${id}.localhost:${port}`);
    expect(docsOf((await ask(url, metadata, host)).text)).toBe(`http://localhost:${port}/w/${id}/docs/tower/`);
    const member = '/api/v1/teams/d0000000000000000000000000000001/member';
    expect((await ask(url, member, { ...host, Authorization: `Bearer ${token}` })).status).toBe(200);
    const sandbox = { Host: `sandbox.${id}.localhost:${port}` };
    expect(JSON.parse((await ask(url, '/credentials', sandbox)).text)).toMatchObject({
      origin: `http://localhost:${port}/w/${id}`,
    });
  });

  it('cannot be named by two different names', async () => {
    const [one, other] = [await makeWorld(url), await makeWorld(url)];
    const header = { 'Qiyue-World': other.id };
    const byPath = await fetch(`${one.base_url}/tower${metadata}`, { headers: header });
    expect([byPath.status, await byPath.json()]).toEqual([
      400,
      expect.objectContaining({
        error: 'invalid_request',
        details: [expect.objectContaining({ path: '/headers/qiyue-world' })],
      }),
    ]);
    expect((await ask(url, metadata, { Host: `tower.${one.id}.localhost`, ...header })).status).toBe(400);
    expect((await ask(url, metadata, { Host: `tower.${one.id}.localhost`, 'Qiyue-World': one.id })).status).toBe(200);
  });

  it('is distinguished from one that is unknown, and has no worlds inside', async () => {
    const answers = [
      await ask(url, '/w/nowhere/tower', {}),
      await ask(url, `/tower${metadata}`, { 'Qiyue-World': 'nowhere' }),
      await ask(url, metadata, { Host: 'tower.nowhere.localhost' }),
    ];
    for (const { status, text } of answers) expect([status, JSON.parse(text)]).toEqual([404, gone]);
    const [one, other] = [await makeWorld(url), await makeWorld(url)];
    expect((await fetch(`${one.base_url}/w/${other.id}/tower${metadata}`)).status).toBe(404);
    expect((await control(one.base_url, 'POST', '/worlds', {})).status).toBe(404);
  });

  it('that is unknown is an answer that pages of other origins can read', async () => {
    const headers = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' };
    const address = `${url}/w/nowhere/tower/api/v1/user`;
    const preflight = await fetch(address, {
      method: 'OPTIONS',
      headers: { ...headers, 'Access-Control-Request-Headers': 'authorization' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization');
    const answer = await fetch(address, { headers });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect([answer.status, await answer.json()]).toEqual([404, gone]);
  });

  it('ends when it is deleted, with its streams', async () => {
    const { id, base_url } = await makeWorld(url);
    const stream = await fetch(`${base_url}/gobelieve/client/events`, {
      headers: { Authorization: 'Bearer DemoTokenOfUser10002ofApp1xxxx' },
    });
    expect(stream.status).toBe(200);
    expect((await control(url, 'DELETE', `/worlds/${id}`)).status).toBe(204);
    expect(await stream.text()).toContain('retry:');
    expect((await control(url, 'GET', `/worlds/${id}`)).status).toBe(404);
    expect((await fetch(`${base_url}/tower${metadata}`)).status).toBe(404);
  });

  it('is not reset any more when it ends meanwhile', async () => {
    const { id, base_url } = await makeWorld(url);
    const reset = request(`${base_url}/sandbox/reset`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Expect: '100-continue' },
    });
    const answered = once(reset, 'response');
    reset.flushHeaders();
    await once(reset, 'continue');
    const deleted = control(url, 'DELETE', `/worlds/${id}`);
    await expect.poll(async () => (await control(url, 'GET', `/worlds/${id}`)).status).toBe(404);
    reset.end('{}');
    const [answer] = (await answered) as [IncomingMessage];
    expect([answer.resume().statusCode, (await deleted).status]).toEqual([408, 204]);
  });

  it('ends when nobody has used it for its ttl, and an open stream is a use', async () => {
    const [unused, streaming] = [await makeWorld(url, { ttl: '1s' }), await makeWorld(url, { ttl: '1s' })];
    const ending = new AbortController();
    const stream = await fetch(`${streaming.base_url}/gobelieve/client/events`, {
      headers: { Authorization: 'Bearer DemoTokenOfUser10002ofApp1xxxx' },
      signal: ending.signal,
    });
    expect(stream.status).toBe(200);
    // To look at a world is no use of it.
    await expect
      .poll(async () => (await control(url, 'GET', `/worlds/${unused.id}`)).status, { timeout: 10_000 })
      .toBe(404);
    expect((await control(url, 'GET', `/worlds/${streaming.id}`)).status).toBe(200);
    ending.abort();
    await expect
      .poll(async () => (await control(url, 'GET', `/worlds/${streaming.id}`)).status, { timeout: 10_000 })
      .toBe(404);
  });

  it('has a WebSocket below its address', async () => {
    const { base_url } = await makeWorld(url);
    const socket = new WebSocket(`${base_url.replace('http', 'ws')}/gobelieve/ws`);
    await once(socket, 'open');
    socket.terminate();
    const nowhere = new WebSocket(`${url.replace('http', 'ws')}/w/nowhere/gobelieve/ws`);
    const [, response] = await once(nowhere, 'unexpected-response');
    expect(response.statusCode).toBe(404);
  });

  it('is one of as many as WORLDS allows', async () => {
    const few = await startServer({ WORLDS: '1' });
    try {
      const { id } = await makeWorld(few.url);
      const refused = await control(few.url, 'POST', '/worlds', {});
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, expect.any(String)]);
      await control(few.url, 'DELETE', `/worlds/${id}`);
      await makeWorld(few.url);
    } finally {
      await few.close();
    }
  });
});

describe('a hundred worlds', () => {
  it('are used in parallel and see nothing of each other', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `project of world ${index}`);
    const seen = await Promise.all(
      names.map(async (name) => {
        const { base_url } = await makeWorld(url);
        const token = await signIn(base_url);
        await createProject(base_url, token, name);
        await sleep(Math.random() * 50);
        return (await projectsOf(base_url, token)).filter((one) => one.startsWith('project of world'));
      }),
    );
    expect(seen).toEqual(names.map((name) => [name]));
  });
});

describe('a server that ends', () => {
  it('leaves nothing in the temporary folder, also when it was just preparing the demo data', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qiyue-test-'));
    vi.stubEnv('TMPDIR', folder);
    try {
      const environment = { DATABASE_URL: 'sqlite::memory:', FILES_URL: `file:${folder}-files`, LOG_LEVEL: 'silent' };
      const worlds = createWorlds(await createContext(readConfig(apis, environment)));
      const preparing = worlds.prepare();
      await worlds.close();
      await preparing;
      expect(await readdir(folder)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
    }
  });
});

describe('a server in production', () => {
  it('has no sandbox, no worlds, and ignores the header', async () => {
    const production = await startServer({ NODE_ENV: 'production', PUBLIC_URL: 'http://127.0.0.1' });
    try {
      for (const path of ['/sandbox/worlds', '/sandbox/clock', '/w/nowhere/tower', '/docs/sandbox/'])
        expect([path, (await fetch(production.url + path)).status]).toEqual([path, 404]);
      const answer = await ask(production.url, `/tower${metadata}`, { 'Qiyue-World': 'nowhere' });
      expect(answer.status).toBe(200);
    } finally {
      await production.close();
    }
  });
});
