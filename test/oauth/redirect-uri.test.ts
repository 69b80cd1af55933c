import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { expectError, expectToken, useTower } from './flow.ts';

// RFC 6749 §3.1.2.4 and §4.1.2.1, RFC 9700 §2.1: exact match with a registered address, otherwise an error page.
describeEachDatabase('redirect_uri', (databases) => {
  const tower = useTower(databases);

  describe.each([
    ['a browser that is not signed in', async () => new Browser(tower.server.url)],
    ['a browser that is signed in', () => tower.signedIn()],
  ])('for %s', (_who, open) => {
    it.each([
      ['missing', undefined],
      ['empty', ''],
      ['another host', 'https://evil.example/callback'],
      ['the registered one as prefix of a path', 'http://127.0.0.1:8080/callback/evil'],
      ['the registered one as prefix of a host', 'http://127.0.0.1:8080.evil.example/callback'],
      ['a path that ends like it', 'http://127.0.0.1:8080/evil/callback'],
      ['cut short', 'http://127.0.0.1:8080/callbac'],
      ['a slash more', 'http://127.0.0.1:8080/callback/'],
      ['a query more', 'http://127.0.0.1:8080/callback?next=https://evil.example'],
      ['an empty query', 'http://127.0.0.1:8080/callback?'],
      ['a fragment', 'http://127.0.0.1:8080/callback#evil'],
      ['an empty fragment', 'http://127.0.0.1:8080/callback#'],
      ['upper case', 'HTTP://127.0.0.1:8080/callback'],
      ['upper case in the path', 'http://127.0.0.1:8080/Callback'],
      ['https for http', 'https://127.0.0.1:8080/callback'],
      ['another port', 'http://127.0.0.1:8081/callback'],
      ['no port', 'http://127.0.0.1/callback'],
      ['another name of the same machine', 'http://localhost:8080/callback'],
      ['userinfo in front', 'http://evil@127.0.0.1:8080/callback'],
      ['the registered host as userinfo', 'http://127.0.0.1:8080@evil.example/callback'],
      ['path traversal', 'http://127.0.0.1:8080/evil/../callback'],
      ['encoded path traversal', 'http://127.0.0.1:8080/callback/%2e%2e/evil'],
      ['an encoded letter', 'http://127.0.0.1:8080/%63allback'],
      ['a backslash', 'http://127.0.0.1:8080\\callback'],
      ['a blank in front', ' http://127.0.0.1:8080/callback'],
      ['a line break behind', 'http://127.0.0.1:8080/callback\r\nX-Evil: 1'],
      ['a NUL behind', 'http://127.0.0.1:8080/callback\0'],
      ['two addresses', 'http://127.0.0.1:8080/callback https://evil.example/callback'],
      ['a path alone', '/callback'],
      ['no scheme', '//127.0.0.1:8080/callback'],
      ['a script', 'javascript:alert(1)//http://127.0.0.1:8080/callback'],
      ['data', 'data:text/html,<script>alert(1)</script>'],
      ['the out-of-band address in another case', 'URN:ietf:wg:oauth:2.0:oob'],
      ['the old automatic out-of-band address', 'urn:ietf:wg:oauth:2.0:oob:auto'],
    ])('shows an error page when it is %s', async (_title, redirect_uri) => {
      const app = await tower.addApp({ redirectUris: ['http://127.0.0.1:8080/callback'] });
      const browser = await open();
      const page = await browser.visit(tower.authorizeUrl({ redirect_uri, state: 's' }, app));
      expect(page.foreign).toBe(false);
      expect(page.history).toHaveLength(1);
      expect(page.status).toBe(400);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      expect(page.forms).toEqual([]);
      expect(page.html).not.toMatch(/<(script|a|meta http-equiv)\b/i);
    });

    it.each([
      ['unknown', { client_id: 'unknown' }],
      ['missing', { client_id: undefined }],
      ['empty', { client_id: '' }],
      ['one with a NUL', { client_id: 'tower-demo-client\0' }],
      ['very long', { client_id: 'x'.repeat(5000) }],
      ['unknown, with other errors besides', { client_id: 'unknown', response_type: 'token', scope: 'everything' }],
    ])('shows an error page when the client is %s', async (_title, parameters) => {
      const browser = await open();
      const page = await browser.visit(tower.authorizeUrl(parameters));
      expect(page.foreign).toBe(false);
      expect(page.history).toHaveLength(1);
      expect(page.status).toBe(400);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    });
  });

  it('is checked again on submission of the consent form', async () => {
    const browser = await tower.signedIn();
    const consent = await browser.visit(tower.authorizeUrl());
    const [form] = consent.forms;
    if (form === undefined) throw new Error('The consent page has no form');
    for (const decision of ['allow', 'deny']) {
      const changes: Record<string, string>[] = [
        { redirect_uri: 'https://evil.example/callback' },
        { client_id: 'unknown' },
      ];
      for (const change of changes) {
        const page = await browser.post(form, { ...form.fields, ...change, decision });
        expect(page.foreign).toBe(false);
        expect(page.status).toBe(400);
      }
    }
    expect(
      await tower.database
        .selectFrom('oauth_codes')
        .select('client_id')
        .where('redirect_uri', 'like', '%evil%')
        .execute(),
    ).toEqual([]);
  });

  it("shows an error page for another client's address", async () => {
    const app = await tower.addApp();
    const page = await (await tower.signedIn()).visit(
      tower.authorizeUrl({ redirect_uri: tower.app.redirect_uri }, app),
    );
    expect(page.foreign).toBe(false);
    expect(page.status).toBe(400);
  });

  it('adds the code to the query of a registered address', async () => {
    const redirectUri = 'https://app.example/cb?tenant=a%20b&next=%2Fhome';
    const app = await tower.addApp({ redirectUris: [redirectUri] });
    const { url } = await tower.allow({ state: 's' }, app);
    expect(url.href.startsWith(`${redirectUri}&`)).toBe(true);
    expect([...url.searchParams.keys()].sort()).toEqual(['code', 'iss', 'next', 'state', 'tenant']);
    expect(url.searchParams.get('tenant')).toBe('a b');
  });

  it.each([
    'com.example.app:/callback',
    'com.example.app://callback',
    'http://[::1]:8080/cb',
    'https://app.example/cb?x={a}|b',
    'https://例え.example/コールバック',
    'https://app.example/cb?q=中文',
    'https://www.getpostman.com/oauth2/callback',
  ])('redirects the browser to the registered address %s', async (redirectUri) => {
    const app = await tower.addApp({ redirectUris: [redirectUri] });
    const { url, foreign } = await tower.allow({}, app);
    expect(foreign).toBe(true);
    const expected = new URL(redirectUri);
    expect(url.protocol + url.host + url.pathname).toBe(expected.protocol + expected.host + expected.pathname);
    expect(url.searchParams.get('code')).toMatch(/^[0-9a-f]{64}$/);
    for (const [name, value] of expected.searchParams) expect(url.searchParams.get(name)).toBe(value);
  });
});

