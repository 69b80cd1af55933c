import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { newDevice, useDesk } from './desk.ts';

// P-33, P-49.
describeEachDatabase('ppmessage: online status', (databases) => {
  const desk = useDesk(databases);

  it.each(['READY', 'BUSY', 'REST', 'NULL'] as const)('sets an agent’s status to %s', async (user_status) => {
    const { user_uuid } = desk.agent;
    await desk.kefu.ok('PPKEFU_SET_SERVICE_USER_STATUS', { user_uuid, user_status });
    const { service_user_status } = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid });
    expect(service_user_status).toBe(user_status);
  });

  it('returns 44 for an unknown status, and 20 for another agent', async () => {
    const own = { user_uuid: desk.agent.user_uuid, user_status: 'ASLEEP' };
    expect(await desk.kefu.code('PPKEFU_SET_SERVICE_USER_STATUS', own)).toBe('44');
    const other = { user_uuid: desk.otherAgent.user_uuid, user_status: 'REST' };
    expect(await desk.kefu.code('PPKEFU_SET_SERVICE_USER_STATUS', other)).toBe('20');
  });

  describe('online customers', () => {
    const online = async (fields: { page_offset?: number; page_size?: number } = {}) =>
      desk.console.ok('PP_PAGE_ONLINE_PORTAL_USER', fields);
    const set = (device_uuid: string, device_is_online: boolean) =>
      desk.kefu.ok('PP_UPDATE_DEVICE', { device_uuid, device_is_online });

    it('have an online device, and are listed latest first', async () => {
      const [one, two] = [await desk.kefu.newCustomer(), await desk.kefu.newCustomer()];
      const [first, second] = [await newDevice(desk.kefu, one), await newDevice(desk.kefu, two)];
      expect((await online()).list.map(({ uuid }) => uuid)).not.toContain(one);
      await set(first, true);
      await set(second, true);
      const { list } = await online({ page_size: 2 });
      expect(list.map(({ uuid }) => uuid)).toEqual([two, one]);
      expect(list[0]).toMatchObject({
        ppcom_browser_device_uuid: second,
        ppcom_mobile_device_uuid: null,
        ppcom_browser_device: { uuid: second, device_is_online: true },
      });
      expect(list[0]).not.toHaveProperty('ppcom_mobile_device');
      await set(second, false);
      expect((await online({ page_size: 1 })).list.map(({ uuid }) => uuid)).toEqual([one]);
      await set(first, false);
      expect((await online()).list.map(({ uuid }) => uuid)).not.toContain(one);
    });

    it('are counted once, with both devices when both are online', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const browser = await newDevice(desk.kefu, user_uuid);
      const phone = { user_uuid, device_ostype: 'IOS' as const, device_id: browser.slice(0, 20) };
      const { device_uuid: mobile } = await desk.kefu.ok('PP_CREATE_DEVICE', phone);
      const before = (await online()).total_count;
      await set(browser, true);
      await set(mobile, true);
      const { list, total_count } = await online();
      expect(total_count).toBe(before + 1);
      expect(list.find(({ uuid }) => uuid === user_uuid)).toMatchObject({
        ppcom_browser_device: { uuid: browser },
        ppcom_mobile_device: { uuid: mobile },
      });
      await set(mobile, false);
      const one = (await online()).list.find(({ uuid }) => uuid === user_uuid);
      expect(one).toMatchObject({ ppcom_browser_device: { uuid: browser }, ppcom_mobile_device_uuid: mobile });
      expect(one).not.toHaveProperty('ppcom_mobile_device');
      await set(browser, false);
    });

    it('are paged', async () => {
      const customers = await Promise.all([1, 2, 3].map(() => desk.kefu.newCustomer()));
      for (const customer of customers) await set(await newDevice(desk.kefu, customer), true);
      const all = (await online({ page_size: 100 })).list.map(({ uuid }) => uuid);
      expect(await online({ page_offset: 1, page_size: 2 })).toMatchObject({
        total_count: all.length,
        return_count: Math.min(2, all.length - 2),
        page_offset: 1,
        page_size: 2,
      });
      const pages = [await online({ page_size: 2 }), await online({ page_offset: 1, page_size: 2 })];
      expect(pages.flatMap(({ list }) => list.map(({ uuid }) => uuid))).toEqual(all.slice(0, 4));
    });

    it('do not include agents', async () => {
      const { seat } = await desk.newAgent();
      const device = await newDevice(seat, seat.user_uuid);
      await seat.ok('PP_UPDATE_DEVICE', { device_uuid: device, device_is_online: true });
      expect((await online({ page_size: 100 })).list.map(({ uuid }) => uuid)).not.toContain(seat.user_uuid);
      const { list } = await desk.kefu.ok('PP_GET_APP_SERVICE_USER_LIST', {});
      const card = list.find(({ uuid }) => uuid === seat.user_uuid);
      expect([card?.is_browser_online, card?.is_mobile_online]).toEqual([true, false]);
    });
  });
});
