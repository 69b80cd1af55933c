import { sql } from 'kysely';
import { CHINA_OFFSET_MS } from '../../clock.ts';
import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import type { Caller } from './callers.ts';
import { PpmessageError } from './errors.ts';
import { countRows } from './pages.ts';

/** Statistics by day and hour in Beijing time (P-51). A sender counts once in each day or hour. */

export type Counted = 'customers' | 'agents' | 'messages';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LONGEST_RANGE_DAYS = 366;

/** Counts the users and messages of an app, and the customers of yesterday and today. */
export async function countOverview({ appUuid }: Caller, { clock, database }: Context) {
  const today = startOfDay(clock.now());
  const spans = { from: today - DAY_MS, step: DAY_MS, steps: 2 };
  const [users, { total: messages }, [customersYesterday = 0, customersToday = 0]] = await together(
    database,
    (view) => [
      view
        .selectFrom('ppmessage_users')
        .select(['is_service_user', ({ fn }) => fn.countAll<number>().as('count')])
        .where('app_uuid', '=', appUuid)
        .where('removed_at', 'is', null)
        .groupBy('is_service_user')
        .execute(),
      countRows(view.selectFrom('ppmessage_messages').where('app_uuid', '=', appUuid)),
      count('customers', spans, appUuid, view),
    ],
  );
  const usersBy = (isAgent: 0 | 1) => users.find(({ is_service_user }) => is_service_user === isAgent)?.count ?? 0;
  return { agents: usersBy(1), customers: usersBy(0), customersYesterday, customersToday, messages };
}

/** Counts for each hour of today: 24 numbers. */
export const countByHour = (what: Counted, { appUuid }: Caller, { clock, database }: Context): Promise<number[]> =>
  count(what, { from: startOfDay(clock.now()), step: HOUR_MS, steps: 24 }, appUuid, database);

/**
 * Counts for each day of a range.
 *
 * @param begin the first day, `2026-03-01`
 * @param end the last day
 * @returns each day with its number
 * @throws PpmessageError invalidValue for days in the wrong order, or too many
 */
export async function countByDay(
  what: Counted,
  { begin, end }: { begin: string; end: string },
  { appUuid }: Caller,
  { database }: Context,
): Promise<[day: string, number: number][]> {
  const from = Date.parse(begin) - CHINA_OFFSET_MS;
  const steps = (Date.parse(end) - CHINA_OFFSET_MS - from) / DAY_MS + 1;
  if (!(steps >= 1 && steps <= LONGEST_RANGE_DAYS))
    throw new PpmessageError('invalidValue', `The range has to have 1 to ${LONGEST_RANGE_DAYS} days`);
  const counts = await count(what, { from, step: DAY_MS, steps }, appUuid, database);
  return counts.map((number, day) => [toDate(from + day * DAY_MS), number]);
}

/** The beginning of a day in Beijing, in milliseconds. */
export const startOfDay = (time: number) => time - ((time + CHINA_OFFSET_MS) % DAY_MS);

const toDate = (time: number) => new Date(time + CHINA_OFFSET_MS).toISOString().slice(0, 10);

/** Counts for each of `steps` spans of `step` milliseconds. */
async function count(
  what: Counted,
  { from, step, steps }: { from: number; step: number; steps: number },
  appUuid: string,
  database: Context['database'],
): Promise<number[]> {
  const messages = database
    .selectFrom('ppmessage_messages as message')
    .select(sql<number>`cast((message.created_at - ${from}) / ${sql.lit(step)} as integer)`.as('span'))
    .where('message.app_uuid', '=', appUuid)
    .where('message.created_at', '>=', from)
    .where('message.created_at', '<', from + steps * step)
    .groupBy('span');
  const rows =
    what === 'messages'
      ? await messages.select(({ fn }) => fn.countAll<number>().as('count')).execute()
      : await messages
          .innerJoin('ppmessage_users as sender', (join) =>
            join.onRef('sender.app_uuid', '=', 'message.app_uuid').onRef('sender.uuid', '=', 'message.from_uuid'),
          )
          .where('sender.is_service_user', '=', what === 'agents' ? 1 : 0)
          .select(({ fn }) => fn.count<number>('sender.uuid').distinct().as('count'))
          .execute();
  const counts = new Map(rows.map(({ span, count }) => [span, count]));
  return Array.from({ length: steps }, (_, span) => counts.get(span) ?? 0);
}
