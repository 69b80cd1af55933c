import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { prepare } from '../../database/prepare.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { md5, randomHex } from '../../secrets.ts';
import { dropFilesOfApp } from './files.ts';

/** Apps, the tenants of this API. The command line creates them; the operations only read them. */

export interface NewApp {
  /** Defaults to the next id. */
  id?: number | undefined;
  name: string;
  /** Random by default. */
  secret?: string | undefined;
}

/** The row of a new app, and its secret. */
export async function prepareApp(
  { id, name, secret = randomHex(16) }: NewApp,
  { clock, passwords }: Pick<Context, 'clock' | 'passwords'>,
) {
  const secretHash = await passwords.hash(md5(secret));
  return { row: { ...(id !== undefined && { id }), name, secret_hash: secretHash, created_at: clock.now() }, secret };
}

export async function hasApp(database: Database | Transaction, appid: number): Promise<boolean> {
  const app = await database.selectFrom('gobelieve_apps').select('id').where('id', '=', appid).executeTakeFirst();
  return app !== undefined;
}

/**
 * Deletes an app with everything that belongs to it.
 *
 * @returns false when there is none
 */
export const deleteApp = ({ database, clock }: Pick<Context, 'clock' | 'database'>, appid: number): Promise<boolean> =>
  transact(database, async (trx) => {
    await dropFilesOfApp(trx, appid, clock.now());
    const { numDeletedRows } = await trx.deleteFrom('gobelieve_apps').where('id', '=', appid).executeTakeFirst();
    for (const table of ['gobelieve_messages', 'gobelieve_queue_entries', 'gobelieve_memberships'] as const)
      await trx.deleteFrom(table).where('app_id', '=', appid).execute();
    return numDeletedRows > 0n;
  });

const findSecret = prepare((database, { appid }: { appid: number }) =>
  database.selectFrom('gobelieve_apps').select('secret_hash').where('id', '=', appid),
);

/**
 * Whether the digest is the MD5 of the app's secret. After too many wrong guesses from one network it returns false
 * without a check: the contract has no 429 here, and an attacker learns nothing from a 401.
 *
 * @param digest 32 hex digits in lower case
 */
export async function isSecretOf(
  appid: number,
  digest: string,
  network: string,
  { config, database, limits, passwords }: Context,
): Promise<boolean> {
  const [app] = await findSecret(database, { appid });
  if (app !== undefined && passwords.wasVerified(app.secret_hash, digest)) return true;
  const rule = { name: 'gobelieve-secret', points: config.wrongGuesses, seconds: 300, block: 10 };
  const key = `${appid}:${network}`;
  try {
    return await limits.inTurn(`${rule.name}:${key}`, async () => {
      await limits.check(rule, key);
      // Also without an app: otherwise the duration and the limit would reveal which apps exist.
      if (await passwords.verifySecret(app?.secret_hash, digest)) return true;
      await limits.consume(rule, key);
      return false;
    });
  } catch (error) {
    if (error instanceof HttpError) return false;
    throw error;
  }
}
