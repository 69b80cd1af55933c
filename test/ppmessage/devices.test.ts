import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { newDevice, useDesk } from './desk.ts';

// Facts 6 (8, 9), 7 and 8 (29).
describeEachDatabase('ppmessage: devices', (databases) => {
  const desk = useDesk(databases);
  const infoOf = (user_uuid: string) => desk.kefu.ok('PP_GET_USER_INFO', { user_uuid });

  describe('a new device', () => {
    it.each(['AND', 'IOS'] as const)('%s becomes the customer’s mobile', async (device_ostype) => {
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
      '%s becomes the customer’s browser',
      async (device_ostype) => {
        const user_uuid = await desk.kefu.newCustomer();
        const fields = { user_uuid, device_ostype, ppcom_trace_uuid: randomUUID() };
        const { device_uuid } = await desk.kefu.ok('PP_CREATE_DEVICE', fields);
        const { ppcom_mobile_device_uuid, ppcom_browser_device_uuid } = await infoOf(user_uuid);
        expect([ppcom_mobile_device_uuid, ppcom_browser_device_uuid]).toEqual([null, device_uuid]);
      },
    );

    it('that is known is error 25 together with its uuid', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const fields = { app_uuid: desk.app_uuid, user_uuid, device_ostype: 'AND', device_id: randomUUID() };
      const first = await desk.kefu.post('PP_CREATE_DEVICE', fields);
      const again = await desk.kefu.post('PP_CREATE_DEVICE', fields);
      expect(again.body).toMatchObject({ error_code: '25', device_uuid: first.body.device_uuid });
    });

    it('is known by the mark of the browser when it has both', async () => {
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

    it('needs one of the two, and a kind that there is', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      expect(await desk.kefu.code('PP_CREATE_DEVICE', { user_uuid, device_ostype: 'AND' })).toBe('6');
      const strange = { user_uuid, device_ostype: 'PDP11', device_id: randomUUID() };
      expect(await desk.kefu.code('PP_CREATE_DEVICE', strange)).toBe('44');
    });

    it('in another app is another device', async () => {
      const { kefu } = await desk.otherTeam();
      const device = { device_ostype: 'AND' as const, device_id: randomUUID() };
      const here = await desk.kefu.ok('PP_CREATE_DEVICE', { ...device, user_uuid: await desk.kefu.newCustomer() });
      const there = await kefu.ok('PP_CREATE_DEVICE', { ...device, user_uuid: await kefu.newCustomer() });
      expect(there.device_uuid).not.toBe(here.device_uuid);
    });
  });

  it('changes of a device show where it is shown', async () => {
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

  it('nothing to change, an unknown device and another app’s are error 33', async () => {
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

  it('is online as the original’s list prints it', async () => {
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

  it('has its numbers as they are meant, however they are written', async () => {
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

  it('an agent’s older device is no longer the online one', async () => {
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

  it('a device of somebody else is none of the user’s: error 8', async () => {
    const device_uuid = await newDevice(desk.otherKefu, desk.otherKefu.user_uuid);
    const { user_uuid } = desk.kefu;
    expect(await desk.kefu.code('PP_VALIDATE_ONLINE_DEVICE', { user_uuid, device_uuid })).toBe('8');
  });
});
