import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type Key, read, useDesk } from './desk.ts';

/**
 * The requests of the original's widget, agent app and console, in their order and as these programs write them: forms
 * without percent-encoding, unknown fields, nulls and empty uuids.
 */

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');

type Fields = Record<string, unknown>;

describeEachDatabase("ppmessage: the original's own programs", (databases) => {
  const desk = useDesk(databases);

  const requestToken = async (form: string) => {
    const response = await fetch(`${desk.url}/ppauth/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    // A program reads the body of a success only.
    expect(response.status).toBe(200);
    return (await read(response)).body;
  };

  /** Calls an operation as the programs do, and expects an error number, 0 by default. */
  const caller =
    (token: unknown, always: () => Fields) =>
    async (name: string, fields: Fields = {}, error_code = 0) => {
      const response = await fetch(`${desk.url}/api/${name}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json;charset=utf-8', Authorization: `OAuth ${token}` },
        body: JSON.stringify({ ...fields, ...always() }),
      });
      const { status, headers, body } = await read(response);
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect({ status, body }, name).toMatchObject({ status: 200, body: { error_code, uri: `/${name}` } });
      // biome-ignore lint/suspicious/noExplicitAny: the programs do not check the shape either
      return body as any;
    };

  const widget = async () => {
    const { api_key, api_secret } = desk.credentials.keys.ppcom;
    const form = `client_id=${api_key}&client_secret=${api_secret}&grant_type=client_credentials`;
    return caller((await requestToken(form)).access_token, () => ({}));
  };

  const passwordForm = ({ api_key }: Key, person: { user_email: string; user_password: string }) =>
    `grant_type=password&user_email=${person.user_email}&user_password=${sha1(person.user_password)}&client_id=${api_key}`;

  const agentApp = async (person = desk.agent) => {
    const token = await requestToken(passwordForm(desk.credentials.keys.ppkefu, person));
    expect(token.error_code).toBe(0);
    // The agent app overwrites these three fields in every request.
    const own = { app_uuid: desk.app_uuid, user_uuid: person.user_uuid, device_uuid: null };
    return caller(token.access_token, () => own);
  };

  const consoleApp = async () => {
    const token = await requestToken(passwordForm(desk.credentials.keys.ppconsole, desk.owner));
    expect(token).toMatchObject({ error_code: 0, user_uuid: desk.owner.user_uuid });
    return caller(token.access_token, () => ({}));
  };

  const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d{6}$/);

  /** A customer of the widget with a conversation with the agent. */
  async function startWidget() {
    const call = await widget();
    const { app_uuid } = desk;
    const trace = randomUUID();
    const { user_uuid } = await call('PP_CREATE_ANONYMOUS', { app_uuid, ppcom_trace_uuid: trace });
    const device = { app_uuid, user_uuid, device_ostype: 'MAB', ppcom_trace_uuid: trace, device_id: trace };
    const { device_uuid } = await call('PP_CREATE_DEVICE', { ...device, is_browser_device: true });
    await call('PP_UPDATE_DEVICE', { device_uuid, device_ostype: 'MAB' });
    const conversation = await call('PP_CREATE_CONVERSATION', {
      app_uuid,
      user_uuid,
      device_uuid,
      conversation_type: 'P2S',
      member_list: [desk.agent.user_uuid],
      group_uuid: null,
    });
    const say = async (message_body: string) => {
      const uuid = randomUUID();
      await call('PP_SEND_MESSAGE', {
        uuid,
        app_uuid,
        conversation_uuid: conversation.uuid,
        conversation_type: 'P2S',
        message_type: 'NOTI',
        message_subtype: 'TEXT',
        from_uuid: user_uuid,
        from_type: 'DU',
        device_uuid,
        to_uuid: conversation.uuid,
        to_type: 'DU',
        message_body,
        is_app_message: false,
      });
      return uuid;
    };
    return { call, app_uuid, user_uuid, device_uuid, conversation, say };
  }

  describe('the widget', () => {
    it('starts for an unknown visitor', async () => {
      const call = await widget();
      const { app_uuid } = desk;
      const app = await call('PP_GET_APP_INFO', { app_uuid });
      expect(app).toMatchObject({ uuid: app_uuid, app_name: expect.any(String), show_ppcom_hover: 'NEVER' });
      const trace = randomUUID();
      const user = await call('PP_CREATE_ANONYMOUS', { app_uuid, ppcom_trace_uuid: trace });
      expect(user).toMatchObject({ user_uuid: expect.any(String), user_fullname: expect.any(String) });
      const again = await call('PP_CREATE_ANONYMOUS', { app_uuid, ppcom_trace_uuid: trace });
      expect(again.user_uuid).toBe(user.user_uuid);
    });

    it('starts for a visitor whose address the page knows', async () => {
      const call = await widget();
      const { app_uuid } = desk;
      const user_email = `${randomUUID()}@shop.example`;
      const known = { app_uuid, user_email, user_fullname: null, user_icon: null };
      const { user_uuid } = await call('PP_GET_USER_UUID', known);
      await call('PP_UPDATE_USER', { app_uuid, user_uuid, user_fullname: '顾客', user_icon: null, user_email });
      const { user_fullname } = await call('PP_GET_USER_INFO', { app_uuid, user_uuid });
      expect(user_fullname).toBe('顾客');
    });

    it('counts error 25 of a known device as a success', async () => {
      const call = await widget();
      const { app_uuid } = desk;
      const trace = randomUUID();
      const { user_uuid } = await call('PP_CREATE_ANONYMOUS', { app_uuid, ppcom_trace_uuid: trace });
      const device = { app_uuid, user_uuid, device_ostype: 'LIB', ppcom_trace_uuid: trace, device_id: trace };
      const { device_uuid } = await call('PP_CREATE_DEVICE', device);
      expect(await call('PP_CREATE_DEVICE', device, 25)).toMatchObject({ device_uuid });
    });

    it('shows its conversations and their members', async () => {
      const { call, app_uuid, user_uuid, conversation, say } = await startWidget();
      expect(conversation).toMatchObject({ uuid: expect.any(String), updatetime: timestamp });
      await say('在吗？');
      const { list } = await call('PP_GET_USER_CONVERSATION_LIST', { app_uuid, user_uuid });
      expect(list).toMatchObject([{ uuid: conversation.uuid, updatetime: timestamp }]);
      const members = await call('PP_GET_CONVERSATION_USER_LIST', { app_uuid, conversation_uuid: conversation.uuid });
      expect(members.list.map((card: Fields) => typeof card.updatetime)).toEqual(['number', 'number']);
    });

    it('reads the history, and after a reconnect what it has missed, oldest first', async () => {
      const { call, app_uuid, conversation, say } = await startWidget();
      const uuids = [await say('一'), await say('二'), await say('三')];
      const { uuid: conversation_uuid } = conversation;
      const history = await call('PP_PAGE_HISTORY_MESSAGE', {
        app_uuid,
        conversation_uuid,
        page_offset: 0,
        page_size: 12,
      });
      const bodies = (list: { message_body: string }[]) => list.map((one) => JSON.parse(one.message_body).bo);
      expect(bodies(history.list)).toEqual(['三', '二', '一']);
      const missed = await call('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid, min_uuid: uuids[0] });
      expect(bodies(missed.list)).toEqual(['二', '三']);
      const rest = await call('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid, min_uuid: uuids[2] });
      expect(rest.list).toEqual([]);
    });
  });

  describe('the agent app', () => {
    it('reads contacts and conversations, answers and closes', async () => {
      const { user_uuid: customer, conversation, say } = await startWidget();
      await say('你好');
      const call = await agentApp();
      const contacts = await call('PP_GET_APP_SERVICE_USER_LIST');
      expect(contacts.list.map(({ uuid }: Fields) => uuid)).toContain(desk.agent.user_uuid);
      const page = await call('PP_PAGE_USER_CONVERSATION', { page_offset: 0, page_size: 15 });
      expect(page.list[0]).toMatchObject({
        uuid: conversation.uuid,
        conversation_data: { conversation_name: expect.any(String) },
        latest_message: { message_body: expect.any(String), createtime: timestamp },
      });
      const { uuid: conversation_uuid } = conversation;
      const { list } = await call('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid, page_offset: 0, page_size: 12 });
      await call('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid, max_uuid: list[0].uuid, page_size: 12 });
      const info = await call('PP_GET_CONVERSATION_INFO', { conversation_uuid });
      expect(info).toMatchObject({ user_uuid: customer, conversation_type: 'P2S' });
      await call('PP_SEND_MESSAGE', {
        uuid: randomUUID(),
        conversation_uuid,
        conversation_type: 'S2P',
        message_type: 'NOTI',
        message_subtype: 'TEXT',
        from_uuid: desk.agent.user_uuid,
        from_type: 'DU',
        to_uuid: customer,
        to_type: 'DU',
        message_body: '您好',
      });
      const unacked = await call('PP_PAGE_UNACKED_MESSAGE', { page_offset: 0, page_size: 30 });
      await call('ACK_MESSAGE', { list: unacked.list });
      await call('PP_CLOSE_CONVERSATION', { conversation_uuid });
    });

    it('brings in a colleague and passes a conversation on', async () => {
      const { conversation } = await startWidget();
      const { uuid: conversation_uuid } = conversation;
      const call = await agentApp();
      const member_list = [desk.otherAgent.user_uuid];
      await call('PP_GET_APP_ORG_GROUP_LIST');
      await call('PP_UPDATE_CONVERSATION_MEMBER', { conversation_uuid, action: 'ADD', member_list });
      await call('PP_UPDATE_CONVERSATION', { conversation_uuid, assigned_uuid: desk.otherAgent.user_uuid });
      await call('PP_UPDATE_CONVERSATION_MEMBER', { conversation_uuid, action: 'REMOVE', member_list });
      const own = await call('PP_CREATE_CONVERSATION', { conversation_type: 'S2S', member_list });
      expect(own).toMatchObject({ conversation_type: 'S2S', updatetime: timestamp });
    });

    it('keeps its session, its profile and its status', async () => {
      const call = await agentApp();
      const user = await call('PP_GET_USER_INFO');
      expect(user).toMatchObject({ uuid: desk.agent.user_uuid, updatetime: expect.any(Number) });
      await call('PP_UPDATE_USER', { user_signature: '随时为您服务' });
      for (const user_status of ['BUSY', 'REST', 'READY'])
        await call('PPKEFU_SET_SERVICE_USER_STATUS', { user_status });
    });

    it('gets the number 21 for what no server has', async () => {
      const call = await agentApp();
      for (const name of ['GET_LATEST_APP', 'UPDATE_GPS_LOCATION', 'GET_SINGLE_CARD', 'FILE_IS_EXISTED'])
        await call(name, {}, 21);
    });
  });

  describe('the console', () => {
    it('opens for the owner, with the team', async () => {
      const call = await consoleApp();
      const { user_uuid } = desk.owner;
      const owner = await call('PP_GET_USER_DETAIL', { user_uuid, return_password: true });
      expect(owner).toMatchObject({ uuid: user_uuid, user_status: 'OWNER_2' });
      expect(owner).not.toHaveProperty('user_password');
      const { app } = await call('PP_GET_APP_OWNED_BY_USER', { user_uuid });
      expect(app).toMatchObject({ uuid: desk.app_uuid, createtime: timestamp });
    });

    it('shows the figures', async () => {
      const call = await consoleApp();
      const { app_uuid } = desk;
      const { number } = await call('PPCONSOLE_GET_OVERVIEW_NUMBER', { app_uuid });
      expect(Object.values(number).map((value) => typeof value)).toEqual(Array(5).fill('number'));
      for (const kind of ['CUSTOMER', 'SERVICE', 'MESSAGE']) {
        const today = await call(`PPCONSOLE_GET_REAL_TIME_${kind}_NUMBER`, { app_uuid });
        expect(today.number).toHaveLength(24);
        const range = { app_uuid, begin_date: '2026-03-01', end_date: '2026-03-03' };
        const days = await call(`PPCONSOLE_GET_${kind}_NUMBER_BY_RANGE`, range);
        expect(Object.keys(days.number)).toHaveLength(3);
      }
    });

    it('manages people', async () => {
      const call = await consoleApp();
      const { app_uuid } = desk;
      const user_email = `${randomUUID()}@desk.example`;
      expect((await call('PP_IS_EMAIL_VALID', { user_email })).valid).toBe(true);
      const { uuid } = await call('PP_CREATE_USER', {
        app_uuid,
        user_email,
        user_fullname: '新客服',
        user_status: 'SERVICE',
        is_service_user: true,
        user_password: sha1('first'),
      });
      await call('PP_UPDATE_USER', { app_uuid, user_uuid: uuid, user_fullname: '客服', user_password: sha1('second') });
      const { list } = await call('PP_GET_APP_SERVICE_USER_LIST', { app_uuid });
      expect(list).toContainEqual(expect.objectContaining({ uuid, user_fullname: '客服' }));
      const { user_uuid, user_password } = { user_uuid: uuid, user_password: 'second' };
      await agentApp({ user_uuid, user_email, user_password });
      await call('PP_LEAVE_APP', { user_list: [uuid], app_uuid });
    });

    it('manages groups, and removes several at once', async () => {
      const call = await consoleApp();
      const { app_uuid } = desk;
      const create = async (group_name: string) =>
        (await call('PP_CREATE_ORG_GROUP', { app_uuid, group_name, group_desc: '说明' })).uuid;
      const [group_uuid, other] = [await create('售前'), await create('售后')];
      const members = { app_uuid, group_uuid, user_list: [desk.agent.user_uuid] };
      await call('PP_ADD_ORG_GROUP_USER', members);
      expect((await call('PP_GET_ORG_GROUP_USER_LIST', { app_uuid, group_uuid })).list).toHaveLength(1);
      await call('PP_GET_NO_GROUP_USER_LIST', { app_uuid });
      await call('PP_UPDATE_ORG_GROUP', { app_uuid, group_uuid, group_name: '售前一组', group_desc: '说明' });
      await call('PP_REMOVE_ORG_GROUP_USER', members);
      const unknown = { app_uuid, group_uuid: [group_uuid, randomUUID()] };
      await call('PP_REMOVE_ORG_GROUP', unknown, 30);
      await call('PP_REMOVE_ORG_GROUP', { app_uuid, group_uuid: [group_uuid, other] });
      const { list } = await call('PP_GET_APP_ORG_GROUP_LIST', { app_uuid });
      expect(list.map(({ uuid }: Fields) => uuid)).not.toContain(group_uuid);
    });

    it('changes the settings, and shows keys and history', async () => {
      const call = await consoleApp();
      const { app_uuid } = desk;
      const { user_uuid } = desk.owner;
      const changes = { welcome_message: '您好', ppcom_launcher_color: '#54c6ff', return_offline_message: false };
      expect(await call('PP_UPDATE_APP_INFO', { app_uuid, user_uuid, ...changes })).toMatchObject(changes);
      const keys = await call('PP_GET_API_INFO', { app_uuid, user_uuid });
      expect(keys.ppcom).toMatchObject({ ...desk.credentials.keys.ppcom, api_level: 'PPCOM' });
      const { list } = await call('PP_GET_APP_CONVERSATION_LIST', { app_uuid });
      expect(list[0]).toMatchObject({ create_user: {}, latest_message: {}, message_total_count: expect.any(Number) });
      expect(await call('PP_CREATE_APP', { user_uuid, app_name: '分店' })).toMatchObject({ user_uuid });
    });
  });

  describe('a phone', () => {
    it('sends everything through PP_QUERY', async () => {
      const { api_key, api_secret } = desk.credentials.keys.ppcom;
      const form = `client_id=${api_key}&client_secret=${api_secret}&grant_type=client_credentials`;
      const { access_token } = await requestToken(form);
      const query = async (name: string, api_data: Fields) => {
        const response = await fetch(`${desk.url}/ppquery/PP_QUERY`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Authorization: `OAuth ${access_token}` },
          body: JSON.stringify({ api_url: `/${name}`, api_data }),
        });
        const { body } = await read(response);
        expect(body, name).toMatchObject({ error_code: 0, uri: `/${name}` });
        // biome-ignore lint/suspicious/noExplicitAny: as above
        return body as any;
      };
      const { app_uuid } = desk;
      expect((await query('PP_GET_APP_INFO', { app_uuid })).uuid).toBe(app_uuid);
      const visitor = { app_uuid, ppcom_trace_uuid: randomUUID(), is_app_user: true, is_browser_user: false };
      const { user_uuid } = await query('PP_CREATE_ANONYMOUS', visitor);
      const page = { app_uuid, user_uuid, page_offset: 0, page_size: 30, max_uuid: '', min_uuid: '' };
      expect(await query('PP_PAGE_UNACKED_MESSAGE', page)).toMatchObject({ list: [], message: {} });
      expect((await query('PP_GET_USER_CONVERSATION_LIST', { app_uuid, user_uuid })).list).toEqual([]);
    });
  });
});
