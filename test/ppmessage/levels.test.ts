import { beforeAll, describe, expect, it } from 'vitest';
import contract from '../../generated/ppmessage.json' with { type: 'json' };
import { describeEachDatabase } from '../support/databases.ts';
import { type Name, type Seat, useDesk } from './desk.ts';

// P-21: the levels that may call each operation. C is PPCOM, K PPKEFU, O PPCONSOLE, k and o are the third-party levels.
const marks = {
  C: 'PPCOM',
  K: 'PPKEFU',
  O: 'PPCONSOLE',
  k: 'THIRD_PARTY_KEFU',
  o: 'THIRD_PARTY_CONSOLE',
  B: 'PPCONSOLE_BEFORE_LOGIN',
} as const;

type Mark = keyof typeof marks;

/** The levels in the original's list, with what P-21 adds and P-65 takes away. */
const expected: Record<string, string> = {
  PP_GET_APP_INFO: 'CKOko',
  PP_UPDATE_APP_INFO: 'Oo',
  PP_CREATE_APP: 'Oo',
  PP_REMOVE_APP: 'Oo',
  PP_LEAVE_APP: 'Oo',
  PP_GET_APP_OWNED_BY_USER: 'CKOko',
  PP_GET_API_INFO: 'Oo',
  PP_GET_APP_SERVICE_USER_LIST: 'CKOko',
  PP_CREATE_USER: 'Oo',
  PP_GET_USER_UUID: 'COo',
  PP_GET_USER_INFO: 'CKOko',
  PP_UPDATE_USER: 'CKOko',
  PP_CREATE_ANONYMOUS: 'Cko',
  PP_REMOVE_USER: 'Oo',
  PP_GET_USER_DETAIL: 'CKOko',
  PP_IS_EMAIL_VALID: 'Oo',
  PP_CREATE_DEVICE: 'CKk',
  PP_UPDATE_DEVICE: 'CKk',
  PP_VALIDATE_ONLINE_DEVICE: 'Kk',
  PP_CREATE_ORG_GROUP: 'Oo',
  PP_GET_APP_ORG_GROUP_LIST: 'CKOko',
  PP_GET_ORG_GROUP_DETAIL: 'CKOko',
  PP_UPDATE_ORG_GROUP: 'Oo',
  PP_REMOVE_ORG_GROUP: 'Oo',
  PP_ADD_ORG_GROUP_USER: 'Oo',
  PP_REMOVE_ORG_GROUP_USER: 'Oo',
  PP_GET_ORG_GROUP_USER_LIST: 'CKOko',
  PP_GET_NO_GROUP_USER_LIST: 'KOko',
  PP_CREATE_CONVERSATION: 'CKk',
  PP_GET_CONVERSATION_INFO: 'CKOko',
  PP_GET_CONVERSATION_USER_LIST: 'CKOko',
  PP_PAGE_USER_CONVERSATION: 'CKk',
  PP_CLOSE_CONVERSATION: 'CKOko',
  PP_OPEN_CONVERSATION: 'CKOko',
  PP_UPDATE_CONVERSATION_MEMBER: 'CKk',
  PP_GET_APP_CONVERSATION_LIST: 'KOko',
  PP_GET_USER_CONVERSATION_LIST: 'CKOko',
  PP_UPDATE_CONVERSATION: 'CKk',
  PP_SEND_MESSAGE: 'CKk',
  PP_PAGE_HISTORY_MESSAGE: 'CKOko',
  PP_PAGE_UNACKED_MESSAGE: 'CKk',
  ACK_MESSAGE: 'CKk',
  GET_UNACKED_MESSAGES: 'CKk',
  GET_UNACKED_MESSAGE: 'CKk',
  PPKEFU_SET_SERVICE_USER_STATUS: 'Kk',
  PP_PAGE_ONLINE_PORTAL_USER: 'KOko',
  PPKEFU_SET_READY: 'Kk',
  PPKEFU_SET_BUSY: 'Kk',
  PPKEFU_SET_REST: 'Kk',
  PP_ONLINE: 'C',
  PP_OFFLINE: 'C',
  PPCOM_GET_DEFAULT_CONVERSATION: 'C',
  PPCOM_CREATE_DEFAULT_CONVERSATION: 'C',
  PP_GET_DEFAULT_CONVERSATION: 'C',
  PPCOM_CREATE_CONVERSATION: 'C',
  PP_GET_AMD_QUEUE_LENGTH: 'C',
  PP_CANCEL_WAITING_CREATE_CONVERSATION: 'C',
  PP_GET_ORG_GROUP_CONVERSATION: 'C',
  PP_SELECT_USERS_BY_GROUP_ALGORITHM: 'CKOko',
  PP_GET_USER_MATCHED_METHOD: 'Oo',
  PP_GET_TARGET_SERVICE_METHOD: 'Oo',
  PPCONSOLE_SIGNUP: 'OBo',
  PPCONSOLE_SEND_NEW_PASSWORD: 'B',
  PPKEFU_LOGIN: 'K',
  PPKEFU_LOGOUT: 'K',
  DEVICE_USER_LOGOUT: 'Kk',
  SET_DEVICE_INFO: 'Kk',
  PP_PAGE_ORG_GROUP: 'CKOk',
  PP_PAGE_ORG_GROUP_USER: 'CKk',
  PP_GET_HISTORY_MESSAGE: 'CKOko',
  GET_MESSAGE_HISTORY: 'CKOko',
  FORWARD_MESSAGE: 'CKOko',
  GET_YVOBJECT_DETAIL: 'CKOko',
  PP_GET_ADMIN_DETAIL: 'Oo',
  PPCOM_GET_USER_UUID: 'C',
  PPCOM_CREATE_ANONYMOUS: 'C',
  PPCOM_CREATE_DEVICE: 'C',
  PP_GET_SERVICE_USER_LIST: 'CKOko',
  PPKEFU_GET_APP_SERVICE_USER_LIST: 'Kk',
  PP_GET_WELCOME_TEAM: 'C',
  PP_GET_CONVERSATION_LIST: 'CKOko',
  PPKEFU_CREATE_CONVERSATION: 'K',
  PP_GET_ALL_APP_LIST: 'Oo',
  PPCOM_TRACK_EVENT: 'C',
  PP_PAGE_USER_NAVIGATION: 'CKOko',
  PP_PAGE_DEVICE_NAVIGATION: 'CKOko',
  PP_GET_IP_INFO: 'CKOko',
  PP_ADD_PREDEFINED_SCRIPT: 'KOko',
  PP_REMOVE_PREDEFINED_SCRIPT: 'KOko',
  PP_MOVE_PREDEFINED_SCRIPT_INTO_GROUP: 'Oo',
  PP_GET_ALL_PREDEFINED_SCRIPT: 'KOko',
  PP_GET_PREDEFINED_SCRIPT_WITH_GROUP: 'KOko',
  PP_ADD_PREDEFINED_SCRIPT_GROUP: 'Oo',
  PP_REMOVE_PREDEFINED_SCRIPT_GROUP: 'Oo',
  PP_GET_ALL_PREDEFINED_SCRIPT_GROUP: 'KOko',
  PPCONSOLE_GET_OVERVIEW_NUMBER: 'Oo',
  PPCONSOLE_GET_REAL_TIME_CUSTOMER_NUMBER: 'Oo',
  PPCONSOLE_GET_REAL_TIME_SERVICE_NUMBER: 'Oo',
  PPCONSOLE_GET_REAL_TIME_MESSAGE_NUMBER: 'Oo',
  PPCONSOLE_GET_CUSTOMER_NUMBER_BY_RANGE: 'Oo',
  PPCONSOLE_GET_SERVICE_NUMBER_BY_RANGE: 'Oo',
  PPCONSOLE_GET_MESSAGE_NUMBER_BY_RANGE: 'Oo',
  // The last one, because it ends the token.
  PPCONSOLE_LOGOUT: 'O',
};

