import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { newDevice, useDesk } from './desk.ts';
import { openStream } from './stream.ts';

// P-47.
describeEachDatabase('ppmessage: offline message', (databases) => {
  const desk = useDesk(databases);
  const offline_message = '现在没有人，请留言。';
  let customer: string;
  let conversation: string;

  beforeEach(async () => {
    await desk.console.ok('PP_UPDATE_APP_INFO', { return_offline_message: true, offline_message });
    customer = await desk.kefu.newCustomer();
    conversation = await desk.kefu.newConversation(customer, [desk.agent.user_uuid, desk.otherAgent.user_uuid]);
  });
  afterEach(() => desk.console.ok('PP_UPDATE_APP_INFO', { return_offline_message: false }));

  const answers = async () => (await desk.kefu.unacked(customer)).map(({ text }) => text);

  it('answers a customer when no agent of the conversation is online', async () => {
    await desk.kefu.say(conversation, customer, '有人吗');
    const [answer] = await desk.kefu.unacked(customer);
    expect(answer?.message).toMatchObject({
      bo: offline_message,
      ct: 'S2P',
      fi: desk.app_uuid,
      ft: 'AP',
      ci: conversation,
      ms: 'TEXT',
    });
    expect(await desk.kefu.history(conversation)).toEqual([offline_message, '有人吗']);
    const { list } = await desk.kefu.ok('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid: conversation });
    expect(list[0]?.from_user).toBeNull();
  });

  it('reaches a customer with a stream at once', async () => {
    const stream = await openStream(desk.kefu, { user_uuid: customer });
    await desk.kefu.say(conversation, customer, '有人吗');
    expect((await stream.next()).data).toMatchObject({ bo: offline_message, from_user: null });
    stream.close();
  });

  it('is not sent when one agent is online', async () => {
    const device_uuid = await newDevice(desk.otherKefu, desk.otherAgent.user_uuid);
    await desk.otherKefu.ok('PP_UPDATE_DEVICE', { device_uuid, device_is_online: true });
    await desk.kefu.say(conversation, customer, '有人吗');
    expect(await answers()).toEqual([]);
    await desk.otherKefu.ok('PP_UPDATE_DEVICE', { device_uuid, device_is_online: false });
    await desk.kefu.say(conversation, customer, '还有人吗');
    expect(await answers()).toEqual([offline_message]);
  });

  it('is not sent when the app has it switched off, or has no text', async () => {
    await desk.console.ok('PP_UPDATE_APP_INFO', { return_offline_message: false });
    await desk.kefu.say(conversation, customer, '一');
    await desk.console.ok('PP_UPDATE_APP_INFO', { return_offline_message: true, offline_message: null });
    await desk.kefu.say(conversation, customer, '二');
    expect(await answers()).toEqual([]);
  });

  it('answers neither an agent nor a repeated message', async () => {
    await desk.kefu.say(conversation, desk.agent.user_uuid, '我先走了');
    expect(await answers()).toEqual(['我先走了']);
    const text = desk.kefu.text(conversation, customer, '有人吗');
    await desk.kefu.ok('PP_SEND_MESSAGE', text);
    await desk.kefu.ok('PP_SEND_MESSAGE', text);
    expect(await answers()).toEqual([offline_message, '我先走了']);
  });
});
