import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type Fields, type Seat, useDesk } from './desk.ts';
import { storedOrders } from './stored-orders.ts';

type NewConversation = Partial<Fields<'PP_CREATE_CONVERSATION'>> & { user_uuid: string };

// P-35 to P-39, P-45.
describeEachDatabase('ppmessage: conversations', (databases) => {
  const desk = useDesk(databases);

  const agents = () => [desk.agent.user_uuid, desk.otherAgent.user_uuid];
  const make = (fields: NewConversation, seat: Seat = desk.kefu) =>
    seat.ok('PP_CREATE_CONVERSATION', { conversation_type: 'P2S', ...fields });
  const membersOf = async (conversation_uuid: string) => {
    const { list } = await desk.console.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid });
    return list.map(({ uuid }) => uuid).sort();
  };
  const infoOf = (user_uuid: string, conversation_uuid: string, seat: Seat = desk.kefu) =>
    seat.ok('PP_GET_CONVERSATION_INFO', { user_uuid, conversation_uuid });

  describe('PP_CREATE_CONVERSATION', () => {
    it('names a one-agent conversation after the agent', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const made = await make({ user_uuid, member_list: [desk.agent.user_uuid] });
      const { user_fullname, user_icon } = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid: desk.agent.user_uuid });
      expect(made).toMatchObject({
        app_uuid: desk.app_uuid,
        user_uuid,
        assigned_uuid: desk.agent.user_uuid,
        group_uuid: null,
        status: 'NEW',
        conversation_type: 'P2S',
        conversation_name: user_fullname,
        conversation_icon: user_icon,
        latest_task: null,
        user_list: [desk.agent.user_uuid],
      });
      expect(made.createtimestamp).toBeCloseTo(Date.now() / 1000, -2);
      // Each member sees the name of the other side.
      const customer = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid });
      const seen = await infoOf(desk.agent.user_uuid, made.uuid);
      expect(seen.conversation_name).toBe(customer.user_fullname);
      expect(seen.conversation_data).toMatchObject({ user_uuid: desk.agent.user_uuid, conversation_uuid: made.uuid });
    });

    it('names a conversation of several agents after the group or the app, and assigns it to none', async () => {
      const { app_name } = await desk.kefu.ok('PP_GET_APP_INFO', {});
      const made = await make({ user_uuid: await desk.kefu.newCustomer(), member_list: agents() });
      expect(made).toMatchObject({ assigned_uuid: null, conversation_name: app_name });
      expect([...made.user_list].sort()).toEqual([...agents()].sort());
      const { group } = await desk.things();
      const { group_name } = await desk.kefu.ok('PP_GET_ORG_GROUP_DETAIL', { group_uuid: group });
      const fields = { user_uuid: await desk.kefu.newCustomer(), member_list: agents(), group_uuid: group };
      expect(await make(fields)).toMatchObject({ group_uuid: group, conversation_name: group_name });
    });

    it('uses the name in the request', async () => {
      const fields = { user_uuid: await desk.kefu.newCustomer(), member_list: agents(), conversation_name: '退货' };
      expect((await make(fields)).conversation_name).toBe('退货');
    });

    it('adds every agent of the app when the request has no members', async () => {
      const { list } = await desk.kefu.ok('PP_GET_APP_SERVICE_USER_LIST', {});
      for (const noMembers of [{}, { member_list: [] }]) {
        const { user_list } = await make({ user_uuid: await desk.kefu.newCustomer(), ...noMembers });
        expect([...user_list].sort()).toEqual(list.map(({ uuid }) => uuid).sort());
      }
    });

    it('creates a conversation between agents', async () => {
      const { person, seat } = await desk.newAgent();
      const fields = { user_uuid: person.user_uuid, member_list: [desk.agent.user_uuid] };
      const made = await make({ ...fields, conversation_type: 'S2S' }, seat);
      expect(made).toMatchObject({ conversation_type: 'S2S', assigned_uuid: desk.agent.user_uuid });
    });

    it('returns 35 without another member, 36 for S2P, 6 for S2S without members', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const code = (fields: Record<string, unknown>) => desk.kefu.code('PP_CREATE_CONVERSATION', fields);
      expect(await code({ user_uuid, conversation_type: 'P2S', member_list: [user_uuid] })).toBe('35');
      const own = { user_uuid: desk.agent.user_uuid };
      expect(await code({ ...own, conversation_type: 'S2P', member_list: [user_uuid] })).toBe('36');
      expect(await code({ ...own, conversation_type: 'S2S' })).toBe('6');
      expect(await code({ ...own, conversation_type: 'S2S', member_list: 'x' })).toBe('31');
    });

    it('returns 40 for a user of another app', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const { customer } = await desk.otherThings();
      const fields = { user_uuid, conversation_type: 'P2S', member_list: [desk.agent.user_uuid, customer] };
      expect(await desk.kefu.code('PP_CREATE_CONVERSATION', fields)).toBe('40');
    });
  });

  describe('an existing conversation', () => {
    it('is returned to either of the same two users', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const first = await make({ user_uuid, member_list: [desk.agent.user_uuid] });
      const again = await make({ user_uuid, member_list: [desk.agent.user_uuid] });
      expect(again.uuid).toBe(first.uuid);
      const other = await make({ user_uuid, member_list: [desk.otherAgent.user_uuid] });
      expect(other.uuid).not.toBe(first.uuid);
      const { person, seat } = await desk.newAgent();
      const one = await make(
        { user_uuid: person.user_uuid, conversation_type: 'S2S', member_list: [desk.agent.user_uuid] },
        seat,
      );
      const two = await make({
        user_uuid: desk.agent.user_uuid,
        conversation_type: 'S2S',
        member_list: [person.user_uuid],
      });
      expect(two.uuid).toBe(one.uuid);
    });

    it('is returned for exactly the same users', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const first = await make({ user_uuid, member_list: agents() });
      expect((await make({ user_uuid, member_list: [...agents()].reverse() })).uuid).toBe(first.uuid);
      const three = await make({ user_uuid, member_list: [...agents(), desk.owner.user_uuid] });
      expect(three.uuid).not.toBe(first.uuid);
    });

    it('is returned for those who are left, after members were added, removed and have left the app', async () => {
      const people = await Promise.all([1, 2, 3].map(() => desk.newAgent()));
      const [one, two, three] = people.map(({ person }) => person.user_uuid) as [string, string, string];
      const seat = people[0]?.seat as Seat;
      const find = async (...member_list: string[]) =>
        (await make({ user_uuid: one, conversation_type: 'S2S', member_list }, seat)).uuid;
      const change = (conversation_uuid: string, action: 'ADD' | 'REMOVE', member: string) =>
        seat.ok('PP_UPDATE_CONVERSATION_MEMBER', { conversation_uuid, action, member_list: [member] });

      const conversation = await find(two);
      await change(conversation, 'ADD', three);
      await change(conversation, 'ADD', three);
      expect(await find(three, two)).toBe(conversation);
      await change(conversation, 'REMOVE', two);
      expect(await find(three)).toBe(conversation);
      expect(await find(two)).not.toBe(conversation);
      await seat.ok('PP_UPDATE_CONVERSATION', { conversation_uuid: conversation, assigned_uuid: two });
      expect(await find(two, three)).toBe(conversation);
      await desk.console.ok('PP_LEAVE_APP', { user_list: [three] });
      // The conversation of these two alone is older.
      await seat.say(conversation, one, '只剩我们');
      expect(await find(two)).toBe(conversation);
      const info = await seat.ok('PP_GET_CONVERSATION_INFO', { conversation_uuid: conversation, user_uuid: one });
      expect(info.assigned_uuid).toBe(two);
    });

    it('is returned for the same creator and group', async () => {
      const { group } = await desk.things();
      const user_uuid = await desk.kefu.newCustomer();
      const first = await make({ user_uuid, member_list: [desk.agent.user_uuid], group_uuid: group });
      const again = await make({ user_uuid, member_list: [desk.otherAgent.user_uuid], group_uuid: group });
      expect(again.uuid).toBe(first.uuid);
    });

    it('is the last used one when a customer names no members', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const one = await make({ user_uuid, member_list: [desk.agent.user_uuid] });
      const two = await make({ user_uuid, member_list: [desk.otherAgent.user_uuid] });
      await desk.kefu.say(one.uuid, user_uuid, '我在第一个');
      expect((await make({ user_uuid })).uuid).toBe(one.uuid);
      await desk.kefu.say(two.uuid, user_uuid, '我在第二个');
      expect((await make({ user_uuid })).uuid).toBe(two.uuid);
    });

    it('is not returned to another customer', async () => {
      const [one, two] = await Promise.all(
        ['甲', '乙'].map(async () =>
          make({ user_uuid: await desk.kefu.newCustomer(), member_list: [desk.agent.user_uuid] }),
        ),
      );
      expect(one?.uuid).not.toBe(two?.uuid);
    });
  });

  it('lists the creator and the other members as cards', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const { uuid: conversation_uuid } = await make({ user_uuid, member_list: agents() });
    const { list } = await desk.console.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid });
    expect(list.map(({ uuid }) => uuid).sort()).toEqual([user_uuid, ...agents()].sort());
  });

  it('returns 26 to a non-member', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const conversation_uuid = await desk.kefu.newConversation(user_uuid, [desk.otherAgent.user_uuid]);
    for (const name of ['PP_GET_CONVERSATION_INFO', 'PP_CLOSE_CONVERSATION', 'PP_OPEN_CONVERSATION'] as const)
      expect(await desk.kefu.code(name, { user_uuid: desk.agent.user_uuid, conversation_uuid })).toBe('26');
  });

  describe('the status', () => {
    it('belongs to each member', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const conversation_uuid = await desk.kefu.newConversation(user_uuid, agents());
      const own = { user_uuid: desk.agent.user_uuid, conversation_uuid };
      const status = async (member: string) =>
        (await infoOf(member, conversation_uuid)).conversation_data.conversation_status;
      await desk.kefu.say(conversation_uuid, user_uuid, '在吗');
      expect(await desk.kefu.openConversations()).toContain(conversation_uuid);
      await desk.kefu.ok('PP_CLOSE_CONVERSATION', own);
      expect(await desk.kefu.openConversations()).not.toContain(conversation_uuid);
      expect(await desk.otherKefu.openConversations()).toContain(conversation_uuid);
      expect(await desk.kefu.openConversations(user_uuid)).toContain(conversation_uuid);
      expect([await status(desk.agent.user_uuid), await status(user_uuid)]).toEqual(['CLOSE', 'OPEN']);
      await desk.kefu.ok('PP_OPEN_CONVERSATION', own);
      expect(await desk.kefu.openConversations()).toContain(conversation_uuid);
    });

    it('becomes OPEN for every member with a new message', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const conversation_uuid = await desk.kefu.newConversation(user_uuid, agents());
      await desk.kefu.say(conversation_uuid, user_uuid, '一');
      for (const seat of [desk.kefu, desk.otherKefu])
        await seat.ok('PP_CLOSE_CONVERSATION', { user_uuid: seat.user_uuid, conversation_uuid });
      await desk.kefu.say(conversation_uuid, user_uuid, '二');
      for (const seat of [desk.kefu, desk.otherKefu])
        expect(await seat.openConversations()).toContain(conversation_uuid);
    });

    it('is NEW without a message, and the conversation is in no list', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const conversation_uuid = await desk.kefu.newConversation(user_uuid, [desk.agent.user_uuid]);
      const { status, conversation_data } = await infoOf(user_uuid, conversation_uuid);
      expect([status, conversation_data.conversation_status]).toEqual(['NEW', 'NEW']);
      expect(await desk.kefu.openConversations(user_uuid)).toEqual([]);
      await desk.kefu.say(conversation_uuid, user_uuid, '在吗');
      expect((await infoOf(user_uuid, conversation_uuid)).status).toBe('OPEN');
      expect(await desk.kefu.openConversations(user_uuid)).toEqual([conversation_uuid]);
    });
  });

  describe('members', () => {
    it('are added and removed; users who are in already, or not in, are skipped', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const conversation_uuid = await desk.kefu.newConversation(user_uuid, [desk.agent.user_uuid]);
      await desk.kefu.say(conversation_uuid, user_uuid, '之前');
      const change = (action: 'ADD' | 'REMOVE', member_list: string[]) =>
        desk.kefu.ok('PP_UPDATE_CONVERSATION_MEMBER', { conversation_uuid, action, member_list });
      const members = async () => {
        const { list } = await desk.kefu.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid });
        return list.map(({ uuid }) => uuid).sort();
      };
      const heard = async () =>
        (await desk.otherKefu.unacked())
          .filter(({ message }) => message.ci === conversation_uuid)
          .map(({ text }) => text);
      await change('ADD', agents());
      await change('ADD', agents());
      expect(await members()).toEqual([user_uuid, ...agents()].sort());
      expect(await desk.otherKefu.openConversations()).toContain(conversation_uuid);
      expect(await heard()).toEqual([]);
      await desk.kefu.say(conversation_uuid, user_uuid, '之后');
      expect(await heard()).toEqual(['之后']);
      await change('REMOVE', [desk.otherAgent.user_uuid, desk.owner.user_uuid]);
      expect(await members()).toEqual([user_uuid, desk.agent.user_uuid].sort());
      await desk.kefu.say(conversation_uuid, user_uuid, '再之后');
      expect(await heard()).not.toContain('再之后');
      const farewell = desk.otherKefu.text(conversation_uuid, desk.otherAgent.user_uuid, '我不在了');
      expect(await desk.otherKefu.code('PP_SEND_MESSAGE', { ...farewell })).toBe('26');
    });

    it('move the conversation to a group when they are added with one', async () => {
      const { group } = await desk.things();
      const user_uuid = await desk.kefu.newCustomer();
      const conversation_uuid = await desk.kefu.newConversation(user_uuid, [desk.agent.user_uuid]);
      await desk.kefu.ok('PP_UPDATE_CONVERSATION_MEMBER', {
        conversation_uuid,
        action: 'ADD',
        member_list: [desk.otherAgent.user_uuid],
        group_uuid: group,
      });
      expect((await infoOf(user_uuid, conversation_uuid)).group_uuid).toBe(group);
    });

    it('are added without a group when group_uuid is empty; an unknown action is 44', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const { uuid: conversation_uuid } = await make({ user_uuid, conversation_type: 'P2S', group_uuid: '' });
      const change = { conversation_uuid, member_list: [desk.agent.user_uuid], group_uuid: '' };
      await desk.kefu.ok('PP_UPDATE_CONVERSATION_MEMBER', { ...change, action: 'ADD' });
      expect((await infoOf(user_uuid, conversation_uuid)).group_uuid).toBeNull();
      expect(await desk.kefu.code('PP_UPDATE_CONVERSATION_MEMBER', { ...change, action: 'SWAP' })).toBe('44');
    });

    it('become the assignee', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const conversation_uuid = await desk.kefu.newConversation(user_uuid, agents());
      await desk.kefu.ok('PP_UPDATE_CONVERSATION', { conversation_uuid, assigned_uuid: desk.otherAgent.user_uuid });
      expect((await infoOf(user_uuid, conversation_uuid)).assigned_uuid).toBe(desk.otherAgent.user_uuid);
    });

    it('do not become the assignee when they are customers: 20', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const stranger = await desk.kefu.newCustomer();
      const conversation_uuid = await desk.kefu.newConversation(user_uuid, [desk.agent.user_uuid]);
      for (const assigned_uuid of [stranger, user_uuid])
        expect(await desk.kefu.code('PP_UPDATE_CONVERSATION', { conversation_uuid, assigned_uuid })).toBe('20');
      expect((await infoOf(user_uuid, conversation_uuid)).assigned_uuid).toBe(desk.agent.user_uuid);
      expect(await membersOf(conversation_uuid)).toEqual([user_uuid, desk.agent.user_uuid].sort());
    });

    it('include at most one customer; with a second one none is added: 20', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const stranger = await desk.kefu.newCustomer();
      const conversation_uuid = await desk.kefu.newConversation(user_uuid, [desk.agent.user_uuid]);
      const change = (action: 'ADD' | 'REMOVE', member_list: string[]) =>
        desk.kefu.code('PP_UPDATE_CONVERSATION_MEMBER', { conversation_uuid, action, member_list });
      const { group } = await desk.things();
      const fields = { conversation_uuid, action: 'ADD', member_list: [desk.otherAgent.user_uuid, stranger] };
      expect(await desk.kefu.code('PP_UPDATE_CONVERSATION_MEMBER', { ...fields, group_uuid: group })).toBe('20');
      expect(await membersOf(conversation_uuid)).toEqual([user_uuid, desk.agent.user_uuid].sort());
      expect((await infoOf(user_uuid, conversation_uuid)).group_uuid).toBeNull();
      // The creator is skipped as a present member and can come back after leaving. No other customer can join.
      expect(await change('ADD', [user_uuid])).toBe('0');
      expect(await change('REMOVE', [user_uuid])).toBe('0');
      expect(await change('ADD', [stranger])).toBe('20');
      expect(await change('ADD', [user_uuid])).toBe('0');
    });

    it('of a new conversation include at most one customer: 20', async () => {
      const [one, two] = [await desk.kefu.newCustomer(), await desk.kefu.newCustomer()];
      const code = (user_uuid: string, conversation_type: string, member_list: string[]) =>
        desk.kefu.code('PP_CREATE_CONVERSATION', { user_uuid, conversation_type, member_list });
      expect(await code(one, 'P2S', [desk.agent.user_uuid, two])).toBe('20');
      expect(await code(one, 'P2S', [two])).toBe('20');
      for (const type of ['P2S', 'S2S']) expect(await code(desk.agent.user_uuid, type, [one, two])).toBe('20');
      expect(await code(desk.agent.user_uuid, 'P2S', [one])).toBe('0');
    });

    it('keep the assignee while no member changes, and while the assignee is a member', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const conversation_uuid = await desk.kefu.newConversation(user_uuid, agents());
      await desk.kefu.ok('PP_UPDATE_CONVERSATION', { conversation_uuid, assigned_uuid: desk.otherAgent.user_uuid });
      const before = await infoOf(user_uuid, conversation_uuid);
      const assignedAfter = async (action: 'ADD' | 'REMOVE', member_list: string[]) => {
        await desk.kefu.ok('PP_UPDATE_CONVERSATION_MEMBER', { conversation_uuid, action, member_list });
        return (await infoOf(user_uuid, conversation_uuid)).assigned_uuid;
      };
      expect(await assignedAfter('ADD', agents())).toBe(desk.otherAgent.user_uuid);
      expect(await assignedAfter('ADD', [])).toBe(desk.otherAgent.user_uuid);
      expect(await assignedAfter('REMOVE', [desk.owner.user_uuid])).toBe(desk.otherAgent.user_uuid);
      expect((await infoOf(user_uuid, conversation_uuid)).updatetime).toBe(before.updatetime);
      expect(await assignedAfter('ADD', [desk.owner.user_uuid])).toBe(desk.otherAgent.user_uuid);
      expect(await assignedAfter('REMOVE', [desk.otherAgent.user_uuid])).toBeNull();
      expect(await assignedAfter('REMOVE', [desk.owner.user_uuid])).toBe(desk.agent.user_uuid);
    });
  });

  it('pages through a user’s conversations from the latest to the oldest, by number or next to one', async () => {
    const { person, seat } = await desk.newAgent();
    const { user_uuid } = person;
    const made: string[] = [];
    for (let index = 0; index < 5; index++) {
      const customer = await seat.newCustomer();
      const uuid = await seat.newConversation(customer, [user_uuid]);
      await seat.say(uuid, customer, `第 ${index}`);
      made.unshift(uuid);
    }
    // The oldest becomes the latest.
    await seat.say(made.at(-1) as string, user_uuid, '还在吗');
    const order = [made.at(-1) as string, ...made.slice(0, -1)];
    const page = (fields: Partial<Fields<'PP_PAGE_USER_CONVERSATION'>>) =>
      seat.ok('PP_PAGE_USER_CONVERSATION', { user_uuid, ...fields });
    const uuids = async (fields: Partial<Fields<'PP_PAGE_USER_CONVERSATION'>>) =>
      (await page(fields)).list.map(({ uuid }) => uuid);

    expect(await uuids({})).toEqual(order);
    expect(await page({ page_offset: 1, page_size: 2 })).toMatchObject({
      total_count: 5,
      return_count: 2,
      page_offset: 1,
      page_size: 2,
      max_uuid: null,
      min_uuid: null,
    });
    expect(await uuids({ page_offset: 1, page_size: 2 })).toEqual(order.slice(2, 4));
    const asText = await page({ page_offset: '1', page_size: '2', max_uuid: '', min_uuid: '' });
    expect(asText).toMatchObject({ page_offset: 1, page_size: 2, max_uuid: null, min_uuid: null });
    expect(asText.list.map(({ uuid }) => uuid)).toEqual(order.slice(2, 4));
    expect(await uuids({ max_uuid: order[1] as string, min_uuid: '', page_size: 2 })).toEqual(order.slice(2, 4));
    expect(await uuids({ page_offset: 2, page_size: 2 })).toEqual(order.slice(4));
    expect(await uuids({ page_offset: 3, page_size: 2 })).toEqual([]);
    expect(await uuids({ max_uuid: order[1] as string, page_size: 2 })).toEqual(order.slice(2, 4));
    expect(await uuids({ min_uuid: order[3] as string, page_size: 2 })).toEqual(order.slice(1, 3));
    expect(await uuids({ min_uuid: order[0] as string })).toEqual([]);
    expect(await uuids({ max_uuid: 'nowhere' })).toEqual([]);
    const both = { user_uuid, max_uuid: order[0], min_uuid: order[1] };
    expect(await seat.code('PP_PAGE_USER_CONVERSATION', both)).toBe('42');

    const { list } = await seat.ok('PP_GET_USER_CONVERSATION_LIST', { user_uuid });
    expect(list.map(({ uuid }) => uuid)).toEqual(order);
    expect(list[0]).toMatchObject({
      latest_message: { body: '还在吗', message_subtype: 'TEXT', from_uuid: user_uuid },
      conversation_data: { user_uuid, conversation_status: 'OPEN' },
    });
  });

  it('keeps the list of each member in order while messages, members and statuses change', async () => {
    const [{ seat: kefu }, { seat: otherKefu }] = [await desk.newAgent(), await desk.newAgent()];
    const seats = [kefu, otherKefu];
    const [one, other] = [kefu.user_uuid, otherKefu.user_uuid];
    const members = new Map<string, Set<string>>();
    const customers = new Map<string, string>();
    for (let index = 0; index < 5; index += 1) {
      const customer = await kefu.newCustomer();
      const uuid = await kefu.newConversation(customer, index % 2 === 0 ? [one] : [one, other]);
      members.set(uuid, new Set([one, ...(index % 2 === 0 ? [] : [other])]));
      customers.set(uuid, customer);
    }
    const uuids = [...members.keys()];
    /** The latest one first, as each of the two agents should see it. */
    let order: string[] = uuids.toReversed();
    const open = new Map([one, other].map((user) => [user, new Set<string>()]));
    for (let step = 0; step < 60; step += 1) {
      const conversation_uuid = uuids[(step * 7 + Math.floor(step / 5)) % uuids.length] as string;
      const present = members.get(conversation_uuid) as Set<string>;
      const user = step % 2 === 0 ? one : other;
      const change = { conversation_uuid, member_list: [user] };
      const act = step % 6;
      if (act < 3) {
        await kefu.say(conversation_uuid, customers.get(conversation_uuid) as string, String(step));
        order = [conversation_uuid, ...order.filter((uuid) => uuid !== conversation_uuid)];
        for (const member of present) open.get(member)?.add(conversation_uuid);
      } else if (act === 3) {
        await kefu.ok('PP_UPDATE_CONVERSATION_MEMBER', { ...change, action: 'ADD' });
        if (!present.has(user)) open.get(user)?.add(conversation_uuid);
        present.add(user);
      } else if (act === 4 && present.has(user)) {
        await (user === one ? kefu : otherKefu).ok('PP_CLOSE_CONVERSATION', { conversation_uuid, user_uuid: user });
        open.get(user)?.delete(conversation_uuid);
      } else if (act === 5 && present.size > 1) {
        await kefu.ok('PP_UPDATE_CONVERSATION_MEMBER', { ...change, action: 'REMOVE' });
        present.delete(user);
        open.get(user)?.delete(conversation_uuid);
      }
      for (const seat of seats) {
        const member = seat.user_uuid;
        const expected = order.filter((uuid) => open.get(member)?.has(uuid));
        expect(await seat.openConversations(), `step ${step}`).toEqual(expected);
        const fields = { user_uuid: member, page_size: 2, page_offset: 1 };
        const page = await seat.ok('PP_PAGE_USER_CONVERSATION', fields);
        expect(page.list.map(({ uuid }) => uuid)).toEqual(expected.slice(2, 4));
        expect(page.total_count).toBe(expected.length);
      }
    }
  });

  it('lists each conversation with a message, and counts the messages', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const silent = await desk.kefu.newConversation(user_uuid, [desk.otherAgent.user_uuid]);
    const uuid = await desk.kefu.newConversation(user_uuid, [desk.agent.user_uuid]);
    for (const text of ['一', '二', '三']) await desk.kefu.say(uuid, user_uuid, text);
    // A repeated message counts once.
    const message = desk.kefu.text(uuid, user_uuid, '三');
    const countAll = async () => (await desk.console.ok('PPCONSOLE_GET_OVERVIEW_NUMBER', {})).number.all_message;
    const before = await countAll();
    await Promise.all([1, 2, 3].map(() => desk.kefu.ok('PP_SEND_MESSAGE', message)));
    expect(await countAll()).toBe(before + 1);
    const { list } = await desk.console.ok('PP_GET_APP_CONVERSATION_LIST', {});
    expect(list[0]).toMatchObject({
      uuid,
      message_total_count: 4,
      create_user: { uuid: user_uuid },
      latest_message: { body: '三' },
    });
    expect(list.map((one) => one.uuid)).not.toContain(silent);
    const theirs = await (await desk.otherApp()).console.ok('PP_GET_APP_CONVERSATION_LIST', {});
    expect(theirs.list.map((one) => one.uuid)).not.toContain(uuid);
  });

  // After everything above.
  it('store the counts and positions of their rows', async () => {
    const { stored, counted } = await storedOrders(desk.database);
    expect(stored).toEqual(counted);
  });
});
