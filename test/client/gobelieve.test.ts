import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import type { components } from '../../generated/gobelieve.ts';
import {
  createGobelieveClient,
  createGobelieveServerClient,
  type GobelieveClient,
  GobelieveError,
  type GobelieveEvent,
  type GobelieveServerClient,
  unwrap,
} from '../../src/client/gobelieve.ts';
import { type Installation, install, newUid } from '../gobelieve/apps.ts';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';

type Schemas = components['schemas'];

let place: Installation;
let server: GobelieveServerClient;

beforeAll(async () => {
  place = await install({ DATABASE_URL: 'sqlite::memory:' });
  server = createGobelieveServerClient({ baseUrl: place.url, ...credentials() });
});
afterAll(() => place?.server.close());

const credentials = () => ({ appid: place.demo.appid, appsecret: place.demo.appsecret });

async function connect(
  uid = newUid(),
  options: { fetch?: typeof fetch } = {},
): Promise<GobelieveClient & { uid: number }> {
  const { token } = await unwrap(server.POST('/auth/grant', { body: { uid } }));
  return { ...createGobelieveClient({ baseUrl: place.url, token, ...options }), uid };
}

const write = (sender: number, receiver: number, content: string) =>
  unwrap(server.POST('/messages/peers', { body: { sender, receiver, content } }));

describe('for the server of an app', () => {
  it('signs requests and unwraps answers', async () => {
    const granted = await unwrap(server.POST('/auth/grant', { body: { uid: newUid(), user_name: '王小明' } }));
    expect(granted).toEqual({ token: expect.stringMatching(/^\w{30}$/) });
    expectTypeOf(granted).toEqualTypeOf<Schemas['GrantedToken']>();
    const body = { master: 1, name: '骑行', members: [1, '2', { uid: 3 }] };
    const { group_id } = await unwrap(server.POST('/groups', { body }));
    expect(group_id).toBeGreaterThan(0);
    expect(await write(1, 2, '你好')).toEqual({ success: true });
  });

  it('leaves answers unchanged without unwrap', async () => {
    const { data, error, response } = await server.POST('/groups', { body: { master: 1, name: 'a' } });
    expect([data?.meta.code, error, response.status]).toEqual([200, undefined, 200]);
    const rejected = await server.DELETE('/groups/{gid}', { params: { path: { gid: 987654321 } } });
    expect(rejected.error).toEqual({ meta: { code: 400, message: expect.any(String) } });
    expectTypeOf(rejected.error?.meta).toEqualTypeOf<Schemas['FailureMeta'] | undefined>();
  });

  it('throws an error with code and message', async () => {
    const wrong = createGobelieveServerClient({
      baseUrl: `${place.url}/`,
      appid: place.demo.appid,
      appsecret: 'wrong',
    });
    const error = await unwrap(wrong.POST('/auth/grant', { body: { uid: 1 } })).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GobelieveError);
    expect(error).toMatchObject({ name: 'GobelieveError', code: 401, message: expect.stringMatching(/./) });
    expect((error as GobelieveError).requestId).toMatch(/^[\w-]{8,}$/);
    const path = { gid: 987654321 };
    await expect(unwrap(server.DELETE('/groups/{gid}', { params: { path } }))).rejects.toMatchObject({ code: 400 });
  });

  it('sends a list with DELETE', async () => {
    const { group_id: gid } = await unwrap(
      server.POST('/groups', { body: { master: 1, name: 'a', members: [1, 2, 3] } }),
    );
    const params = { path: { gid } };
    expect(await unwrap(server.DELETE('/groups/{gid}/members', { params, body: [2, '3'] }))).toEqual({ success: true });
    const member = await connect(1);
    const group = await unwrap(member.GET('/client/groups/{gid}', { params }));
    expect(group.members?.map(({ uid }) => uid)).toEqual([1]);
  });

  it('throws in a browser: it is for servers', () => {
    vi.stubGlobal('document', {});
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(() => createGobelieveServerClient({ baseUrl: place.url, ...credentials() })).toThrow(/for Node only/);
  });

  it('uses the sandbox on this machine by default', async () => {
    const asked: string[] = [];
    const fetch = async (request: RequestInfo | URL) => {
      asked.push((request as Request).url);
      return Response.json({ meta: { code: 200, message: 'success' }, data: { token: 'x' } });
    };
    await createGobelieveServerClient({ ...credentials(), fetch }).POST('/auth/grant', { body: { uid: 1 } });
    expect(asked).toEqual(['http://127.0.0.1:3000/gobelieve/auth/grant']);
  });

  it("throws for answers that are not the API's", async () => {
    const fetch = async () => new Response('<h1>Bad Gateway</h1>', { status: 502, headers: { 'Retry-After': '7' } });
    const client = createGobelieveServerClient({ ...credentials(), fetch });
    const answer = unwrap(client.POST('/auth/grant', { body: { uid: 1 } }));
    await expect(answer).rejects.toMatchObject({ name: 'GobelieveError', code: 502, retryAfter: 7 });
  });
});

