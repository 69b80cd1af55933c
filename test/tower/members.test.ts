import { expect, it } from 'vitest';
import { basic, bearer, sha256, type Token, useTower } from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';

// The response of T-30, its errors (T-34, T-35) and the access token (T-29, RFC 6750).
describeEachDatabase('GET /api/v1/teams/{team_id}/member', (databases) => {
  const tower = useTower(databases);
  const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00$/;

  interface Document {
    data: {
      id: string;
      type: string;
      attributes: Record<string, unknown>;
      relationships: Record<string, { data: unknown }>;
    };
    included: { id: string; type: string; attributes: Record<string, unknown> }[];
    jsonapi: { version: string };
  }
  interface Errors {
    errors: { id: string; status: string; title: string; detail: string; source?: { parameter?: string } }[];
  }

  async function expectErrors(response: Response, status: number): Promise<Errors> {
    const text = await response.text();
    expect(response.status, text).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/(vnd\.api\+)?json/);
    const document = JSON.parse(text) as Errors;
    expect(document.errors.length).toBeGreaterThan(0);
    for (const error of document.errors) {
      expect(error).toMatchObject({
        status: String(status),
        title: expect.stringMatching(/\S/),
        detail: expect.stringMatching(/\S/),
      });
      expect(error.id).toBe(response.headers.get('x-request-id'));
    }
    return document;
  }

  it("returns the caller's own membership as a JSON:API document", async () => {
    const token = await tower.signIn();
    const response = await tower.member(token.access_token);
    expect(response.status).toBe(200);
    const { data, included, jsonapi } = (await response.json()) as Document;
    expect(jsonapi).toEqual({ version: '1.0' });
    expect(data.type).toBe('members');
    expect(data.id).toMatch(/^[0-9a-f]{32}$/);
    expect(Object.keys(data.attributes).sort()).toEqual([
      'comment',
      'created_at',
      'gavatar',
      'is_active',
      'nickname',
      'phone',
      'role',
      'updated_at',
    ]);
    expect(data.attributes).toMatchObject({
      nickname: expect.stringMatching(/\S/),
      is_active: true,
      gavatar: expect.stringMatching(/^https?:\/\//),
      role: 'owner',
      created_at: expect.stringMatching(TIMESTAMP),
      updated_at: expect.stringMatching(TIMESTAMP),
    });
    const teamId = tower.credentials.team_id;
    const group = { id: expect.any(String), type: 'subgroups' };
    expect(data.relationships).toEqual({ team: { data: { id: teamId, type: 'teams' } }, groups: { data: [group] } });
    expect(included).toEqual([
      {
        id: teamId,
        type: 'teams',
        attributes: {
          name: expect.stringMatching(/\S/),
          created_at: expect.stringMatching(TIMESTAMP),
          updated_at: expect.stringMatching(TIMESTAMP),
        },
      },
      { ...group, attributes: { name: '产品组' } },
    ]);
  });

  it("returns each member's own record, role and groups", async () => {
    const teamId = tower.credentials.team_id;
    const user = await tower.addMember({ role: 'admin' });
    const member = await tower.database
      .selectFrom('tower_members')
      .selectAll()
      .where('user_id', '=', user.id)
      .executeTakeFirstOrThrow();
    const now = Date.now();
    const group = { id: 'b'.repeat(32), team_id: teamId, name: 'Group', created_at: now, updated_at: now };
    await tower.database.insertInto('tower_subgroups').values(group).execute();
    await tower.database
      .insertInto('tower_subgroup_members')
      .values({ subgroup_id: group.id, member_id: member.id })
      .execute();
    await tower.database
      .updateTable('tower_members')
      .set({ comment: '备注', phone: '+8613800000000', nickname: '小明' })
      .where('id', '=', member.id)
      .execute();
    const { data } = (await (await tower.member((await tower.signIn(user)).access_token)).json()) as Document;
    expect(data.id).toBe(member.id);
    expect(data.attributes).toMatchObject({
      role: 'admin',
      comment: '备注',
      phone: '+8613800000000',
      nickname: '小明',
    });
    expect(data.relationships.groups).toEqual({ data: [{ id: group.id, type: 'subgroups' }] });
  });

  it.each([
    [undefined, /^application\/(vnd\.api\+)?json/],
    ['*/*', /^application\/(vnd\.api\+)?json/],
    ['application/vnd.api+json', /^application\/vnd\.api\+json$/],
    ['application/json', /^application\/json/],
    ['application/*', /^application\/(vnd\.api\+)?json/],
    ['application/json;q=0.5, application/vnd.api+json', /^application\/vnd\.api\+json$/],
    ['application/vnd.api+json;q=0.5, application/json', /^application\/json/],
    ['text/html, */*;q=0.1', /^application\/(vnd\.api\+)?json/],
    ['application/json; charset=UTF-8', /^application\/(vnd\.api\+)?json/],
    ['application/json;version=1', /^application\/(vnd\.api\+)?json/],
    ['application/hal+json', /^application\/(vnd\.api\+)?json/],
  ])('returns 200 to Accept: %s', async (accept, type) => {
    const token = await tower.signIn();
    const response = await tower.member(token.access_token, undefined, accept === undefined ? {} : { accept });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(type);
    expect(((await response.json()) as Document).data.type).toBe('members');
  });

  it.each(['text/html', 'application/xml', 'application/json;q=0'])('returns 406 to Accept: %s', async (accept) => {
    const token = await tower.signIn();
    await expectErrors(await tower.member(token.access_token, undefined, { accept }), 406);
  });

  it('returns the same 404 to non-members and former members as for an unknown team', async () => {
    const outsider = await tower.signIn(tower.credentials.outsider);
    const foreign = await expectErrors(await tower.member(outsider.access_token), 404);
    const unknown = await expectErrors(await tower.member(outsider.access_token, 'f'.repeat(32)), 404);
    expect(foreign.errors.map(({ detail }) => detail)).toEqual(unknown.errors.map(({ detail }) => detail));

    const user = await tower.addMember();
    const token = await tower.signIn(user);
    expect(await tower.memberStatus(token)).toBe(200);
    await tower.database.updateTable('tower_members').set({ is_active: 0 }).where('user_id', '=', user.id).execute();
    await expectErrors(await tower.member(token.access_token), 404);
  });

  it.each([
    "' or 1=1 --",
    'd0000000000000000000000000000001 ',
    'D0000000000000000000000000000001',
    '团队',
    '%',
    '..%2f..',
    '0',
    'x'.repeat(64),
  ])('returns 404 for the team %j', async (team) => {
    const token = await tower.signIn();
    await expectErrors(await tower.member(token.access_token, encodeURIComponent(team)), 404);
  });

  it('returns 401 without a token, with a challenge without an error (RFC 6750 §3.1)', async () => {
    const response = await tower.member(undefined);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm="[^"]+"$/);
    await expectErrors(response, 401);
  });

  it('returns 401 invalid_token to an unknown, expired or revoked token', async () => {
    const unknown = await tower.member('f'.repeat(64));
    const token = await tower.signIn();
    await tower.database
      .updateTable('oauth_tokens')
      .set({ access_expires_at: Date.now() - 1 })
      .where('access_hash', '=', sha256(token.access_token))
      .execute();
    const expired = await tower.member(token.access_token);
    const other = await tower.signIn();
    await tower.post('/oauth/revoke', { ...tower.app, token: other.access_token });
    const revoked = await tower.member(other.access_token);
    for (const response of [unknown, expired, revoked]) {
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Bearer realm="[^"]+", error="invalid_token", error_description="[^"]+"$/,
      );
      await expectErrors(response, 401);
    }
  });

  it('reads the token from the Authorization header only, with Bearer in any case', async () => {
    const token = await tower.signIn();
    const url = `${tower.url}/api/v1/teams/${tower.credentials.team_id}/member`;
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await fetch(url, { headers: { authorization: `${scheme} ${token.access_token}` } })).status).toBe(200);
    }
    const { access_token, refresh_token } = token;
    const wrong: Record<string, string>[] = [
      { authorization: access_token },
      { authorization: `Token ${access_token}` },
      { authorization: `Bearer ${refresh_token}` },
      { authorization: `Bearer ${access_token.toUpperCase()}` },
      { authorization: `Bearer ${access_token} ${access_token}` },
      { authorization: 'Bearer' },
      { authorization: 'Bearer ' },
      basic(tower.app),
      { cookie: `access_token=${access_token}` },
    ];
    for (const headers of wrong) expect((await fetch(url, { headers })).status, JSON.stringify(headers)).toBe(401);
    expect([400, 401]).toContain((await fetch(`${url}?access_token=${access_token}`)).status);
  });

  it('ignores an unknown query parameter (T-36)', async () => {
    const headers = bearer(await tower.signIn());
    const response = await fetch(`${tower.url}/api/v1/teams/${tower.credentials.team_id}/member?_=1`, { headers });
    expect(response.status).toBe(200);
  });

  it('answers HEAD without a body', async () => {
    const token: Token = await tower.signIn();
    const response = await fetch(`${tower.url}/api/v1/teams/${tower.credentials.team_id}/member`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${token.access_token}` },
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});
