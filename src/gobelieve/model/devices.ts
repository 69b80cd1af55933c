import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import type { ClientActor } from './access.ts';
import { hashToken } from './tokens.ts';

/** Push tokens of devices: one for each user and push service (G-50). */

/** The push services, as the field names of the contract begin. */
export const pushServices = ['apns', 'pushkit', 'ng', 'xg', 'xm', 'hw', 'gcm', 'jp'] as const;

export interface PushToken {
  service: (typeof pushServices)[number];
  token: string;
}

/**
 * Binds push tokens to a user. A token that was bound to another user of the app moves: the newest binding wins.
 *
 * @param accessToken of the device: when it is revoked, the binding ends too
 */
export const bindPushTokens = (
  { database, clock }: Pick<Context, 'database' | 'clock'>,
  { appid: app_id, uid }: ClientActor,
  accessToken: string,
  tokens: readonly PushToken[],
): Promise<void> =>
  transact(database, async (trx) => {
    const newest = trx.selectFrom('gobelieve_apps').select('last_message_id').where('id', '=', app_id);
    const binding = { token_hash: hashToken(accessToken), bound_at: clock.now(), bound_after: newest };
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
        .values({ app_id, uid, service, token, ...binding })
        .onConflict((conflict) => conflict.columns(['app_id', 'uid', 'service']).doUpdateSet({ token, ...binding }))
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

/**
 * Ends the bindings of a push token that its service no longer knows, in all apps.
 *
 * @param since in milliseconds: a later binding is another one, and stays
 */
export async function forgetPushToken(
  database: Database,
  { service, token }: { service: string; token: string },
  since: number,
): Promise<void> {
  await database
    .deleteFrom('gobelieve_devices')
    .where('service', '=', service)
    .where('token', '=', token)
    .where('bound_at', '<=', since)
    .execute();
}

/** Sets the number on the icon of a user's app; the next push has one more (G-77). */
export async function setUnread(database: Database, { appid, uid }: ClientActor, unread: number): Promise<void> {
  await database
    .updateTable('gobelieve_devices')
    .set({ unread })
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .where('unread', '!=', unread)
    .execute();
}
