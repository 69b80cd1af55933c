import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import express from 'express';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import type { components } from '../../generated/ucenter.ts';
import {
  createUcenterClient,
  memoryStore,
  OAuthError,
  type UcenterClientOptions,
  UcenterError,
  type UcenterTokens,
} from '../../src/client/index.ts';
import { createTokenProxy } from '../../src/token-proxy.ts';
import { Browser } from '../support/browser.ts';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { newPhone, useCentre } from '../ucenter/centre.ts';

type Schemas = components['schemas'];

/** The error of a rejected promise. */
const reasonOf = (promise: Promise<unknown>): Promise<UcenterError> =>
  promise.then(
    () => Promise.reject(new Error('It was fulfilled')),
    (error) => error,
  );

describe('the types of the client', () => {
  const client = createUcenterClient({ baseUrl: 'http://127.0.0.1/ucenter', clientId: 'app' });

  it('have the data without the envelope and one kind of error', () => {
    const read = () => client.GET('/api/user');
    expectTypeOf<NonNullable<Awaited<ReturnType<typeof read>>['data']>>().toExtend<Schemas['User']>();
    expectTypeOf<NonNullable<Awaited<ReturnType<typeof read>>['error']>>().toExtend<UcenterError>();
    const register = () => client.POST('/api/user', { body: { phone: '', password: '', code: '' } });
    expectTypeOf<NonNullable<Awaited<ReturnType<typeof register>>['data']>>().toEqualTypeOf<Schemas['Registration']>();
    const roles = () => client.GET('/api/user/role');
    expectTypeOf<NonNullable<Awaited<ReturnType<typeof roles>>['data']>>().toEqualTypeOf<Schemas['UserRoles']>();
  });

  it('do not compile with mistakes', () => {
    const mistakes = () => [
      // @ts-expect-error no such path
      client.GET('/api/users'),
      // @ts-expect-error a page for people
      client.GET('/oauth/authorize'),
      // @ts-expect-error no such method
      client.DELETE('/api/user'),
      // @ts-expect-error phone is missing
      client.POST('/api/sms/code', { body: {} }),
      // @ts-expect-error tokens or a store, not both
      createUcenterClient({ clientId: 'app', tokens: { access_token: 'a' }, store: memoryStore() }),
    ];
    expect(mistakes).toBeTypeOf('function');
  });
});

