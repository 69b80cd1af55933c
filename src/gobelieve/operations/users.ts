import type { Updateable } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import type { GobelieveUsersTable } from '../database/tables.ts';
import { uidOf } from '../model/actors.ts';
import type { Operation } from '../wire/operation.ts';
import { done } from '../wire/views.ts';

export const updateUser: Operation<'updateUser'> = async ({ params, body, actor }, { database }) => {
  const { appid } = actor;
  const { uid } = params;
  const { name, mute, forbidden, do_not_disturb: quiet } = body;
  const peer = quiet && { app_id: appid, uid, peer_uid: uidOf(quiet.peer_uid) };
  await transact(database, async (trx) => {
    await saveUser(trx, appid, uid, {
      ...(name !== undefined && { name }),
      ...(mute !== undefined && { mute: mute ? 1 : 0 }),
      ...(forbidden !== undefined && { forbidden: forbidden ? 1 : 0 }),
    });
    if (peer === undefined) return;
    if (quiet?.on) {
      const insert = trx.insertInto('gobelieve_quiet_peers').values(peer);
      await insert.onConflict((conflict) => conflict.doNothing()).execute();
    } else {
      const { app_id, peer_uid } = peer;
      const rows = trx.deleteFrom('gobelieve_quiet_peers').where('app_id', '=', app_id).where('uid', '=', uid);
      await rows.where('peer_uid', '=', peer_uid).execute();
    }
  });
  return done;
};

export const patchUser: Operation<'patchUser'> = (input, context) => updateUser(input, context);

/** Changes what is given and nothing else. Users need no registration, so the row may come to be here. */
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
