import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import type { components } from '../../generated/ppmessage.ts';
import { OAuthError } from '../../src/client/oauth.ts';
import {
  createPpmessageClient,
  type PpmessageClient,
  type PpmessageClientOptions,
  PpmessageError,
  type PpmessageEvent,
} from '../../src/client/ppmessage.ts';
import { ppmessage } from '../../src/ppmessage/index.ts';
import { credentialsOf, type Desk, openDesk, type Token } from '../ppmessage/desk.ts';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';
import { startServer } from '../support/server.ts';

type Schemas = components['schemas'];

// All calls go to a real server.
let desk: Desk;
let token: Token;

beforeAll(async () => {
  desk = await openDesk(await startServer({}, [ppmessage]));
  token = await desk.signIn(desk.agent);
});
afterAll(() => desk?.server.close());

function clientOf(more: PpmessageClientOptions = {}): PpmessageClient {
  const { api_key, api_secret } = desk.credentials;
  return createPpmessageClient({ baseUrl: desk.url, apiKey: api_key, apiSecret: api_secret, ...more });
}

/** Returns the error of a rejected promise. */
const reasonOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('It was fulfilled')),
    (error) => error,
  );

const json =
  (body: unknown, status = 200) =>
  async () =>
    new Response(JSON.stringify(body), { status });

