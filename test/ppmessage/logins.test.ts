import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Commands } from '../../src/commands.ts';
import { contextOf } from '../../src/context.ts';
import { ppmessage } from '../../src/ppmessage/index.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type Person, type Seat, useDesk } from './desk.ts';

// P-76, P-77.
describeEachDatabase('ppmessage: log-ins on devices', (databases) => {
  const desk = useDesk(databases);

  /** Logs a person in on a device, with a token of their own. */
  async function logIn(person: Person, fields: { terminal?: string; ostype?: string } = {}) {
    const seat = await desk.seatOf(person, ['PPKEFU']);
    const answer = await seat.ok('PPKEFU_LOGIN', {
      user_email: person.user_email,
      terminal: randomUUID(),
      ostype: 'MAC',
      ...fields,
    });
    return { seat, answer };
  }
  const isValid = async (seat: Seat, device_uuid: string) =>
    (await seat.ok('PP_VALIDATE_ONLINE_DEVICE', { user_uuid: seat.user_uuid, device_uuid })).valid;
  /** The log-out orders of a device. */
  function watch(device_uuid: string): unknown[] {
    const orders: unknown[] = [];
    const topic = `ppmessage:${desk.app_uuid}:device:${device_uuid}`;
    desk.server.context.bus.subscribe([topic], (event) => orders.push(event));
    return orders;
  }

  it('return the agent with the new device, the app and the status', async () => {
    const { person } = await desk.newAgent();
    const { answer } = await logIn(person, { ostype: 'macOS' });
    expect(answer).toMatchObject({
      uuid: person.user_uuid,
      service_user_status: 'READY',
      browser_device_uuid: expect.any(String),
      mobile_device_uuid: null,
      is_owner_user: false,
      is_service_user: true,
      updatetime: expect.any(Number),
      mqtt_topic: `${answer.browser_device_uuid}/#`,
      app: { uuid: desk.app_uuid },
    });
    expect(answer).not.toHaveProperty('password_hash');
  });

  it('replace an older device of the same kind, whose token ends and whose connections are ordered to log out', async () => {
    const { person } = await desk.newAgent();
    const first = await logIn(person, { ostype: 'MAC' });
    const phone = await logIn(person, { ostype: 'IOS' });
    const orders = watch(first.answer.browser_device_uuid as string);
    const second = await logIn(person, { ostype: 'WIN' });
    expect(second.answer.mobile_device_uuid).toBe(phone.answer.mobile_device_uuid);
    expect(orders).toEqual([{ kind: 'log-out' }]);
    expect(await first.seat.code('PP_GET_APP_INFO', {})).toBe('4');
    expect(await isValid(second.seat, first.answer.browser_device_uuid as string)).toBe(false);
    // Another kind stays, and a phone is online without a connection.
    expect(await isValid(phone.seat, phone.answer.mobile_device_uuid as string)).toBe(true);
  });

  it('keep the token when the same token logs in again', async () => {
    const { person } = await desk.newAgent();
    const { seat } = await logIn(person, { ostype: 'AND' });
    const again = { user_email: person.user_email, terminal: randomUUID(), ostype: 'IOS' };
    await seat.ok('PPKEFU_LOGIN', again);
    await seat.ok('PP_GET_APP_INFO', {});
  });

  it('take a device over from another agent', async () => {
    const [one, two] = [(await desk.newAgent()).person, (await desk.newAgent()).person];
    const terminal = randomUUID();
    const former = await logIn(one, { terminal, ostype: 'AND' });
    const orders = watch(former.answer.mobile_device_uuid as string);
    const next = await logIn(two, { terminal, ostype: 'AND' });
    expect(next.answer.mobile_device_uuid).toBe(former.answer.mobile_device_uuid);
    expect(orders).toEqual([{ kind: 'log-out' }]);
    expect(await former.seat.code('PP_GET_APP_INFO', {})).toBe('4');
    const { mobile_device_uuid } = await desk.console.ok('PP_GET_USER_INFO', { user_uuid: one.user_uuid });
    expect(mobile_device_uuid).toBeNull();
  });

  it('end with the device offline, no status and no token', async () => {
    const { person } = await desk.newAgent();
    const { seat, answer } = await logIn(person, { ostype: 'AND' });
    const fields = { user_uuid: seat.user_uuid, device_uuid: answer.mobile_device_uuid as string };
    const orders = watch(fields.device_uuid);
    await seat.ok('PPKEFU_LOGOUT', fields);
    expect(orders).toEqual([{ kind: 'log-out' }]);
    expect(await seat.code('PPKEFU_LOGOUT', fields)).toBe('4');
    const { list } = await desk.console.ok('PP_GET_APP_SERVICE_USER_LIST', {});
    expect(list.find(({ uuid }) => uuid === person.user_uuid)).toMatchObject({ is_mobile_online: false });
    const user = await desk.console.ok('PP_GET_USER_INFO', { user_uuid: person.user_uuid });
    expect(user.service_user_status).toBe('NULL');
  });

  it('end on a device from elsewhere, with the token of its log-in', async () => {
    const { person } = await desk.newAgent();
    const { seat, answer } = await logIn(person, { ostype: 'WPB' });
    const device_uuid = answer.browser_device_uuid as string;
    const orders = watch(device_uuid);
    const other = await desk.seatOf(person, ['PPKEFU']);
    await other.ok('DEVICE_USER_LOGOUT', { from_uuid: person.user_uuid, device_uuid });
    expect(orders).toEqual([{ kind: 'log-out' }]);
    expect(await seat.code('PP_GET_APP_INFO', {})).toBe('4');
    await other.ok('PP_GET_APP_INFO', {});
  });

  it('on a phone give the agent the customers who wait', async () => {
    await desk.console.ok('PP_UPDATE_APP_INFO', { app_route_policy: 'SMART' });
    const { person } = await desk.newAgent();
    const customer = await desk.kefu.newCustomer();
    await desk.ppcom.ok('PPCOM_GET_DEFAULT_CONVERSATION', { user_uuid: customer });
    await logIn(person, { ostype: 'IOS' });
    const { conversation_uuid } = await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid: customer });
    expect(conversation_uuid).toEqual(expect.any(String));
  });

  it('work with the password, and refuse unknown addresses and wrong passwords alike', async () => {
    const { person } = await desk.newAgent();
    const call = async (fields: object) => {
      const response = await fetch(`${desk.url}/api/DEVICE_USER_LOGIN`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ terminal: randomUUID(), ostype: 'AND', ...fields }),
      });
      return (await response.json()) as Record<string, unknown>;
    };
    const { user_email, user_password } = person;
    expect(await call({ user_email, user_password })).toMatchObject({ error_code: 0, uuid: person.user_uuid });
    const wrong = await call({ user_email, user_password: 'wrong' });
    const unknown = await call({ user_email: `${randomUUID()}@desk.example`, user_password });
    expect([wrong, unknown]).toEqual([unknown, wrong]);
    expect(wrong.error_code).toBe(10);
  });

  it('find the package that the operator lists', async () => {
    const { package: commands } = ppmessage.commands as Commands;
    const app = { name: randomUUID(), platform: 'MAC' };
    const context = contextOf(desk.server.context, 'ppmessage');
    await commands?.set?.run({ ...app, version: '1.0', url: 'https://shop.example/1' }, context);
    await commands?.set?.run({ ...app, version: '1.1', 'version-code': '11', url: 'https://shop.example/2' }, context);
    const fields = { app_distinct_name: app.name, app_platform: app.platform };
    const found = await desk.ppkefu.post('GET_APP_VERSION', fields);
    expect(found.body).toMatchObject({ app_version_name: '1.1', app_version_code: 11, app_plist_url: null });
    await commands?.delete?.run(app, context);
    expect(await desk.ppkefu.code('GET_APP_VERSION', fields)).toBe('13');
  });

  it('store push tokens and the data of the device', async () => {
    const { person } = await desk.newAgent();
    const seat = await desk.seatOf(person, ['PPKEFU']);
    const fields = { user_email: person.user_email, terminal: randomUUID(), ostype: 'IOS', token: 'a push token' };
    const { mobile_device_uuid } = await seat.ok('PPKEFU_LOGIN', { ...fields, ios_app_development: true });
    await seat.ok('SET_DEVICE_INFO', { device_uuid: mobile_device_uuid as string, fullname: '我的手机' });
    const device = await desk.database
      .selectFrom('ppmessage_devices')
      .selectAll()
      .where('uuid', '=', mobile_device_uuid as string)
      .executeTakeFirstOrThrow();
    expect(device).toMatchObject({
      device_ios_token: 'a push token',
      device_android_gcmtoken: null,
      is_development: 1,
      device_fullname: '我的手机',
    });
  });
});
