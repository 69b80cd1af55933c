import { lockInTransaction, transact } from '../../database/transact.ts';
import type { Operation } from '../wire/operation.ts';
import { done } from '../wire/views.ts';

const services = ['apns', 'pushkit', 'ng', 'xg', 'xm', 'hw', 'gcm', 'jp'] as const;

export const bindDevice: Operation<'bindDevice'> = async ({ body, actor }, { database }) => {
  const { appid: app_id, uid } = actor;
  await transact(database, async (trx) => {
    for (const [service, token] of tokensIn(body)) {
      await lockInTransaction(trx, `gobelieve:device:${service}:${token}`);
      // The device may have been somebody else's: the newest binding decides where pushes go.
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
  return done;
};

/** Only the very token that is bound: an old device must not unbind a new one. */
export const unbindDevice: Operation<'unbindDevice'> = async ({ body, actor }, { database }) => {
  for (const [service, token] of tokensIn(body)) {
    await database
      .deleteFrom('gobelieve_devices')
      .where('app_id', '=', actor.appid)
      .where('uid', '=', actor.uid)
      .where('service', '=', service)
      .where('token', '=', token)
      .execute();
  }
  return done;
};

export const bindDeviceV2: Operation<'bindDeviceV2'> = (input, context) => bindDevice(input, context);

export const unbindDeviceV2: Operation<'unbindDeviceV2'> = (input, context) => unbindDevice(input, context);

type Tokens = Partial<Record<`${(typeof services)[number]}_device_token`, string>>;

/** Clients send every field that they know: what is empty is not there. */
const tokensIn = (body: Tokens) =>
  services.flatMap((service) => {
    const token = body[`${service}_device_token`];
    return token ? [[service, token] as const] : [];
  });
