import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, startTower, type Tower, useTower } from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { expectApiError, form, json, sendRaw } from './raw.ts';

// Errors of /oauth are RFC 6749's, those of /api/v1 JSON:API's, those of pages are pages (T-35).
describeEachDatabase('errors', (databases) => {
  const tower = useTower(databases, { BODY_LIMIT: '10000' });
  const raw = (method: string, target: string, headers?: Record<string, string>, body?: string | Buffer) =>
    sendRaw(tower.server.url, method, target, headers, body);
  const passwordForm = () => new URLSearchParams(tower.passwordFields() as Record<string, string>).toString();

  it.each([
    '/tower',
    '/tower/',
    '/tower/nothing',
    '/tower/api/v1',
    '/tower/api/v1/nothing',
    '/tower/API/V1/teams/x/member',
  ])('returns 404 at %s', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) expectApiError(await raw(method, path), 404, 'jsonapi');
  });

  it("returns 404 below /oauth in OAuth's format", async () => {
    for (const path of ['/tower/oauth/nothing', '/tower/oauth/']) expectApiError(await raw('GET', path), 404, 'oauth');
  });

  it.each([
    ['/tower/oauth/token', ['GET', 'PUT', 'DELETE', 'PATCH'], ['POST'], 'oauth'],
    ['/tower/oauth/revoke', ['GET', 'HEAD'], ['POST'], 'oauth'],
    ['/tower/api/v1/teams/x/member', ['POST', 'PUT', 'DELETE', 'PATCH'], ['GET', 'HEAD'], 'jsonapi'],
    ['/tower/oauth/authorize', ['PUT', 'DELETE'], ['GET', 'HEAD', 'POST'], 'oauth'],
  ] as const)('returns 405 at %s with the allowed methods', async (path, refused, allowed, kind) => {
    for (const method of refused) {
      const answer = await raw(method, path);
      expect(answer.status, method).toBe(405);
      const allow = String(answer.headers.allow).split(', ');
      expect(allow).toEqual(expect.arrayContaining([...allowed]));
      expect(allow).not.toContain(method);
      if (method !== 'HEAD') expectApiError(answer, 405, kind);
    }
  });

  it('returns 406 when Accept has no type that the operation offers', async () => {
    const token = await tower.signIn();
    expectApiError(
      await raw('GET', `/tower/api/v1/teams/${tower.credentials.team_id}/member`, {
        ...bearer(token),
        accept: 'text/csv',
      }),
      406,
      'jsonapi',
    );
    expectApiError(
      await raw('POST', '/tower/oauth/token', { ...form, accept: 'text/html' }, passwordForm()),
      406,
      'oauth',
    );
    expect((await raw('GET', '/tower/oauth/sign_in', { accept: 'image/png' })).status).toBe(406);
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('returns 413 to a body that is too large, with and without Content-Length', async () => {
    const large = `${passwordForm()}&x=${'x'.repeat(20_000)}`;
    expectApiError(await raw('POST', '/tower/oauth/token', form, large), 413, 'oauth');
    expectApiError(
      await raw('POST', '/tower/oauth/token', { ...form, 'transfer-encoding': 'chunked' }, large),
      413,
      'oauth',
    );
    expectApiError(
      await raw('POST', '/tower/oauth/token', json, JSON.stringify({ x: 'x'.repeat(20_000) })),
      413,
      'oauth',
    );
    expect((await raw('POST', '/tower/oauth/sign_in', form, large)).status).toBe(413);
  });

  it.each(['text/plain', 'application/xml', 'application/octet-stream', 'nonsense', 'application/jsonp'])(
    'returns 415 to a body of type %s',
    async (type) => {
      expectApiError(await raw('POST', '/tower/oauth/token', { 'content-type': type }, passwordForm()), 415, 'oauth');
    },
  );

  it('returns 415 to a body without a type, in another charset or with an unknown encoding', async () => {
    expectApiError(await raw('POST', '/tower/oauth/token', {}, passwordForm()), 415, 'oauth');
    expectApiError(
      await raw(
        'POST',
        '/tower/oauth/token',
        { 'content-type': `${form['content-type']}; charset=gbk` },
        passwordForm(),
      ),
      415,
      'oauth',
    );
    expectApiError(
      await raw('POST', '/tower/oauth/token', { 'content-type': 'application/json; charset=gbk' }, '{}'),
      415,
      'oauth',
    );
    expectApiError(
      await raw('POST', '/tower/oauth/token', { ...form, 'content-encoding': 'compress' }, passwordForm()),
      415,
      'oauth',
    );
  });

  it('accepts a charset parameter of UTF-8', async () => {
    expect(
      (
        await raw(
          'POST',
          '/tower/oauth/token',
          { 'content-type': `${form['content-type']}; charset=UTF8` },
          passwordForm(),
        )
      ).status,
    ).toBe(200);
    const body = JSON.stringify(tower.passwordFields());
    expect(
      (await raw('POST', '/tower/oauth/token', { 'content-type': 'application/json;charset=utf-8' }, body)).status,
    ).toBe(200);
  });

  it('names the missing field', async () => {
    const { body } = await tower.token({ ...tower.passwordFields(), username: undefined });
    expect(body.error_description).toContain('username');
  });

  it('renders a page at an address for people', async () => {
    const response = await fetch(`${tower.url}/oauth/authorize`);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('does not echo a script from the request', async () => {
    const evil = '<script>alert(1)</script>';
    const pages = await Promise.all([
      fetch(tower.authorizeUrl({ client_id: evil })),
      fetch(tower.authorizeUrl({ redirect_uri: evil })),
      fetch(`${tower.url}/oauth/sign_in?return_to=${encodeURIComponent(`/${evil}`)}`),
      fetch(`${tower.server.url}/${encodeURIComponent(evil)}`, { headers: { accept: 'text/html' } }),
    ]);
    for (const page of pages) expect(await page.text()).not.toContain(evil);
  });

  describe('without a database', () => {
    let broken: Tower;
    beforeAll(async () => {
      broken = await startTower({ DATABASE_URL: await databases.createUrl() });
      await broken.database.schema.dropTable('oauth_second_steps').execute();
      await broken.database.schema.alterTable('oauth_clients').renameTo('elsewhere').execute();
    });
    afterAll(() => broken?.server.close());

    it('returns 500 in its own format and discloses only a request id', async () => {
      const response = await fetch(`${broken.url}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams(broken.passwordFields() as Record<string, string>),
      });
      expect(response.status).toBe(500);
      expect(response.headers.get('x-request-id')).toMatch(/\S/);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ error: 'server_error' });
      expect(text).not.toMatch(/oauth_clients|select .* from|relation|no such table|\.ts\b/i);
      const page = await fetch(broken.authorizeUrl());
      expect(page.status).toBe(500);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await page.text()).not.toMatch(/oauth_clients|select .* from|relation|no such table|\.ts\b/i);
    });
  });
});
