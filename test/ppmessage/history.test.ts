import { beforeAll, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type Fields, useDesk } from './desk.ts';

// P-45: newest first, the boundary excluded, full pages.
describeEachDatabase('ppmessage: history', (databases) => {
  const desk = useDesk(databases);
  let conversation_uuid: string;
  let customer: string;
  /** Newest first. */
  const uuids: string[] = [];
  /** Several pages of ten and one more message. */
  const length = 31;

  beforeAll(async () => {
    customer = await desk.kefu.newCustomer();
    conversation_uuid = await desk.kefu.newConversation(customer, [desk.agent.user_uuid]);
    for (let index = 0; index < length; index++) {
      const from = index % 2 === 0 ? customer : desk.agent.user_uuid;
      uuids.unshift(await desk.kefu.say(conversation_uuid, from, String(index)));
    }
  });

  type Page = Partial<Fields<'PP_PAGE_HISTORY_MESSAGE'>>;
  const page = (fields: Page) => desk.kefu.ok('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid, ...fields });
  const listed = async (fields: Page) => (await page(fields)).list.map(({ uuid }) => uuid);

  it('begins with the newest 30', async () => {
    const first = await page({});
    expect(first.list.map(({ uuid }) => uuid)).toEqual(uuids.slice(0, 30));
    expect(first).toMatchObject({ total_count: length, return_count: 30, page_offset: 0, page_size: 30 });
  });

  describe('by page', () => {
    it.each([0, 1, 2, 3, 4])('returns page %i', async (page_offset) => {
      const one = await page({ page_offset, page_size: 10 });
      const wanted = uuids.slice(page_offset * 10, page_offset * 10 + 10);
      expect(one.list.map(({ uuid }) => uuid)).toEqual(wanted);
      expect(one).toMatchObject({ total_count: length, return_count: wanted.length, page_offset, page_size: 10 });
    });

    it('returns every message once on all pages together', async () => {
      const all: string[] = [];
      for (let page_offset = 0; all.length < length && page_offset < 20; page_offset++)
        all.push(...(await listed({ page_offset, page_size: 7 })));
      expect(all).toEqual(uuids);
    });

    it('corrects an offset or size that is out of range', async () => {
      expect(await page({ page_offset: -5, page_size: 0 })).toMatchObject({ page_offset: 0, page_size: 30 });
      expect(await page({ page_size: 100_000 })).toMatchObject({ page_size: 100, return_count: length });
      expect(await page({ page_offset: 2_000_000_000 })).toMatchObject({ return_count: 0, list: [] });
      expect(await page({ page_offset: -1e300, page_size: 1e300 })).toMatchObject({ page_offset: 0, page_size: 100 });
      expect(await page({ page_size: -1e300 })).toMatchObject({ page_size: 30 });
      expect(await page({ page_offset: 2 ** 31 - 1, page_size: 100 })).toMatchObject({ return_count: 0, list: [] });
    });

    it.each([2 ** 31, 1e300])('returns 28 for page_offset %d', async (page_offset) => {
      expect(await desk.kefu.code('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid, page_offset })).toBe('28');
      for (const name of ['PP_PAGE_USER_CONVERSATION', 'PP_PAGE_UNACKED_MESSAGE'] as const)
        expect(await desk.kefu.code(name, { user_uuid: desk.agent.user_uuid, page_offset })).toBe('28');
      expect(await desk.kefu.code('PP_PAGE_ONLINE_PORTAL_USER', { page_offset })).toBe('28');
    });
  });

  describe('next to a message', () => {
    it('returns older messages without it', async () => {
      expect(await listed({ max_uuid: uuids[4] as string, page_size: 3 })).toEqual(uuids.slice(5, 8));
      expect(await listed({ max_uuid: uuids[length - 1] as string })).toEqual([]);
    });

    it('returns the nearest newer messages without it, newest first', async () => {
      expect(await listed({ min_uuid: uuids[10] as string, page_size: 3 })).toEqual(uuids.slice(7, 10));
      expect(await listed({ min_uuid: uuids[2] as string, page_size: 10 })).toEqual(uuids.slice(0, 2));
      expect(await listed({ min_uuid: uuids[0] as string })).toEqual([]);
    });

    it('returns the same messages in both directions', async () => {
      const down: string[] = [];
      let max_uuid: string | undefined = uuids[0];
      while (max_uuid !== undefined) {
        const next = await listed({ max_uuid, page_size: 4 });
        down.push(...next);
        max_uuid = next.at(-1);
      }
      expect(down).toEqual(uuids.slice(1));
      const up: string[] = [];
      let min_uuid: string | undefined = uuids.at(-1);
      while (min_uuid !== undefined) {
        const next = await listed({ min_uuid, page_size: 4 });
        up.unshift(...next);
        min_uuid = next[0];
      }
      expect(up).toEqual(uuids.slice(0, -1));
    });

    it('ignores page_offset, and repeats the boundary', async () => {
      const one = await page({ max_uuid: uuids[4] as string, page_size: 3, page_offset: 7 });
      expect(one.list.map(({ uuid }) => uuid)).toEqual(uuids.slice(5, 8));
      expect(one).toMatchObject({ max_uuid: uuids[4], min_uuid: null, total_count: length, return_count: 3 });
    });

    it('returns an empty list for a message of another conversation', async () => {
      const { message } = await desk.things();
      for (const max_uuid of ['nowhere', message]) expect(await listed({ max_uuid })).toEqual([]);
    });

    it('returns 42 for both boundaries; null counts as none', async () => {
      const both = { conversation_uuid, max_uuid: uuids[1], min_uuid: uuids[9] };
      expect(await desk.kefu.code('PP_PAGE_HISTORY_MESSAGE', both)).toBe('42');
      expect(await listed({ max_uuid: null, min_uuid: null })).toEqual(uuids.slice(0, 30));
    });
  });

  it('returns every field of a message', async () => {
    const { list } = await page({ page_size: 1 });
    const { user_fullname, user_email } = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid: customer });
    expect(list[0]).toMatchObject({
      uuid: uuids[0],
      app_uuid: desk.app_uuid,
      conversation_uuid,
      conversation_type: 'P2S',
      from_uuid: customer,
      from_type: 'DU',
      message_type: 'NOTI',
      message_subtype: 'TEXT',
      body: String(length - 1),
      from_user: { uuid: customer, user_fullname, user_email },
    });
    expect(JSON.parse(list[0]?.message_body as string)).toMatchObject({ id: uuids[0], bo: String(length - 1) });
  });

  it('returns an empty list without messages', async () => {
    const silent = await desk.kefu.newConversation(await desk.kefu.newCustomer(), [desk.agent.user_uuid]);
    const none = await desk.kefu.ok('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid: silent });
    expect(none).toMatchObject({ list: [], total_count: 0, return_count: 0 });
  });

  it('is readable by a console', async () => {
    const { body } = await desk.console.post('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid, page_size: 1 });
    expect(body).toMatchObject({ error_code: '0', total_count: length });
  });
});
