import { createHash, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { read, useDesk } from './desk.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');

describeEachDatabase("ppmessage: answers to the original's own programs (P-60 to P-66)", (databases) => {
  const desk = useDesk(databases);
  const tokens = {} as Record<'widget' | 'agent' | 'console', string>;

  const token = async (fields: Record<string, string>) => {
    const answer = await desk.postForm('/ppauth/token', fields).then(read);
    return answer.body.access_token as string;
  };

  beforeAll(async () => {
    const { keys } = desk.credentials;
    const { api_key, api_secret } = keys.ppcom;
    const person = ({ user_email, user_password }: typeof desk.owner) => ({
      grant_type: 'password',
      user_email,
      user_password: sha1(user_password),
    });
    tokens.widget = await token({ grant_type: 'client_credentials', client_id: api_key, client_secret: api_secret });
    tokens.agent = await token({ ...person(desk.agent), client_id: keys.ppkefu.api_key });
    tokens.console = await token({ ...person(desk.owner), client_id: keys.ppconsole.api_key });
  });

  const post = async (path: string, bearer: string, body: unknown, more: RequestInit = {}) => {
    const headers = { 'Content-Type': 'application/json;charset=utf-8', Authorization: `OAuth ${bearer}` };
    return read(await fetch(desk.url + path, { method: 'POST', headers, body: JSON.stringify(body), ...more }));
  };

  const call = async (who: keyof typeof tokens, name: string, fields: object = {}) =>
    (await post(`/api/${name}`, tokens[who], fields)).body;

  const newCustomer = async () =>
    (await call('widget', 'PP_CREATE_ANONYMOUS', { ppcom_trace_uuid: randomUUID() })).user_uuid as string;

  describe('a refusal', () => {
    it.each([
      ['a missing field', '/api/GET_UNACKED_MESSAGE', 6],
      ['an unknown operation', '/api/PP_NO_SUCH_NAME', 21],
      ['an operation that no server ever had', '/api/GET_LATEST_APP', 21],
      ['a level', '/api/PP_UPDATE_APP_INFO', 4],
    ])('of %s has status 200 and a number', async (_, path, error_code) => {
      const { status, headers, body } = await post(path, tokens.agent, {});
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { error_code, error_string: expect.any(String), uri: path.replace('/api', '') },
      });
      expect(headers.get('access-control-allow-origin')).toBe('*');
    });

    it('of another method has status 200 and a number', async () => {
      const headers = { Authorization: `OAuth ${tokens.agent}` };
      const answer = await read(await fetch(`${desk.url}/api/PP_GET_APP_INFO`, { headers }));
      expect(answer).toMatchObject({ status: 200, body: { error_code: 1 } });
    });

    it('keeps text and statuses for third parties', async () => {
      const unknown = await post('/api/PP_NO_SUCH_NAME', desk.kefu.token, {});
      expect(unknown).toMatchObject({ status: 404, body: { error_code: '21' } });
      expect((await post('/api/PP_GET_APP_INFO', desk.kefu.token, {})).body.error_code).toBe('6');
    });
  });

  it('may be read by pages of any origin', async () => {
    for (const path of ['/api/PP_GET_APP_INFO', '/api/PP_NO_SUCH_NAME', '/ppauth/token', '/ppquery/PP_QUERY']) {
      const headers = {
        Origin: 'https://shop.example',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type',
      };
      const preflight = await fetch(desk.url + path, { method: 'OPTIONS', headers });
      expect([path, preflight.status]).toEqual([path, 204]);
      expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
      expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
      expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
      const refused = await fetch(desk.url + path, { method: 'POST', headers: { Origin: 'https://shop.example' } });
      expect(refused.headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  describe('the fields', () => {
    it('lack the app of the token, and empty uuids count as absent', async () => {
      const nothing = { app_uuid: '', user_uuid: null, device_uuid: null };
      expect(await call('agent', 'PP_GET_APP_INFO', nothing)).toMatchObject({ error_code: 0, uuid: desk.app_uuid });
      const owned = await call('console', 'PP_GET_APP_OWNED_BY_USER', { user_uuid: desk.owner.user_uuid });
      expect(owned).toMatchObject({ error_code: 0, app: { uuid: desk.app_uuid } });
    });

    it('that are in no list are ignored', async () => {
      const fields = { is_app_user: true, is_browser_user: false, is_browser_device: true };
      expect(await call('widget', 'PP_GET_APP_INFO', fields)).toMatchObject({ error_code: 0 });
    });

    it('still name the user', async () => {
      for (const who of ['widget', 'agent'] as const)
        expect(await call(who, 'PP_GET_USER_INFO', { user_uuid: '' })).toMatchObject({ error_code: 6 });
      expect(await call('console', 'PP_REMOVE_APP')).toMatchObject({ error_code: 6 });
    });
  });

  describe('a query', () => {
    const query = (bearer: string, api_url: string, api_data: object = {}) =>
      post('/ppquery/PP_QUERY', bearer, { api_url, api_data });

    it('runs an operation under the token, and answers as the operation', async () => {
      const { status, body } = await query(tokens.widget, '/PP_GET_APP_INFO');
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { error_code: 0, error_string: 'success', uri: '/PP_GET_APP_INFO', uuid: desk.app_uuid },
      });
      const direct = await call('widget', 'PP_GET_APP_INFO');
      expect(body).toEqual(direct);
    });

    it.each([
      ['/PP_NO_SUCH_NAME', {}, 21],
      ['/PP_UPDATE_APP_INFO', { app_name: 'x' }, 4],
      ['/PP_GET_CONVERSATION_INFO', {}, 6],
      ['/PP_GET_USER_INFO', { user_uuid: 7 }, 28],
      ['/PP_GET_USER_INFO', { user_uuid: 'nobody' }, 7],
      ['/../ppauth/token', {}, 21],
    ])('of %s with %j is refused as the operation refuses it', async (api_url, api_data, error_code) => {
      const { status, body } = await query(tokens.agent, api_url, api_data);
      expect({ status, body }).toMatchObject({ status: 200, body: { error_code, uri: api_url } });
    });

    it('has text for third parties, and normalizes their fields too', async () => {
      const { body } = await query(desk.kefu.token, 'PP_PAGE_ONLINE_PORTAL_USER', {
        app_uuid: desk.app_uuid,
        page_size: '5',
      });
      expect(body).toMatchObject({ error_code: '0', page_size: 5 });
      expect((await query('unknown', '/PP_GET_APP_INFO')).body.error_code).toBe('4');
    });
  });

  describe('lists', () => {
    it('by min_uuid begin with the oldest, as do unacknowledged messages', async () => {
      const customer = await newCustomer();
      const { uuid: conversation } = await call('widget', 'PP_CREATE_CONVERSATION', {
        user_uuid: customer,
        conversation_type: 'P2S',
        member_list: [desk.agent.user_uuid],
      });
      const sent: string[] = [];
      for (const text of ['一', '二', '三'])
        sent.push(await desk.kefu.say(String(conversation), desk.agent.user_uuid, text));
      const history = async (fields: object) => {
        const page = { conversation_uuid: conversation, ...fields };
        const { list } = await call('widget', 'PP_PAGE_HISTORY_MESSAGE', page);
        return (list as { body: string }[]).map(({ body }) => body);
      };
      expect(await history({ min_uuid: sent[0] })).toEqual(['二', '三']);
      expect(await history({ min_uuid: sent[0], page_size: 1 })).toEqual(['二']);
      expect(await history({ max_uuid: sent[2] })).toEqual(['二', '一']);
      expect(await history({ page_offset: 0, page_size: 2, max_uuid: '' })).toEqual(['三', '二']);
      const page = { user_uuid: customer, page_offset: 0, page_size: 2 };
      const { list, message } = await call('widget', 'PP_PAGE_UNACKED_MESSAGE', page);
      const texts = (list as string[]).map((pid) => JSON.parse((message as Record<string, string>)[pid] as string).bo);
      expect(texts).toEqual(['一', '二']);
    });
  });

  describe('the widget', () => {
    it('reads customers, and of agents only their cards', async () => {
      const customer = await newCustomer();
      const read = (name: string, user_uuid: string) => call('widget', name, { user_uuid });
      for (const [name, error_code] of [
        ['PP_GET_USER_INFO', 20],
        ['PP_GET_USER_DETAIL', 18],
      ] as const) {
        expect(await read(name, customer)).toMatchObject({ error_code: 0, uuid: customer });
        expect(await read(name, desk.agent.user_uuid)).toMatchObject({ error_code });
      }
      expect(await call('widget', 'PP_GET_APP_SERVICE_USER_LIST')).toMatchObject({ error_code: 0 });
    });

    it('acts for no agent', async () => {
      const { user_uuid } = desk.agent;
      for (const [name, fields] of [
        ['PP_UPDATE_USER', { user_signature: 'x' }],
        ['PP_PAGE_USER_CONVERSATION', {}],
        ['PP_PAGE_UNACKED_MESSAGE', {}],
      ] as const)
        expect([name, (await call('widget', name, { user_uuid, ...fields })).error_code]).toEqual([name, 20]);
    });

    it('has a stream of events for a customer it names', async () => {
      const headers = { Authorization: `OAuth ${tokens.widget}` };
      const stream = await fetch(`${desk.url}/events?user_uuid=${await newCustomer()}`, { headers });
      await stream.body?.cancel();
      expect(stream.status).toBe(200);
    });
  });

  describe('the console', () => {
    it('sets the password of an agent without the old one, but not its own', async () => {
      const { person } = await desk.newAgent();
      const { user_uuid, user_email } = person;
      const change = { user_uuid, user_password: sha1('new password') };
      expect(await call('console', 'PP_UPDATE_USER', change)).toMatchObject({ error_code: 0 });
      const own = { user_uuid: desk.owner.user_uuid, user_password: sha1('mine') };
      expect(await call('console', 'PP_UPDATE_USER', own)).toMatchObject({ error_code: 6 });
      const fields = {
        grant_type: 'password',
        client_id: desk.credentials.keys.ppkefu.api_key,
        user_email,
        user_password: sha1('new password'),
      };
      expect(await token(fields)).toMatch(/^own-/);
    });
  });
});