describeEachDatabase('the typed client of UCenter', (databases) => {
  const centre = useCentre(databases, { UPLOAD_LIMIT: '3000000' });

  const clientOf = (more: Partial<UcenterClientOptions> = {}) => {
    const { client_id, client_secret } = centre.app;
    const options = { baseUrl: centre.url, clientId: client_id, clientSecret: client_secret, ...more };
    return createUcenterClient(options as UcenterClientOptions);
  };
  const signedIn = async (more?: Partial<UcenterClientOptions>) => {
    const client = clientOf(more);
    await client.signInWithPassword(centre.credentials.user);
    return client;
  };

  describe('the envelope', () => {
    it('returns the data of code 1', async () => {
      const client = await signedIn();
      const { data, error, response } = await client.GET('/api/user');
      expect([error, response.status]).toEqual([undefined, 200]);
      expect(data).toEqual(await centre.profileOf(client.tokens));
    });

    it('throws an error for code 0 despite HTTP 200', async () => {
      const client = await signedIn();
      const { data, error, response } = await client.PUT('/api/user', { body: { email: 'unknown' } });
      expect(data).toBeUndefined();
      expect(response.status).toBe(200);
      expect(error).toBeInstanceOf(UcenterError);
      expect(error).toMatchObject({
        code: 0,
        message: '邮箱 不是一个合法的邮箱。',
        status: 200,
        errors: [{ field: 'email', message: '邮箱 不是一个合法的邮箱。' }],
      });
      expect((await client.PUT('/api/user', { body: {} })).error).toMatchObject({ code: 0, errors: [] });
    });

    it('throws errors with their status for other codes', async () => {
      expect((await clientOf().GET('/api/user')).error).toMatchObject({ code: 1000, status: 400 });
      const wrong = clientOf({ tokens: { access_token: 'wrong' } });
      expect((await wrong.GET('/api/user')).error).toMatchObject({
        code: 1001,
        status: 401,
        message: 'access_token错误',
      });
      const client = await signedIn();
      expect((await client.GET('/api/role')).error).toMatchObject({ code: 1003, status: 403 });
      const params = { path: { role_id: 2_147_483_647 } };
      await client.signInWithPassword(centre.credentials.admin);
      expect((await client.DELETE('/api/role/{role_id}', { params })).error).toMatchObject({ code: 1004, status: 404 });
    });

    it('throws an error for an answer without the envelope', async () => {
      const gateway = async () =>
        new Response('<h1>502</h1>', { status: 502, headers: { 'content-type': 'text/html' } });
      const client = clientOf({ fetch: gateway, tokens: { access_token: 'x' } });
      expect((await client.GET('/api/user')).error).toMatchObject({ code: -1, status: 502 });
      expect(await reasonOf(client.upload(new Blob(['x'])))).toMatchObject({ code: -1, status: 502 });
      expect(await reasonOf(client.signInAsApplication())).toMatchObject({ code: -1, status: 502 });
    });
  });

  describe('signing in', () => {
    it('works by password and throws the error of a wrong one', async () => {
      const seen: (UcenterTokens | undefined)[] = [];
      const client = clientOf({ onTokens: (tokens) => seen.push(tokens) });
      const tokens = await client.signInWithPassword(centre.credentials.user);
      expect(tokens.expires_at).toBeGreaterThan(Date.now() + 3_500_000);
      expect([seen, client.tokens]).toEqual([[tokens], tokens]);
      const refusal = await reasonOf(client.signInWithPassword({ username: 'demo', password: 'wrong' }));
      expect(refusal).toBeInstanceOf(UcenterError);
      expect(refusal).toMatchObject({ code: 1001, status: 401, message: '用户名或密码错误。' });
      expect(client.tokens).toEqual(tokens);
    });

    it('works as the application, to register a user', async () => {
      const client = clientOf();
      await client.signInAsApplication();
      const phone = newPhone();
      expect((await client.POST('/api/sms/code', { body: { phone } })).data).toEqual({});
      const code = await centre.codeSentTo(phone);
      const { data } = await client.POST('/api/user', { body: { phone, code, password: 'a password' } });
      expect(data).toMatchObject({ username: phone, phone });
      await client.signInWithPassword({ username: phone, password: 'a password' });
      expect((await client.GET('/api/user')).data?.user_id).toBe(data?.user_id);
    });

    it('works by code, over the pages', async () => {
      const client = clientOf();
      const { url, ...flow } = await client.authorizationUrl({ redirectUri: centre.app.redirect_uri });
      const browser = new Browser(centre.server.url);
      const { username, password } = centre.credentials.user;
      const consent = await browser.submit((await browser.visit(url)).forms[0], { username, password });
      const back = (await browser.submit(consent.forms[0], { decision: 'allow' })).url;
      const mixedUp = await reasonOf(client.handleCallback(back, { ...flow, state: 'another' }));
      expect(mixedUp).toBeInstanceOf(OAuthError);
      await client.handleCallback(back, flow);
      expect((await client.GET('/api/user')).data?.user_id).toBe(centre.credentials.user.user_id);
      expect(await reasonOf(client.handleCallback(back, flow))).toMatchObject({ code: 1000, status: 400 });
    });

    it('continues with stored tokens', async () => {
      const { tokens } = await signedIn();
      const client = clientOf();
      await client.setTokens(tokens as UcenterTokens);
      expect((await client.GET('/api/user')).data?.user_id).toBe(centre.credentials.user.user_id);
      const store = memoryStore<UcenterTokens>(tokens);
      expect((await clientOf({ store }).GET('/api/user')).data?.user_id).toBe(centre.credentials.user.user_id);
    });

    it('is ended by signing out, which revokes and deletes the tokens', async () => {
      const client = await signedIn();
      const { tokens } = client;
      expect(await client.signOut()).toBe(true);
      expect(client.tokens).toBeUndefined();
      expect(await centre.statusOf(tokens as UcenterTokens)).toBe(401);
      expect(await client.signOut()).toBe(false);
    });
  });

  describe('refreshing', () => {
    const hour = 3_600_000;

    it('happens before the token expires, once for concurrent requests', async () => {
      let late = 0;
      let asked = 0;
      const counting: typeof fetch = (input, init) => {
        if (String(input).endsWith('/accessToken')) asked += 1;
        return fetch(input, init);
      };
      const client = await signedIn({ now: () => Date.now() + late, fetch: counting });
      const { tokens } = client;
      late = hour - 20_000;
      const answers = await Promise.all(Array.from({ length: 5 }, () => client.GET('/api/user')));
      for (const { data } of answers) expect(data?.user_id).toBe(centre.credentials.user.user_id);
      expect(asked).toBe(2);
      expect(client.tokens?.access_token).not.toBe(tokens?.access_token);
      expect(await centre.statusOf(tokens as UcenterTokens)).toBe(401);
    });

    it('happens when the server refuses the token; then the request is sent again with its body', async () => {
      const client = await signedIn();
      const { tokens } = client;
      await client.setTokens({ ...(tokens as UcenterTokens), access_token: 'ended' });
      const { data } = await client.POST('/api/log', { body: { type: 'S', title: '再来', data: '{}' } });
      expect(data).toEqual({});
      expect(client.tokens?.access_token).toMatch(/^[A-Za-z0-9]{40}$/);
    });

    it('deletes the tokens when it is refused, and throws the first error', async () => {
      const seen: unknown[] = [];
      const client = clientOf({
        tokens: { access_token: 'ended', refresh_token: 'ended' },
        onTokens: (tokens) => seen.push(tokens),
      });
      expect((await client.GET('/api/user')).error).toMatchObject({ code: 1001, status: 401 });
      expect([seen, client.tokens]).toEqual([[undefined], undefined]);
    });

    it('can go through an own server that has the secret, like signing in by code', async () => {
      const { client_id, client_secret, redirect_uri } = centre.app;
      const tokenEndpoint = `${centre.url}/api/oauth/accessToken`;
      const proxy = createTokenProxy({
        baseUrl: centre.url,
        tokenEndpoint,
        clientId: client_id,
        clientSecret: client_secret,
      });
      const own = createServer(express().post('/token', proxy)).listen(0, '127.0.0.1');
      await once(own, 'listening');
      onTestFinished(() => void own.close());
      const address = `http://127.0.0.1:${(own.address() as AddressInfo).port}/token`;
      const client = clientOf({ clientSecret: undefined, tokenEndpoint: address });
      await client.signInWithCode({ code: await centre.code(), redirectUri: redirect_uri });
      await client.setTokens({ ...(client.tokens as UcenterTokens), access_token: 'ended' });
      expect((await client.GET('/api/user')).data?.user_id).toBe(centre.credentials.user.user_id);
      expect(await reasonOf(client.signInWithPassword(centre.credentials.user))).toMatchObject({ status: 400 });
      await client.setTokens({ access_token: 'ended', refresh_token: 'ended' });
      expect((await client.GET('/api/user')).error).toMatchObject({ code: 1001 });
      expect(client.tokens).toBeUndefined();
    });

    it('throws an error without the secret and keeps the tokens', async () => {
      const { tokens } = await signedIn();
      const client = clientOf({
        clientSecret: undefined,
        tokens: { ...(tokens as UcenterTokens), access_token: 'ended' },
      });
      expect(await reasonOf(client.GET('/api/user'))).toBeInstanceOf(UcenterError);
      expect(client.tokens?.refresh_token).toBe(tokens?.refresh_token);
    });
  });

  it('sends the token to API operations only', async () => {
    const sent: [string, string | null][] = [];
    const spying: typeof fetch = (input, init) => {
      const request = new Request(input, init);
      sent.push([new URL(request.url).pathname, request.headers.get('authorization')]);
      return fetch(request);
    };
    const client = await signedIn({ fetch: spying });
    const { file_path } = await client.upload(new Blob(['x']), { fileName: 'x.txt' });
    const [date = '', name = ''] = file_path.split('/').slice(-2);
    const file = await client.GET('/storage/uploads/{date}/{name}', {
      params: { path: { date, name } },
      parseAs: 'text',
    });
    expect(file.data).toBe('x');
    await client.signOut();
    const bearers = sent.filter(([, authorization]) => authorization !== null).map(([path]) => path);
    expect(bearers).toEqual(['/ucenter/api/file']);
    expect(sent).toHaveLength(4);
  });

  it('reads all records of a list once, also while others come in', async () => {
    const administrator = clientOf();
    await administrator.signInWithPassword(centre.credentials.admin);
    const write = (title: string) => administrator.POST('/api/log', { body: { type: 'S', title, data: '{}' } });
    for (let count = 0; count < 5; count++) await write(`record ${count}`);
    const titles: string[] = [];
    for await (const log of administrator.records('/api/log', { pageSize: 2 })) {
      titles.push(log.title);
      await write('newer');
      expectTypeOf(log).toEqualTypeOf<Schemas['LogRecord']>();
    }
    expect(titles.slice(0, 5)).toEqual([4, 3, 2, 1, 0].map((count) => `record ${count}`));
    expect(titles).not.toContain('newer');

    const user = await signedIn();
    expect(await reasonOf(user.records('/api/sms').next())).toMatchObject({ name: 'UcenterError', code: 1003 });
    const stop = AbortSignal.abort();
    await expect(administrator.records('/api/file', { signal: stop }).next()).rejects.toBe(stop.reason);
  });

  describe('uploading', () => {
    it('returns the file in the form of the document', async () => {
      const client = await signedIn();
      const progress: unknown[] = [];
      const data = await client.upload(new File(['内容'], '说明.txt'), { onProgress: (one) => progress.push(one) });
      expect(data).toMatchObject({ file_name: '说明.txt', extension: 'txt', mime_type: 'text/plain', size: 6 });
      expect(await (await fetch(data.file_path)).text()).toBe('内容');
      expect(progress).toEqual([{ loaded: 6, total: 6 }]);
    });

    it('throws the error of the server', async () => {
      const client = await signedIn();
      const tooLarge = await reasonOf(client.upload(new Blob([new Uint8Array(3_000_001)])));
      expect(tooLarge).toMatchObject({ code: 1000, status: 413 });
    });

    it('refreshes the token and sends the file again', async () => {
      const client = await signedIn();
      await client.setTokens({ ...(client.tokens as UcenterTokens), access_token: 'ended' });
      expect((await client.upload(new File(['x'], 'x.txt'))).size).toBe(1);
    });

    it('can be aborted', async () => {
      const client = await signedIn();
      const signal = AbortSignal.abort(new Error('enough'));
      expect((await reasonOf(client.upload(new Blob(['x']), { signal }))).message).toBe('enough');
    });
  });

  describe('in a browser', () => {
    const bundle = async () => {
      const { outputFiles } = await build({
        stdin: {
          contents: "export { createUcenterClient } from './index.ts'",
          resolveDir: fileURLToPath(new URL('../../src/client', import.meta.url)),
        },
        bundle: true,
        format: 'iife',
        globalName: 'qiyue',
        platform: 'browser',
        minify: true,
        write: false,
      });
      return outputFiles[0]?.text ?? '';
    };

    it('needs no Node modules and little space', async () => {
      expect((await bundle()).length).toBeLessThan(16_000);
    });

    it.skipIf(!hasChromium)(
      `uploads with progress from another origin, and shows it there (Chromium)${whySkipped}`,
      async () => {
        const app = createServer(
          (_request, response) => void response.setHeader('content-type', 'text/html').end('App'),
        );
        await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
        const browser = await launchChromium();
        onTestFinished(async () => {
          await browser.close();
          app.closeAllConnections();
          app.close();
        });
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${(app.address() as AddressInfo).port}/`);
        await page.addScriptTag({ content: await bundle() });
        const { client_id, client_secret } = centre.app;
        const result = await page.evaluate(
          async ({ baseUrl, clientId, clientSecret, user, picture }) => {
            type Progress = { loaded: number; total: number };
            const { createUcenterClient } = (
              globalThis as unknown as { qiyue: typeof import('../../src/client/index.ts') }
            ).qiyue;
            const client = createUcenterClient({ baseUrl, clientId, clientSecret });
            await client.signInWithPassword(user);
            const progress: Progress[] = [];
            const upload = (bytes: Uint8Array<ArrayBuffer>, name: string) =>
              client.upload(new File([bytes], name), { onProgress: (one) => void progress.push(one) });
            const large = await upload(new Uint8Array(2_000_000).fill(7), '大.bin');
            const rejected = await upload(new Uint8Array(3_000_001), 'x').catch(({ code, status }) => [code, status]);
            const image = new Image();
            image.src = (await upload(new Uint8Array(picture), '图.png')).file_path;
            await image.decode();
            const { data } = await client.GET('/api/user');
            return { large, progress, rejected, width: image.naturalWidth, user_id: data?.user_id };
          },
          {
            baseUrl: centre.url,
            clientId: client_id,
            clientSecret: client_secret,
            user: centre.credentials.user,
            picture: [...png],
          },
        );
        expect(result).toMatchObject({ rejected: [1000, 413], width: 1, user_id: centre.credentials.user.user_id });
        expect(result.large).toMatchObject({ file_name: '大.bin', size: 2_000_000 });
        const [first] = result.progress;
        expect(first?.total).toBeGreaterThan(2_000_000);
        const loaded = result.progress.filter(({ total }) => total === first?.total).map((one) => one.loaded);
        expect(loaded.at(-1)).toBe(first?.total);
        expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
      },
    );
  });
});

/** One pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
