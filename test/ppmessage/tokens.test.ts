import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type Answer, read, useDesk } from './desk.ts';

// P-6, P-8 to P-14, P-19, P-20.
describeEachDatabase('ppmessage: tokens', (databases) => {
  const desk = useDesk(databases);

  const fields = (code: string, change: Record<string, unknown> = {}): Record<string, unknown> => ({
    grant_type: 'authorization_code',
    code,
    client_id: desk.credentials.api_key,
    client_secret: desk.credentials.api_secret,
    redirect_uri: desk.credentials.redirect_uri,
    ...change,
  });

  const post = (body: string, type: string): Promise<Answer> =>
    fetch(`${desk.url}/ppauth/token`, { method: 'POST', headers: { 'Content-Type': type }, body }).then(read);

  const json = (body: unknown) => post(JSON.stringify(body), 'application/json');

  const appInfo = async (authorization: string | undefined) => {
    const response = await fetch(`${desk.url}/api/PP_GET_APP_INFO`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(authorization && { Authorization: authorization }) },
      body: JSON.stringify({ app_uuid: desk.app_uuid }),
    });
    return (await read(response)).body.error_code;
  };

  function expectRefused({ status, headers, body }: Answer, error: string, number: string, expected = 400) {
    expect({ status, body }).toMatchObject({
      status: expected,
      body: { error, error_code: number, uri: '/ppauth/token' },
    });
    expect(body.error_string).toBe(body.error_description);
    expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
  }

  describe('a token request', () => {
    it('can be a form', async () => {
      const form = new URLSearchParams(fields(await desk.code()) as Record<string, string>);
      expect((await post(form.toString(), 'application/x-www-form-urlencoded')).status).toBe(200);
    });

    it('can be a form whose values are not encoded', async () => {
      const raw = Object.entries(fields(await desk.code())).map(([name, value]) => `${name}=${value}`);
      expect((await post(raw.join('&'), 'application/x-www-form-urlencoded; charset=UTF-8')).status).toBe(200);
    });

    it('can be JSON', async () => {
      const { status, body } = await json(fields(await desk.code()));
      expect({ status, type: body.token_type }).toEqual({ status: 200, type: 'Bearer' });
    });

    it.each(['code', 'client_secret', 'client_id', 'redirect_uri', 'grant_type'])(
      'is refused without %s',
      async (name) => {
        for (const change of [{ [name]: undefined }, { [name]: '' }]) {
          const { status, body } = await json(fields(await desk.code(), change));
          expect([400, 401]).toContain(status);
          expect(body.access_token).toBeUndefined();
          expect(body).toMatchObject({ error: expect.stringMatching(/^invalid_(request|client)$/) });
        }
      },
    );

    it.each([
      ['as sent', (text: string) => text],
      ['form-encoded', (text: string) => text.replaceAll('-', '%2D')],
    ])('may have the key in HTTP Basic, %s', async (_, encode) => {
      const { api_key, api_secret } = desk.credentials;
      const request = (secret: string, code: string) =>
        fetch(`${desk.url}/ppauth/token`, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`${encode(api_key)}:${encode(secret)}`)}` },
          body: new URLSearchParams(
            Object.entries(fields(code)).filter(([name]) => !name.startsWith('client_')) as string[][],
          ),
        }).then(read);
      const code = await desk.code();
      const wrong = await request('wrong', code);
      expectRefused(wrong, 'invalid_client', '10', 401);
      expect(wrong.headers.get('www-authenticate')).toBe('Basic realm="PPMessage"');
      const { status, body } = await request(api_secret, code);
      expect({ status, app_uuid: body.app_uuid }).toEqual({ status: 200, app_uuid: desk.app_uuid });
    });

    it('is refused with another grant', async () => {
      for (const grant_type of ['refresh_token', 'x']) {
        expectRefused(await json(fields(await desk.code(), { grant_type })), 'unsupported_grant_type', '44');
        // Other grants have other fields.
        expectRefused(await json({ grant_type, client_id: 'x' }), 'unsupported_grant_type', '44');
      }
    });

    it('is refused with a wrong secret as with an unknown key', async () => {
      const wrong = await json(fields(await desk.code(), { client_secret: 'wrong' }));
      expectRefused(wrong, 'invalid_client', '10', 401);
      expect(wrong.headers.get('www-authenticate')).toMatch(/realm=/);
      const unknown = await json(fields(await desk.code(), { client_id: 'nobody' }));
      expect(unknown.body).toEqual(wrong.body);
    });

    it('ignores an unknown parameter that comes twice (RFC 8707), and refuses a repeated grant_type', async () => {
      const sent = new URLSearchParams(fields(await desk.code()) as Record<string, string>).toString();
      const type = 'application/x-www-form-urlencoded';
      const repeated = await post(`${sent}&grant_type=authorization_code`, type);
      expect(repeated).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
      expect((await post(`${sent}&resource=a&resource=b`, type)).status).toBe(200);
    });

    it('is refused with repeated parameters, and as JSON of another shape', async () => {
      for (const body of [[], 'x', null, 1, fields('x', { code: ['a', 'b'] })]) {
        const answer = await json(body);
        expectRefused(answer, 'invalid_request', expect.stringMatching(/^\d+$/) as unknown as string);
      }
    });
  });

  describe('a code', () => {
    it('needs no encoding', async () => {
      expect(await desk.code()).toMatch(/^[\w-]+$/);
    });

    it('works once; a second use ends its token', async () => {
      const code = await desk.code();
      const { access_token } = (await json(fields(code))).body;
      expect(await appInfo(`OAuth ${access_token}`)).toBe('0');
      expectRefused(await json(fields(code)), 'invalid_grant', '24');
      expect(await appInfo(`OAuth ${access_token}`)).toBe('4');
    });

    it('belongs to its key', async () => {
      const { kefu, redirect_uri } = desk.credentials;
      const code = await desk.code();
      const others = { client_id: kefu.api_key, client_secret: kefu.api_secret, redirect_uri };
      expectRefused(await json(fields(code, others)), 'invalid_grant', '24');
      expect((await json(fields(code))).status).toBe(200);
    });

    it('belongs to its address', async () => {
      const code = await desk.code();
      const { redirect_uri_with_query } = desk.credentials;
      expectRefused(await json(fields(code, { redirect_uri: redirect_uri_with_query })), 'invalid_grant', '24');
      expectRefused(await json(fields(code, { redirect_uri: 'https://evil.example/' })), 'invalid_grant', '24');
    });

    it('lives at most ten minutes', async () => {
      const code = await desk.code();
      const latest = await desk.database
        .selectFrom('oauth_codes')
        .select(['expires_at', 'created_at', 'code_hash'])
        .where('api', '=', 'ppmessage')
        .where('consumed_at', 'is', null)
        .orderBy('created_at', 'desc')
        .executeTakeFirstOrThrow();
      expect(latest.expires_at - latest.created_at).toBeLessThanOrEqual(600_000);
      await desk.database
        .updateTable('oauth_codes')
        .set({ expires_at: Date.now() - 1 })
        .where('api', '=', 'ppmessage')
        .execute();
      expectRefused(await json(fields(code)), 'invalid_grant', '24');
    });

    it('is not stored in plain text, nor is a token or a password', async () => {
      const code = await desk.code();
      const { access_token } = await desk.signIn(desk.agent);
      for (const table of [
        'oauth_codes',
        'oauth_tokens',
        'oauth_clients',
        'ppmessage_users',
        'ppmessage_keys',
      ] as const) {
        const rows = JSON.stringify(await desk.database.selectFrom(table).selectAll().execute());
        for (const secret of [code, access_token, desk.agent.user_password, desk.credentials.api_secret])
          expect([table, rows.includes(secret)]).toEqual([table, false]);
      }
    });
  });

  describe('a token', () => {
    it('is accepted as OAuth, in any case, and as Bearer', async () => {
      const { access_token } = await desk.signIn(desk.agent);
      for (const scheme of ['OAuth', 'oauth', 'OAUTH', 'Bearer', 'bearer'])
        expect([scheme, await appInfo(`${scheme} ${access_token}`)]).toEqual([scheme, '0']);
    });

    it.each([
      ['no header', () => undefined, '3'],
      ['no token', () => 'OAuth', '3'],
      ['another scheme', () => 'Basic YTpi', '3'],
      ['the token alone', (token: string) => token, '3'],
      ['an unknown token', () => 'OAuth unknown', '4'],
      ['half of a token', (token: string) => `OAuth ${token.slice(0, 16)}`, '4'],
    ] as [string, (token: string) => string | undefined, string][])('%s', async (_, header, number) => {
      const { access_token } = await desk.signIn(desk.agent);
      expect(await appInfo(header(access_token))).toBe(number);
    });

    it('lives 24 hours', async () => {
      const { access_token } = await desk.signIn(desk.agent);
      const row = await desk.database
        .selectFrom('oauth_tokens')
        .select(['id', 'created_at', 'access_expires_at'])
        .where('api', '=', 'ppmessage')
        .orderBy('created_at', 'desc')
        .executeTakeFirstOrThrow();
      expect(row.access_expires_at - row.created_at).toBe(86_400_000);
      const past = { access_expires_at: Date.now() - 1 };
      await desk.database.updateTable('oauth_tokens').set(past).where('id', '=', row.id).execute();
      expect(await appInfo(`OAuth ${access_token}`)).toBe('4');
    });

    it('stays valid when the user signs in again', async () => {
      const [one, two] = [await desk.signIn(desk.agent), await desk.signIn(desk.agent)];
      expect(one.access_token).not.toBe(two.access_token);
      for (const { access_token } of [one, two]) expect(await appInfo(`OAuth ${access_token}`)).toBe('0');
    });

    it('comes with its user and app', async () => {
      const { app_uuid, user_uuid } = await desk.signIn(desk.owner, desk.keys.console);
      expect({ app_uuid, user_uuid }).toEqual({ app_uuid: desk.app_uuid, user_uuid: desk.owner.user_uuid });
    });

    it('ends with the user', async () => {
      const { person, seat } = await desk.newAgent();
      const { user_uuid, user_password } = person;
      expect(await seat.code('PP_GET_APP_INFO', {})).toBe('0');
      await desk.console.ok('PP_REMOVE_USER', { user_uuid, user_password });
      expect(await seat.code('PP_GET_APP_INFO', {})).toBe('4');
      const again = { ...desk.request(desk.keys.kefu), user_email: person.user_email, user_password };
      expect((await desk.postForm('/ppauth/auth', again)).status).toBe(401);
    });
  });

  describe('a call', () => {
    it('is refused with HTTP 200 and the envelope', async () => {
      const { headers, body } = await desk.kefu.post('PP_GET_USER_INFO', {}, { 'X-Request-Id': 'abcdefgh-1' });
      expect(body).toMatchObject({
        error_code: '6',
        error_string: expect.stringMatching(/\S/),
        uri: '/PP_GET_USER_INFO',
      });
      expect(headers.get('x-request-id')).toBe('abcdefgh-1');
    });

    it('is checked in this order: header, token, JSON, fields, types', async () => {
      const noToken = { Authorization: '' };
      const unknownToken = { Authorization: 'OAuth unknown' };
      const codes = async (body: unknown, headers: Record<string, string>) =>
        (await desk.kefu.post('PP_GET_USER_INFO', body, headers)).body.error_code;
      expect(await codes('{"a":', noToken)).toBe('3');
      expect(await codes('{"a":', unknownToken)).toBe('4');
      expect(await codes('{"a":', {})).toBe('1');
      expect(await codes({}, noToken)).toBe('3');
      expect(await codes({}, unknownToken)).toBe('4');
      expect(await codes({ app_uuid: 1 }, {})).toBe('6');
      expect(await codes({ app_uuid: 1, user_uuid: 1 }, {})).toBe('28');
    });

    it('gets no error about levels with an unknown token', async () => {
      const { body } = await desk.kefu.post('PP_UPDATE_APP_INFO', {}, { Authorization: 'OAuth unknown' });
      expect(body).toMatchObject({ error_code: '4', error_string: 'The access token is unknown or has expired' });
    });

    it('gets 405 and error 1 by another method', async () => {
      const answer = await read(await fetch(`${desk.url}/api/PP_GET_APP_INFO`, { headers: desk.kefu.headers }));
      expect(answer).toMatchObject({ status: 405, body: { error_code: '1', uri: '/PP_GET_APP_INFO' } });
      expect(answer.headers.get('allow')).toContain('POST');
    });

    it('can have a charset in its media type, in any case', async () => {
      const types = ['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8'];
      for (const type of types) {
        const { body } = await desk.kefu.post('PP_GET_APP_INFO', { app_uuid: desk.app_uuid }, { 'Content-Type': type });
        expect([type, body.error_code]).toEqual([type, '0']);
      }
    });

    it('gets 404 and error 21 under an unknown name', async () => {
      for (const name of ['PP_NO_SUCH_NAME', 'pp_get_app_info']) {
        const response = await fetch(`${desk.url}/api/${name}`, { method: 'POST', headers: desk.kefu.headers });
        const { status, body } = await read(response);
        expect({ status, body }).toMatchObject({
          status: 404,
          body: { error_code: '21', error_string: 'There is no such operation' },
        });
      }
    });

    it('accepts the api_uuid of each key as app_uuid', async () => {
      const keys = await desk.console.ok('PP_GET_API_INFO', { user_uuid: desk.owner.user_uuid });
      for (const { api_uuid } of [keys.ppkefu_thirdparty, keys.ppconsole_thirdparty])
        for (const caller of [desk.kefu, desk.console])
          expect((await caller.ok('PP_GET_APP_INFO', { app_uuid: api_uuid })).uuid).toBe(desk.app_uuid);
    });
  });
});
