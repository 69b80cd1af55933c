import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import { keepLease, leaseEnds } from '../../live/lease.ts';
import type { ClientActor } from './access.ts';

/** A connection counts as open for this long after its last renewal. */
const LEASE_MS = 90_000;

/**
 * Makes a supporter online, on all nodes, until the returned function is called. Does nothing for other users: no
 * operation shows whether they are online.
 */
export async function keepOnline(
  { database, clock, log }: Pick<Context, 'database' | 'clock' | 'log'>,
  { appid, uid }: ClientActor,
): Promise<() => void> {
  const supporter = await database
    .selectFrom('gobelieve_supporters')
    .select('uid')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  if (supporter === undefined) return () => {};

  const connection = randomUUID();
  return keepLease({
    durationMs: LEASE_MS,
    acquire() {
      const expires_at = clock.now() + LEASE_MS;
      return database
        .insertInto('gobelieve_supporter_connections')
        .values({ connection, app_id: appid, uid, expires_at })
        .onConflict((conflict) => conflict.column('connection').doUpdateSet({ expires_at }))
        .execute();
    },
    release: () =>
      database.deleteFrom('gobelieve_supporter_connections').where('connection', '=', connection).execute(),
    onError: (error) => log.warn({ err: error }, 'the connection of a supporter could not be recorded'),
  });
}

/** Those of the given supporters who have an open connection. */
export async function listOnline(
  { database, clock }: Pick<Context, 'database' | 'clock'>,
  appid: number,
  uids: readonly number[],
): Promise<Set<number>> {
  const { after, upTo } = leaseEnds(LEASE_MS, clock.now());
  const rows = await database
    .selectFrom('gobelieve_supporter_connections')
    .select('uid')
    .distinct()
    .where('app_id', '=', appid)
    .where('uid', 'in', uids)
    .where('expires_at', '>', after)
    .where('expires_at', '<=', upTo)
    .execute();
  return new Set(rows.map(({ uid }) => uid));
}
