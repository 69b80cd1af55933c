import { request as open } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ucenter } from '../../src/ucenter/index.ts';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type App, useCentre } from './centre.ts';

type Body = FormData | URLSearchParams;

interface Answer {
  status: number;
  body: {
    code: number;
    data: { access_token: string; refresh_token: string; user_id: number } & Record<string, unknown>;
  };
}

// What the programs send that were published for UCenter: plug-ins of wikis and blogs in PHP, and a client on Guzzle.
describeEachDatabase('published integrations', (databases) => {
  const centre = useCentre(databases);

  describe.each([
    ['a prefix', '/ucenter', undefined],
    ['a host name', '', 'ucenter.localhost'],
  ])('below %s', (_, prefix, hostName) => {
    /** Sends a request; cURL sends an array of fields as multipart, and text as a form. */
    async function send(method: string, path: string, body?: Body, more: Record<string, string> = {}): Promise<Answer> {
      const { hostname, port } = new URL(centre.server.url);
      const written = body && new Response(body);
      const bytes = written && Buffer.from(await written.arrayBuffer());
      const headers = {
        host: `${hostName ?? hostname}:${port}`,
        ...(written && { 'content-type': written.headers.get('content-type') ?? '' }),
        ...(bytes && { 'content-length': String(bytes.length) }),
        ...more,
      };
      return new Promise((resolve, reject) => {
        const sent = open({ hostname, port, method, path: prefix + path, headers }, (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            text += chunk;
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) }));
        });
        sent.on('error', reject);
        sent.end(bytes);
      });
    }

    const multipart = (fields: Record<string, string>) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.set(name, value);
      return body;
    };

    const password = () => centre.passwordFields() as Record<string, string>;
    const signIn = async () => (await send('POST', '/api/oauth/accessToken', multipart(password()))).body.data;

    /** Sets the position in the profile, and expects that it was set. */
    async function position(method: string, toBody: (fields: Record<string, string>) => Body, headers = {}) {
      const { access_token } = await signIn();
      const value = `position ${Math.random()}`;
      const answer = await send(method, '/api/user', toBody({ access_token, position: value }), headers);
      expect(answer).toMatchObject({ status: 200, body: { code: 1, data: { details: { position: { value } } } } });
    }

    it('exchange the code of a callback with a query in a multipart body, and read the user behind a slash', async () => {
      const redirect_uri = 'https://wiki.example/doku.php?do=login';
      const options = { name: 'wiki', developer: 'admin', 'redirect-uri': [redirect_uri] };
      const made = await ucenter.commands?.app?.create?.run(options, centre.server.context);
      const { client_id, client_secret } = made as unknown as App;
      const query = `client_id=${client_id}&response_type=code&redirect_uri=${encodeURIComponent(redirect_uri)}`;
      const browser = new Browser(centre.server.url);
      const { username, password } = centre.credentials.user;
      const signInPage = await browser.visit(`/ucenter/oauth/authorize?${query}`);
      const consent = await browser.submit(signInPage.forms[0], { username, password });
      const { url } = await browser.submit(consent.forms[0], { decision: 'allow' });
      // Such a program reads `code` from its own query, and knows no other parameter.
      expect(url.href).toMatch(/^https:\/\/wiki\.example\/doku\.php\?do=login&code=[A-Za-z0-9]{40}$/);

      const code = url.searchParams.get('code') as string;
      const fields = { client_id, client_secret, grant_type: 'authorization_code', redirect_uri, code };
      const token = await send('POST', '/api/oauth/accessToken', multipart(fields));
      expect(token).toMatchObject({ status: 200, body: { code: 1 } });
      const user = await send('GET', `/api/user/?access_token=${token.body.data.access_token}`);
      expect(user).toMatchObject({ status: 200, body: { code: 1, data: { username } } });
    });

    it('end addresses with a slash, and double one', async () => {
      for (const path of ['/api/oauth/accessToken/', '//api/oauth//accessToken'])
        expect(await send('POST', path, multipart(password())), path).toMatchObject({ status: 200, body: { code: 1 } });
    });

    it('refresh with a form', async () => {
      const { client_id, client_secret } = centre.app;
      const { refresh_token } = await signIn();
      const form = new URLSearchParams({ grant_type: 'refresh_token', client_id, client_secret, refresh_token });
      expect(await send('POST', '/api/oauth/accessToken', form)).toMatchObject({ status: 200, body: { code: 1 } });
    });

    it('put a form, and a multipart body', async () => {
      await position('PUT', (fields) => new URLSearchParams(fields));
      await position('PUT', multipart);
    });

    it('name the method in a field of a form or of a multipart body, and in a header', async () => {
      await position('POST', (fields) => new URLSearchParams({ _method: 'PUT', ...fields }));
      await position('POST', (fields) => multipart({ ...fields, _method: 'put' }));
      await position('POST', (fields) => new URLSearchParams(fields), { 'x-http-method-override': 'PUT' });
    });

    it('upload a file with the token beside it', async () => {
      const body = multipart({ access_token: (await signIn()).access_token });
      body.set('file', new File(['x'], '说明.txt'));
      expect(await send('POST', '/api/file', body)).toMatchObject({ status: 200, body: { code: 1 } });
    });
  });
});
