import { afterAll, beforeAll, expect, it } from 'vitest';
import { OUT_OF_BAND, startTower, type Token, type Tower } from '../oauth/flow.ts';
import { elementById } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { form, sendRaw } from './raw.ts';

// The API stands below /tower, and at the root of its own host names; URLs follow the request (T-1).
describeEachDatabase('host names', (databases) => {
  let tower: Tower;
  beforeAll(async () => {
    tower = await startTower({ DATABASE_URL: await databases.createUrl(), TOWER_HOST: 'api.tower.example' });
  });
  afterAll(() => tower?.server.close());

  const send = (host: string, method: string, path: string, headers: Record<string, string> = {}, body = '') =>
    sendRaw(tower.server.url, method, path, { ...headers, host }, body);

  const encode = (fields: Record<string, string | undefined>) =>
    new URLSearchParams(fields as Record<string, string>).toString();

  it.each(['tower.localhost', 'tower.localhost:3000', 'TOWER.localhost', 'api.tower.example', 'api.tower.example:443'])(
    'serves the documented paths from the root of %s',
    async (host) => {
      const answer = await send(host, 'POST', '/oauth/token', form, encode(tower.passwordFields()));
      expect(answer.status, answer.text).toBe(200);
      const { access_token } = JSON.parse(answer.text) as Token;
      const path = `/api/v1/teams/${tower.credentials.team_id}/member`;
      expect((await send(host, 'GET', path, { authorization: `Bearer ${access_token}` })).status).toBe(200);
      expect((await tower.member(access_token)).status).toBe(200);
    },
  );

  it.each(['127.0.0.1', 'localhost', 'example.com', 'tower.localhost.evil.example', 'evil-tower.localhost'])(
    'serves the paths below /tower on %s, and nothing at the root',
    async (host) => {
      expect((await send(host, 'POST', '/tower/oauth/token', form, encode(tower.passwordFields()))).status).toBe(200);
      expect((await send(host, 'POST', '/oauth/token', form, encode(tower.passwordFields()))).status).toBe(404);
    },
  );

  it('adapts the addresses, cookies and forms of its pages to the host name', async () => {
    const host = 'tower.localhost:3000';
    const parameters = encode({
      client_id: tower.app.client_id,
      redirect_uri: tower.app.redirect_uri,
      response_type: 'code',
      state: 's',
    });
    const start = await send(host, 'GET', `/oauth/authorize?${parameters}`);
    expect(start.status).toBe(302);
    const signIn = new URL(start.headers.location as string, `http://${host}`);
    expect(signIn.origin + signIn.pathname).toBe(`http://${host}/oauth/sign_in`);

    const page = await send(host, 'GET', signIn.pathname + signIn.search);
    const [setCookie = ''] = page.headers['set-cookie'] ?? [];
    expect(setCookie).toMatch(/; Path=\/(;|$)/);
    const hidden = (text: string) =>
      Object.fromEntries(
        [...text.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
          name,
          (value as string).replaceAll('&amp;', '&'),
        ]),
      );
    expect(/<form[^>]*action="([^"]+)"/.exec(page.text)?.[1]).toBe('/oauth/sign_in');
    const { username, password } = tower.credentials.user;
    const [before = ''] = setCookie.split(';');
    const signedIn = await send(
      host,
      'POST',
      '/oauth/sign_in',
      { ...form, cookie: before },
      encode({ ...hidden(page.text), username, password }),
    );
    expect(signedIn.status).toBe(302);
    const [cookie = ''] = (signedIn.headers['set-cookie']?.[0] ?? '').split(';');
    const back = new URL(signedIn.headers.location as string, `http://${host}`);
    expect(back.pathname).toBe('/oauth/authorize');

    const consent = await send(host, 'GET', back.pathname + back.search, { cookie });
    expect(consent.status).toBe(200);
    const allowed = await send(
      host,
      'POST',
      '/oauth/authorize',
      { ...form, cookie },
      encode({ ...hidden(consent.text), decision: 'allow' }),
    );
    const target = new URL(allowed.headers.location as string);
    expect(target.origin + target.pathname).toBe(tower.app.redirect_uri);
    expect(target.searchParams.get('iss')).toBe(`http://${host}`);

    const oob = encode({ client_id: tower.app.client_id, redirect_uri: OUT_OF_BAND, response_type: 'code' });
    const again = await send(host, 'GET', `/oauth/authorize?${oob}`, { cookie });
    const native = await send(
      host,
      'POST',
      '/oauth/authorize',
      { ...form, cookie },
      encode({ ...hidden(again.text), decision: 'allow' }),
    );
    expect(native.headers.location).toMatch(/^\/oauth\/authorize\/native\?code=/);
    const shown = await send(host, 'GET', native.headers.location as string, { cookie });
    expect(elementById(shown.text, 'code')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('ignores forwarded headers without a trusted proxy', async () => {
    const forwarded = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
    };
    const answer = await send('127.0.0.1:3000', 'GET', '/tower/.well-known/oauth-authorization-server', forwarded);
    expect(JSON.parse(answer.text)).toMatchObject({ issuer: 'http://127.0.0.1:3000/tower' });
    expect(
      (
        await send(
          '127.0.0.1',
          'POST',
          '/oauth/token',
          { ...form, 'x-forwarded-host': 'tower.localhost' },
          encode(tower.passwordFields()),
        )
      ).status,
    ).toBe(404);
  });

  it('uses the forwarded headers of a trusted proxy', async () => {
    const proxied = await startTower({ DATABASE_URL: await databases.createUrl(), TRUST_PROXY: '1' });
    try {
      const response = await fetch(`${proxied.url}/.well-known/oauth-authorization-server`, {
        headers: { 'x-forwarded-host': 'qiyue.example', 'x-forwarded-proto': 'https' },
      });
      expect(await response.json()).toMatchObject({ issuer: 'https://qiyue.example/tower' });
      const page = await fetch(`${proxied.url}/oauth/sign_in`, {
        headers: { 'x-forwarded-host': 'qiyue.example', 'x-forwarded-proto': 'https' },
      });
      expect(page.headers.getSetCookie()[0]).toMatch(/; Secure(;|$)/);
    } finally {
      await proxied.server.close();
    }
  });

  it.each(['', ' ', 'a b', '[::1', '%00', '<script>', 'x'.repeat(300)])(
    'never returns 500 to the host %j',
    async (host) => {
      const answer = await send(host, 'GET', '/tower/.well-known/oauth-authorization-server').catch(() => undefined);
      // Node's own client or parser may reject the request first.
      if (answer !== undefined) expect(answer.status, answer.text).toBeLessThan(500);
    },
  );
});
