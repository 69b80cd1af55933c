import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import type { DeviceRow } from '../database/tables.ts';
import type { Caller } from './callers.ts';
import { PpmessageError } from './errors.ts';
import type { Page } from './pages.ts';

/** Pages that customers visited, as their programs report them (P-80). */

/** The longest report, as JSON text. */
const LONGEST_REPORT = 8192;

/**
 * Stores what a device reports. The visited page is its `href`, otherwise its `location.href`.
 *
 * @throws PpmessageError wrongType for a report that is too long
 */
export async function recordNavigation(
  { app_uuid, user_uuid, uuid: device_uuid }: DeviceRow,
  report: Readonly<Record<string, unknown>>,
  { clock, database }: Context,
): Promise<void> {
  const navigation_data = JSON.stringify(report);
  if (navigation_data.length > LONGEST_REPORT)
    throw new PpmessageError('wrongType', `The report has more than ${LONGEST_REPORT} characters`);
  await database
    .insertInto('ppmessage_navigations')
    .values({
      uuid: randomUUID(),
      app_uuid,
      user_uuid,
      device_uuid,
      visit_page_url: pageOf(report),
      navigation_data,
      created_at: clock.now(),
    })
    .execute();
}

function pageOf(report: Readonly<Record<string, unknown>>): string | null {
  const { location } = report as { location?: { href?: unknown } | null };
  const page = report.href ?? location?.href;
  return typeof page === 'string' ? page : null;
}

/** Reads a page of the records of a user or a device, newest first, and counts all of them. */
export async function pageNavigations(
  of: { user_uuid: string } | { device_uuid: string },
  { offset, size }: Page,
  { appUuid }: Caller,
  { database }: Context,
) {
  const records = database.selectFrom('ppmessage_navigations').where((is) => is.and({ app_uuid: appUuid, ...of }));
  const { total } = await records.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const list = await records
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('uuid')
    .limit(size)
    .offset(offset * size)
    .execute();
  return { list, total };
}