// RFC 8252 §7.3: a program on the user's machine takes a port that is free.
describeEachDatabase('redirect_uri on the loopback interface', (databases) => {
  const tower = useTower(databases);

  it.each(['http://127.0.0.1/cb?x=1', 'http://localhost/', 'http://[::1]/cb'])(
    'has any port when %s is registered, and the same one at the token endpoint',
    async (registered) => {
      const app = await tower.addApp({ redirectUris: [registered] });
      const withPort = (port: number) => registered.replace(/(?<=\/\/[^/]+)\//, `:${port}/`);
      for (const redirect_uri of [withPort(51_004), registered]) {
        const { url } = await tower.allow({ redirect_uri }, app);
        expect(url.href.startsWith(redirect_uri)).toBe(true);
        const code = url.searchParams.get('code') as string;
        const other = await tower.token({ ...tower.codeFields(code, app), redirect_uri: withPort(51_005) });
        expectError(other, 400, 'invalid_grant');
        expectToken(await tower.token({ ...tower.codeFields(code, app), redirect_uri }));
      }
    },
  );

  it.each([
    ['http://127.0.0.1/cb', 'http://localhost:8080/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:8080/cb/'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:8080/cb?x'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:99999/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:80@evil.example/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:/cb'],
    ['http://127.0.0.1:8080/cb', 'http://127.0.0.1:8081/cb'],
    ['https://127.0.0.1/cb', 'https://127.0.0.1:8080/cb'],
    ['http://app.example/cb', 'http://app.example:8080/cb'],
  ])('that is registered as %s is not %s', async (registered, redirect_uri) => {
    const app = await tower.addApp({ redirectUris: [registered] });
    const page = await (await tower.signedIn()).visit(tower.authorizeUrl({ redirect_uri }, app));
    expect([page.foreign, page.status]).toEqual([false, 400]);
  });

  it('has any port for the demo applications, also at the root', async () => {
    const credentials = (await (await fetch(`${tower.server.url}/sandbox/credentials`)).json()) as {
      tower: { client_id: string };
      ucenter: { client_id: string };
      ppmessage: { api_key: string };
    };
    const pages = [
      ['/tower/oauth/authorize', credentials.tower.client_id],
      ['/ucenter/oauth/authorize', credentials.ucenter.client_id],
      ['/ppmessage/ppauth/auth', credentials.ppmessage.api_key],
    ] as const;
    for (const [path, client_id] of pages)
      for (const redirect_uri of [
        'http://127.0.0.1:51004/callback',
        'http://localhost:51004/',
        'http://127.0.0.1:3/',
      ]) {
        const query = new URLSearchParams({ client_id, redirect_uri, response_type: 'code' });
        const page = await new Browser(tower.server.url).visit(`${path}?${query}`);
        expect([path, redirect_uri, page.status]).toEqual([path, redirect_uri, 200]);
      }
  });
});

// RFC 6749 §4.1.2: the client gets its state back unchanged.
describeEachDatabase('state', (databases) => {
  const tower = useTower(databases);

  it.each([
    ['reserved characters', "a&b=c#d?e/f:g@h!i$j'k(l)m*n+o,p;q"],
    ['blanks and percent signs', ' a b%20c%%2525 '],
    ['markup', '"><script>alert(1)</script>&amp;&quot;'],
    ['letters of all scripts', '状态 état состояние 🙂 \u202E'],
    ['a backslash', 'C:\\path\\'],
    ['braces and bars', '{"a":[1,"|^`"]}'],
    ['nothing', ''],
    ['a line feed', 'one\ntwo'],
    ['a carriage return', 'one\rtwo'],
    ['both', 'one\r\ntwo'],
    ['a NUL', 'one\0two'],
    ['another parameter', '&code=evil&redirect_uri=https://evil.example'],
    ['four thousand characters', 'x'.repeat(4000)],
  ])('comes back unchanged with %s', async (_title, state) => {
    const browser = new Browser(tower.server.url);
    const signIn = await browser.visit(tower.authorizeUrl({ state }));
    expect(signIn.url.pathname).toBe('/tower/oauth/sign_in');
    const { username, password } = tower.credentials.user;
    const consent = await browser.submit(signIn.forms[0], { username, password });
    expect(consent.status, consent.html).toBe(200);
    expect(consent.url.pathname).toBe('/tower/oauth/authorize');
    const allowed = await browser.submit(consent.forms[0], { decision: 'allow' });
    expect(allowed.foreign, allowed.html).toBe(true);
    expect(allowed.url.searchParams.get('state')).toBe(state);
    expect(allowed.url.searchParams.getAll('code')).toHaveLength(1);
    const denied = await browser.submit(consent.forms[0], { decision: 'deny' });
    expect(denied.url.searchParams.get('state')).toBe(state);
  });

  it('comes back unchanged from an address that is not fully percent-encoded', async () => {
    const browser = new Browser(tower.server.url);
    for (const raw of ['{a|b}', 'a\\b', 'a^b`c', "it's", 'a;b,c', '[x]']) {
      const signIn = await browser.visit(`${tower.authorizeUrl()}&state=${raw}`);
      let consent = signIn;
      if (signIn.url.pathname.endsWith('/sign_in')) {
        const { username, password } = tower.credentials.user;
        consent = await browser.submit(signIn.forms[0], { username, password });
      }
      expect(consent.url.pathname, raw).toBe('/tower/oauth/authorize');
      expect(consent.status, raw).toBe(200);
      const { url } = await browser.submit(consent.forms[0], { decision: 'allow' });
      expect(url.searchParams.get('state')).toBe(raw);
      browser.cookies = [];
    }
  });

  it('comes back unchanged with random text', async () => {
    const browser = await tower.signedIn();
    // Control characters are tested above.
    const texts = fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => !/[\0\r\n]/.test(text));
    await fc.assert(
      fc.asyncProperty(texts, async (state) => {
        const consent = await browser.visit(tower.authorizeUrl({ state }));
        const { url } = await browser.submit(consent.forms[0], { decision: 'allow' });
        expect(url.searchParams.get('state')).toBe(state);
      }),
      { numRuns: 60 },
    );
  });
});
