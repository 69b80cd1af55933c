import { beforeAll, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type Seat, type TestApp, useDesk } from './desk.ts';

// P-51.
describeEachDatabase('ppmessage: statistics', (databases) => {
  const desk = useDesk(databases);
  let app: TestApp;
  let console: Seat;

  const hour = 3_600_000;
  const day = 24 * hour;
  const beijing = (time: number) => new Date(time + 8 * hour).toISOString();
  const dateOf = (time: number) => beijing(time).slice(0, 10);

  /** Moves messages into the past, with their conversation. */
  async function move(message: string, time: number): Promise<void> {
    await desk.database
      .updateTable('ppmessage_messages')
      .set({ created_at: time })
      .where('uuid', '=', message)
      .execute();
  }

  /** Noon of today, yesterday and three days ago: far from midnight. */
  const noon = Date.parse(`${dateOf(Date.now())}T12:00:00+08:00`);

  beforeAll(async () => {
    app = await desk.newApp();
    console = app.console;
    const { kefu } = app;
    const [one, two] = [await kefu.newCustomer(), await kefu.newCustomer()];
    const first = await kefu.newConversation(one, [kefu.user_uuid]);
    const second = await kefu.newConversation(two, [kefu.user_uuid]);
    await move(await kefu.say(first, one, '今天一'), noon);
    await move(await kefu.say(first, one, '今天二'), noon + hour);
    await move(await kefu.say(first, kefu.user_uuid, '今天答'), noon + hour);
    await move(await kefu.say(second, two, '昨天'), noon - day);
    await move(await kefu.say(second, kefu.user_uuid, '昨天答'), noon - day);
    await move(await kefu.say(first, one, '三天前'), noon - 3 * day);
  });

  it('counts agents, customers and messages in the overview', async () => {
    const { number } = await console.ok('PPCONSOLE_GET_OVERVIEW_NUMBER', {});
    expect(number).toMatchObject({
      agent: 2,
      today_customer: 1,
      yesterday_customer: 1,
      all_customer: 2,
      all_message: 6,
    });
  });

  describe('by hour of today', () => {
    const hours = (counts: Record<number, number>) =>
      Array.from({ length: 24 }, (_, index) => ({ [index]: counts[index] ?? 0 }));

    it('counts messages', async () => {
      const { number } = await console.ok('PPCONSOLE_GET_REAL_TIME_MESSAGE_NUMBER', {});
      expect(number).toEqual(hours({ 12: 1, 13: 2 }));
    });

    it('counts agents', async () => {
      const { number } = await console.ok('PPCONSOLE_GET_REAL_TIME_SERVICE_NUMBER', {});
      expect(number).toEqual(hours({ 13: 1 }));
    });

    it('counts customers', async () => {
      const { number } = await console.ok('PPCONSOLE_GET_REAL_TIME_CUSTOMER_NUMBER', {});
      expect(number).toEqual(hours({ 12: 1, 13: 1 }));
    });
  });

  describe('by day', () => {
    const range = () => ({ begin_date: dateOf(noon - 4 * day), end_date: dateOf(noon) });
    const days = (counts: number[]) =>
      Object.fromEntries(counts.map((count, index) => [dateOf(noon - (4 - index) * day), count]));

    it('counts messages, on the first and the last day too', async () => {
      const { number } = await console.ok('PPCONSOLE_GET_MESSAGE_NUMBER_BY_RANGE', range());
      expect(number).toEqual(days([0, 1, 0, 2, 3]));
    });

    it('counts agents', async () => {
      const { number } = await console.ok('PPCONSOLE_GET_SERVICE_NUMBER_BY_RANGE', range());
      expect(number).toEqual(days([0, 0, 0, 1, 1]));
    });

    it('counts customers', async () => {
      const { number } = await console.ok('PPCONSOLE_GET_CUSTOMER_NUMBER_BY_RANGE', range());
      expect(number).toEqual(days([0, 1, 0, 1, 1]));
    });

    it('accepts a range of one day', async () => {
      const today = dateOf(noon);
      const fields = { begin_date: today, end_date: today };
      const { number } = await console.ok('PPCONSOLE_GET_MESSAGE_NUMBER_BY_RANGE', fields);
      expect(number).toEqual({ [today]: 3 });
    });

    it.each([
      ['backwards', '2026-03-02', '2026-03-01'],
      ['a day that is none', '2026-02-30', '2026-03-01'],
      ['another format', '2026/03/01', '2026/03/02'],
      ['more than 366 days', '2025-01-01', '2026-01-02'],
    ])('is refused with error 44: %s', async (_, begin_date, end_date) => {
      expect(await console.code('PPCONSOLE_GET_MESSAGE_NUMBER_BY_RANGE', { begin_date, end_date })).toBe('44');
    });

    it('accepts a whole leap year', async () => {
      const fields = { begin_date: '2024-01-01', end_date: '2024-12-31' };
      const { number } = await console.ok('PPCONSOLE_GET_CUSTOMER_NUMBER_BY_RANGE', fields);
      expect(Object.keys(number)).toHaveLength(366);
    });
  });

  it('begins a day at midnight in Beijing', async () => {
    const other = await desk.newApp();
    const customer = await other.kefu.newCustomer();
    const conversation = await other.kefu.newConversation(customer, [other.kefu.user_uuid]);
    const midnight = Date.parse('2026-03-02T00:00:00+08:00');
    await move(await other.kefu.say(conversation, customer, '零点前'), midnight - 1);
    await move(await other.kefu.say(conversation, customer, '零点'), midnight);
    const fields = { begin_date: '2026-03-01', end_date: '2026-03-02' };
    const { number } = await other.console.ok('PPCONSOLE_GET_MESSAGE_NUMBER_BY_RANGE', fields);
    expect(number).toEqual({ '2026-03-01': 1, '2026-03-02': 1 });
  });

  it('counts nothing of another app', async () => {
    const { number } = await (await desk.newApp()).console.ok('PPCONSOLE_GET_OVERVIEW_NUMBER', {});
    expect(number).toMatchObject({ all_customer: 0, all_message: 0 });
  });
});
