import { createHash, randomUUID } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { describeEachDatabase } from '../../support/databases.ts';
import { type Key, useDesk } from '../desk.ts';
import { SocketClient } from './client.ts';

/** The requests of the original's widget and agent app, in their order. */
describeEachDatabase('ppmessage: the widget and the agent app', (databases) => {
  const desk = useDesk(databases);
  const clients: SocketClient[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  /** The programs do not encode the values of the form. */
  async function token(form: Record<string, string>): Promise<string> {
    const body = Object.entries(form).map((pair) => pair.join('='));
    const response = await fetch(`${desk.url}/ppauth/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: body.join('&'),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  const program =
    (access: string) =>
    async (name: string, body: object): Promise<Record<string, never>> => {
      const response = await fetch(`${desk.url}/api/${name}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `OAuth ${access}` },
        body: JSON.stringify(body),
      });
      return (await response.json()) as Record<string, never>;
    };

  async function connect(auth: object): Promise<SocketClient> {
    const client = await SocketClient.connect(desk.url);
    clients.push(client);
    client.send({ type: 'auth', extra_data: {}, ...auth });
    expect(await client.ack('AUTH')).toMatchObject({ code: 0 });
    return client;
  }

  it('talk over the socket with the numbers that they know', async () => {
    const response = await fetch(`${desk.server.url}/sandbox/credentials`);
    const { ppmessage } = (await response.json()) as { ppmessage: { keys: Record<'ppcom' | 'ppkefu', Key> } };
    const { ppcom, ppkefu } = ppmessage.keys;
    const app_uuid = desk.app_uuid;

    const password = createHash('sha1').update(desk.agent.user_password).digest('hex');
    const ofAgent = await token({
      user_email: desk.agent.user_email,
      user_password: password,
      client_id: ppkefu.api_key,
      grant_type: 'password',
    });
    const agent = desk.agent.user_uuid;
    const kefu = program(ofAgent);
    const desktop = { user_uuid: agent, device_ostype: 'LIN', ppcom_trace_uuid: randomUUID() };
    const { device_uuid: agentDevice } = await kefu('PP_CREATE_DEVICE', desktop);
    const agentSocket = await connect({
      api_token: ofAgent,
      app_uuid,
      user_uuid: agent,
      device_uuid: agentDevice,
      is_service_user: true,
    });

    const ofWidget = await token({
      client_id: ppcom.api_key,
      client_secret: ppcom.api_secret,
      grant_type: 'client_credentials',
    });
    const widget = program(ofWidget);
    const trace = randomUUID();
    const { user_uuid } = await widget('PP_CREATE_ANONYMOUS', { app_uuid, ppcom_trace_uuid: trace });
    const browser = { app_uuid, user_uuid, device_ostype: 'MAB', ppcom_trace_uuid: trace, device_id: trace };
    const { device_uuid } = await widget('PP_CREATE_DEVICE', browser);
    expect(await widget('PP_UPDATE_DEVICE', { device_uuid, device_ostype: 'MAB' })).toMatchObject({ error_code: 0 });
    const socket = await connect({ api_token: ofWidget, app_uuid, user_uuid, device_uuid, is_service_user: false });
    expect(await agentSocket.next((frame) => frame.user_uuid === user_uuid)).toMatchObject({ browser: 'ONLINE' });

    const { uuid: conversation } = await widget('PP_CREATE_CONVERSATION', {
      app_uuid,
      user_uuid,
      conversation_type: 'P2S',
    });
    const message = {
      uuid: randomUUID(),
      app_uuid,
      conversation_uuid: conversation,
      conversation_type: 'P2S',
      message_type: 'NOTI',
      message_subtype: 'TEXT',
      from_uuid: user_uuid,
      from_type: 'DU',
      device_uuid,
      to_uuid: conversation,
      to_type: 'DU',
      message_body: '在吗？',
      is_app_message: false,
    };
    socket.send({ type: 'send', send: message });
    expect(await socket.ack('SEND')).toMatchObject({ code: 0, extra: { uuid: message.uuid } });
    const { msg } = await agentSocket.next(({ type }) => type === 'MSG');
    expect(msg).toMatchObject({ bo: '在吗？', fi: user_uuid, from_user: { updatetime: expect.any(Number) } });
    expect(await kefu('ACK_MESSAGE', { app_uuid, list: [msg?.pid] })).toMatchObject({ error_code: 0 });

    const answer = { ...message, uuid: randomUUID(), from_uuid: agent, device_uuid: agentDevice, to_uuid: user_uuid };
    agentSocket.send({ type: 'send', send: { ...answer, conversation_type: 'S2P', message_body: '您好' } });
    expect((await socket.next(({ type }) => type === 'MSG')).msg).toMatchObject({ bo: '您好', fi: agent });

    // After a break the widget reads what it has missed, oldest first.
    const { list } = await widget('PP_PAGE_HISTORY_MESSAGE', {
      conversation_uuid: conversation,
      min_uuid: message.uuid,
    });
    expect(
      (list as unknown as { message_body: string }[]).map(({ message_body }) => JSON.parse(message_body).bo),
    ).toEqual(['您好']);

    // The public key of the widget does not open an agent's socket.
    const stranger = await SocketClient.connect(desk.url);
    clients.push(stranger);
    stranger.send({ type: 'auth', api_token: ofWidget, app_uuid, user_uuid: agent, device_uuid: agentDevice });
    expect(await stranger.ack('AUTH')).toMatchObject({ code: 2 });
    const intruder = await SocketClient.connect(desk.url);
    clients.push(intruder);
    const auth = { api_token: ofWidget, app_uuid, user_uuid: agent, device_uuid: agentDevice, is_service_user: true };
    intruder.send({ type: 'auth', ...auth });
    expect(await intruder.ack('AUTH')).toMatchObject({ code: 10 });
  });
});
