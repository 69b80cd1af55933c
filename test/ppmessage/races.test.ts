import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { transact } from '../../src/database/transact.ts';
import { ppmessage } from '../../src/ppmessage/index.ts';
import { removeFromApp } from '../../src/ppmessage/model/users.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { meanwhile } from '../support/meanwhile.ts';
import { type Answer, type Name, type Seat, useDesk } from './desk.ts';

// Simultaneous requests.
describeEachDatabase('ppmessage: races', (databases) => {
  const desk = useDesk(databases);
  const times = 12;

  const all = (name: Name, fields: Record<string, unknown>, seat: Seat = desk.kefu): Promise<Answer['body'][]> =>
    Promise.all(
      Array.from({ length: times }, async () => (await seat.post(name, { app_uuid: desk.app_uuid, ...fields })).body),
    );
  const codes = (answers: Answer['body'][]) => answers.map(({ error_code }) => error_code as string).sort();
  const values = (answers: Answer['body'][], field: string) => new Set(answers.map((answer) => answer[field]));

  it('exchanges a code once', async () => {
    const code = await desk.code();
    const answers = await Promise.all(Array.from({ length: times }, () => desk.token(code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(times - 1);
  });

  it('creates a customer once, by browser and by e-mail address', async () => {
    const anonymous = await all('PP_CREATE_ANONYMOUS', { ppcom_trace_uuid: randomUUID() });
    expect(codes(anonymous)).toEqual(Array(times).fill('0'));
    expect(values(anonymous, 'user_uuid').size).toBe(1);
    const named = await all('PP_GET_USER_UUID', { user_email: `${randomUUID()}@shop.example` }, desk.console);
    expect(codes(named)).toEqual(Array(times).fill('0'));
    expect(values(named, 'user_uuid').size).toBe(1);
  });

  it('gives an e-mail address to one user', async () => {
    const fields = { user_email: `${randomUUID()}@shop.example`, user_fullname: '甲' };
    expect(codes(await all('PP_CREATE_USER', fields, desk.console))).toEqual(['0', ...Array(times - 1).fill('22')]);
  });

  it('registers a device once, and returns its uuid to every request', async () => {
    const fields = { user_uuid: await desk.kefu.newCustomer(), device_ostype: 'AND', device_id: randomUUID() };
    const answers = await all('PP_CREATE_DEVICE', fields);
    expect(codes(answers)).toEqual(['0', ...Array(times - 1).fill('25')]);
    expect(values(answers, 'device_uuid').size).toBe(1);
  });

  it('hands a device over to one of many users', async () => {
    const fields = { device_ostype: 'AND', device_id: randomUUID() };
    const users = await Promise.all(Array.from({ length: times }, () => desk.kefu.newCustomer()));
    for (let round = 0; round < 10; round++) {
      await Promise.all(users.map((user_uuid) => desk.kefu.code('PP_CREATE_DEVICE', { ...fields, user_uuid })));
      const infos = await Promise.all(users.map((user_uuid) => desk.kefu.ok('PP_GET_USER_INFO', { user_uuid })));
      expect(infos.filter((info) => info.ppcom_mobile_device_uuid !== null)).toHaveLength(1);
    }
  });

  it('creates a conversation of the same users once', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    for (const more of [{}, { member_list: [desk.agent.user_uuid] }]) {
      const answers = await all('PP_CREATE_CONVERSATION', { user_uuid, conversation_type: 'P2S', ...more });
      expect(codes(answers)).toEqual(Array(times).fill('0'));
      expect(values(answers, 'uuid').size).toBe(1);
    }
  });

  it('stores a message once, with one push record', async () => {
    const customer = await desk.kefu.newCustomer();
    const conversation = await desk.kefu.newConversation(customer, [desk.agent.user_uuid]);
    const text = desk.kefu.text(conversation, customer, '一次');
    expect(codes(await all('PP_SEND_MESSAGE', { ...text }))).toEqual(Array(times).fill('0'));
    expect(await desk.kefu.history(conversation)).toEqual(['一次']);
    const here = (await desk.kefu.unacked()).filter(({ message }) => message.ci === conversation);
    expect(here).toHaveLength(1);
  });

  it('delivers the messages of many senders in one order to every member', async () => {
    const customer = await desk.kefu.newCustomer();
    const conversation = await desk.kefu.newConversation(customer, [desk.agent.user_uuid, desk.otherAgent.user_uuid]);
    const senders = [
      [desk.kefu, customer],
      [desk.kefu, desk.agent.user_uuid],
      [desk.otherKefu, desk.otherAgent.user_uuid],
    ] as const;
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => {
        const [seat, from] = senders[index % 3] as (typeof senders)[number];
        return seat.say(conversation, from, String(index));
      }),
    );
    const history = await desk.kefu.history(conversation);
    expect([...history].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 30 }, (_, n) => String(n)));
    for (const [index, [seat, user]] of senders.entries()) {
      const heard = (await seat.unacked(user)).filter(({ message }) => message.ci === conversation);
      expect(heard.map(({ text }) => text)).toEqual(history.filter((text) => Number(text) % 3 !== index));
    }
  });

  it('adds an agent to a group and to a conversation once', async () => {
    const { uuid: group_uuid } = await desk.console.ok('PP_CREATE_ORG_GROUP', { group_name: '组', group_desc: '' });
    const { user_uuid } = desk.agent;
    const added = await all('PP_ADD_ORG_GROUP_USER', { group_uuid, user_list: [user_uuid] }, desk.console);
    expect(codes(added)).toEqual(Array(times).fill('0'));
    const { list } = await desk.kefu.ok('PP_GET_ORG_GROUP_USER_LIST', { group_uuid });
    expect(list.map(({ uuid }) => uuid)).toEqual([user_uuid]);
    const customer = await desk.kefu.newCustomer();
    const conversation_uuid = await desk.kefu.newConversation(customer, [user_uuid]);
    const fields = { conversation_uuid, action: 'ADD', member_list: [desk.otherAgent.user_uuid] };
    expect(codes(await all('PP_UPDATE_CONVERSATION_MEMBER', fields))).toEqual(Array(times).fill('0'));
    const members = await desk.kefu.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid });
    expect(members.list).toHaveLength(3);
  });

  it('returns 30 when a group is removed meanwhile', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const conversation_uuid = await desk.kefu.newConversation(user_uuid, [desk.agent.user_uuid]);
    const answers: unknown[] = [];
    for (const [name, fields] of [
      ['PP_ADD_ORG_GROUP_USER', { user_list: [desk.agent.user_uuid] }],
      ['PP_CREATE_CONVERSATION', { user_uuid: await desk.kefu.newCustomer(), conversation_type: 'P2S' }],
      ['PP_UPDATE_CONVERSATION_MEMBER', { conversation_uuid, action: 'ADD', member_list: [desk.otherAgent.user_uuid] }],
    ] as const) {
      const { uuid: group_uuid } = await desk.console.ok('PP_CREATE_ORG_GROUP', { group_name: '组', group_desc: '' });
      meanwhile(desk.database, 'from "ppmessage_groups"', () => desk.console.ok('PP_REMOVE_ORG_GROUP', { group_uuid }));
      const seat = name === 'PP_ADD_ORG_GROUP_USER' ? desk.console : desk.kefu;
      answers.push([name, await seat.code(name, { ...fields, group_uuid })]);
    }
    expect(answers).toEqual([
      ['PP_ADD_ORG_GROUP_USER', '30'],
      ['PP_CREATE_CONVERSATION', '30'],
      ['PP_UPDATE_CONVERSATION_MEMBER', '30'],
    ]);
    const { list } = await desk.kefu.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid });
    expect(list).toHaveLength(2);
  });

  it('returns 18 when a group of scripts is removed meanwhile', async () => {
    const { uuid: script_uuid } = await desk.kefu.ok('PP_ADD_PREDEFINED_SCRIPT', { script_answer: '您好' });
    for (const [name, fields] of [
      ['PP_ADD_PREDEFINED_SCRIPT', { script_answer: '再见' }],
      ['PP_MOVE_PREDEFINED_SCRIPT_INTO_GROUP', { script_uuid }],
    ] as const) {
      const { uuid: group_uuid } = await desk.console.ok('PP_ADD_PREDEFINED_SCRIPT_GROUP', { group_name: '问候' });
      meanwhile(desk.database, 'from "ppmessage_script_groups"', () =>
        desk.console.ok('PP_REMOVE_PREDEFINED_SCRIPT_GROUP', { group_uuid }),
      );
      expect([name, await desk.console.code(name, { ...fields, group_uuid })]).toEqual([name, '18']);
    }
  });

  it('leaves nothing in an app that is removed meanwhile', async () => {
    for (const [name, table, fields] of [
      ['PP_ADD_PREDEFINED_SCRIPT_GROUP', 'ppmessage_script_groups', { group_name: '问候' }],
      ['PP_ADD_PREDEFINED_SCRIPT', 'ppmessage_scripts', { script_answer: '您好' }],
      ['PP_CREATE_ORG_GROUP', 'ppmessage_groups', { group_name: '组', group_desc: '' }],
      ['PP_CREATE_USER', 'ppmessage_users', { user_email: `${randomUUID()}@shop.example`, user_fullname: '甲' }],
    ] as const) {
      const app = await desk.newApp();
      const { app_uuid, owner } = app;
      meanwhile(desk.database, 'join "ppmessage_keys"', () =>
        app.console.ok('PP_REMOVE_APP', { user_uuid: owner.user_uuid }),
      );
      // The request may be too late to see it: then its row goes with the others.
      expect(['0', '13']).toContain(await app.console.code(name, { app_uuid, ...fields }));
      expect(await app.console.code(name, { app_uuid, ...fields })).toBe('4');
      await ppmessage.deleteExpired?.(desk.database, desk.server.context.clock.now());
      const left = await desk.database.selectFrom(table).select('uuid').where('app_uuid', '=', app_uuid).execute();
      expect(left).toEqual([]);
    }
  });

  it('returns 7 when a user is removed meanwhile, and leaves them removed', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const conversation_uuid = await desk.kefu.newConversation(user_uuid, [desk.agent.user_uuid]);
    const { uuid: group_uuid } = await desk.console.ok('PP_CREATE_ORG_GROUP', { group_name: '组', group_desc: '' });
    const user_email = `${randomUUID()}@shop.example`;
    const newAgent = async () => (await desk.newAgent()).person.user_uuid;
    const [a, b, c, d, e, f, g] = [
      await newAgent(),
      await newAgent(),
      await newAgent(),
      await newAgent(),
      await newAgent(),
      await desk.kefu.newCustomer(),
      await desk.kefu.newCustomer(),
    ];
    const seat = await desk.seat(desk.owner, desk.credentials);
    const answers: unknown[] = [];
    for (const [name, leaving, fields] of [
      ['PP_UPDATE_USER', a, { user_uuid: a, user_email }],
      ['PP_ADD_ORG_GROUP_USER', b, { group_uuid, user_list: [b] }],
      ['PP_UPDATE_CONVERSATION', c, { conversation_uuid, assigned_uuid: c }],
      ['PP_UPDATE_CONVERSATION_MEMBER', d, { conversation_uuid, action: 'ADD', member_list: [d] }],
      ['PP_CREATE_CONVERSATION', e, { user_uuid, conversation_type: 'P2S', member_list: [e] }],
      ['PP_CREATE_CONVERSATION', f, { user_uuid: f, conversation_type: 'P2S' }],
      ['PP_CREATE_DEVICE', g, { user_uuid: g, device_ostype: 'AND', device_id: randomUUID() }],
    ] as const) {
      const lookUp = 'member_list' in fields ? '"uuid" in (' : 'from "ppmessage_users"';
      meanwhile(desk.database, lookUp, () => desk.console.ok('PP_LEAVE_APP', { user_list: [leaving] }));
      answers.push([name, await seat.code(name, fields)]);
    }
    expect(answers).toEqual([
      ['PP_UPDATE_USER', '7'],
      ['PP_ADD_ORG_GROUP_USER', '7'],
      ['PP_UPDATE_CONVERSATION', '7'],
      ['PP_UPDATE_CONVERSATION_MEMBER', '7'],
      ['PP_CREATE_CONVERSATION', '7'],
      ['PP_CREATE_CONVERSATION', '7'],
      ['PP_CREATE_DEVICE', '7'],
    ]);
    await desk.console.ok('PP_CREATE_USER', { user_email, user_fullname: '甲' });
    expect((await desk.kefu.ok('PP_GET_ORG_GROUP_USER_LIST', { group_uuid })).list).toEqual([]);
    expect((await desk.kefu.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid })).list).toHaveLength(2);
    const { assigned_uuid } = await desk.kefu.ok('PP_GET_CONVERSATION_INFO', { conversation_uuid, user_uuid });
    expect(assigned_uuid).toBe(desk.agent.user_uuid);
  });

  it('removes a user with the app when both are removed', async () => {
    const { console, owner, agent } = await desk.newApp();
    const { user_uuid, user_password } = agent;
    meanwhile(desk.database, 'from "ppmessage_apps"', () =>
      console.ok('PP_REMOVE_APP', { user_uuid: owner.user_uuid }),
    );
    expect(await console.code('PP_REMOVE_USER', { user_uuid, user_password })).toBe('7');
  });

  it('returns a customer who is removed meanwhile, and a new one later', async () => {
    for (const [name, fields] of [
      ['PP_GET_USER_UUID', { user_email: `${randomUUID()}@shop.example` }],
      ['PP_CREATE_ANONYMOUS', { ppcom_trace_uuid: randomUUID() }],
    ] as const) {
      const find = async () => (await desk.both.ok(name, fields as never)) as { user_uuid: string };
      const { user_uuid } = await find();
      meanwhile(desk.database, 'insert into "ppmessage_users"', () =>
        desk.console.ok('PP_LEAVE_APP', { user_list: [user_uuid] }),
      );
      expect((await find()).user_uuid).toBe(user_uuid);
      expect((await find()).user_uuid).not.toBe(user_uuid);
    }
  });

  it('does not add an agent who is being removed to a conversation', async () => {
    const { app_uuid } = desk;
    const { person } = await desk.newAgent();
    const customer = await desk.kefu.newCustomer();
    const { making } = await transact(desk.database, async (trx) => {
      await removeFromApp(trx, { app_uuid, uuid: person.user_uuid }, Date.now());
      const making = desk.kefu.newConversation(customer);
      await Promise.race([making, sleep(200)]);
      return { making };
    });
    const conversation_uuid = await making;
    const { list } = await desk.kefu.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid });
    expect(list.map(({ uuid }) => uuid)).not.toContain(person.user_uuid);
  });

  it('stores no message of a member who is removed meanwhile', async () => {
    const { person, seat } = await desk.newAgent();
    const { user_uuid } = person;
    const customer = await desk.kefu.newCustomer();
    const conversation_uuid = await desk.kefu.newConversation(customer, [desk.agent.user_uuid, user_uuid]);
    const fields = { conversation_uuid, action: 'REMOVE' as const, member_list: [user_uuid] };
    for (const happen of [
      () => desk.kefu.ok('PP_UPDATE_CONVERSATION_MEMBER', fields),
      () => desk.console.ok('PP_LEAVE_APP', { user_list: [user_uuid] }),
    ]) {
      await desk.kefu.ok('PP_UPDATE_CONVERSATION_MEMBER', { ...fields, action: 'ADD' });
      meanwhile(desk.database, 'from "ppmessage_conversation_members"', happen);
      expect(await seat.code('PP_SEND_MESSAGE', { ...seat.text(conversation_uuid, user_uuid, '还在') })).toBe('26');
    }
    expect(await desk.kefu.history(conversation_uuid)).toEqual([]);
    expect(await desk.kefu.unacked(customer)).toEqual([]);
  });

  it('assigns a conversation to a present member while members change', async () => {
    const customer = await desk.kefu.newCustomer();
    const agents = [desk.agent.user_uuid, desk.otherAgent.user_uuid];
    const conversation_uuid = await desk.kefu.newConversation(customer, agents);
    const change = (action: string, index: number) =>
      desk.kefu.code('PP_UPDATE_CONVERSATION_MEMBER', { conversation_uuid, action, member_list: [agents[index % 2]] });
    for (let round = 0; round < 10; round++) {
      const done = await Promise.all([
        ...Array.from({ length: 6 }, (_, index) => change(index % 3 === 0 ? 'ADD' : 'REMOVE', index)),
        desk.kefu.code('PP_SEND_MESSAGE', { ...desk.kefu.text(conversation_uuid, customer, '在吗') }),
      ]);
      expect(new Set(done)).toEqual(new Set(['0']));
      const { list } = await desk.kefu.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid });
      const left = list.map(({ uuid }) => uuid).filter((uuid) => uuid !== customer);
      const info = await desk.kefu.ok('PP_GET_CONVERSATION_INFO', { conversation_uuid, user_uuid: customer });
      // An agent who was the only one stays the assignee when another one joins.
      expect(left.length === 1 ? left : [null, ...left]).toContain(info.assigned_uuid);
    }
  });

  it('removes an app once, while messages are sent in it', async () => {
    const app = await desk.newApp();
    const customer = await app.kefu.newCustomer();
    const conversation = await app.kefu.newConversation(customer, [app.agent.user_uuid]);
    const fields = { app_uuid: app.app_uuid, user_uuid: app.owner.user_uuid };
    const [removed] = await Promise.all([
      all('PP_REMOVE_APP', fields, app.console),
      ...Array.from({ length: times }, () =>
        app.kefu.post('PP_SEND_MESSAGE', app.kefu.text(conversation, customer, randomUUID())),
      ),
    ]);
    expect(codes(removed).filter((code) => code === '0')).toHaveLength(1);
    for (const code of codes(removed)) expect(['0', '4', '13', '20', '40']).toContain(code);
    await ppmessage.deleteExpired?.(desk.database, desk.server.context.clock.now());
    for (const table of ['ppmessage_messages', 'ppmessage_pushes', 'ppmessage_users', 'ppmessage_keys'] as const) {
      const left = await desk.database
        .selectFrom(table)
        .select('app_uuid')
        .where('app_uuid', '=', app.app_uuid)
        .execute();
      expect([table, left.length]).toEqual([table, 0]);
    }
  });
});