const levelsOf = (letters: string) => [...letters].map((mark) => marks[mark as Mark]);
const operations = Object.entries(contract.paths as Record<string, { post?: { 'x-levels'?: string[] } }>)
  .filter(([path]) => path.startsWith('/api/'))
  .map(([path, { post }]) => [path.slice('/api/'.length), post?.['x-levels'] ?? []] as const)
  // Two operations need no token.
  .filter(([, levels]) => levels.length > 0);

it('has the expected levels for each operation in the contract', () => {
  const declared = Object.fromEntries(operations.map(([name, levels]) => [name, [...levels].sort()]));
  const wanted = Object.entries(expected).map(([name, letters]) => [name, levelsOf(letters).sort()]);
  expect(declared).toEqual(Object.fromEntries(wanted));
});

describeEachDatabase('ppmessage: levels', (databases) => {
  const desk = useDesk(databases);
  const seats = {} as Record<Mark, Seat>;

  beforeAll(async () => {
    for (const mark of Object.keys(marks) as Mark[]) {
      const level = marks[mark];
      seats[mark] =
        level === 'PPCONSOLE_BEFORE_LOGIN'
          ? desk.entrance
          : await desk.seatOf(mark === 'O' || mark === 'o' ? desk.owner : desk.agent, [level]);
    }
  });

  describe.each(Object.entries(expected))('%s', (name, letters) => {
    it.each(Object.keys(marks) as Mark[])('%s', async (mark) => {
      // The request has no fields, so an allowed level gets the error of a missing field, if any.
      const { body } = await seats[mark].post(name as Name, {});
      const number = 'ko'.includes(mark) ? '4' : 4;
      if (letters.includes(mark)) expect(body.error_code).not.toBe(number);
      else {
        expect(body.error_code).toBe(number);
        for (const level of levelsOf(letters)) expect(body.error_string).toMatch(new RegExp(`\\b${level}\\b`));
      }
    });
  });

  it('adds up the levels of a key', async () => {
    for (const [name, letters] of Object.entries(expected)) {
      if (!/[ko]/.test(letters)) continue;
      const { body } = await desk.both.post(name as Name, {});
      expect([name, body.error_code === '4']).toEqual([name, false]);
    }
  });

  it('checks the level for the event stream', async () => {
    for (const mark of Object.keys(marks) as Mark[]) {
      const response = await fetch(`${desk.url}/events`, { headers: seats[mark].headers });
      await response.body?.cancel();
      expect([mark, response.status]).toEqual([mark, 'CKk'.includes(mark) ? 200 : 401]);
    }
  });

  describe('a kefu token', () => {
    it('does not act for another agent', async () => {
      const { kefu, otherAgent } = desk;
      const { user_uuid } = otherAgent;
      const calls: [Name, Record<string, unknown>][] = [
        ['PP_UPDATE_USER', { user_uuid, user_signature: 'x' }],
        ['PPKEFU_SET_SERVICE_USER_STATUS', { user_uuid, user_status: 'REST' }],
        ['PP_PAGE_UNACKED_MESSAGE', { user_uuid }],
        ['PP_PAGE_USER_CONVERSATION', { user_uuid }],
        ['PP_CREATE_CONVERSATION', { user_uuid, conversation_type: 'S2S', member_list: [kefu.user_uuid] }],
        ['PP_CREATE_DEVICE', { user_uuid, device_ostype: 'MAC', ppcom_trace_uuid: 'x' }],
      ];
      for (const [name, fields] of calls) expect([name, await kefu.code(name, fields)]).toEqual([name, '20']);
    });

    it('acts for a customer', async () => {
      const customer = await desk.kefu.newCustomer();
      const conversation = await desk.kefu.newConversation(customer, [desk.agent.user_uuid]);
      await desk.kefu.say(conversation, desk.agent.user_uuid, '您好');
      expect((await desk.kefu.unacked(customer)).map(({ text }) => text)).toEqual(['您好']);
      await desk.kefu.ok('PP_UPDATE_USER', { user_uuid: customer, user_fullname: '甲' });
    });
  });

  describe('a console token', () => {
    it('lets the owner manage every user of the app', async () => {
      for (const { user_uuid } of [desk.agent, desk.otherAgent, desk.owner])
        await desk.console.ok('PP_UPDATE_USER', { user_uuid, user_signature: '在' });
    });

    it('does not let an agent act for the owner and for other agents', async () => {
      const before = await desk.console.ok('PP_GET_USER_INFO', { user_uuid: desk.owner.user_uuid });
      for (const seat of [desk.both, await desk.seat(desk.agent, desk.keys.console)]) {
        const user_email = `${crypto.randomUUID()}@desk.example`;
        for (const { user_uuid } of [desk.owner, desk.otherAgent]) {
          const calls: [Name, Record<string, unknown>][] = [
            ['PP_UPDATE_USER', { user_uuid, user_email }],
            ['PP_UPDATE_USER', { user_uuid, user_fullname: '别人' }],
            ['PP_CREATE_APP', { user_uuid, app_name: '别人的团队' }],
            ['PP_GET_USER_CONVERSATION_LIST', { user_uuid }],
          ];
          for (const [name, fields] of calls) expect([name, await seat.code(name, fields)]).toEqual([name, '20']);
        }
        const colleague = { user_list: [desk.otherAgent.user_uuid] };
        expect(await seat.code('PP_LEAVE_APP', colleague)).toBe('20');
      }
      expect(await desk.console.ok('PP_GET_USER_INFO', { user_uuid: desk.owner.user_uuid })).toEqual(before);
    });

    it('lets an agent act for itself and for customers, and leave', async () => {
      const { person } = await desk.newAgent();
      const seat = await desk.seat(person, desk.keys.console);
      const { user_uuid } = person;
      await seat.ok('PP_UPDATE_USER', { user_uuid, user_email: `${crypto.randomUUID()}@desk.example` });
      const customer = await desk.kefu.newCustomer();
      await seat.ok('PP_UPDATE_USER', { user_uuid: customer, user_fullname: '甲' });
      await seat.ok('PP_LEAVE_APP', { user_list: [user_uuid] });
    });
  });
});