describe('a call', () => {
  it('returns the answer of the operation, for the app of the token', async () => {
    const client = clientOf({ token });
    const { list } = await client.call('PP_GET_APP_SERVICE_USER_LIST', {});
    expect(list.map(({ uuid }) => uuid)).toContain(desk.agent.user_uuid);
    const { app_name } = await client.call('PP_GET_APP_INFO', { app_uuid: desk.app_uuid });
    expect(app_name).toEqual(expect.any(String));
  });

  it('throws for every error number except "0"', async () => {
    const error = await reasonOf(clientOf({ token }).call('PP_GET_USER_INFO', { user_uuid: 'unknown' }));
    expect(error).toBeInstanceOf(PpmessageError);
    expect(error).toMatchObject({
      name: 'PpmessageError',
      code: '7',
      description: 'There is no such user',
      uri: '/PP_GET_USER_INFO',
      status: 200,
      requestId: expect.stringMatching(/\S/),
      message: '/PP_GET_USER_INFO failed with error 7: There is no such user',
    });
  });

  it('puts the other fields of the answer into the error', async () => {
    const client = clientOf({ token });
    const { user_uuid } = await client.call('PP_CREATE_ANONYMOUS', { ppcom_trace_uuid: randomUUID() });
    const device = { user_uuid, device_ostype: 'AND', device_id: randomUUID() } as const;
    const { device_uuid } = await client.call('PP_CREATE_DEVICE', device);
    const error = await reasonOf(client.call('PP_CREATE_DEVICE', device));
    expect(error).toMatchObject({ code: '25', answer: { device_uuid } });
  });

  it('needs a token, and app_uuid when the token is a text', async () => {
    expect(await reasonOf(clientOf().call('PP_GET_APP_INFO', { app_uuid: desk.app_uuid }))).toMatchObject({
      code: '3',
    });
    const client = clientOf({ token: token.access_token });
    expect(client.token).toBeUndefined();
    expect(await reasonOf(client.call('PP_GET_APP_INFO', {}))).toMatchObject({ code: '6' });
    expect(await client.call('PP_GET_APP_INFO', { app_uuid: desk.app_uuid })).toMatchObject({ uuid: desk.app_uuid });
    client.setToken(undefined);
    expect(await reasonOf(client.call('PP_GET_APP_INFO', {}))).toMatchObject({ code: '3' });
    client.setToken(token);
    expect(client.token).toEqual(token);
    await client.call('PP_GET_APP_INFO', {});
  });

  it('gets a token for the key of a customer’s page, which gets numbers', async () => {
    const { api_key: apiKey, api_secret: apiSecret } = desk.credentials.keys.ppcom;
    const client = clientOf({ apiKey, apiSecret });
    const { app_uuid } = await client.requestKeyToken();
    expect(app_uuid).toBe(desk.app_uuid);
    expect(client.token?.user_uuid).toBeUndefined();
    expect(await client.call('PP_GET_APP_INFO', {})).toMatchObject({ error_code: 0, uuid: app_uuid });
    const refused = await reasonOf(client.call('PP_GET_USER_INFO', { user_uuid: 'unknown' }));
    expect(refused).toMatchObject({ name: 'PpmessageError', code: '7' });
  });

  it('signs an agent in by password', async () => {
    const { user_email: email, user_password: password, user_uuid } = desk.agent;
    const client = clientOf({ apiKey: desk.credentials.keys.ppkefu.api_key, apiSecret: '' });
    expect(await client.signIn({ email, password })).toMatchObject({ user_uuid, app_uuid: desk.app_uuid });
    expect(await client.call('PP_GET_USER_INFO', { user_uuid })).toMatchObject({ error_code: 0, uuid: user_uuid });
    const refused = await reasonOf(client.signIn({ email, password: 'wrong' }));
    expect(refused).toMatchObject({ name: 'OAuthError', code: 'invalid_grant', status: 200 });
  });

  it.each([
    ['a gateway’s page', async () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
    ['a page that claims success', async () => new Response('<h1>Pay for the Wi-Fi</h1>')],
    ['JSON of another kind', json({ message: 'nothing here' }, 404)],
    ['JSON that is not an object', json(null)],
  ])('throws an error for %s', async (_, fetch) => {
    const error = await reasonOf(clientOf({ token, fetch }).call('PP_GET_APP_INFO', {}));
    expect(error).toMatchObject({ name: 'PpmessageError', code: '-1', uri: '/PP_GET_APP_INFO' });
  });

  it('uploads a file for a message', async () => {
    const client = createPpmessageClient({ baseUrl: desk.url, token: desk.kefu.token });
    const progress: number[] = [];
    const fid = await client.upload(new Blob(['内容']), {
      name: '说明.txt',
      onProgress: ({ loaded }) => progress.push(loaded),
    });
    const response = await fetch(`${desk.url}/download/${fid}`);
    expect([response.status, await response.text(), progress]).toEqual([200, '内容', [6]]);
    await expect(client.upload(new Blob([]))).rejects.toMatchObject({ code: '44', status: 400 });
  });

  it('can be made in the style of openapi-fetch', async () => {
    const { data, response } = await clientOf({ token }).POST('/api/PP_GET_APP_INFO', {
      body: { app_uuid: 'nowhere' },
    });
    expect([response.status, data?.error_code]).toEqual([200, '13']);
  });

  it('sends the token to operations only', async () => {
    const sent: [string, string | null][] = [];
    const fetch = (async (request: Request) => {
      sent.push([new URL(request.url).pathname, request.headers.get('Authorization')]);
      return new Response('{}', { headers: { 'Content-Type': 'application/json' } });
    }) as typeof globalThis.fetch;
    const client = createPpmessageClient({ baseUrl: 'https://api.example/ppmessage/', token: 'secret', fetch });
    await client.exchangeCode({ code: 'a', redirectUri: 'b' }).catch(() => {});
    await client.GET('/ppauth/auth', { params: { query: {} }, parseAs: 'text' });
    await client.GET('/download/{fid}', { params: { path: { fid: 'a' } }, parseAs: 'text' });
    await client.call('PP_GET_APP_INFO', {}).catch(() => {});
    await client.POST('/ppquery/PP_QUERY', { body: { query: { uri: 'PP_GET_APP_INFO', input: {} } } as never });
    await client.POST('/upload', { body: {} as never });
    await client
      .events()
      .next()
      .catch(() => {});
    expect(sent).toEqual([
      ['/ppmessage/ppauth/token', null],
      ['/ppmessage/ppauth/auth', null],
      ['/ppmessage/download/a', null],
      ['/ppmessage/api/PP_GET_APP_INFO', 'OAuth secret'],
      ['/ppmessage/ppquery/PP_QUERY', 'OAuth secret'],
      ['/ppmessage/upload', 'OAuth secret'],
      ['/ppmessage/events', 'OAuth secret'],
    ]);
  });

  it('is type-checked', () => {
    const client = createPpmessageClient();
    const mistakes = () => [
      // @ts-expect-error no such operation
      client.call('PP_GET_APP', {}),
      // @ts-expect-error user_uuid is missing
      client.call('PP_GET_USER_INFO', {}),
      // @ts-expect-error no such type of conversation
      client.call('PP_CREATE_CONVERSATION', { user_uuid: '', conversation_type: 'X2Y' }),
      client.call('PP_GET_APP_INFO', {}).then((app) => {
        expectTypeOf(app.app_name).toEqualTypeOf<string>();
        expectTypeOf(app.error_code).toEqualTypeOf<'0' | 0>();
        // @ts-expect-error no such member
        app.app_secret;
      }),
      client.call('PP_SEND_MESSAGE', {} as Schemas['NewMessage']),
    ];
    expect(mistakes).toBeTypeOf('function');
  });
});

describe('signing in', () => {
  /** Signs in at the address and returns the redirect. */
  async function approve(url: string): Promise<string> {
    const { searchParams } = new URL(url);
    return desk.submit({ ...Object.fromEntries(searchParams), ...credentialsOf(desk.agent) });
  }

  it('leads to the page and back, and uses the token afterwards', async () => {
    const client = clientOf();
    const { redirect_uri_with_query: redirectUri } = desk.credentials;
    const { url, ...flow } = client.authorizationUrl({ redirectUri });
    expect(flow.state).toMatch(/^[\w-]{43}$/);
    expect((await fetch(url)).status).toBe(200);
    const issued = await client.handleCallback(await approve(url), flow);
    expect(issued).toMatchObject({ user_uuid: desk.agent.user_uuid, app_uuid: desk.app_uuid, expires_in: 86400 });
    expect(client.token).toEqual(issued);
    expect((await client.call('PP_GET_APP_INFO', {})).uuid).toBe(desk.app_uuid);
  });

  it('uses the caller’s state, or a new one each time', () => {
    const client = clientOf();
    const { redirect_uri: redirectUri } = desk.credentials;
    expect(client.authorizationUrl({ redirectUri }).state).not.toBe(client.authorizationUrl({ redirectUri }).state);
    const { url, state } = client.authorizationUrl({ redirectUri, state: '状态 & #' });
    expect([state, new URL(url).searchParams.get('state')]).toEqual(['状态 & #', '状态 & #']);
  });

  it.each([
    ['another state', 'state=other&code=c', 'state_mismatch'],
    ['no state', 'code=c', 'state_mismatch'],
    ['an error', 'state=s&error=unsupported_response_type', 'unsupported_response_type'],
    ['neither code nor error', 'state=s', 'invalid_response'],
  ])('rejects a callback with %s', async (_, query, code) => {
    const flow = { redirectUri: desk.credentials.redirect_uri, state: 's' };
    const error = await reasonOf(clientOf().handleCallback(`${flow.redirectUri}?${query}`, flow));
    expect(error).toBeInstanceOf(OAuthError);
    expect(error).toMatchObject({ code });
  });

  it('throws the reason when there is no token', async () => {
    const { redirect_uri: redirectUri } = desk.credentials;
    const grant = { code: await desk.code(), redirectUri };
    const wrongSecret = clientOf({ apiSecret: 'wrong' });
    expect(await reasonOf(wrongSecret.exchangeCode(grant))).toMatchObject({ code: 'invalid_client', status: 401 });
    const client = clientOf();
    await client.exchangeCode(grant);
    expect(await reasonOf(client.exchangeCode(grant))).toMatchObject({ code: 'invalid_grant', status: 400 });
    const page = clientOf({ fetch: async () => new Response('<h1>…</h1>', { status: 502 }) });
    expect(await reasonOf(page.exchangeCode(grant))).toMatchObject({ code: 'invalid_response', status: 502 });
  });
});

describe('events', () => {
  async function newConversation() {
    const customer = await desk.kefu.newCustomer();
    return { customer, conversation: await desk.kefu.newConversation(customer, [desk.agent.user_uuid]) };
  }

  /** A client whose streams can be cut, and its requests. */
  function cuttable() {
    const asked: (string | null)[] = [];
    const opened: (() => void)[] = [];
    let cut = () => {};
    const fetch = (async (request: Request) => {
      if (!new URL(request.url).pathname.endsWith('/events')) return globalThis.fetch(request);
      asked.push(request.headers.get('Last-Event-ID'));
      const response = await globalThis.fetch(request);
      if (!response.ok || response.body === null) return response;
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const broken = new AbortController();
      cut = () => broken.abort(new Error('The cable was pulled'));
      response.body.pipeTo(writable, { signal: broken.signal }).catch(() => {});
      for (const proceed of opened.splice(0)) proceed();
      return new Response(readable, response);
    }) as typeof globalThis.fetch;
    const open = () => new Promise<void>((resolve) => opened.push(resolve));
    return { client: clientOf({ token, fetch }), asked, cut: () => cut(), open };
  }

  it('arrive typed until the signal ends them', async () => {
    const { customer, conversation } = await newConversation();
    const { client, open } = cuttable();
    const controller = new AbortController();
    const texts: string[] = [];
    const opening = open();
    const reading = (async () => {
      for await (const { event, data } of client.events({ signal: controller.signal })) {
        expect(event).toBe('message');
        texts.push(data.bo);
        await client.call('ACK_MESSAGE', { list: [data.pid] });
        if (data.bo === '完') controller.abort();
      }
    })();
    await opening;
    for (const text of ['一', '二', '完']) await desk.kefu.say(conversation, customer, text);
    await reading;
    expect(texts).toEqual(['一', '二', '完']);
    const unacked = await desk.kefu.unacked();
    expect(unacked.filter(({ message }) => message.ci === conversation)).toEqual([]);
    expectTypeOf(client.events).returns.toEqualTypeOf<AsyncGenerator<PpmessageEvent, void, undefined>>();
  });

  it('continue after a break without loss or repetition', async () => {
    const { customer, conversation } = await newConversation();
    const { client, asked, cut, open } = cuttable();
    const opening = open();
    const events = client.events();
    const first = events.next();
    await opening;
    await desk.kefu.say(conversation, customer, '一');
    const { value } = await first;
    cut();
    for (const text of ['二', '三']) await desk.kefu.say(conversation, customer, text);
    const rest = [(await events.next()).value?.data.bo, (await events.next()).value?.data.bo];
    await events.return();
    expect([value?.data.bo, ...rest]).toEqual(['一', '二', '三']);
    expect(asked).toEqual([null, value?.id]);
  });

  it('continue when the stream breaks before its first message', async () => {
    const { customer, conversation } = await newConversation();
    const { client, cut, open } = cuttable();
    const opening = open();
    const events = client.events();
    const first = events.next();
    await opening;
    const warmUp = await newConversation();
    await desk.kefu.say(warmUp.conversation, desk.agent.user_uuid, '不是给我的');
    cut();
    await desk.kefu.say(conversation, customer, '断开时');
    expect((await first).value?.data.bo).toBe('断开时');
    await events.return();
  });

  it('shows the device of a customer as online while the stream is open', async () => {
    const { customer, conversation } = await newConversation();
    const { client, open } = cuttable();
    const device = { user_uuid: customer, device_ostype: 'MAB', ppcom_trace_uuid: randomUUID() } as const;
    const { device_uuid } = await client.call('PP_CREATE_DEVICE', device);
    const opening = open();
    const events = client.events({ userUuid: customer, deviceUuid: device_uuid });
    const first = events.next();
    await opening;
    const isOnline = async () => {
      const { list } = await client.call('PP_PAGE_ONLINE_PORTAL_USER', { page_size: 100 });
      return list.some(({ uuid }) => uuid === customer);
    };
    await expect.poll(isOnline).toBe(true);
    await desk.kefu.say(conversation, desk.agent.user_uuid, '您好');
    expect((await first).value?.data).toMatchObject({ bo: '您好', ct: 'S2P' });
    // Leaving the loop ends the stream.
    await events.return();
    await expect.poll(isOnline).toBe(false);
  });

  it('begin after the caller’s last event', async () => {
    const { customer, conversation } = await newConversation();
    const { client, open } = cuttable();
    const opening = open();
    const events = client.events();
    const first = events.next();
    await opening;
    await desk.kefu.say(conversation, customer, '一');
    const { value } = await first;
    await events.return();
    await desk.kefu.say(conversation, customer, '二');
    const later = client.events({ lastEventId: value?.id });
    expect((await later.next()).value?.data.bo).toBe('二');
    await later.return();
  });

  it('throw at once without a token, and for another agent', async () => {
    expect(await reasonOf(clientOf().events().next())).toMatchObject({
      name: 'PpmessageError',
      code: '3',
      status: 401,
    });
    const kefu = createPpmessageClient({ baseUrl: desk.url, token: desk.kefu.token });
    const other = kefu.events({ userUuid: desk.otherAgent.user_uuid });
    expect(await reasonOf(other.next())).toMatchObject({ code: '20', status: 403, uri: '/events' });
  });

  it('throw when no server answers', async () => {
    const client = createPpmessageClient({ baseUrl: 'http://127.0.0.1:9', token });
    expect(await reasonOf(client.events().next())).toBeInstanceOf(TypeError);
  });

  it('end without an error when the signal is aborted already', async () => {
    expect(await clientOf({ token }).events({ signal: AbortSignal.abort() }).next()).toEqual({
      done: true,
      value: undefined,
    });
  });
});

describe('in a browser', () => {
  async function bundle(): Promise<string> {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('../../src/client/ppmessage.ts', import.meta.url))],
      bundle: true,
      minify: true,
      format: 'iife',
      globalName: 'qiyue',
      platform: 'browser',
      write: false,
    });
    return outputFiles[0]?.text ?? '';
  }

  it.skipIf(!hasChromium)(
    `calls operations and receives events from a page of another origin (Chromium)${whySkipped}`,
    async () => {
      const page = '<!doctype html><title>app</title>';
      const app = createServer((_request, response) => void response.setHeader('Content-Type', 'text/html').end(page));
      await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
      const browser = await launchChromium();
      onTestFinished(async () => {
        await browser.close();
        app.closeAllConnections();
        app.close();
      });
      const tab = await browser.newPage();
      await tab.goto(`http://127.0.0.1:${(app.address() as AddressInfo).port}/`);
      await tab.addScriptTag({ content: await bundle() });
      const options = JSON.stringify({ baseUrl: desk.url, token });
      await tab.addScriptTag({ content: `const client = qiyue.createPpmessageClient(${options});` });
      const name = await tab.evaluate(`client.call('PP_GET_APP_INFO', {}).then(({ app_name }) => app_name)`);
      expect(name).toBe((await desk.kefu.ok('PP_GET_APP_INFO', {})).app_name);
      const refused = tab.evaluate(`client.call('PP_GET_USER_INFO', { user_uuid: 'x' }).catch(({ code }) => code)`);
      expect(await refused).toBe('7');

      const customer = await desk.kefu.newCustomer();
      const conversation = await desk.kefu.newConversation(customer, [desk.agent.user_uuid]);
      const opened = tab.waitForResponse((response) => response.url().endsWith('/events'));
      const heard = tab.evaluate(`client.events().next().then(({ value }) => value.data.bo)`);
      await opened;
      await desk.kefu.say(conversation, customer, '浏览器里');
      expect(await heard).toBe('浏览器里');
    },
  );
});
