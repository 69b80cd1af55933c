import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import type { DeviceRow } from '../database/tables.ts';
import type { Caller } from './callers.ts';
import { countRows, type Page } from './pages.ts';

/** Pages that customers visited, as their programs report them (P-80). */

/** The longest report, as JSON text, and the longest address of a page. */
const LONGEST_REPORT = 8192;
const LONGEST_PAGE = 2048;

/** Whether a report is too long to be stored. */
export const isTooLong = (report: object): boolean => JSON.stringify(report).length > LONGEST_REPORT;

/**
 * Stores what a device reports. The visited page is its `href`, otherwise its `location.href`; of a report that is too
 * long only the page is stored.
 */
export async function recordNavigation(
  { app_uuid, user_uuid, uuid: device_uuid }: DeviceRow,
  report: object,
  { clock, database }: Context,
): Promise<void> {
  const page = pageOf(report);
  await database
    .insertInto('ppmessage_navigations')
    .values({
      uuid: randomUUID(),
      app_uuid,
      user_uuid,
      device_uuid,
      visit_page_url: page,
      navigation_data: JSON.stringify(isTooLong(report) ? { href: page } : report),
      created_at: clock.now(),
    })
    .execute();
}

function pageOf(report: object): string | null {
  const { href, location } = report as { href?: unknown; location?: { href?: unknown } | null };
  const page = href ?? location?.href;
  return typeof page === 'string' ? page.slice(0, LONGEST_PAGE) : null;
}

/** Reads a page of the records of a user or a device, newest first, and counts all of them. */
export async function pageNavigations(
  of: { user_uuid: string } | { device_uuid: string },
  { offset, size }: Page,
  { appUuid }: Caller,
  { database }: Context,
) {
  const [{ total }, list] = await together(database, (view) => {
    const records = view.selectFrom('ppmessage_navigations').where((is) => is.and({ app_uuid: appUuid, ...of }));
    return [
      countRows(records),
      records
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('uuid')
        .limit(size)
        .offset(offset * size)
        .execute(),
    ];
  });
  return { list, total };
}
