import { sql } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { prepare } from '../../database/prepare.ts';
import { deleteInSteps, inSteps, STEP_ROWS } from '../../database/steps.ts';
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
 * Deletes an app with everything that belongs to it. What there may be much of goes before the app, in steps; when these
 * are interrupted, call it again.
 *
 * @returns false when there is none
 */
export async function deleteApp(
  { database, clock }: Pick<Context, 'clock' | 'database'>,
  appid: number,
): Promise<boolean> {
  const ofApp = sql`app_id = ${appid}`;
  await deleteInSteps(database, 'gobelieve_messages', ['app_id', 'id'], ofApp);
  await deleteInSteps(database, 'gobelieve_queue_entries', ['app_id', 'owner', 'id'], ofApp);
  await deleteInSteps(database, 'gobelieve_memberships', ['app_id', 'uid', 'group_id', 'after_id'], ofApp);
  await deleteInSteps(database, 'gobelieve_members', ['group_id', 'uid'], ofApp);
  await deleteInSteps(database, 'gobelieve_tokens', ['token_hash'], ofApp);
  await deleteInSteps(database, 'gobelieve_users', ['app_id', 'uid'], ofApp);
  await deleteInSteps(database, 'gobelieve_customers', ['app_id', 'client_id'], ofApp);
  await deleteInSteps(database, 'gobelieve_devices', ['app_id', 'uid', 'service'], ofApp);
  await deleteInSteps(database, 'gobelieve_sent_messages', ['app_id', 'digest'], ofApp);
  await deleteInSteps(database, 'gobelieve_relations', ['app_id', 'uid', 'kind', 'other_uid'], ofApp);
  await deleteInSteps(database, 'gobelieve_quiet_peers', ['app_id', 'uid', 'peer_uid'], ofApp);
  await deleteInSteps(database, 'gobelieve_chosen_supporters', ['app_id', 'uid'], ofApp);
  await deleteInSteps(database, 'gobelieve_filtered_words', ['app_id', 'word'], ofApp);
  await deleteInSteps(database, 'gobelieve_groups', ['id'], ofApp);
  const now = clock.now();
  const dropOnce = (limit: number) => transact(database, (trx) => dropFilesOfApp(trx, appid, now, limit));
  await inSteps(dropOnce, STEP_ROWS / 2);
  return transact(database, async (trx) => {
    await dropFilesOfApp(trx, appid, now);
    const { numDeletedRows } = await trx.deleteFrom('gobelieve_apps').where('id', '=', appid).executeTakeFirst();
    // What was stored meanwhile.
    for (const table of ['gobelieve_messages', 'gobelieve_queue_entries', 'gobelieve_memberships'] as const)
      await trx.deleteFrom(table).where('app_id', '=', appid).execute();
    return numDeletedRows > 0n;
  });
}

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
