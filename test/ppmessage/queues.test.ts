import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WAIT_MS } from '../../src/ppmessage/database/housekeeping.ts';
import { ppmessage } from '../../src/ppmessage/index.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Desk, newDevice, openDesk, Seat, useDesk } from './desk.ts';

interface Found {
  uuid?: string;
  assigned_uuid?: string | null;
  user_list?: { uuid: string }[];
}

/** Asks for the customer's conversation. */
const ask = async (seat: Seat, user_uuid: string, more: Record<string, unknown> = {}): Promise<Found> =>
  seat.ok('PPCOM_CREATE_CONVERSATION', { user_uuid, ...more }) as Promise<Found>;

const setPolicy = (desk: Desk, app_route_policy: string) => desk.console.ok('PP_UPDATE_APP_INFO', { app_route_policy });

/** Brings a new browser of an agent online. Returns how to bring it offline. */
async function comeOnline(seat: Seat): Promise<() => Promise<unknown>> {
  const device_uuid = await newDevice(seat, seat.user_uuid);
  await seat.ok('PP_UPDATE_DEVICE', { device_uuid, device_is_online: true });
  return () => seat.ok('PP_UPDATE_DEVICE', { device_uuid, device_is_online: false });
}

const setStatus = (seat: Seat, user_status: 'READY' | 'BUSY' | 'REST' | 'NULL') =>
  seat.ok('PPKEFU_SET_SERVICE_USER_STATUS', { user_uuid: seat.user_uuid, user_status });

async function newGroup(desk: Desk, group_route_algorithm: string, members: string[]): Promise<string> {
  const fields = { group_name: '组', group_desc: '', group_route_algorithm };
  const { uuid } = await desk.console.ok('PP_CREATE_ORG_GROUP', fields);
  await desk.console.ok('PP_ADD_ORG_GROUP_USER', { group_uuid: uuid, user_list: members });
  return uuid;
}

