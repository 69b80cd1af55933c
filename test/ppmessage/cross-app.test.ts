import { beforeAll, describe, expect, it } from 'vitest';
import contract from '../../generated/ppmessage.json' with { type: 'json' };
import { describeEachDatabase } from '../support/databases.ts';
import { type Name, type TestApp, type Things, useDesk } from './desk.ts';

// P-22: nothing crosses apps. One uuid of the request is another app's, everything else is right, for each uuid in turn.
describeEachDatabase('ppmessage: another app’s uuid', (databases) => {
  const desk = useDesk(databases);
  let own: Things;
  let theirs: Things;
  let otherApp: TestApp;

  beforeAll(async () => {
    [own, theirs, otherApp] = [await desk.things(), await desk.otherThings(), await desk.otherApp()];
  });

  type Body = Record<string, unknown>;

  /** A right value for each field that holds a uuid, and the other app's. */
  const fieldsOf = (group: 'org' | 'script'): Record<string, [unknown, unknown]> => ({
    app_uuid: [desk.app_uuid, otherApp.app_uuid],
    user_uuid: [own.customer, theirs.customer],
    from_uuid: [own.customer, theirs.customer],
    assigned_uuid: [desk.agent.user_uuid, otherApp.agent.user_uuid],
    member_list: [[desk.agent.user_uuid], [otherApp.agent.user_uuid, desk.agent.user_uuid]],
    user_list: [[desk.agent.user_uuid], [otherApp.agent.user_uuid, desk.agent.user_uuid]],
    conversation_uuid: [own.conversation, theirs.conversation],
    device_uuid: [own.device, theirs.device],
    to_uuid: [own.customer, theirs.customer],
    group_uuid: group === 'org' ? [own.group, theirs.group] : [own.scriptGroup, theirs.scriptGroup],
    script_uuid: [own.script, theirs.script],
    uuid: [own.push, theirs.push],
    task_uuid: [own.message, theirs.message],
  });

  /** Right values for fields that hold no uuid of an app. */
  const others: Body = {
    app_name: 'x',
    user_email: 'x@shop.example',
    user_fullname: 'x',
    user_password: 'x',
    ppcom_trace_uuid: 'x',
    device_ostype: 'MAB',
    group_name: 'x',
    group_desc: 'x',
    conversation_type: 'P2S',
    action: 'ADD',
    from_type: 'DU',
    to_type: 'DU',
    message_type: 'NOTI',
    message_subtype: 'TEXT',
    message_body: 'x',
    user_status: 'READY',
    script_answer: 'x',
    begin_date: '2026-03-01',
    end_date: '2026-03-02',
    device_is_online: true,
    welcome_message: 'x',
    user_signature: 'x',
    page_offset: 0,
    page_size: 10,
    peer_uuid: 'x',
    peer_type: 'DU',
    type: 'DU',
  };

  /** The error for another app's uuid; some operations have their own. */
  const numbers: Record<string, string> = {
    app_uuid: '20',
    user_uuid: '40',
    from_uuid: '40',
    assigned_uuid: '40',
    member_list: '40',
    user_list: '40',
    conversation_uuid: '26',
    device_uuid: '8',
    to_uuid: '18',
    script_uuid: '18',
  };
  const exceptions: Record<string, string> = {
    'PP_UPDATE_DEVICE device_uuid': '33',
    'PP_REMOVE_ORG_GROUP_USER user_list': '32',
    'GET_UNACKED_MESSAGE uuid': '12',
    'GET_YVOBJECT_DETAIL user_uuid': '18',
    'PP_GET_ADMIN_DETAIL user_uuid': '18',
    'FORWARD_MESSAGE task_uuid': '26',
    'FORWARD_MESSAGE to_uuid': '26',
    // It is a note alone (P-81).
    'FORWARD_MESSAGE device_uuid': '26',
    // The user is the agent's own.
    'DEVICE_USER_LOGOUT device_uuid': '20',
  };

  interface Schema {
    $ref?: string;
    properties?: Record<string, unknown>;
  }
  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined
      ? schema
      : resolve(contract.components.schemas[schema.$ref.split('/').at(-1) as 'App'] as Schema);

  const operations = Object.entries(contract.paths as unknown as Record<string, { post?: Operation }>)
    .filter(([path]) => path.startsWith('/api/'))
    .map(([path, { post }]) => {
      const schema = resolve((post as Operation).requestBody.content['application/json'].schema);
      const names = Object.keys(schema.properties ?? {});
      const { 'x-levels': levels, tags } = post as Operation;
      return { name: path.slice('/api/'.length) as Name, names, levels, isScript: tags.includes('scripts') };
    })
    // The cases of the contract do the same for operations that only own programs may call.
    .filter(({ levels }) => levels?.some((level) => level.startsWith('THIRD_PARTY_')));

  interface Operation {
    'x-levels'?: string[];
    tags: string[];
    requestBody: { content: { 'application/json': { schema: Schema } } };
  }

  // The sender chooses the uuid of a message, and the boundaries of pages are only compared.
  const isForeign = (name: Name, field: string) =>
    field in numbers ||
    field === 'group_uuid' ||
    field === 'task_uuid' ||
    (field === 'uuid' && name === 'GET_UNACKED_MESSAGE');

  const rows = operations.flatMap((operation) =>
    operation.names.filter((field) => isForeign(operation.name, field)).map((field) => ({ ...operation, field })),
  );

  it('is tested in every operation that has one', () => {
    expect(rows.length).toBeGreaterThan(100);
    const without = operations.filter(({ name }) => !rows.some((row) => row.name === name)).map(({ name }) => name);
    // The first skips another app's (below), the others have no uuid.
    expect(without.sort()).toEqual(['ACK_MESSAGE', 'PPCONSOLE_SIGNUP', 'PP_IS_EMAIL_VALID']);
  });

  it.each(rows)('$name: $field', async ({ name, names, levels, isScript, field }) => {
    const seat = levels?.includes('THIRD_PARTY_CONSOLE') ? desk.console : desk.kefu;
    const known = fieldsOf(isScript ? 'script' : 'org');
    const body = Object.fromEntries(
      names
        .filter((one) => one in known || one in others)
        .map((one) => [one, one === field ? known[one]?.[1] : (known[one]?.[0] ?? others[one])]),
    );
    if (name === 'PP_CREATE_USER') body.user_status = 'SERVICE';
    const number =
      exceptions[`${name} ${field}`] ?? (field === 'group_uuid' ? (isScript ? '18' : '30') : numbers[field]);
    expect(await seat.code(name, body)).toBe(number);
  });

  it('is ignored in app_uuid by operations without this field', async () => {
    for (const app_uuid of [1, ['a'], 'nowhere', otherApp.app_uuid]) {
      expect(await desk.console.code('PP_IS_EMAIL_VALID', { app_uuid, user_email: 'x@shop.example' })).toBe('0');
      expect(await desk.kefu.code('ACK_MESSAGE', { app_uuid, list: [] })).toBe('0');
    }
  });

  describe('nothing of the other app', () => {
    it('is acknowledged', async () => {
      await desk.kefu.ok('ACK_MESSAGE', { list: [theirs.push] });
      expect((await otherApp.kefu.unacked()).map(({ pid }) => pid)).toContain(theirs.push);
    });

    it('is changed', async () => {
      expect(await otherApp.kefu.history(theirs.conversation)).toEqual(['什么时候发货？']);
      const { list } = await otherApp.console.ok('PP_GET_ORG_GROUP_USER_LIST', { group_uuid: theirs.group });
      expect(list.map(({ uuid }) => uuid)).toEqual([otherApp.agent.user_uuid]);
      const scripts = await otherApp.kefu.ok('PP_GET_ALL_PREDEFINED_SCRIPT', {});
      expect(scripts.list).toMatchObject([{ uuid: theirs.script, group_uuid: theirs.scriptGroup }]);
      const info = await otherApp.kefu.ok('PP_GET_APP_INFO', {});
      expect(info.welcome_message).not.toBe('x');
      const members = await otherApp.kefu.ok('PP_GET_CONVERSATION_USER_LIST', {
        conversation_uuid: theirs.conversation,
      });
      expect(members.list.map(({ uuid }) => uuid).sort()).toEqual([theirs.customer, otherApp.agent.user_uuid].sort());
    });

    it('is in a list', async () => {
      const lists: [Name, Body][] = [
        ['PP_GET_APP_SERVICE_USER_LIST', {}],
        ['PP_GET_APP_ORG_GROUP_LIST', {}],
        ['PP_GET_APP_CONVERSATION_LIST', {}],
        ['PP_GET_ALL_PREDEFINED_SCRIPT', {}],
        ['PP_GET_ALL_PREDEFINED_SCRIPT_GROUP', {}],
        ['PP_GET_NO_GROUP_USER_LIST', {}],
      ];
      for (const [name, fields] of lists) {
        const { body } = await desk.console.post(name, { app_uuid: desk.app_uuid, ...fields });
        expect(body.error_code).toBe('0');
        for (const strange of [...Object.values(theirs), otherApp.app_uuid, otherApp.agent.user_uuid])
          expect([name, JSON.stringify(body).includes(strange)]).toEqual([name, false]);
      }
    });
  });
});
