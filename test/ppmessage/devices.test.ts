import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { newDevice, useDesk } from './desk.ts';

// P-32, P-33.
describeEachDatabase('ppmessage: devices', (databases) => {
  const desk = useDesk(databases);
  const infoOf = (user_uuid: string) => desk.kefu.ok('PP_GET_USER_INFO', { user_uuid });

  describe('PP_CREATE_DEVICE', () => {
    it.each(['AND', 'IOS'] as const)('makes %s the customer’s mobile', async (device_ostype) => {
      const user_uuid = await desk.kefu.newCustomer();
      const { device_uuid } = await desk.kefu.ok('PP_CREATE_DEVICE', {
        user_uuid,
        device_ostype,
        device_id: randomUUID(),
      });
      const { ppcom_mobile_device_uuid, ppcom_browser_device_uuid } = await infoOf(user_uuid);
      expect([ppcom_mobile_device_uuid, ppcom_browser_device_uuid]).toEqual([device_uuid, null]);
    });

    it.each(['ANB', 'IOB', 'MAB', 'LIB', 'WIB', 'WIN', 'MAC', 'WIP'] as const)(
      'makes %s the customer’s browser',
      async (device_ostype) => {
        const user_uuid = await desk.kefu.newCustomer();
        const fields = { user_uuid, device_ostype, ppcom_trace_uuid: randomUUID() };
        const { device_uuid } = await desk.kefu.ok('PP_CREATE_DEVICE', fields);
        const { ppcom_mobile_device_uuid, ppcom_browser_device_uuid } = await infoOf(user_uuid);
        expect([ppcom_mobile_device_uuid, ppcom_browser_device_uuid]).toEqual([null, device_uuid]);
      },
    );

    it('returns 25 with device_uuid for a known device', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const fields = { app_uuid: desk.app_uuid, user_uuid, device_ostype: 'AND', device_id: randomUUID() };
      const first = await desk.kefu.post('PP_CREATE_DEVICE', fields);
      const again = await desk.kefu.post('PP_CREATE_DEVICE', fields);
      expect(again.body).toMatchObject({ error_code: '25', device_uuid: first.body.device_uuid });
    });

    it('identifies the device by ppcom_trace_uuid when both ids are present', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const [device_id, ppcom_trace_uuid] = [randomUUID(), randomUUID()];
      const device_ostype = 'ANB' as const;
      const { device_uuid } = await desk.kefu.ok('PP_CREATE_DEVICE', {
        user_uuid,
        device_ostype,
        device_id,
        ppcom_trace_uuid,
      });
      const again = { app_uuid: desk.app_uuid, user_uuid, device_ostype, ppcom_trace_uuid };
      expect((await desk.kefu.post('PP_CREATE_DEVICE', again)).body).toMatchObject({ error_code: '25', device_uuid });
      expect(await desk.kefu.code('PP_CREATE_DEVICE', { user_uuid, device_ostype, device_id })).toBe('0');
    });

    it('returns 6 without an id, and 44 for an unknown type', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      expect(await desk.kefu.code('PP_CREATE_DEVICE', { user_uuid, device_ostype: 'AND' })).toBe('6');
      const strange = { user_uuid, device_ostype: 'PDP11', device_id: randomUUID() };
      expect(await desk.kefu.code('PP_CREATE_DEVICE', strange)).toBe('44');
    });

    it('registers the same terminal in another app as another device', async () => {
      const { kefu } = await desk.otherApp();
      const device = { device_ostype: 'AND' as const, device_id: randomUUID() };
      const here = await desk.kefu.ok('PP_CREATE_DEVICE', { ...device, user_uuid: await desk.kefu.newCustomer() });
      const there = await kefu.ok('PP_CREATE_DEVICE', { ...device, user_uuid: await kefu.newCustomer() });
      expect(there.device_uuid).not.toBe(here.device_uuid);
    });
  });

  it('shows changes of a device in the list of online customers', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const device_uuid = await newDevice(desk.kefu, user_uuid);
    await desk.kefu.ok('PP_UPDATE_DEVICE', {
      device_uuid,
      device_fullname: '家里的电脑',
      device_osversion: '14',
      device_is_online: true,
      device_ios_token: 'push-token',
    });
    const { list } = await desk.kefu.ok('PP_PAGE_ONLINE_PORTAL_USER', { page_size: 100 });
    const device = list.find(({ uuid }) => uuid === user_uuid)?.ppcom_browser_device;
    expect(device).toMatchObject({
      uuid: device_uuid,
      user_uuid,
      device_fullname: '家里的电脑',
      device_osversion: '14',
      device_is_online: true,
      is_ppcom_device: true,
      device_ostype: 'MAB',
    });
    expect(JSON.stringify(list)).not.toContain('push-token');
  });

  it('returns 33 for no change, an unknown device, and another app’s device', async () => {
    const device_uuid = await newDevice(desk.kefu, await desk.kefu.newCustomer());
    expect(await desk.kefu.code('PP_UPDATE_DEVICE', { device_uuid })).toBe('33');
    expect(await desk.kefu.code('PP_UPDATE_DEVICE', { device_uuid, user_uuid: 'x' })).toBe('33');
    for (const strange of [randomUUID(), (await desk.otherThings()).device])
      expect(await desk.kefu.code('PP_UPDATE_DEVICE', { device_uuid: strange, device_is_online: true })).toBe('33');
    for (const device_is_online of ['yes', '', 2, '2', {}])
      expect(await desk.kefu.code('PP_UPDATE_DEVICE', { device_uuid, device_is_online })).toBe('28');
    for (const device_android_apilevel of [9_999_999_999, 2 ** 31, -1, '9999999999', '-1', '1.5', ''])
      expect(await desk.kefu.code('PP_UPDATE_DEVICE', { device_uuid, device_android_apilevel })).toBe('28');
    await desk.kefu.ok('PP_UPDATE_DEVICE', { device_uuid, device_android_apilevel: 2 ** 31 - 1 });
  });

  it('accepts device_is_online as the original’s list prints it', async () => {
    const { user_uuid } = desk.kefu;
    const device_uuid = await newDevice(desk.kefu, user_uuid);
    for (const [on, off] of [
      ['true', 'false'],
      ['True', 'False'],
      ['TRUE', 'FALSE'],
      ['1', '0'],
      [1, 0],
      [true, false],
    ] as const) {
      for (const [device_is_online, valid] of [
        [on, true],
        [off, false],
      ] as const) {
        await desk.kefu.ok('PP_UPDATE_DEVICE', { device_uuid, device_is_online });
        const answer = await desk.kefu.ok('PP_VALIDATE_ONLINE_DEVICE', { user_uuid, device_uuid });
        expect([device_is_online, answer.valid]).toEqual([device_is_online, valid]);
      }
    }
  });

  it('accepts numbers as text', async () => {
    const user_uuid = await desk.kefu.newCustomer();
    const fields = { user_uuid, device_ostype: 'MAB' as const, ppcom_trace_uuid: randomUUID() };
    const { device_uuid } = await desk.kefu.ok('PP_CREATE_DEVICE', fields);
    const shown = async () => {
      await desk.kefu.ok('PP_UPDATE_DEVICE', { device_uuid, device_is_online: true });
      const { list } = await desk.kefu.ok('PP_PAGE_ONLINE_PORTAL_USER', { page_size: '100' });
      return list.find(({ uuid }) => uuid === user_uuid)?.ppcom_browser_device;
    };
    expect(await shown()).toMatchObject({ device_ostype: 'MAB', device_android_apilevel: null });
    await desk.kefu.ok('PP_UPDATE_DEVICE', { device_uuid, device_ostype: 'LIB', device_android_apilevel: '033' });
    expect(await shown()).toMatchObject({ device_ostype: 'LIB', device_android_apilevel: 33 });
  });

  it('validates only the agent’s latest device', async () => {
    const { seat } = await desk.newAgent();
    const { user_uuid } = seat;
    const valid = async (device_uuid: string) =>
      (await seat.ok('PP_VALIDATE_ONLINE_DEVICE', { user_uuid, device_uuid })).valid;
    const device = async () => {
      const device_uuid = await newDevice(seat, user_uuid);
      await seat.ok('PP_UPDATE_DEVICE', { device_uuid, device_is_online: true });
      return device_uuid;
    };
    const old = await device();
    expect(await valid(old)).toBe(true);
    const fresh = await device();
    expect([await valid(old), await valid(fresh)]).toEqual([false, true]);
    await seat.ok('PP_UPDATE_DEVICE', { device_uuid: fresh, device_is_online: false });
    expect(await valid(fresh)).toBe(false);
    const info = await infoOf(user_uuid);
    expect([info.browser_device_uuid, info.ppcom_browser_device_uuid]).toEqual([fresh, null]);
  });

  it('returns 8 for the device of another user', async () => {
    const device_uuid = await newDevice(desk.otherKefu, desk.otherKefu.user_uuid);
    const { user_uuid } = desk.kefu;
    expect(await desk.kefu.code('PP_VALIDATE_ONLINE_DEVICE', { user_uuid, device_uuid })).toBe('8');
  });
});