// P-70 to P-75.
describeEachDatabase('ppmessage: queues', (databases) => {
  const desk = useDesk(databases);
  const goOffline: (() => Promise<unknown>)[] = [];
  const online = async (seat: Seat) => goOffline.push(await comeOnline(seat));

  beforeEach(async () => {
    for (const leave of goOffline.splice(0)) await leave();
    await setPolicy(desk, 'BROADCAST');
    for (const seat of [desk.kefu, desk.otherKefu]) await setStatus(seat, 'NULL');
    await desk.database.deleteFrom('ppmessage_waiting_customers').execute();
  });

  it('gives a conversation with all agents at once under BROADCAST', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const found = await desk.ppcom.ok('PPCOM_GET_DEFAULT_CONVERSATION', { user_uuid });
    if (!('uuid' in found)) throw new Error('waiting');
    const { list } = await desk.kefu.ok('PP_GET_APP_SERVICE_USER_LIST', {});
    expect(found.user_list.map(({ uuid }) => uuid).sort()).toEqual(list.map(({ uuid }) => uuid).sort());
    expect(found).toMatchObject({
      user_uuid,
      assigned_uuid: null,
      group_uuid: null,
      conversation_type: 'P2S',
      status: 'NEW',
      conversation_uuid: found.uuid,
      conversation_data: { user_uuid, conversation_uuid: found.uuid, conversation_status: 'NEW' },
      app_name: '青禾书店',
      app_welcome: '您好，有什么可以帮您？',
    });
    expect(found.conversation_name).toBe(list.map(({ user_fullname }) => user_fullname).join(','));
    expect(await desk.ppcom.ok('PPCOM_CREATE_DEFAULT_CONVERSATION', { user_uuid })).toMatchObject({ uuid: found.uuid });
    expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid })).toMatchObject({
      length: 0,
      position: null,
      result: 'SUCCESS',
      conversation_uuid: found.uuid,
    });
  });

  it('shows agents the conversation with its first message, by the name of the customer', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const { uuid = '' } = await ask(desk.ppcom, user_uuid, { member_list: [desk.agent.user_uuid] });
    expect(await desk.kefu.openConversations()).not.toContain(uuid);
    await desk.kefu.say(uuid, user_uuid, '在吗？');
    const { list } = await desk.kefu.ok('PP_PAGE_USER_CONVERSATION', { user_uuid: desk.agent.user_uuid });
    const { user_fullname } = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid });
    expect(list[0]).toMatchObject({ uuid, conversation_name: user_fullname, assigned_uuid: desk.agent.user_uuid });
  });

  it('returns the latest conversation of a customer', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const one = await ask(desk.ppcom, user_uuid, { member_list: [desk.agent.user_uuid] });
    const two = await ask(desk.ppcom, user_uuid, { member_list: [desk.otherAgent.user_uuid] });
    expect((await ask(desk.ppcom, user_uuid)).uuid).toBe(two.uuid);
    await desk.kefu.say(one.uuid as string, user_uuid, '还是您吧');
    expect((await ask(desk.ppcom, user_uuid)).uuid).toBe(one.uuid);
  });

  it('answers the envelope alone while a customer waits, and assigns in order when an agent comes online', async () => {
    await setPolicy(desk, 'SMART');
    const customers = [await desk.kefu.newCustomer(), await desk.kefu.newCustomer(), await desk.kefu.newCustomer()];
    for (const user_uuid of customers) {
      const { body } = await desk.ppcom.post('PPCOM_GET_DEFAULT_CONVERSATION', {
        user_uuid,
        device_uuid: randomUUID(),
      });
      expect(Object.keys(body).sort()).toEqual(['error_code', 'error_string', 'uri']);
    }
    for (const [index, user_uuid] of customers.entries()) {
      await ask(desk.ppcom, user_uuid);
      expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid })).toMatchObject({
        length: 3,
        position: index + 1,
        result: 'WAITING',
        conversation_uuid: null,
      });
    }
    expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', {})).toMatchObject({
      length: 3,
      position: null,
      result: null,
    });
    await online(desk.kefu);
    const found = await Promise.all(customers.map((customer) => ask(desk.ppcom, customer)));
    expect(found.map(({ assigned_uuid }) => assigned_uuid)).toEqual(customers.map(() => desk.agent.user_uuid));
    const rows = await desk.database.selectFrom('ppmessage_conversations').select(['uuid', 'seq']).execute();
    const seqs = found.map(({ uuid }) => rows.find((row) => row.uuid === uuid)?.seq as number);
    expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
    expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', {})).toMatchObject({ length: 0 });
  });

  it('spreads customers who come at once over the agents under SMART', async () => {
    await setPolicy(desk, 'SMART');
    await online(desk.kefu);
    await online(desk.otherKefu);
    const customers = await Promise.all(Array.from({ length: 10 }, () => desk.kefu.newCustomer()));
    // The agents have had other customers today. So many go to the one with fewer first.
    await Promise.all(customers.map((customer) => ask(desk.ppcom, customer)));
    const more = await Promise.all(Array.from({ length: 10 }, () => desk.kefu.newCustomer()));
    const found = await Promise.all(more.map((customer) => ask(desk.ppcom, customer)));
    const ofAgent = found.filter(({ assigned_uuid }) => assigned_uuid === desk.agent.user_uuid);
    expect(ofAgent.length).toBeGreaterThanOrEqual(4);
    expect(ofAgent.length).toBeLessThanOrEqual(6);
  });

  it.each(['BUSY', 'REST'] as const)(
    'skips an online agent with the status %s until the agent is ready',
    async (status) => {
      await setPolicy(desk, 'ROBOT');
      await online(desk.kefu);
      await setStatus(desk.kefu, status);
      const user_uuid = await desk.kefu.newCustomer();
      expect((await ask(desk.ppcom, user_uuid)).uuid).toBeUndefined();
      await desk.kefu.ok('PPKEFU_SET_READY', { user_uuid: desk.agent.user_uuid });
      expect((await ask(desk.ppcom, user_uuid)).assigned_uuid).toBe(desk.agent.user_uuid);
    },
  );

  it('assigns with the older form at once, although no agent is online', async () => {
    await setPolicy(desk, 'SMART');
    const user_uuid = await desk.kefu.newCustomer();
    const found = await desk.ppcom.ok('PP_GET_DEFAULT_CONVERSATION', { user_uuid });
    expect(found).toMatchObject({ user_uuid, assigned_uuid: expect.any(String) });
  });

  describe('of groups', () => {
    it('have the whole group under BROADCAST, and the conversation keeps the group', async () => {
      const members = [desk.agent.user_uuid, desk.otherAgent.user_uuid];
      const group_uuid = await newGroup(desk, 'broadcast', members);
      const user_uuid = await desk.kefu.newCustomer();
      const found = await ask(desk.ppcom, user_uuid, { group_uuid });
      expect(found).toMatchObject({ group_uuid, assigned_uuid: null });
      expect(found.user_list?.map(({ uuid }) => uuid).sort()).toEqual(members.sort());
      expect(await ask(desk.ppcom, user_uuid, { group_uuid })).toMatchObject({ uuid: found.uuid });
      const { conversation_uuid } = await desk.ppcom.ok('PP_GET_ORG_GROUP_CONVERSATION', { group_uuid, user_uuid });
      expect(conversation_uuid).toBe(found.uuid);
    });

    it('wait apart: an agent of one group gets only its customers', async () => {
      const own = await newGroup(desk, 'SMART', [desk.agent.user_uuid]);
      const other = await newGroup(desk, 'SMART', [desk.otherAgent.user_uuid]);
      const [one, two] = [await desk.kefu.newCustomer(), await desk.kefu.newCustomer()];
      expect((await ask(desk.ppcom, one, { group_uuid: other })).uuid).toBeUndefined();
      expect((await ask(desk.ppcom, two, { group_uuid: own })).uuid).toBeUndefined();
      await online(desk.kefu);
      expect((await ask(desk.ppcom, two, { group_uuid: own })).assigned_uuid).toBe(desk.agent.user_uuid);
      expect((await ask(desk.ppcom, one, { group_uuid: other })).uuid).toBeUndefined();
      expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid: one })).toMatchObject({
        length: 1,
        position: 1,
      });
      await online(desk.otherKefu);
      expect((await ask(desk.ppcom, one, { group_uuid: other })).assigned_uuid).toBe(desk.otherAgent.user_uuid);
    });

    it('take the agent with the fewest messages under LOAD', async () => {
      const group_uuid = await newGroup(desk, 'load', [desk.agent.user_uuid, desk.otherAgent.user_uuid]);
      const { seat } = await desk.newAgent();
      await desk.console.ok('PP_ADD_ORG_GROUP_USER', { group_uuid, user_list: [seat.user_uuid] });
      for (const one of [desk.kefu, desk.otherKefu, seat]) await online(one);
      for (const one of [desk.kefu, desk.otherKefu]) {
        const conversation = await one.newConversation(await one.newCustomer(), [one.user_uuid]);
        await one.say(conversation, one.user_uuid, '您好');
      }
      const found = await ask(desk.ppcom, await desk.kefu.newCustomer(), { group_uuid });
      expect(found.assigned_uuid).toBe(seat.user_uuid);
    });

    it('give their next agent to a conversation of the app, on request', async () => {
      const group_uuid = await newGroup(desk, 'ROBOT', [desk.otherAgent.user_uuid]);
      const conversation_uuid = await desk.kefu.newConversation(await desk.kefu.newCustomer(), [desk.agent.user_uuid]);
      const select = () => desk.kefu.ok('PP_SELECT_USERS_BY_GROUP_ALGORITHM', { group_uuid, conversation_uuid });
      expect((await select()).list).toEqual([]);
      await online(desk.otherKefu);
      expect((await select()).list).toEqual([desk.otherAgent.user_uuid]);
    });

    it('assign when they get their first agent', async () => {
      const { uuid: group_uuid } = await desk.console.ok('PP_CREATE_ORG_GROUP', { group_name: '空的', group_desc: '' });
      const user_uuid = await desk.kefu.newCustomer();
      expect((await ask(desk.ppcom, user_uuid, { group_uuid })).uuid).toBeUndefined();
      await desk.console.ok('PP_ADD_ORG_GROUP_USER', { group_uuid, user_list: [desk.agent.user_uuid] });
      expect((await ask(desk.ppcom, user_uuid, { group_uuid })).assigned_uuid).toBe(desk.agent.user_uuid);
    });
  });

  it('forgets a customer who stops waiting', async () => {
    await setPolicy(desk, 'SMART');
    const user_uuid = await desk.kefu.newCustomer();
    await ask(desk.ppcom, user_uuid);
    for (const _again of [1, 2]) await desk.ppcom.ok('PP_CANCEL_WAITING_CREATE_CONVERSATION', { user_uuid });
    expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid })).toMatchObject({ length: 0, result: null });
    await online(desk.kefu);
    expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid })).toMatchObject({ conversation_uuid: null });
  });

  it('stops waiting for one group alone', async () => {
    const group_uuid = await newGroup(desk, 'SMART', [desk.agent.user_uuid]);
    await setPolicy(desk, 'SMART');
    const user_uuid = await desk.kefu.newCustomer();
    await ask(desk.ppcom, user_uuid);
    await ask(desk.ppcom, user_uuid, { group_uuid });
    await desk.ppcom.ok('PP_CANCEL_WAITING_CREATE_CONVERSATION', { user_uuid, group_uuid });
    expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid })).toMatchObject({ length: 1, position: 1 });
  });

  it('ends the wait of a customer who neither asks nor is online for ten minutes', async () => {
    await setPolicy(desk, 'SMART');
    const [gone, connected, patient] = [
      await desk.kefu.newCustomer(),
      await desk.kefu.newCustomer(),
      await desk.kefu.newCustomer(),
    ];
    for (const customer of [gone, connected, patient]) await ask(desk.ppcom, customer);
    const device_uuid = await newDevice(desk.kefu, connected);
    await desk.ppcom.ok('PP_ONLINE', { user_uuid: connected, device_uuid });
    const { clock } = desk.server.context;
    await desk.database
      .updateTable('ppmessage_waiting_customers')
      .set({ asked_at: clock.now() - WAIT_MS - 1 })
      .where('user_uuid', 'in', [gone, connected])
      .execute();
    expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid: patient })).toMatchObject({
      length: 2,
      position: 2,
    });
    // The wait has ended before housekeeping deletes the row.
    expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid: gone })).toMatchObject({ position: null });
    await ppmessage.deleteExpired?.(desk.database, clock.now());
    const rows = await desk.database.selectFrom('ppmessage_waiting_customers').select('user_uuid').execute();
    expect(rows.map(({ user_uuid }) => user_uuid).sort()).toEqual([connected, patient].sort());
    await online(desk.kefu);
    expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid: gone })).toMatchObject({
      conversation_uuid: null,
    });
    expect((await ask(desk.ppcom, connected)).assigned_uuid).toBe(desk.agent.user_uuid);
    await desk.ppcom.ok('PP_OFFLINE', { user_uuid: connected, device_uuid });
  });
});

