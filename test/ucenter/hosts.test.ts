import { request as open } from 'node:http';
import { decodeJwt } from 'jose';
import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { expectSuccess, type Schemas, startCentre, useCentre } from './centre.ts';

// U-44.
describeEachDatabase('addresses', (databases) => {
  const centre = useCentre(databases);

  /** Sends a request with the host name of the API. */
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: URLSearchParams) =>
    new Promise<{ status: number; location: string; text: string }>((resolve, reject) => {
      const { hostname, port } = new URL(centre.server.url);
      const type = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
      const host = `ucenter.localhost:${port}`;
      const sent = open({ hostname, port, method, path, headers: { host, ...type, ...headers } }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, location: answer.headers.location ?? '', text }),
        );
      });
      sent.on('error', reject);
      sent.end(body?.toString());
    });

  it('are at the root of a host name of its own', async () => {
    const { port } = new URL(centre.server.url);
    const fields = new URLSearchParams(centre.passwordFields() as Record<string, string>);
    const granted = await ask('POST', '/api/oauth/accessToken', {}, fields);
    const { data } = JSON.parse(granted.text) as { data: { access_token: string } };
    const user = await ask('GET', `/api/user?access_token=${data.access_token}`);
    expect([user.status, JSON.parse(user.text).data.user_id]).toEqual([200, centre.credentials.user.user_id]);
    const page = await ask('GET', new URL(centre.authorizeUrl()).href.split('/ucenter')[1] as string);
    expect(page.status).toBe(302);
    expect(new URL(page.location, 'http://base.example').pathname).toBe('/oauth/sign_in');
    expect((await ask('GET', page.location)).text).toContain('action="/oauth/sign_in"');
    expect(JSON.parse((await ask('GET', '/api/nothing')).text)).toMatchObject({ code: 1004 });

    const body = new FormData();
    body.set('file', new File(['x'], 'x.txt'));
    const headers = { authorization: `Bearer ${data.access_token}` };
    // `fetch` cannot set another Host header, so the answer has the address of the request.
    const file = await fetch(`${centre.url}/api/file`, { method: 'POST', headers, body });
    const uploaded = (await file.json()) as { data: { file_path: string } };
    expect(new URL(uploaded.data.file_path).host).toBe(`127.0.0.1:${port}`);
    expect((await ask('GET', new URL(uploaded.data.file_path).pathname.replace('/ucenter', ''))).text).toBe('x');
  });

  it('are the issuer of OpenID Connect, also in ID tokens', async () => {
    const { port } = new URL(centre.server.url);
    const issuer = `http://ucenter.localhost:${port}`;
    const metadata = JSON.parse((await ask('GET', '/.well-known/openid-configuration')).text);
    expect(metadata).toMatchObject({ issuer, jwks_uri: `${issuer}/oauth/jwks` });
    const fields = new URLSearchParams(
      centre.codeFields(await centre.code({ scope: 'openid' })) as Record<string, string>,
    );
    const granted = JSON.parse((await ask('POST', '/api/oauth/accessToken', {}, fields)).text) as { id_token: string };
    expect(decodeJwt(granted.id_token).iss).toBe(issuer);
  });

  it('begin with PUBLIC_URL when it is set', async () => {
    const other = await startCentre({ DATABASE_URL: await databases.createUrl(), PUBLIC_URL: 'https://id.example' });
    try {
      const multipart = new FormData();
      multipart.set('file', new File(['x'], 'x.txt'));
      const token = await other.signIn();
      const answer = await other.request<Schemas['UploadedFile']>('POST', '/api/file', { token, multipart });
      const { file_path } = expectSuccess(answer, '上传成功');
      expect(file_path).toMatch(/^https:\/\/id\.example\/ucenter\/storage\/uploads\/\d{8}\/[0-9a-f]{32}\.txt$/);
      expect(other.credentials.base_url).toBe('https://id.example/ucenter');
      for (const path of ['/ucenter/.well-known/openid-configuration', '/.well-known/openid-configuration/ucenter']) {
        const metadata = await (await fetch(other.server.url + path)).json();
        expect(metadata, path).toMatchObject({ issuer: 'https://id.example/ucenter' });
      }
    } finally {
      await other.server.close();
    }
  });
});
