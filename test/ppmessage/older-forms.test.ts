import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { newDevice, useDesk } from './desk.ts';

// P-79 to P-83.
describeEachDatabase('ppmessage: older forms', (databases) => {
  const desk = useDesk(databases);

  async function talk(texts: string[]) {
    const customer = await desk.kefu.newCustomer();
    const conversation = await desk.kefu.newConversation(customer, [desk.agent.user_uuid]);
    const uuids: string[] = [];
    for (const text of texts) uuids.push(await desk.kefu.say(conversation, customer, text));
    return { customer, conversation, uuids };
  }

  it('page through the history before and after a message', async () => {
    const { conversation, uuids } = await talk(['一', '二', '三', '四']);
    const read = async (fields: object) => {
      const page = { conversation_uuid: conversation, page_offset: 0, ...fields };
      const { list, ...info } = await desk.console.ok('PP_GET_HISTORY_MESSAGE', page);
      return { texts: list.map(({ body }) => body), ...info };
    };
    expect(await read({})).toMatchObject({ texts: ['四', '三', '二', '一'], total_count: 4, max_id: uuids[3] });
    expect(await read({ page_offset: -1, page_size: 1 })).toMatchObject({
      texts: ['四', '三', '二', '一'],
      page_offset: -1,
    });
    expect(await read({ page_offset: 1, page_size: 3 })).toMatchObject({ texts: ['一'], count: 1 });
    expect((await read({ max_id: uuids[2] })).texts).toEqual(['三', '二', '一']);
    expect((await read({ max_id: uuids[2], ignore_max: true })).texts).toEqual(['二', '一']);
    expect((await read({ since_id: uuids[1] })).texts).toEqual(['四', '三']);
    expect((await read({ since_id: randomUUID() })).texts).toEqual([]);
    expect((await read({ max_id: randomUUID() })).texts).toEqual([]);
  });

  it('find the messages between two users in both directions', async () => {
    const { customer, conversation } = await talk([]);
    const agent = desk.agent.user_uuid;
    await desk.kefu.say(conversation, customer, '问', { to_uuid: agent, to_type: 'DU' });
    await desk.kefu.say(conversation, agent, '答', { to_uuid: customer, to_type: 'DU' });
    await desk.kefu.say(conversation, customer, '给应用');
    const read = async (from_uuid: string, peer_uuid: string, peer_type: 'DU' | 'OG') => {
      const fields = { from_uuid, peer_uuid, peer_type, page_offset: 0, page_size: 10 };
      return (await desk.kefu.ok('GET_MESSAGE_HISTORY', fields)).list.map(({ body }) => body);
    };
    expect(await read(customer, agent, 'DU')).toEqual(['答', '问']);
    expect(await read(agent, customer, 'DU')).toEqual(['答', '问']);
    expect(await read(customer, desk.app_uuid, 'OG')).toEqual(['给应用']);
  });

  it('find the history of two users in every conversation that the token may see, and page through it', async () => {
    const [{ seat: kefu }, { seat: otherKefu }] = [await desk.newAgent(), await desk.newAgent()];
    const one = kefu.user_uuid;
    const other = otherKefu.user_uuid;
    const customer = await kefu.newCustomer();
    const newcomer = await kefu.newCustomer();
    const colleagues = { user_uuid: one, conversation_type: 'S2S' as const, member_list: [other] };
    const conversations = {
      alone: { uuid: await kefu.newConversation(customer, [one]), members: [customer, one] },
      together: { uuid: await kefu.newConversation(customer, [one, other]), members: [customer, one, other] },
      stranger: { uuid: await kefu.newConversation(newcomer, [one, other]), members: [newcomer, one, other] },
      colleagues: { uuid: (await kefu.ok('PP_CREATE_CONVERSATION', colleagues)).uuid, members: [one, other] },
    };
    const sent: { text: string; from: string; to: string; isHidden: boolean }[] = [];
    const rooms = Object.values(conversations);
    for (let index = 0; index < 72; index += 1) {
      const { uuid, members } = rooms[index % rooms.length] as (typeof rooms)[number];
      // Everyone writes to everyone, to the app, and to themselves.
      const from = members[index % members.length] as string;
      const targets = [customer, one, other, newcomer, desk.app_uuid];
      const to = targets[Math.floor(index / 7) % targets.length] as string;
      await (from === other ? otherKefu : kefu).say(uuid, from, String(index), { to_uuid: to, to_type: 'DU' });
      sent.unshift({ text: String(index), from, to, isHidden: uuid === conversations.colleagues.uuid });
    }
    const { uuid: conversation_uuid } = conversations.colleagues;
    await otherKefu.ok('PP_UPDATE_CONVERSATION_MEMBER', { conversation_uuid, action: 'REMOVE', member_list: [one] });

    /** All pages of a history. */
    const read = async (seat: typeof kefu, from_uuid: string, peer_uuid: string, peer_type: 'DU' | 'OG') => {
      const texts: (string | null)[] = [];
      const fields = { from_uuid, peer_uuid, peer_type, page_size: 3 };
      for (let page_offset = 0; ; page_offset += 1) {
        const page = await seat.ok('GET_MESSAGE_HISTORY', { ...fields, page_offset });
        texts.push(...page.list.map(({ body }) => body));
        if (page.list.length < 3) return { texts, total: page.total_count };
      }
    };
    for (const seat of [kefu, otherKefu])
      for (const from of [customer, seat.user_uuid, newcomer])
        for (const peer of [customer, one, other, newcomer, desk.app_uuid])
          for (const type of ['DU', 'OG'] as const) {
            const expected = sent.filter(
              (message) =>
                (seat === otherKefu || !message.isHidden) &&
                ((message.from === from && message.to === peer) ||
                  (type === 'DU' && message.from === peer && message.to === from)),
            );
            expect(await read(seat, from, peer, type)).toEqual({
              texts: expected.map(({ text }) => text),
              total: expected.length,
            });
          }
  });

  it('forward a message', async () => {
    const { uuids } = await talk(['转告他']);
    const to_uuid = (
      await desk.kefu.ok('PP_CREATE_CONVERSATION', {
        user_uuid: desk.agent.user_uuid,
        conversation_type: 'S2S',
        member_list: [desk.otherAgent.user_uuid],
      })
    ).uuid;
    const { task } = await desk.kefu.ok('FORWARD_MESSAGE', { task_uuid: uuids[0] as string, to_uuid });
    const [unacked] = await desk.otherKefu.unacked();
    expect(unacked).toMatchObject({
      text: '转告他',
      message: { id: task, ci: to_uuid, ct: 'S2S', fi: desk.agent.user_uuid },
    });
  });

  it('know a customer by the number at the shop, and store what is given', async () => {
    const user_id = randomUUID();
    const first = await desk.ppcom.ok('PPCOM_GET_USER_UUID', { ent_user_id: user_id, ent_user_name: '甲' });
    const second = await desk.ppcom.ok('PPCOM_GET_USER_UUID', { user_id, user_name: '乙', user_mobile: '138' });
    expect(second).toMatchObject({
      user_uuid: first.user_uuid,
      uuid: first.uuid,
      user_fullname: '乙',
      user_mobile: '138',
    });
    expect(second.is_anonymous_user).toBe(false);
    const third = await desk.ppcom.ok('PPCOM_GET_USER_UUID', { user_id });
    expect(third.user_fullname).toBe('乙');
  });

  it('register a known device again', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const fields = { user_uuid, device_ostype: 'AND' as const, device_id: randomUUID() };
    const first = await desk.ppcom.ok('PPCOM_CREATE_DEVICE', fields);
    expect(await desk.ppcom.ok('PPCOM_CREATE_DEVICE', fields)).toMatchObject({
      uuid: first.uuid,
      device_uuid: first.uuid,
    });
  });

  it('return a short record only when it is newer', async () => {
    const uuid = await desk.kefu.newCustomer();
    const { timestamp } = (await desk.kefu.ok('GET_YVOBJECT_DETAIL', { type: 'DU', uuid })) as { timestamp: number };
    expect(await desk.kefu.ok('GET_YVOBJECT_DETAIL', { type: 'DU', uuid, timestamp: timestamp + 1 })).toMatchObject({
      updated: false,
    });
    expect(await desk.kefu.ok('GET_YVOBJECT_DETAIL', { type: 'DU', uuid, timestamp: timestamp - 1 })).toMatchObject({
      updated: true,
      uuid,
    });
  });

  it('give a customer no device of an agent', async () => {
    const device_id = randomUUID();
    const device_ostype = 'AND' as const;
    await desk.kefu.ok('PP_CREATE_DEVICE', { user_uuid: desk.agent.user_uuid, device_ostype, device_id });
    const user_uuid = await desk.kefu.newCustomer();
    expect(await desk.ppcom.code('PPCOM_CREATE_DEVICE', { user_uuid, device_ostype, device_id })).toBe('20');
  });

  it('list the pages that a customer visited, newest first', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const device_uuid = await newDevice(desk.kefu, user_uuid);
    const track = (event_data: object) =>
      desk.ppcom.ok('PPCOM_TRACK_EVENT', { user_uuid, device_uuid, event_name: 'OPEN_PAGE', event_data });
    await track({ href: 'https://shop.example/1' });
    await track({ location: { href: 'https://shop.example/2' } });
    const byUser = await desk.kefu.ok('PP_PAGE_USER_NAVIGATION', { user_uuid });
    expect(byUser).toMatchObject({ total_count: 2, return_count: 2 });
    expect(new Set(byUser.list.map(({ visit_page_url }) => visit_page_url))).toEqual(
      new Set(['https://shop.example/1', 'https://shop.example/2']),
    );
    expect((await desk.kefu.ok('PP_PAGE_DEVICE_NAVIGATION', { device_uuid })).total_count).toBe(2);
  });

  it('show an administrator only the apps with an account of theirs', async () => {
    const { app_uuid } = await desk.otherApp();
    await desk.database
      .updateTable('ppmessage_users')
      .set({ user_status: 'ADMIN' })
      .where('uuid', '=', desk.owner.user_uuid)
      .execute();
    const { app } = await desk.console.ok('PP_GET_ALL_APP_LIST', { user_uuid: desk.owner.user_uuid });
    expect(app.map(({ uuid }) => uuid).sort()).toEqual([desk.app_uuid, app_uuid].sort());
  });

  it('page through groups and their agents', async () => {
    for (const group_name of ['甲', '乙', '丙'])
      await desk.console.ok('PP_CREATE_ORG_GROUP', { group_name, group_desc: '' });
    const { list } = await desk.kefu.ok('PP_GET_APP_ORG_GROUP_LIST', {});
    const page = await desk.kefu.ok('PP_PAGE_ORG_GROUP', { page_offset: 1, page_size: 2 });
    expect(page).toMatchObject({ list: list.slice(2, 4), total_count: list.length });
    const group_uuid = list.at(-1)?.uuid as string;
    const user_list = [desk.agent.user_uuid, desk.otherAgent.user_uuid];
    await desk.console.ok('PP_ADD_ORG_GROUP_USER', { group_uuid, user_list });
    const users = await desk.kefu.ok('PP_PAGE_ORG_GROUP_USER', { group_uuid, page_size: 1 });
    expect(users).toMatchObject({ total_count: 2, return_count: 1 });
  });
});