describe('for a device', () => {
  it('reads and writes as its user', async () => {
    const client = await connect();
    await write(newUid(), client.uid, '{"text":"你好"}');
    const messages = await unwrap(client.GET('/messages'));
    expectTypeOf(messages).toEqualTypeOf<Schemas['Message'][]>();
    expect(messages.map(({ content }) => content)).toEqual(['{"text":"你好"}']);
    const { group_id: gid } = await unwrap(
      client.POST('/client/groups', { body: { master: client.uid, name: '我的群', members: [client.uid] } }),
    );
    await unwrap(client.PATCH('/client/groups/{gid}', { params: { path: { gid } }, body: { notice: '公告' } }));
    const query = { fields: 'members,quiet' };
    expect(await unwrap(client.GET('/client/groups', { params: { query } }))).toEqual([
      expect.objectContaining({ id: gid, notice: '公告', do_not_disturb: false }),
    ]);
    await expect(unwrap(client.POST('/auth/grant', { body: { uid: 1 } }))).rejects.toMatchObject({ code: 401 });
  });

  it('uploads files as forms and downloads them', async () => {
    const client = await connect();
    const file = new File(['内容'], 'a.txt', { type: 'text/plain' });
    const { src, src_url } = await unwrap(client.POST('/v2/files', { body: { file } }));
    expectTypeOf(src).toEqualTypeOf<string>();
    expect(src_url).toBe(place.url + src);
    const params = { path: { name: src.split('/').at(-1) ?? '' } };
    expect(await unwrap(client.GET('/files/{name}', { params, parseAs: 'text' }))).toBe('内容');
    const raw = await unwrap(client.POST('/audios', { body: new Blob(['#!AMR']) }));
    expect(raw.src).toMatch(/^\/audios\/[0-9a-f]{32}$/);
  });

  it('needs no server for a customer', async () => {
    const { appid, store_id } = place.demo;
    const client = createGobelieveClient({ baseUrl: place.url, token: '' });
    const { token, client_id } = await unwrap(client.POST('/auth/customer', { body: { appid, customer_id: 'c-1' } }));
    const customer = createGobelieveClient({ baseUrl: place.url, token });
    const params = { query: { store_id } };
    const { seller_id, status } = await unwrap(customer.GET('/supporters', { params }));
    expectTypeOf(status).toEqualTypeOf<'online' | 'offline'>();
    await write(seller_id, client_id, '您好');
    expect((await unwrap(customer.GET('/messages')))[0]?.sender).toBe(seller_id);
  });
});

/** A `fetch` whose streams can be cut, and that records their requests. */
function breakable() {
  const openings: (string | null)[] = [];
  const signals: (AbortSignal | null | undefined)[] = [];
  let cut = () => {};
  const answers: Response[] = [];
  const broken: typeof fetch = async (input, init) => {
    if (!String(input).includes('/client/events')) return fetch(input, init);
    openings.push(new Headers(init?.headers).get('Last-Event-ID'));
    signals.push(init?.signal);
    const planned = answers.shift();
    if (planned) return planned;
    const response = await fetch(input, init);
    const ends = new TransformStream<Uint8Array, Uint8Array>({
      start(controller) {
        cut = () => controller.error(new TypeError('the network is gone'));
      },
    });
    return new Response(response.body?.pipeThrough(ends), response);
  };
  return { fetch: broken, openings, signals, answers, cut: () => cut() };
}

/** The next events, without `connected`. */
async function take(events: AsyncIterator<GobelieveEvent>, count: number): Promise<GobelieveEvent[]> {
  const taken: GobelieveEvent[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done || value === undefined) throw new Error(`the events ended after ${taken.length}`);
    if (value.event !== 'connected') taken.push(value);
  }
  return taken;
}

const contentsOf = (events: readonly GobelieveEvent[]) =>
  events.map(({ data }) => ('content' in data ? data.content : undefined));

