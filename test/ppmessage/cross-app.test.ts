import { beforeAll, describe, expect, it } from 'vitest';
import contract from '../../generated/ppmessage.json' with { type: 'json' };
import { describeEachDatabase } from '../support/databases.ts';
import { type Name, type Team, type Things, useDesk } from './desk.ts';

// Facts 8 (19): nothing crosses apps. Each uuid of each operation in turn is another app's, everything else is right.
describeEachDatabase('ppmessage: another app’s uuid', (databases) => {
  const desk = useDesk(databases);
  let own: Things;
  let theirs: Things;
  let team: Team;

  beforeAll(async () => {
    [own, theirs, team] = [await desk.things(), await desk.otherThings(), await desk.otherTeam()];
  });

  type Body = Record<string, unknown>;

  /** What is right for each field that holds a uuid, and the same of the other app. */
  const fieldsOf = (group: 'org' | 'script'): Record<string, [unknown, unknown]> => ({
    app_uuid: [desk.app_uuid, team.app_uuid],
    user_uuid: [own.customer, theirs.customer],
    from_uuid: [own.customer, theirs.customer],
    assigned_uuid: [desk.agent.user_uuid, team.agent.user_uuid],
    member_list: [[desk.agent.user_uuid], [team.agent.user_uuid, desk.agent.user_uuid]],
    user_list: [[desk.agent.user_uuid], [team.agent.user_uuid, desk.agent.user_uuid]],
    conversation_uuid: [own.conversation, theirs.conversation],
    device_uuid: [own.device, theirs.device],
    to_uuid: [own.customer, theirs.customer],
    group_uuid: group === 'org' ? [own.group, theirs.group] : [own.scriptGroup, theirs.scriptGroup],
    script_uuid: [own.script, theirs.script],
    uuid: [own.push, theirs.push],
  });

  /** Fields that do not name anything of an app, with values that are right. */
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
  };

  /** What refuses each of them (facts 3 and 8); two operations say it in a way of their own. */
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
    });

  interface Operation {
    'x-levels': string[];
    tags: string[];
    requestBody: { content: { 'application/json': { schema: Schema } } };
  }

  // A message's own uuid is chosen by its sender, and what pages begin with is only compared.
  const isForeign = (name: Name, field: string) =>
    field in numbers || field === 'group_uuid' || (field === 'uuid' && name === 'GET_UNACKED_MESSAGE');

  const rows = operations.flatMap((operation) =>
    operation.names.filter((field) => isForeign(operation.name, field)).map((field) => ({ ...operation, field })),
  );

  it('is looked for in every operation that takes one', () => {
    expect(rows.length).toBeGreaterThan(100);
    const without = operations.filter(({ name }) => !rows.some((row) => row.name === name)).map(({ name }) => name);
    // These take nothing that could be another app's; acknowledging skips it (below).
    expect(without).toEqual(['PP_IS_EMAIL_VALID', 'ACK_MESSAGE']);
  });

  it.each(rows)('$name: $field', async ({ name, names, levels, isScript, field }) => {
    const seat = levels.includes('THIRD_PARTY_CONSOLE') ? desk.console : desk.kefu;
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

  it('an operation that wants no app ignores the one that it gets, whatever it is', async () => {
    for (const app_uuid of [1, ['a'], 'nowhere', team.app_uuid]) {
      expect(await desk.console.code('PP_IS_EMAIL_VALID', { app_uuid, user_email: 'x@shop.example' })).toBe('0');
      expect(await desk.kefu.code('ACK_MESSAGE', { app_uuid, list: [] })).toBe('0');
    }
  });

  describe('and nothing of it is changed or told', () => {
    it('acknowledging skips records of another app', async () => {
      await desk.kefu.ok('ACK_MESSAGE', { list: [theirs.push] });
      expect((await team.kefu.unacked()).map(({ pid }) => pid)).toContain(theirs.push);
    });

    it('their team is as it was', async () => {
      expect(await team.kefu.history(theirs.conversation)).toEqual(['什么时候发货？']);
      const { list } = await team.console.ok('PP_GET_ORG_GROUP_USER_LIST', { group_uuid: theirs.group });
      expect(list.map(({ uuid }) => uuid)).toEqual([team.agent.user_uuid]);
      const scripts = await team.kefu.ok('PP_GET_ALL_PREDEFINED_SCRIPT', {});
      expect(scripts.list).toMatchObject([{ uuid: theirs.script, group_uuid: theirs.scriptGroup }]);
      const info = await team.kefu.ok('PP_GET_APP_INFO', {});
      expect(info.welcome_message).not.toBe('x');
      const members = await team.kefu.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid: theirs.conversation });
      expect(members.list.map(({ uuid }) => uuid).sort()).toEqual([theirs.customer, team.agent.user_uuid].sort());
    });

    it('lists of the one have nothing of the other', async () => {
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
        for (const strange of [...Object.values(theirs), team.app_uuid, team.agent.user_uuid])
          expect([name, JSON.stringify(body).includes(strange)]).toEqual([name, false]);
      }
    });
  });
});