describeEachDatabase('ppmessage: queues on two nodes', (databases) => {
  let first: TestServer;
  let second: TestServer;
  let desk: Desk;
  let there: Seat;

  beforeAll(async () => {
    const DATABASE_URL = await databases.createUrl();
    first = await startServer({ DATABASE_URL }, [ppmessage]);
    second = await startServer({ DATABASE_URL }, [ppmessage]);
    desk = await openDesk(first);
    const { app_uuid, user_uuid, token } = desk.ppcom;
    there = new Seat(`${second.url}/ppmessage`, { app_uuid, user_uuid, access_token: token } as never);
    await setPolicy(desk, 'SMART');
  });
  afterAll(async () => {
    await second?.close();
    await first?.close();
  });

  it('assign every customer once, however many agents come online at the same time', async () => {
    const customers = await Promise.all(Array.from({ length: 20 }, () => desk.kefu.newCustomer()));
    await Promise.all(customers.map((customer, index) => ask(index % 2 === 0 ? desk.ppcom : there, customer)));
    const away = await Promise.all([
      comeOnline(desk.kefu),
      comeOnline(desk.otherKefu),
      ...customers.map((customer) => ask(there, customer)),
      ...customers.map((customer) => ask(desk.ppcom, customer)),
    ]);
    const rows = await desk.database
      .selectFrom('ppmessage_conversations')
      .select('user_uuid')
      .where('user_uuid', 'in', customers)
      .execute();
    expect(rows.map(({ user_uuid }) => user_uuid).sort()).toEqual([...customers].sort());
    for (const leave of away.slice(0, 2) as (() => Promise<unknown>)[]) await leave();
  });

  it('never assign a customer after a cancellation that was answered first', async () => {
    for (let round = 0; round < 5; round++) {
      const customers = await Promise.all(Array.from({ length: 8 }, () => desk.kefu.newCustomer()));
      await Promise.all(customers.map((customer) => ask(desk.ppcom, customer)));
      const cancelled = Promise.all(
        customers.slice(0, 4).map(async (user_uuid) => {
          await there.ok('PP_CANCEL_WAITING_CREATE_CONVERSATION', { user_uuid });
          return desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid });
        }),
      );
      const leave = await comeOnline(desk.kefu);
      for (const { conversation_uuid, user_uuid } of await cancelled) {
        // Either the assignment came first, or there never is a conversation.
        const now = await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid });
        expect(now.conversation_uuid).toBe(conversation_uuid);
      }
      for (const customer of customers.slice(4)) expect((await ask(there, customer)).uuid).toEqual(expect.any(String));
      await leave();
    }
  });
});
