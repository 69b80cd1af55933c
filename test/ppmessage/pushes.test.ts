import { randomUUID } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import { forgetPushToken } from '../../src/ppmessage/model/phone-pushes.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { useDesk } from './desk.ts';
import { type Person, SocketClient } from './socket/client.ts';

interface Push {
  subject: string;
  body: string;
  push: { service: string; badge: number; sound: string | null; collapse_id?: string; data: Record<string, string> };
}

/** Pushes to phones (P-101, P-102). The outbox of the sandbox shows them. */
describeEachDatabase('ppmessage: pushes', (databases) => {
  const desk = useDesk(databases);
  let customer: string;
  let conversation: string;

  beforeEach(async () => {
    customer = await desk.kefu.newCustomer();
    conversation = await desk.kefu.newConversation(customer, [desk.agent.user_uuid]);
    await desk.kefu.ok('PP_UPDATE_USER', { user_uuid: desk.agent.user_uuid, user_language: 'zh_cn' });
  });

  const pushesTo = async (token: string): Promise<Push[]> =>
    (await desk.server.context.messages.listOutbox({ to: token })).reverse() as unknown as Push[];
  const textsTo = async (token: string) => (await pushesTo(token)).map(({ body }) => body);

  /** A phone of a user with a push token, which is also its address in the outbox. */
  async function newPhone(user: string, field = 'device_ios_token', token: string = randomUUID()) {
    const device_ostype = field === 'device_ios_token' ? ('IOS' as const) : ('AND' as const);
    const fields = { user_uuid: user, device_ostype, device_id: randomUUID() };
    const { device_uuid: device } = await desk.kefu.ok('PP_CREATE_DEVICE', fields);
    await desk.kefu.ok('PP_UPDATE_DEVICE', { device_uuid: device, [field]: token });
    return { device, token };
  }
  const setOnline = (device_uuid: string, device_is_online: boolean) =>
    desk.kefu.ok('PP_UPDATE_DEVICE', { device_uuid, device_is_online });
  const ask = (text: string, more = {}) => desk.kefu.say(conversation, customer, text, more);

  it('reach an agent’s phone while it is logged in, with badge and sound', async () => {
    const agent = desk.agent.user_uuid;
    await desk.kefu.ok('ACK_MESSAGE', { list: (await desk.kefu.unacked()).map(({ pid }) => pid) });
    const { device, token } = await newPhone(agent);
    await ask('没有登录');
    await setOnline(device, true);
    const uuid = await ask('在吗？');
    await desk.kefu.ok('PP_UPDATE_USER', { user_uuid: agent, user_silence_notification: true, user_show_badge: false });
    await ask('长'.repeat(300));
    await desk.kefu.ok('PP_UPDATE_USER', {
      user_uuid: agent,
      user_silence_notification: false,
      user_show_badge: true,
      user_mute_notification: true,
    });
    await ask('打扰了');
    await desk.kefu.ok('PP_UPDATE_USER', { user_uuid: agent, user_mute_notification: false });
    await setOnline(device, false);
    await ask('退出了');
    const [first, second, ...rest] = await pushesTo(token);
    expect(first).toMatchObject({
      subject: expect.stringMatching(/^访客/),
      body: '在吗？',
      push: {
        service: 'apns',
        badge: 2,
        sound: 'beep.wav',
        data: { app_uuid: desk.app_uuid, conversation_uuid: conversation, uuid },
      },
    });
    expect(second).toMatchObject({ body: `${'长'.repeat(199)}…`, push: { badge: 0, sound: null } });
    expect(rest).toEqual([]);
  });

  it('reach a customer’s phone while it is not connected, and not the sender', async () => {
    const { device, token } = await newPhone(customer, 'device_android_gcmtoken');
    await ask('我自己的');
    await desk.kefu.say(conversation, desk.agent.user_uuid, '您好');
    const person: Person = { seat: desk.kefu, user: customer, device, isAgent: false };
    const client = await SocketClient.logIn(desk.url, person);
    await desk.kefu.say(conversation, desk.agent.user_uuid, '您在线');
    await client.until(() => client.texts.includes('您在线'));
    client.close();
    expect(await pushesTo(token)).toMatchObject([
      { body: '您好', push: { service: 'gcm', badge: 1, collapse_id: 'ppmessage' } },
    ]);
  });

  it('say in the user’s language what a message without text is', async () => {
    const { token } = await newPhone(customer, 'device_android_jpush_registrationid');
    const form = new FormData();
    form.append('file', new Blob(['内容']), '说明.txt');
    const { fuuid } = (await (await fetch(`${desk.url}/upload`, { method: 'POST', body: form })).json()) as {
      fuuid: string;
    };
    for (const user_language of ['zh_cn', 'en_us', 'zh_tw'] as const) {
      await desk.kefu.ok('PP_UPDATE_USER', { user_uuid: customer, user_language });
      const file = { message_subtype: 'FILE' as const, message_body: JSON.stringify({ fid: fuuid }) };
      await desk.kefu.say(conversation, desk.agent.user_uuid, '', file);
    }
    expect(await textsTo(token)).toEqual(['[文件]', '[File]', '[檔案]']);
    const [{ push } = { push: undefined }] = await pushesTo(token);
    expect(push?.service).toBe('jp');
  });

  it('never go to the token of a simulator', async () => {
    const { token } = await newPhone(customer, 'device_ios_token', 'YOU-GOT-A-FAKE-IOS-TOKEN-IN-EMULATOR');
    await desk.kefu.say(conversation, desk.agent.user_uuid, '您好');
    expect(await pushesTo(token)).toEqual([]);
  });

  it('end when the service no longer knows the token, unless it was registered again', async () => {
    const { device, token } = await newPhone(customer);
    const now = () => desk.server.context.clock.now();
    await forgetPushToken(desk.database, { service: 'apns', token }, now() - 60_000);
    await forgetPushToken(desk.database, { service: 'gcm', token }, now());
    await desk.kefu.say(conversation, desk.agent.user_uuid, '还在');
    await forgetPushToken(desk.database, { service: 'apns', token }, now());
    await desk.kefu.say(conversation, desk.agent.user_uuid, '不在了');
    await desk.kefu.ok('PP_UPDATE_DEVICE', { device_uuid: device, device_ios_token: token });
    await desk.kefu.say(conversation, desk.agent.user_uuid, '又来了');
    expect(await textsTo(token)).toEqual(['还在', '又来了']);
  });
});
