import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import type { ClientActor } from '../wire/operation.ts';

/** In ms: a connection counts for so long after it was last renewed. */
const LEASE = 90_000;
const RENEWAL = LEASE / 3;

/**
 * Makes a supporter on line while a connection of his is open, on whatever node. Of all other users nobody asks.
 *
 * @returns ends it
 */
export async function appear({ database, log }: Context, { appid, uid }: ClientActor): Promise<() => void> {
  const supporter = await database
    .selectFrom('gobelieve_supporters')
    .select('uid')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  if (supporter === undefined) return () => {};

  const connection = randomUUID();
  const renew = () => {
    const expires_at = Date.now() + LEASE;
    return database
      .insertInto('gobelieve_presence')
      .values({ connection, app_id: appid, uid, expires_at })
      .onConflict((conflict) => conflict.column('connection').doUpdateSet({ expires_at }))
      .execute();
  };
  const tolerate = (error: unknown) => log.warn({ err: error }, 'the presence of a supporter could not be told');
  await renew();
  let renewing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = renew().catch(tolerate);
  }, RENEWAL).unref();
  return () => {
    clearInterval(timer);
    renewing
      .then(() => database.deleteFrom('gobelieve_presence').where('connection', '=', connection).execute())
      .catch(tolerate);
  };
}

/** Which of these users have an open connection. */
export async function listOnline(database: Database, appid: number, uids: readonly number[]): Promise<number[]> {
  const rows = await database
    .selectFrom('gobelieve_presence')
    .select('uid')
    .distinct()
    .where('app_id', '=', appid)
    .where('uid', 'in', uids)
    .where('expires_at', '>', Date.now())
    .execute();
  return rows.map(({ uid }) => uid);
}
