import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { useDesk } from './desk.ts';

// P-34.
describeEachDatabase('ppmessage: groups', (databases) => {
  const desk = useDesk(databases);
  let group_uuid: string;

  beforeEach(async () => {
    const fields = { group_name: `组 ${randomUUID().slice(0, 8)}`, group_desc: '说明' };
    group_uuid = (await desk.console.ok('PP_CREATE_ORG_GROUP', fields)).uuid;
  });

  const membersOf = async (uuid = group_uuid) =>
    (await desk.kefu.ok('PP_GET_ORG_GROUP_USER_LIST', { group_uuid: uuid })).list.map((card) => card.uuid);
  const add = (user_list: string[], uuid = group_uuid) =>
    desk.console.ok('PP_ADD_ORG_GROUP_USER', { group_uuid: uuid, user_list });

  it('lists a new, empty group', async () => {
    const { list } = await desk.kefu.ok('PP_GET_APP_ORG_GROUP_LIST', {});
    expect(list.find(({ uuid }) => uuid === group_uuid)).toMatchObject({
      app_uuid: desk.app_uuid,
      group_desc: '说明',
      group_icon: null,
      user_count: 0,
    });
    expect(await membersOf()).toEqual([]);
  });

  it('returns the uuid of a group as uuid and group_uuid', async () => {
    const change = { group_name: '新名', group_icon: 'https://shop.example/g.png' };
    const unknown = { not_a_column: 1 };
    const changed = await desk.console.ok('PP_UPDATE_ORG_GROUP', { group_uuid, ...change, ...unknown });
    expect(changed).toMatchObject({ uuid: group_uuid, group_uuid, group_desc: '说明', ...change });
    const detail = await desk.kefu.ok('PP_GET_ORG_GROUP_DETAIL', { group_uuid });
    expect(detail).toMatchObject({ uuid: group_uuid, group_uuid, conversation_uuid: null, ...change });
    const same = await desk.console.ok('PP_UPDATE_ORG_GROUP', { group_uuid });
    expect(same).toMatchObject({ ...change, group_desc: '说明' });
  });

  it('returns the conversation of the token’s user with the group', async () => {
    const { seat } = await desk.newAgent();
    await add([desk.otherAgent.user_uuid]);
    const { uuid } = await seat.ok('PP_CREATE_CONVERSATION', {
      user_uuid: seat.user_uuid,
      conversation_type: 'S2S',
      member_list: [desk.otherAgent.user_uuid],
      group_uuid,
    });
    expect((await seat.ok('PP_GET_ORG_GROUP_DETAIL', { group_uuid })).conversation_uuid).toBe(uuid);
  });

  describe('members', () => {
    it('are added once, and can be in several groups', async () => {
      const { user_uuid } = desk.agent;
      await add([user_uuid, user_uuid]);
      await add([user_uuid, desk.otherAgent.user_uuid]);
      expect((await membersOf()).sort()).toEqual([user_uuid, desk.otherAgent.user_uuid].sort());
      const { uuid: second } = await desk.console.ok('PP_CREATE_ORG_GROUP', { group_name: '第二', group_desc: '' });
      await add([user_uuid], second);
      expect(await membersOf()).toContain(user_uuid);
      expect(await membersOf(second)).toEqual([user_uuid]);
      const { list } = await desk.kefu.ok('PP_GET_APP_SERVICE_USER_LIST', {});
      const groups = list.find(({ uuid }) => uuid === user_uuid)?.group?.map(({ uuid }) => uuid);
      expect(groups).toEqual(expect.arrayContaining([group_uuid, second]));
      const counts = (await desk.kefu.ok('PP_GET_APP_ORG_GROUP_LIST', {})).list;
      expect(counts.find(({ uuid }) => uuid === group_uuid)?.user_count).toBe(2);
    });

    it('are agents of the app; otherwise none of the list is added', async () => {
      const { customer } = await desk.otherThings();
      const { user_uuid } = desk.agent;
      const refused = (list: string[]) => desk.console.code('PP_ADD_ORG_GROUP_USER', { group_uuid, user_list: list });
      expect(await refused([user_uuid, customer])).toBe('40');
      expect(await refused([user_uuid, randomUUID()])).toBe('7');
      expect(await membersOf()).toEqual([]);
    });

    it('are removed; 32 for an agent who is not in it, while the others are removed', async () => {
      await add([desk.agent.user_uuid, desk.otherAgent.user_uuid]);
      const user_list = [desk.agent.user_uuid, desk.owner.user_uuid, desk.otherAgent.user_uuid];
      expect(await desk.console.code('PP_REMOVE_ORG_GROUP_USER', { group_uuid, user_list })).toBe('32');
      expect(await membersOf()).toEqual([]);
    });

    it('have to be a list: 31 otherwise', async () => {
      for (const name of ['PP_ADD_ORG_GROUP_USER', 'PP_REMOVE_ORG_GROUP_USER'] as const)
        expect(await desk.console.code(name, { group_uuid, user_list: desk.agent.user_uuid })).toBe('31');
    });
  });

  it('lists the agents in no group, or outside one group', async () => {
    const { person } = await desk.newAgent();
    const { user_uuid } = person;
    const ungrouped = async (fields = {}) =>
      (await desk.kefu.ok('PP_GET_NO_GROUP_USER_LIST', fields)).list.map(({ uuid }) => uuid);
    expect(await ungrouped()).toContain(user_uuid);
    const { uuid: another } = await desk.console.ok('PP_CREATE_ORG_GROUP', { group_name: '另外', group_desc: '' });
    await add([user_uuid], another);
    expect(await ungrouped()).not.toContain(user_uuid);
    expect(await ungrouped({ group_uuid })).toContain(user_uuid);
    expect(await ungrouped({ group_uuid: another })).not.toContain(user_uuid);
    const customer = await desk.kefu.newCustomer();
    expect(await ungrouped()).not.toContain(customer);
  });

  it('keeps the agents and conversations of a removed group', async () => {
    const { person, seat } = await desk.newAgent();
    await add([person.user_uuid]);
    const customer = await seat.newCustomer();
    const { uuid: conversation_uuid } = await seat.ok('PP_CREATE_CONVERSATION', {
      user_uuid: customer,
      conversation_type: 'P2S',
      member_list: [person.user_uuid],
      group_uuid,
    });
    await desk.console.ok('PP_REMOVE_ORG_GROUP', { group_uuid });
    expect(await desk.kefu.code('PP_GET_ORG_GROUP_DETAIL', { group_uuid })).toBe('30');
    expect(await desk.console.code('PP_REMOVE_ORG_GROUP', { group_uuid })).toBe('30');
    const info = await seat.ok('PP_GET_CONVERSATION_INFO', { user_uuid: person.user_uuid, conversation_uuid });
    expect(info.group_uuid).toBeNull();
    const { list } = await seat.ok('PP_GET_APP_SERVICE_USER_LIST', {});
    expect(list.find(({ uuid }) => uuid === person.user_uuid)?.group).toBeNull();
  });
});
