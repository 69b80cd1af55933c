import { randomUUID } from 'node:crypto';
import { type Expression, sql } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { WAIT_MS } from '../database/housekeeping.ts';
import type { UserRow } from '../database/tables.ts';
import { whereOnline } from './devices.ts';
import { nextPosition } from './positions.ts';

/** Customers who wait for a conversation, in the order in which they came (P-70). */

type Customer = Pick<UserRow, 'app_uuid' | 'uuid'>;

/** A customer's asking is written down this often. Clients ask every few seconds. */
const ASK_MS = 30_000;

/** Customers who still wait, as of `now`. The alias of the table is `waiting`. */
export const waitingCustomers = (appUuid: string, database: Database | Transaction, now: number) =>
  database
    .selectFrom('ppmessage_waiting_customers as waiting')
    .where('waiting.app_uuid', '=', appUuid)
    .where(({ or, eb, exists, selectFrom }) =>
      or([
        eb('waiting.asked_at', '>=', now - WAIT_MS),
        exists(
          selectFrom('ppmessage_devices as device')
            .select('device.uuid')
            .whereRef('device.app_uuid', '=', 'waiting.app_uuid')
            .whereRef('device.user_uuid', '=', 'waiting.user_uuid')
            .where(whereOnline('device.online_until', now)),
        ),
      ]),
    );

/**
 * Puts a customer at the end of the queue of a group, or of the app. A customer who waits there already keeps the place,
 * except when the wait had ended meanwhile.
 *
 * @param seq a new position of the app, whose row is locked
 */
export async function enqueue(
  trx: Transaction,
  { app_uuid, uuid: user_uuid }: Customer,
  groupUuid: string | null,
  { seq, now }: { seq: number; now: number },
): Promise<void> {
  const own = sql<boolean>`user_uuid = ${user_uuid} and coalesce(group_uuid, '') = ${groupUuid ?? ''}`;
  const kept = await trx
    .updateTable('ppmessage_waiting_customers')
    .set({ asked_at: now })
    .where('app_uuid', '=', app_uuid)
    .where(own)
    .where('uuid', 'in', waitingCustomers(app_uuid, trx, now).select('waiting.uuid'))
    .returning('uuid')
    .executeTakeFirst();
  if (kept !== undefined) return;
  await trx.deleteFrom('ppmessage_waiting_customers').where('app_uuid', '=', app_uuid).where(own).execute();
  await trx
    .insertInto('ppmessage_waiting_customers')
    .values({ uuid: randomUUID(), app_uuid, user_uuid, group_uuid: groupUuid, seq, asked_at: now, created_at: now })
    .execute();
}

/** Notes that a customer who waits still asks. Returns whether that had to be written down. */
export async function noteAsking({ app_uuid, uuid }: Customer, { clock, database }: Context): Promise<boolean> {
  const now = clock.now();
  const { numUpdatedRows } = await database
    .updateTable('ppmessage_waiting_customers')
    .set({ asked_at: now })
    .where('app_uuid', '=', app_uuid)
    .where('user_uuid', '=', uuid)
    .where('asked_at', '<', now - ASK_MS)
    .where('uuid', 'in', waitingCustomers(app_uuid, database, now).select('waiting.uuid'))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Ends a customer's wait for one group; without `groupUuid` every wait. It runs before or after an assignment, never
 * beside one: whichever comes first wins.
 */
export async function cancelWaiting(
  { app_uuid, uuid }: Customer,
  groupUuid: string | undefined,
  { database }: Context,
): Promise<void> {
  await transact(database, async (trx) => {
    await nextPosition(trx, app_uuid);
    await trx
      .deleteFrom('ppmessage_waiting_customers')
      .where('app_uuid', '=', app_uuid)
      .where('user_uuid', '=', uuid)
      .$if(groupUuid !== undefined, (waiting) => waiting.where('group_uuid', '=', groupUuid as string))
      .execute();
  });
}

/** Counts the customers who wait in an app. */
export async function countWaiting(appUuid: string, { clock, database }: Context): Promise<number> {
  const { count } = await waitingCustomers(appUuid, database, clock.now())
    .select(({ fn }) => fn.count<number>('waiting.user_uuid').distinct().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** A customer's place in the queue, counted from 1; of several queues the best. Null for a customer who does not wait. */
export async function findPlace({ app_uuid, uuid }: Customer, { clock, database }: Context): Promise<number | null> {
  const now = clock.now();
  const ahead = (seq: Expression<number>, group: Expression<string | null>) =>
    waitingCustomers(app_uuid, database, now)
      .clearSelect()
      .select(({ fn }) => fn.countAll<number>().as('ahead'))
      .where('waiting.seq', '<', seq)
      .where(sql<boolean>`coalesce(waiting.group_uuid, '') = coalesce(${group}, '')`);
  const places = await database
    .selectFrom('ppmessage_waiting_customers as own')
    .select(({ ref }) => ahead(ref('own.seq'), ref('own.group_uuid')).as('ahead'))
    .where('own.app_uuid', '=', app_uuid)
    .where('own.user_uuid', '=', uuid)
    .where('own.uuid', 'in', waitingCustomers(app_uuid, database, now).select('waiting.uuid'))
    .execute();
  return places.length === 0 ? null : Math.min(...places.map(({ ahead }) => ahead ?? 0)) + 1;
}
