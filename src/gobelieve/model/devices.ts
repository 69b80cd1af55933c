import type { Database } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import type { ClientActor } from './access.ts';

/** Push tokens of devices: one for each user and push service (G-50). */

/** The push services, as the field names of the contract begin. */
export const pushServices = ['apns', 'pushkit', 'ng', 'xg', 'xm', 'hw', 'gcm', 'jp'] as const;

export interface PushToken {
  service: (typeof pushServices)[number];
  token: string;
}

/** Binds push tokens to a user. A token that was bound to another user of the app moves: the newest binding wins. */
export const bindPushTokens = (
  database: Database,
  { appid: app_id, uid }: ClientActor,
  tokens: readonly PushToken[],
): Promise<void> =>
  transact(database, async (trx) => {
    for (const { service, token } of tokens) {
      await lockInTransaction(trx, `gobelieve:device:${service}:${token}`);
      await trx
        .deleteFrom('gobelieve_devices')
        .where('app_id', '=', app_id)
        .where('service', '=', service)
        .where('token', '=', token)
        .where('uid', '!=', uid)
        .execute();
      await trx
        .insertInto('gobelieve_devices')
        .values({ app_id, uid, service, token })
        .onConflict((conflict) => conflict.columns(['app_id', 'uid', 'service']).doUpdateSet({ token }))
        .execute();
    }
  });

/** Unbinds exactly these tokens: an old device must not unbind the token of a new one. */
export async function unbindPushTokens(
  database: Database,
  { appid, uid }: ClientActor,
  tokens: readonly PushToken[],
): Promise<void> {
  for (const { service, token } of tokens) {
    await database
      .deleteFrom('gobelieve_devices')
      .where('app_id', '=', appid)
      .where('uid', '=', uid)
      .where('service', '=', service)
      .where('token', '=', token)
      .execute();
  }
}
