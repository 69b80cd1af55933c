import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type Fields, newDevice, useDesk, type Wire } from './desk.ts';

// P-40 to P-46.
describeEachDatabase('ppmessage: messages', (databases) => {
  const desk = useDesk(databases);
  let customer: string;
  let conversation: string;

  beforeEach(async () => {
    customer = await desk.kefu.newCustomer();
    conversation = await desk.kefu.newConversation(customer, [desk.agent.user_uuid, desk.otherAgent.user_uuid]);
  });

  const unackedHere = async (seat = desk.kefu, user?: string) =>
    (await seat.unacked(user)).filter(({ message }) => message.ci === conversation);
  const textsHere = async (seat = desk.kefu, user?: string) => (await unackedHere(seat, user)).map(({ text }) => text);
  const send = (change: Record<string, unknown> = {}) =>
    desk.kefu.code('PP_SEND_MESSAGE', { ...desk.kefu.text(conversation, customer, '你好'), ...change });

  describe('a message', () => {
    it('waits for every member but the sender, online or not', async () => {
      await desk.kefu.say(conversation, customer, '有人吗');
      expect(await textsHere()).toEqual(['有人吗']);
      expect(await textsHere(desk.otherKefu)).toEqual(['有人吗']);
      expect(await textsHere(desk.kefu, customer)).toEqual([]);
      await desk.kefu.say(conversation, desk.agent.user_uuid, '有的');
      expect(await textsHere()).toEqual(['有人吗']);
      expect(await textsHere(desk.otherKefu)).toEqual(['有的', '有人吗']);
      expect(await textsHere(desk.kefu, customer)).toEqual(['有的']);
    });

    it('goes to the members of the conversation, and not to to_uuid', async () => {
      const { uuid } = await desk.console.ok('PP_CREATE_USER', {
        user_email: `${randomUUID()}@shop.example`,
        user_fullname: '旁人',
      });
      expect(await send({ to_uuid: uuid, to_type: 'DU' })).toBe('0');
      expect(await textsHere()).toEqual(['你好']);
      expect(await textsHere(desk.kefu, uuid)).toEqual([]);
    });

    it('has a wire form', async () => {
      const uuid = await desk.kefu.say(conversation, customer, '线路');
      const [one] = await unackedHere();
      expect(one?.message).toEqual({
        id: uuid,
        ci: conversation,
        ct: 'P2S',
        fi: customer,
        ft: 'DU',
        ti: desk.app_uuid,
        tt: 'AP',
        mt: 'NOTI',
        ms: 'TEXT',
        tl: null,
        bo: '线路',
        ts: expect.closeTo(Date.now() / 1000, -2),
      });
    });

    it('has the app as its target when it is sent to a customer', async () => {
      await desk.kefu.say(conversation, desk.agent.user_uuid, '您好', { to_uuid: customer, to_type: 'DU' });
      const [one] = await unackedHere(desk.kefu, customer);
      expect(one?.message).toMatchObject({ ct: 'S2P', fi: desk.agent.user_uuid, ti: desk.app_uuid, tt: 'AP' });
    });

    it('opens the conversation and becomes its latest', async () => {
      const uuid = await desk.kefu.say(conversation, customer, '最新');
      const whose = { user_uuid: customer, conversation_uuid: conversation };
      const info = await desk.kefu.ok('PP_GET_CONVERSATION_INFO', whose);
      expect(info).toMatchObject({ status: 'OPEN', latest_task: uuid });
    });

    it('can be long and in any script', async () => {
      const text = '长 🀄️\n\t"\\ \u2028'.repeat(800);
      await desk.kefu.say(conversation, customer, text);
      expect(await textsHere()).toEqual([text]);
      expect(await desk.kefu.history(conversation)).toEqual([text]);
    });

    it.each([
      ['an unknown subtype', { message_subtype: 'SMELL' }],
      ['an unknown type', { message_type: 'WAVE' }],
      ['an image that is no JSON', { message_subtype: 'IMAGE', message_body: 'a.png' }],
      ['an image without a file', { message_subtype: 'IMAGE', message_body: '{"mime":"image/png"}' }],
      ['a file that is a list', { message_subtype: 'FILE', message_body: '["a"]' }],
      ['no text', { message_body: '' }],
      ['an empty picture', { message_subtype: 'IMAGE', message_body: '' }],
      ['a sound whose length is no number', { message_subtype: 'AUDIO', message_body: '{"fid":"a","dura":"long"}' }],
      ['a sound without a length', { message_subtype: 'AUDIO', message_body: '{"fid":"a"}' }],
      ['a sender of another type', { from_type: 'OG' }],
    ])('is refused with error 16: %s', async (_, change) => {
      expect(await send(change)).toBe('16');
      expect(await unackedHere()).toEqual([]);
    });

    it('is refused with error 26 from a non-member, and to an unknown conversation', async () => {
      expect(await send({ from_uuid: await desk.kefu.newCustomer() })).toBe('26');
      expect(await send({ conversation_uuid: randomUUID() })).toBe('26');
      expect(await desk.kefu.history(conversation)).toEqual([]);
    });

    it('is refused with error 20 from an agent who is not the user of the token', async () => {
      expect(await send({ from_uuid: desk.otherAgent.user_uuid })).toBe('20');
    });

    it('can have the sender’s device', async () => {
      const device_uuid = await newDevice(desk.kefu, customer);
      expect(await send({ device_uuid })).toBe('0');
      const { list } = await desk.kefu.ok('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid: conversation });
      expect(list[0]?.from_device_uuid).toBe(device_uuid);
      const another = await newDevice(desk.kefu, desk.agent.user_uuid);
      expect(await send({ uuid: randomUUID(), device_uuid: another })).toBe('8');
      expect(await send({ uuid: randomUUID(), device_uuid: '' })).toBe('0');
    });
  });

  describe('the uuid of a message', () => {
    it('lets a sender repeat a message', async () => {
      const text = desk.kefu.text(conversation, customer, '一次');
      for (let times = 0; times < 3; times++) await desk.kefu.ok('PP_SEND_MESSAGE', text);
      expect(await textsHere()).toEqual(['一次']);
      expect(await desk.kefu.history(conversation)).toEqual(['一次']);
    });

    it('does not let other content replace a message', async () => {
      const text = desk.kefu.text(conversation, customer, '第一句');
      await desk.kefu.ok('PP_SEND_MESSAGE', text);
      const { body } = await desk.kefu.post('PP_SEND_MESSAGE', { ...text, message_body: '改口' });
      expect(body.error_code).toBe('16');
      expect(await desk.kefu.history(conversation)).toEqual(['第一句']);
    });

    it('leaves a repeated message acknowledged', async () => {
      const text = desk.kefu.text(conversation, customer, '收到了');
      await desk.kefu.ok('PP_SEND_MESSAGE', text);
      await desk.kefu.ok('ACK_MESSAGE', { list: (await unackedHere()).map(({ pid }) => pid) });
      await desk.kefu.ok('PP_SEND_MESSAGE', text);
      expect(await unackedHere()).toEqual([]);
    });

    it('can be the same in another app', async () => {
      const uuid = randomUUID();
      const { kefu } = await desk.otherApp();
      const there = await desk.otherThings();
      await desk.kefu.say(conversation, customer, '这里', { uuid });
      await kefu.say(there.conversation, there.customer, '那里', { uuid });
      expect(await desk.kefu.history(conversation)).toEqual(['这里']);
      expect((await kefu.history(there.conversation))[0]).toBe('那里');
    });
  });

  describe('ACK_MESSAGE', () => {
    it('counts for one recipient, and skips unknown, acknowledged and other users’ records', async () => {
      await desk.kefu.say(conversation, customer, '一');
      await desk.kefu.say(conversation, customer, '二');
      const [second, first] = await unackedHere();
      const theirs = (await unackedHere(desk.otherKefu)).map(({ pid }) => pid);
      await desk.kefu.ok('ACK_MESSAGE', { list: [first?.pid as string, randomUUID(), ...theirs] });
      expect((await unackedHere()).map(({ pid }) => pid)).toEqual([second?.pid]);
      expect(await textsHere(desk.otherKefu)).toEqual(['二', '一']);
      await desk.kefu.ok('ACK_MESSAGE', { list: [first?.pid as string] });
      await desk.kefu.ok('ACK_MESSAGE', { list: [] });
      expect(await textsHere()).toEqual(['二']);
      await desk.otherKefu.ok('ACK_MESSAGE', { list: theirs });
      expect(await unackedHere(desk.otherKefu)).toEqual([]);
    });

    it('does not change the history', async () => {
      await desk.kefu.say(conversation, customer, '一');
      await desk.kefu.ok('ACK_MESSAGE', { list: (await unackedHere()).map(({ pid }) => pid) });
      expect(await desk.kefu.history(conversation)).toEqual(['一']);
    });

    it('returns 6 without a list, and 31 for something else', async () => {
      expect(await desk.kefu.code('ACK_MESSAGE', {})).toBe('6');
      expect(await desk.kefu.code('ACK_MESSAGE', { list: 'x' })).toBe('31');
    });
  });

  describe('unacknowledged messages', () => {
    it('are paged, newest first, with the message of each record', async () => {
      const { person, seat } = await desk.newAgent();
      const { user_uuid } = person;
      const own = await seat.newConversation(customer, [user_uuid]);
      for (const text of ['一', '二', '三', '四', '五']) await seat.say(own, customer, text);
      const page = (fields: Partial<Fields<'PP_PAGE_UNACKED_MESSAGE'>>) =>
        seat.ok('PP_PAGE_UNACKED_MESSAGE', { user_uuid, ...fields });
      const texts = async (fields: Partial<Fields<'PP_PAGE_UNACKED_MESSAGE'>>) => {
        const { list, message } = await page(fields);
        return list.map((pid) => (JSON.parse(message[pid] as string) as Wire).bo);
      };
      const pids = (await page({})).list;
      expect(await texts({})).toEqual(['五', '四', '三', '二', '一']);
      const second = await page({ page_offset: 1, page_size: 2 });
      expect(second).toMatchObject({ total_count: 5, return_count: 2, page_offset: 1, page_size: 2 });
      expect(Object.keys(second.message).sort()).toEqual([...second.list].sort());
      expect(await texts({ page_offset: 1, page_size: 2 })).toEqual(['三', '二']);
      expect(await texts({ max_uuid: pids[1] as string, page_size: 2 })).toEqual(['三', '二']);
      expect(await texts({ min_uuid: pids[4] as string, page_size: 2 })).toEqual(['三', '二']);
      expect(await texts({ min_uuid: randomUUID() })).toEqual([]);
      const both = { user_uuid, max_uuid: 'a', min_uuid: 'b' };
      expect(await seat.code('PP_PAGE_UNACKED_MESSAGE', both)).toBe('42');
    });

    it('are read without pages with a device of the user', async () => {
      await desk.kefu.say(conversation, customer, '一');
      await desk.kefu.say(conversation, customer, '二');
      const from_uuid = desk.agent.user_uuid;
      const device_uuid = await newDevice(desk.kefu, from_uuid);
      const all = await desk.kefu.ok('GET_UNACKED_MESSAGES', { from_uuid, device_uuid });
      expect(all.size).toBe(all.list.length);
      const texts = all.list
        .map((pid) => JSON.parse(all.message[pid] as string) as Wire)
        .filter(({ ci }) => ci === conversation)
        .map(({ bo }) => bo);
      expect(texts).toEqual(['二', '一']);
      const another = await newDevice(desk.kefu, customer);
      expect(await desk.kefu.code('GET_UNACKED_MESSAGES', { from_uuid, device_uuid: another })).toBe('8');
    });

    it('are at most the newest 1000 without pages; the older ones follow when these are acknowledged', async () => {
      const from_uuid = desk.agent.user_uuid;
      const device_uuid = await newDevice(desk.kefu, from_uuid);
      const all = () => desk.kefu.ok('GET_UNACKED_MESSAGES', { from_uuid, device_uuid });
      await desk.kefu.ok('ACK_MESSAGE', { list: (await all()).list });
      await desk.kefu.say(conversation, customer, '最早');
      for (let sent = 0; sent < 1000; sent += 25) {
        await Promise.all(Array.from({ length: 25 }, () => desk.kefu.say(conversation, customer, '后来')));
      }
      const newest = await all();
      expect([newest.size, newest.list.length]).toEqual([1000, 1000]);
      await desk.kefu.ok('ACK_MESSAGE', { list: newest.list });
      const rest = await all();
      expect(Object.values(rest.message).map((text) => (JSON.parse(text) as Wire).bo)).toEqual(['最早']);
    });

    it('are read one by one by the recipient', async () => {
      const uuid = await desk.kefu.say(conversation, customer, '只有编号');
      const [own] = await unackedHere();
      const { message } = await desk.kefu.ok('GET_UNACKED_MESSAGE', { uuid: own?.pid as string });
      expect(message).toMatchObject({ id: uuid, bo: '只有编号', ci: conversation });
      const [theirs] = await unackedHere(desk.otherKefu);
      expect(await desk.kefu.code('GET_UNACKED_MESSAGE', { uuid: theirs?.pid })).toBe('12');
      expect(await desk.kefu.code('GET_UNACKED_MESSAGE', { uuid: randomUUID() })).toBe('12');
    });
  });

  it('updates latest_send_message_time of the sender', async () => {
    const latest = async () =>
      (await desk.kefu.ok('PP_GET_USER_DETAIL', { user_uuid: customer })).latest_send_message_time;
    expect(await latest()).toBeNull();
    await desk.kefu.say(conversation, customer, '现在');
    expect(await latest()).toMatch(/^20\d\d-/);
  });
});
