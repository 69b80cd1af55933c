import { request } from 'node:http';
import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { expectToken, startTower, useTower } from './flow.ts';

// RFC 8414; RFC 9207 §3.
describeEachDatabase('authorization server metadata', (databases) => {
  const tower = useTower(databases);

  it('has the path of RFC 8414 §3.1, before the path of the issuer', async () => {
    const response = await fetch(`${tower.server.url}/.well-known/oauth-authorization-server/tower`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const metadata = await response.json();
    expect(metadata).toMatchObject({
      issuer: tower.url,
      authorization_endpoint: `${tower.url}/oauth/authorize`,
      token_endpoint: `${tower.url}/oauth/token`,
      revocation_endpoint: `${tower.url}/oauth/revoke`,
      introspection_endpoint: `${tower.url}/oauth/introspect`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    });
    const { grant_types_supported: grants } = metadata as { grant_types_supported: string[] };
    expect([...grants].sort()).toEqual(['authorization_code', 'password', 'refresh_token']);
    const below = await fetch(`${tower.url}/.well-known/oauth-authorization-server`);
    expect(await below.json()).toEqual(metadata);
  });

  it('lists existing endpoints, and allows pages of any origin to read it', async () => {
    const response = await fetch(`${tower.url}/.well-known/oauth-authorization-server`, {
      headers: { origin: 'https://spa.example' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const metadata = (await response.json()) as Record<string, string>;
    const answers = await Promise.all(
      ['token', 'revocation', 'introspection'].map((name) =>
        fetch(metadata[`${name}_endpoint`] as string, { method: 'POST' }),
      ),
    );
    for (const { status } of answers) expect([400, 401]).toContain(status);
    expect((await fetch(metadata.authorization_endpoint as string)).status).toBe(400);
    expectToken(await tower.token(tower.passwordFields()));
  });

  it('uses the host name of the request', async () => {
    const { port } = new URL(tower.server.url);
    const metadata = await new Promise<{ issuer: string; token_endpoint: string }>((resolve, reject) => {
      const headers = { host: `tower.localhost:${port}` };
      request({ port, host: '127.0.0.1', path: '/.well-known/oauth-authorization-server', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
      })
        .on('error', reject)
        .end();
    });
    expect(metadata.issuer).toBe(`http://tower.localhost:${port}`);
    expect(metadata.token_endpoint).toBe(`http://tower.localhost:${port}/oauth/token`);
  });

  it('uses PUBLIC_URL with its path', async () => {
    const other = await startTower({
      DATABASE_URL: await databases.createUrl(),
      PUBLIC_URL: 'https://api.example.com/qiyue',
    });
    try {
      for (const path of [
        '/.well-known/oauth-authorization-server/tower',
        '/.well-known/oauth-authorization-server/qiyue/tower',
        '/tower/.well-known/oauth-authorization-server',
      ]) {
        const response = await fetch(other.server.url + path);
        expect(response.status, path).toBe(200);
        expect(await response.json()).toMatchObject({
          issuer: 'https://api.example.com/qiyue/tower',
          token_endpoint: 'https://api.example.com/qiyue/tower/oauth/token',
        });
      }
    } finally {
      await other.server.close();
    }
  });
});
