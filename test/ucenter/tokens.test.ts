import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import {
  type App,
  expectRefused,
  expectSuccess,
  expectToken,
  type Fields,
  read,
  type Token,
  useCentre,
} from './centre.ts';

// Sections 1.1 and 1.2 of the document; U-6 to U-9, U-14 to U-20.
describeEachDatabase('tokens', (databases) => {
  const centre = useCentre(databases);
  const client = ({ client_id, client_secret }: App = centre.app) => ({ client_id, client_secret });

  describe('grants', () => {
    it('client_credentials: issues no refresh token, and its token reaches only what needs no sign-in', async () => {
      const token = expectToken(await centre.grant({ grant_type: 'client_credentials', ...client() }), false);
      expect(await centre.statusOf(token)).toBe(403);
      for (const path of ['role', 'permission', 'rolePermission'])
        expectRefused(await centre.get(`/api/user/${path}`, token), 403, '无权访问');
      expectRefused(await centre.put('/api/user', { sex: '男' }, token), 403, '无权访问');
      expectSuccess(await centre.post('/api/log', { type: 'S', title: '登录', data: '{}' }, token), '记录成功');
    });

    it('password: accepts user name, phone, and e-mail address in any case', async () => {
      const user = await centre.newUser();
      const email = `Someone.${user.phone}@Example.com`;
      const username = `somebody-${user.phone}`;
      expectSuccess(await centre.put('/api/user', { email, username }, user.token), '修改成功');
      for (const login of [user.phone, email, email.toLowerCase(), username]) {
        const token = expectToken(await centre.grant(centre.passwordFields({ ...user, username: login })), true);
        expect((await centre.profileOf(token)).user_id).toBe(user.user_id);
      }
    });

    it('password: answers a wrong password and an unknown user alike', async () => {
      const { username } = centre.credentials.user;
      for (const user of [
        { username, password: 'wrong' },
        { username: 'nobody at all', password: 'wrong' },
        { username: '18800000000', password: 'wrong' },
      ])
        expectRefused(await centre.grant(centre.passwordFields(user)), 401, '用户名或密码错误。');
    });

    it('authorization_code: redeems a code once, with the redirect_uri of the request', async () => {
      const code = await centre.code();
      const token = expectToken(await centre.grant(centre.codeFields(code)), true);
      expect((await centre.profileOf(token)).user_id).toBe(centre.credentials.user.user_id);
      expectRefused(await centre.grant(centre.codeFields(code)), 400, '参数错误, code');
      // A code that is used twice may be stolen, so its tokens are void.
      expect(await centre.statusOf(token)).toBe(401);
      expectRefused(await centre.grant(centre.refreshFields(token)), 400, '参数错误, refresh_token');
    });

    it('authorization_code: redeems a code at most once for twenty concurrent requests', async () => {
      const code = await centre.code();
      const answers = await Promise.all(Array.from({ length: 20 }, () => centre.grant(centre.codeFields(code))));
      expect(answers.filter((answer) => answer.status === 200).length).toBeLessThanOrEqual(1);
      for (const answer of answers) expect([200, 400]).toContain(answer.status);
    });

    it('authorization_code: refuses another redirect_uri and another application, and keeps the code valid', async () => {
      const code = await centre.code();
      const fields = centre.codeFields(code);
      expectRefused(
        await centre.grant({ ...fields, redirect_uri: 'https://evil.example/' }),
        400,
        '参数错误, redirect_uri',
      );
      expectRefused(
        await centre.grant({ ...fields, ...client(centre.credentials.second_app) }),
        400,
        /^参数错误, (code|redirect_uri)$/,
      );
      expectToken(await centre.grant(fields), true);
    });

    it('authorization_code: requires the PKCE verifier after a challenge', async () => {
      // The pair of RFC 7636, appendix B.
      const code_verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
      const challenge = {
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      };
      const code = await centre.code(challenge);
      expectRefused(await centre.grant(centre.codeFields(code)), 400);
      const fresh = await centre.code(challenge);
      expectToken(await centre.grant({ ...centre.codeFields(fresh), code_verifier }), true);
    });

    it('authorization_code: refuses a code after ten minutes', async () => {
      const code = await centre.code();
      await centre.database
        .updateTable('oauth_codes')
        .set(({ eb }) => ({ expires_at: eb('expires_at', '-', 600_000) }))
        .execute();
      expectRefused(await centre.grant(centre.codeFields(code)), 400, '参数错误, code');
    });

    it('name the missing or wrong parameter', async () => {
      const { username, password } = centre.credentials.user;
      const { redirect_uri } = centre.app;
      const cases: [Fields, string][] = [
        [{}, 'grant_type'],
        [{ grant_type: 'implicit' }, 'grant_type'],
        [{ grant_type: 'toString' }, 'grant_type'],
        [{ grant_type: 'password', username }, 'password'],
        [{ grant_type: 'password', password }, 'username'],
        [{ grant_type: 'password', username, password, scope: 'everything' }, 'scope'],
        [{ grant_type: 'authorization_code', redirect_uri }, 'code'],
        [{ grant_type: 'authorization_code', code: 'unknown', redirect_uri }, 'code'],
        [{ grant_type: 'authorization_code', code: await centre.code() }, 'redirect_uri'],
        [{ grant_type: 'refresh_token' }, 'refresh_token'],
        [{ grant_type: 'refresh_token', refresh_token: 'unknown' }, 'refresh_token'],
        [{ grant_type: 'refresh_token', refresh_token: '0'.repeat(40) }, 'refresh_token'],
      ];
      for (const [fields, parameter] of cases)
        expectRefused(await centre.grant({ ...client(), ...fields }), 400, `参数错误, ${parameter}`);
    });

    it('require the credentials of the application', async () => {
      const { username, password } = centre.credentials.user;
      const user = { grant_type: 'password', username, password };
      for (const wrong of [
        { client_id: centre.app.client_id, client_secret: 'wrong' },
        { client_id: 'nobody', client_secret: 'wrong' },
        client({ ...centre.credentials.second_app, client_id: centre.app.client_id }),
      ])
        expectRefused(await centre.grant({ ...user, ...wrong }), 401, '客户端认证失败');
      for (const missing of [{}, { client_id: centre.app.client_id }]) {
        const answer = await centre.grant({ ...user, ...missing });
        expect([400, 401]).toContain(answer.status);
      }
    });
  });

  describe('the parameters of a grant', () => {
    it('are ignored when they are unknown, also twice (RFC 8707), and refused when they are known', async () => {
      const fields = centre.passwordFields();
      const sent = (name: string) => `${new URLSearchParams(fields as Record<string, string>)}&${name}=a&${name}=b`;
      const post = (body: string) =>
        fetch(`${centre.url}/api/oauth/accessToken`, { method: 'POST', body: new URLSearchParams(body) });
      expectToken(await read<Token>(await post(sent('resource'))), true);
      const query = await fetch(`${centre.url}/api/oauth/accessToken?${sent('resource')}`, { method: 'POST' });
      expectToken(await read<Token>(query), true);
      for (const name of ['grant_type', 'code', 'scope'])
        expectRefused(await read(await post(sent(name))), 400, `参数错误, ${name}`);
    });

    it('are read from the query, a form, JSON and HTTP Basic', async () => {
      const fields = centre.passwordFields();
      const path = '/api/oauth/accessToken';
      expectToken(await centre.request<Token>('POST', path, { query: fields }), true);
      expectToken(await centre.request<Token>('POST', path, { form: fields }), true);
      expectToken(await centre.request<Token>('POST', path, { json: fields }), true);
      const { client_id, client_secret, ...user } = fields;
      const headers = { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` };
      expectToken(await centre.request<Token>('POST', path, { form: user, headers }), true);
      expectToken(await centre.request<Token>('POST', path, { query: user, headers }), true);
    });

    it('are taken from the body when the query has them too', async () => {
      const { password, ...rest } = centre.passwordFields();
      const answer = await centre.request<Token>('POST', '/api/oauth/accessToken', {
        query: { ...rest, password: 'wrong', scope: 'everything' },
        form: { password, scope: 'user_info' },
      });
      expectToken(answer, true);
    });

    it('are read from the address in section 1.1 of the document', async () => {
      const { client_id, client_secret, redirect_uri } = centre.app;
      const code = await centre.code();
      const query = `client_id=${client_id}&client_secret=${client_secret}&grant_type=authorization_code&redirect_uri=${redirect_uri}&code=${code}`;
      expectToken(await centre.request<Token>('POST', `/api/oauth/accessToken?${query}`), true);
    });

    it('are refused in a GET, which would leave the secret in logs', async () => {
      const answer = await centre.request('GET', '/api/oauth/accessToken', { query: centre.passwordFields() });
      expectRefused(answer, 405);
      expect(answer.headers.get('allow')).toContain('POST');
    });
  });

  describe('refresh', () => {
    it('issues a new pair and voids the old one', async () => {
      const token = await centre.signIn();
      const fresh = expectToken(await centre.grant(centre.refreshFields(token)), true);
      expect(fresh.access_token).not.toBe(token.access_token);
      expect(fresh.refresh_token).not.toBe(token.refresh_token);
      expect([await centre.statusOf(fresh), await centre.statusOf(token)]).toEqual([200, 401]);
      expectRefused(await centre.grant(centre.refreshFields(token)), 400, '参数错误, refresh_token');
    });

    it('gives a repeated request the same answer', async () => {
      const token = await centre.signIn();
      const answers = await Promise.all(Array.from({ length: 10 }, () => centre.grant(centre.refreshFields(token))));
      const pairs = new Set(answers.map((answer) => expectToken(answer, true).access_token));
      expect(pairs.size).toBe(1);
    });

    it('is refused to another application', async () => {
      const token = await centre.signIn();
      const { second_app } = centre.credentials;
      expectRefused(await centre.grant(centre.refreshFields(token, second_app)), 400, '参数错误, refresh_token');
      expectToken(await centre.grant(centre.refreshFields(token)), true);
    });

    it('is refused after 30 days', async () => {
      const token = await centre.signIn();
      const days = (count: number) =>
        centre.database
          .updateTable('oauth_tokens')
          .set(({ eb }) => ({ refresh_expires_at: eb('refresh_expires_at', '-', count * 86_400_000) }))
          .where('refresh_expires_at', 'is not', null)
          .execute();
      await days(29);
      const fresh = expectToken(await centre.grant(centre.refreshFields(token)), true);
      await days(30);
      expectRefused(await centre.grant(centre.refreshFields(fresh)), 400, '参数错误, refresh_token');
    });
  });

  describe('the access token', () => {
    const path = '/api/log';
    const log = { type: 'S', title: '位置', data: '{}' };

    it('is read from the header and the query of a GET, in both spellings', async () => {
      const token = await centre.signIn();
      const { access_token } = token;
      for (const sent of [
        { token },
        { headers: { authorization: `bearer ${access_token}` } },
        { query: { access_token } },
        { query: { acess_token: access_token } },
      ])
        expectSuccess(await centre.request('GET', '/api/user', sent), '获取用户信息成功');
    });

    it('is read from form, JSON, query and header of a POST, in both spellings', async () => {
      const token = await centre.signIn();
      const { access_token } = token;
      const misspelt = { acess_token: access_token };
      for (const sent of [
        { token, form: log },
        { form: { ...log, access_token } },
        { json: { ...log, access_token } },
        { query: { access_token }, form: log },
        { query: { access_token }, json: log },
        { form: { ...log, ...misspelt } },
        { json: { ...log, ...misspelt } },
        { query: misspelt, json: log },
      ])
        expectSuccess(await centre.request('POST', path, sent), '记录成功');
    });

    it('is read from a field of an upload, before or after the file', async () => {
      const { access_token } = await centre.signIn();
      for (const name of ['access_token', 'acess_token'])
        for (const first of [true, false]) {
          const multipart = new FormData();
          if (first) multipart.set(name, access_token);
          multipart.set('file', new File(['x'], 'x.txt'));
          if (!first) multipart.set(name, access_token);
          expectSuccess(await centre.request('POST', '/api/file', { multipart }), '上传成功');
        }
    });

    it('is taken from the right spelling when both are sent', async () => {
      const { access_token } = await centre.signIn();
      const both = { access_token, acess_token: 'wrong' };
      expectSuccess(await centre.request('GET', '/api/user', { query: both }), '获取用户信息成功');
      expectSuccess(await centre.request('POST', path, { form: { ...log, ...both } }), '记录成功');
      const other = { access_token: 'wrong', acess_token: access_token };
      expectRefused(await centre.request('GET', '/api/user', { query: other }), 401);
    });

    it('lets in when one place has a right one, as the mock does', async () => {
      const { access_token } = await centre.signIn();
      for (const authorization of ['Bearer wrong', 'Basic YTpi']) {
        const headers = { authorization };
        const reading = await centre.request('GET', '/api/user', { headers, query: { access_token } });
        expectSuccess(reading, '获取用户信息成功');
        expectSuccess(await centre.request('POST', path, { headers, form: { ...log, access_token } }), '记录成功');
        expectRefused(await centre.request('GET', '/api/user', { headers }), 401, 'access_token错误');
      }
      const sent = { query: { access_token: 'wrong' }, form: { ...log, access_token } };
      expectSuccess(await centre.request('POST', path, sent), '记录成功');
      const turned = { query: { access_token }, form: { ...log, access_token: 'wrong' } };
      expectSuccess(await centre.request('POST', path, turned), '记录成功');
    });

    it('is that of the header, then that of the body, when several are right', async () => {
      const one = await centre.signIn();
      const app = await centre.appToken();
      const query = { access_token: app.access_token };
      // An application's own token reads no profile.
      expectSuccess(await centre.request('GET', '/api/user', { token: one, query }), '获取用户信息成功');
      const form = { position: '司机', access_token: one.access_token };
      expectSuccess(await centre.request('PUT', '/api/user', { query, form }), '修改成功');
    });

    it('gets 400 when it is missing and 401 when it is wrong', async () => {
      expectRefused(await centre.get('/api/user'), 400, '参数错误, access_token');
      expectRefused(await centre.post(path, log), 400, '参数错误, access_token');
      for (const access_token of ['wrong', '0'.repeat(40), centre.credentials.expired_access_token]) {
        const answer = await centre.get('/api/user', { access_token });
        expectRefused(answer, 401, 'access_token错误');
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
      }
    });

    it('expires after an hour', async () => {
      const token = await centre.signIn();
      await centre.database
        .updateTable('oauth_tokens')
        .set(({ eb }) => ({ access_expires_at: eb('access_expires_at', '-', 3_600_000) }))
        .execute();
      expectRefused(await centre.get('/api/user', token), 401, 'access_token错误');
    });
  });

  describe('revocation', () => {
    const revoke = (token: string | undefined, app?: App) =>
      centre.post('/api/oauth/revoke', { ...client(app), token });

    it('voids both tokens of a pair, by either of them', async () => {
      for (const which of ['access_token', 'refresh_token'] as const) {
        const token = await centre.signIn();
        expectSuccess(await revoke(token[which]), '撤销成功');
        expect(await centre.statusOf(token)).toBe(401);
        expectRefused(await centre.grant(centre.refreshFields(token)), 400, '参数错误, refresh_token');
        expectSuccess(await revoke(token[which]), '撤销成功');
      }
    });

    it("leaves another application's tokens alone and does not reveal whether they are valid", async () => {
      const token = await centre.signIn();
      expectSuccess(await revoke(token.access_token, centre.credentials.second_app), '撤销成功');
      expectSuccess(await revoke('unknown', centre.credentials.second_app), '撤销成功');
      expect(await centre.statusOf(token)).toBe(200);
    });

    it('requires the secret', async () => {
      const { access_token } = await centre.signIn();
      const { client_id } = centre.app;
      expectRefused(await revoke(access_token, { ...centre.app, client_secret: 'wrong' }), 401, '客户端认证失败');
      expect((await centre.post('/api/oauth/revoke', { client_id, token: access_token })).status).toBe(401);
      expectRefused(await revoke(undefined), 400, '参数错误, token');
      expect(await centre.statusOf({ access_token })).toBe(200);
    });
  });
});

describeEachDatabase('an installation that takes no credentials from the query', (databases) => {
  const centre = useCentre(databases, { QUERY_CREDENTIALS: '0' });

  it('takes no token there (U-7)', async () => {
    const token = await centre.signIn();
    for (const name of ['access_token', 'acess_token']) {
      const answer = await read(await fetch(`${centre.url}/api/user?${name}=${token.access_token}`));
      expect([answer.status, answer.code]).toEqual([400, 1000]);
    }
    expect(await centre.statusOf(token)).toBe(200);
  });

  it('takes no secret and no password there (U-14)', async () => {
    const fields = new URLSearchParams(centre.passwordFields() as Record<string, string>);
    const url = `${centre.url}/api/oauth/accessToken`;
    expect((await fetch(`${url}?${fields}`, { method: 'POST' })).status).toBe(400);
    expect((await fetch(url, { method: 'POST', body: fields })).status).toBe(200);
  });
});
