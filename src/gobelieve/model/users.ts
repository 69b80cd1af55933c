import type { Updateable } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import type { GobelieveUsersTable } from '../database/tables.ts';

/** New settings of a user. Absent ones stay as they are. */
export interface UserSettings {
  name?: string | undefined;
  /** False: push to the phone although a desktop client is online. True is the default. */
  mute?: boolean | undefined;
  forbidden?: boolean | undefined;
  doNotDisturb?: { peerUid: number; on: boolean } | undefined;
}

/** Changes all given settings of a user, or none of them (G-15). */
export const updateUserSettings = (
  database: Database,
  appid: number,
  uid: number,
  { name, mute, forbidden, doNotDisturb }: UserSettings,
): Promise<void> =>
  transact(database, async (trx) => {
    await saveUser(trx, appid, uid, {
      ...(name !== undefined && { name }),
      ...(mute !== undefined && { notify_phone: mute ? 0 : 1 }),
      ...(forbidden !== undefined && { forbidden: forbidden ? 1 : 0 }),
    });
    if (doNotDisturb) await setDoNotDisturb(trx, appid, uid, doNotDisturb.peerUid, doNotDisturb.on);
  });

async function setDoNotDisturb(trx: Transaction, appid: number, uid: number, peerUid: number, on: boolean) {
  const row = { app_id: appid, uid, peer_uid: peerUid };
  if (on) {
    const insert = trx.insertInto('gobelieve_quiet_peers').values(row);
    await insert.onConflict((conflict) => conflict.doNothing()).execute();
    return;
  }
  await trx
    .deleteFrom('gobelieve_quiet_peers')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .where('peer_uid', '=', peerUid)
    .execute();
}

/** Changes the given columns. Creates the user's row if there is none: users need no registration (G-11). */
export async function saveUser(
  database: Database | Transaction,
  appid: number,
  uid: number,
  changes: Updateable<GobelieveUsersTable>,
): Promise<void> {
  await database
    .insertInto('gobelieve_users')
    .values({ app_id: appid, uid, ...changes })
    .onConflict((conflict) =>
      Object.keys(changes).length === 0
        ? conflict.doNothing()
        : conflict.columns(['app_id', 'uid']).doUpdateSet(changes),
    )
    .execute();
}

/** Keeps the number of unread messages that a device reports. Most devices report the number that is there. */
export async function setUnread(database: Database, appid: number, uid: number, unread: number): Promise<void> {
  const user = await database
    .selectFrom('gobelieve_users')
    .select('unread')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  if ((user?.unread ?? 0) !== unread) await saveUser(database, appid, uid, { unread });
}

/** The name of a user; undefined for a user who has no row. */
export async function findUserName(database: Database, appid: number, uid: number): Promise<string | undefined> {
  const user = await database
    .selectFrom('gobelieve_users')
    .select('name')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  return user?.name;
}
