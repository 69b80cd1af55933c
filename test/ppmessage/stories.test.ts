import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { newDevice, useDesk } from './desk.ts';
import { openStream } from './stream.ts';

// A day of customer service, from the first sign-in to the last message.
describeEachDatabase('ppmessage: stories', (databases) => {
  const desk = useDesk(databases);

  it('serves a customer: two agents answer, the conversation is closed and comes back', async () => {
    const [agent, other] = [await desk.newAgent(), await desk.newAgent()];
    const { seat } = agent;
    const customer = await seat.newCustomer();
    const device = await newDevice(seat, customer);
    const conversation_uuid = await seat.newConversation(customer, [agent.person.user_uuid, other.person.user_uuid]);

    // The second agent is online, the first one is not.
    const stream = await openStream(other.seat);
    await seat.say(conversation_uuid, customer, '我的订单呢？', { device_uuid: device });
    const heard = await stream.next();
    expect(heard.data).toMatchObject({ bo: '我的订单呢？', fi: customer });
    await other.seat.ok('ACK_MESSAGE', { list: [heard.data.pid] });
    await other.seat.say(conversation_uuid, other.person.user_uuid, '我查一下');

    // The customer reads both answers in the history. For the first agent both messages are unacknowledged.
    expect(await seat.history(conversation_uuid)).toEqual(['我查一下', '我的订单呢？']);
    expect((await seat.unacked()).map(({ text }) => text)).toEqual(['我查一下', '我的订单呢？']);
    expect(await other.seat.unacked()).toEqual([]);
    expect((await seat.unacked(customer)).map(({ text }) => text)).toEqual(['我查一下']);

    // The second agent closes the conversation; the customer's next message opens it again.
    const own = { user_uuid: other.person.user_uuid, conversation_uuid };
    await other.seat.ok('PP_CLOSE_CONVERSATION', own);
    expect(await other.seat.openConversations()).toEqual([]);
    expect(await seat.openConversations()).toEqual([conversation_uuid]);
    await seat.say(conversation_uuid, customer, '还有一个问题');
    expect((await stream.next()).data.bo).toBe('还有一个问题');
    expect(await other.seat.openConversations()).toEqual([conversation_uuid]);

    // The same customer comes back tomorrow: the same conversation.
    expect(await seat.newConversation(customer)).toBe(conversation_uuid);
    stream.close();
  });

  it('opens a shop: app, agents, groups, canned answers, the first customer', async () => {
    const { ppconsole_thirdparty, ppkefu_thirdparty } = await desk.console.ok('PP_CREATE_APP', {
      user_uuid: desk.owner.user_uuid,
      app_name: '新店',
    });
    const console = await desk.seat(desk.owner, ppconsole_thirdparty);
    const { uuid: user_uuid } = await console.ok('PP_CREATE_USER', {
      user_email: 'first@newshop.example',
      user_password: '第一个客服',
      user_fullname: '小一',
      is_service_user: true,
    });
    const kefu = await desk.seat(
      { user_uuid, user_email: 'first@newshop.example', user_password: '第一个客服' },
      ppkefu_thirdparty,
    );
    expect(kefu.user_uuid).toBe(user_uuid);
    const { uuid: group_uuid } = await console.ok('PP_CREATE_ORG_GROUP', { group_name: '售前', group_desc: '' });
    await console.ok('PP_ADD_ORG_GROUP_USER', { group_uuid, user_list: [user_uuid] });
    await kefu.ok('PPKEFU_SET_SERVICE_USER_STATUS', { user_uuid, user_status: 'READY' });
    const { uuid: script } = await kefu.ok('PP_ADD_PREDEFINED_SCRIPT', { script_answer: '欢迎光临' });

    const customer = (await console.ok('PP_GET_USER_UUID', { user_email: 'you@shop.example' })).user_uuid;
    const { list: members } = await console.ok('PP_GET_ORG_GROUP_USER_LIST', { group_uuid });
    const { uuid: conversation } = await kefu.ok('PP_CREATE_CONVERSATION', {
      user_uuid: customer,
      conversation_type: 'P2S',
      group_uuid,
      member_list: members.map(({ uuid }) => uuid),
    });
    await kefu.say(conversation, customer, '你们好');
    const { list } = await kefu.ok('PP_GET_ALL_PREDEFINED_SCRIPT', {});
    const greeting = list.find(({ uuid }) => uuid === script)?.script_answer as string;
    await kefu.say(conversation, user_uuid, greeting);
    expect((await kefu.unacked(customer)).map(({ text }) => text)).toEqual(['欢迎光临']);
    const { number } = await console.ok('PPCONSOLE_GET_OVERVIEW_NUMBER', {});
    expect(number).toMatchObject({ agent: 2, all_customer: 1, all_message: 2 });
  });

  it('hands a conversation over: a second agent joins, takes over, and the first one leaves the app', async () => {
    const [first, second] = [await desk.newAgent(), await desk.newAgent()];
    const customer = await first.seat.newCustomer();
    const conversation_uuid = await first.seat.newConversation(customer, [first.person.user_uuid]);
    await first.seat.say(conversation_uuid, customer, '我要找经理');
    await first.seat.ok('PP_UPDATE_CONVERSATION_MEMBER', {
      conversation_uuid,
      action: 'ADD',
      member_list: [second.person.user_uuid],
    });
    await first.seat.say(conversation_uuid, first.person.user_uuid, '这是经理');
    expect((await second.seat.unacked()).map(({ text }) => text)).toEqual(['这是经理']);
    // The history has the former messages.
    expect(await second.seat.history(conversation_uuid)).toEqual(['这是经理', '我要找经理']);
    await desk.console.ok('PP_LEAVE_APP', { user_list: [first.person.user_uuid] });
    expect(await first.seat.code('PP_PAGE_UNACKED_MESSAGE', { user_uuid: first.person.user_uuid })).toBe('4');
    await second.seat.say(conversation_uuid, second.person.user_uuid, '我来处理');
    expect(await second.seat.history(conversation_uuid)).toEqual(['我来处理', '这是经理', '我要找经理']);
    const { list } = await second.seat.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid });
    expect(list.map(({ uuid }) => uuid).sort()).toEqual([customer, second.person.user_uuid].sort());
  });

  it('has demo data: a conversation with messages that wait for the agents', async () => {
    const { conversation_uuid, customer, api_key } = desk.credentials;
    const texts = await desk.kefu.history(conversation_uuid);
    expect(texts.length).toBeGreaterThanOrEqual(2);
    const { list } = await desk.kefu.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid });
    expect(list.map(({ uuid }) => uuid)).toContain(customer.user_uuid);
    expect(await desk.kefu.openConversations(customer.user_uuid)).toContain(conversation_uuid);
    expect(api_key).toMatch(/\S/);
    // The app's own key has both third-party levels.
    await desk.both.ok('PP_UPDATE_APP_INFO', { welcome_message: '您好' });
    await desk.both.say(conversation_uuid, desk.both.user_uuid, '您好');
  });
});