describe('events', () => {
  it('are typed, and begin with the connection', async () => {
    const client = await connect();
    const room = newUid();
    const kinds: string[] = [];
    for await (const { event, data } of client.events({ rooms: [room] })) {
      kinds.push(event);
      if (event === 'connected') {
        await write(1, client.uid, '1');
        const [receiver, content] = [client.uid, 'x'];
        await unwrap(server.POST('/messages/notifications', { body: { receiver, content } }));
        await unwrap(server.POST('/messages/rooms', { body: { sender: 0, receiver: room, content: '2' } }));
      }
      if (event === 'peer_message') expectTypeOf(data).toEqualTypeOf<Schemas['Message']>();
      if (event === 'room_message') expectTypeOf(data.receiver).toEqualTypeOf<number>();
      if (kinds.length === 4) break;
    }
    expect(kinds.sort()).toEqual(['connected', 'notification', 'peer_message', 'room_message']);
  });

  it('resume after a break, without loss and without repetition', async () => {
    const network = breakable();
    const client = await connect(newUid(), network);
    const events = client.events();
    expect((await events.next()).value).toMatchObject({ event: 'connected', id: expect.any(String) });
    network.cut();
    await write(1, client.uid, 'while it was gone, before the first');
    expect(contentsOf(await take(events, 1))).toEqual(['while it was gone, before the first']);
    await write(1, client.uid, '1');
    const [one] = await take(events, 1);
    network.cut();
    for (const content of ['2', '3']) await write(1, client.uid, content);
    const rest = take(events, 3);
    await vi.waitFor(() => expect(network.openings).toHaveLength(3), { timeout: 10_000 });
    await write(1, client.uid, '4');
    expect(contentsOf(await rest)).toEqual(['2', '3', '4']);
    expect(network.openings[0]).toBeNull();
    expect(network.openings[2]).toBe(one && 'id' in one ? one.id : 'none');
    await events.return(undefined);
  });

  it('resume after failures of the server', async () => {
    const network = breakable();
    const client = await connect(newUid(), network);
    const events = client.events();
    await events.next();
    network.answers.push(new Response('restarting', { status: 503 }));
    network.cut();
    await write(1, client.uid, 'still here');
    expect(contentsOf(await take(events, 1))).toEqual(['still here']);
    expect(network.openings).toHaveLength(3);
    await events.return(undefined);
  });

  it('begin at a given id', async () => {
    const client = await connect();
    const first = client.events();
    const { value } = await first.next();
    await first.return(undefined);
    await write(1, client.uid, 'missed');
    const second = client.events({ lastEventId: value && 'id' in value ? value.id : undefined });
    expect(contentsOf(await take(second, 1))).toEqual(['missed']);
    await second.return(undefined);
  });

  it('end with the signal or the loop, and so does the connection', async () => {
    const network = breakable();
    const client = await connect(newUid(), network);
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const { event } of client.events({ signal: stop.signal })) {
      seen.push(event);
      stop.abort();
    }
    for await (const { event } of client.events()) {
      seen.push(event);
      break;
    }
    for await (const { event } of client.events({ signal: AbortSignal.abort() })) seen.push(event);
    expect(seen).toEqual(['connected', 'connected']);
    expect(network.signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  it('throw an error that occurs at the start', async () => {
    const stranger = createGobelieveClient({ baseUrl: place.url, token: 'unknown' });
    await expect(stranger.events().next()).rejects.toMatchObject({ name: 'GobelieveError', code: 401 });
    const client = await connect();
    const rooms = Array.from({ length: 33 }, newUid);
    await expect(client.events({ rooms }).next()).rejects.toMatchObject({ name: 'GobelieveError', code: 400 });
    const nowhere = createGobelieveClient({ baseUrl: 'http://127.0.0.1:9/gobelieve', token: 'x' });
    await expect(nowhere.events().next()).rejects.toThrow(TypeError);
  });
});

describe('in a browser', () => {
  const bundle = async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('../../src/client/gobelieve.ts', import.meta.url))],
      bundle: true,
      format: 'iife',
      globalName: 'qiyue',
      platform: 'browser',
      minify: true,
      write: false,
    });
    return outputFiles[0]?.text ?? '';
  };

  it('needs no Node module and little space', async () => {
    expect(gzipSync(await bundle()).length).toBeLessThan(12_000);
  });

  it.skipIf(!hasChromium)(`works from pages of another origin (Chromium)${whySkipped}`, async () => {
    const page = createServer((_request, response) =>
      response.setHeader('Content-Type', 'text/html').end('<h1>页面</h1>'),
    );
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void page.close());
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${(page.address() as AddressInfo).port}/`);
    await tab.addScriptTag({ content: await bundle() });

    const uid = newUid();
    const { token } = await unwrap(server.POST('/auth/grant', { body: { uid } }));
    const options = JSON.stringify({ baseUrl: place.url, token });
    await tab.addScriptTag({
      content: `
        const client = qiyue.createGobelieveClient(${options});
        const events = client.events({ rooms: [900] });
        const next = async () => {
          const { value } = await events.next();
          return value.event + ' ' + (value.data.content ?? '');
        };
      `,
    });
    expect(await tab.evaluate('next()')).toBe('connected ');
    const content = '你好，浏览器 👋';
    await write(1, uid, content);
    expect(await tab.evaluate('next()')).toBe(`peer_message ${content}`);
    await unwrap(server.POST('/messages/rooms', { body: { sender: 0, receiver: 900, content: '直播开始' } }));
    expect(await tab.evaluate('next()')).toBe('room_message 直播开始');
    expect(await tab.evaluate(`qiyue.unwrap(client.GET('/messages')).then(([{ content }]) => content)`)).toBe(content);
    const rejected = `qiyue.unwrap(client.GET('/client/groups/{gid}', { params: { path: { gid: 1e9 } } }))`;
    expect(await tab.evaluate(`${rejected}.catch(({ name, code }) => name + code)`)).toBe('GobelieveError400');
    const create = `try { qiyue.createGobelieveServerClient({ appid: 1, appsecret: 'x' }) } catch ({ message }) { message }`;
    expect(await tab.evaluate(create)).toMatch(/for Node only/);
  });
});
