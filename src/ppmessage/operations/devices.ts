import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { transact } from '../../database/transact.ts';
import { mayActFor, mayActForColumn, requireDevice, requireSubject, requireUser } from '../model/callers.ts';
import { changesOf } from '../model/changes.ts';
import { PpmessageError } from '../wire/errors.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { requirePresent } from '../model/users.ts';
import { nextPosition } from '../model/messages.ts';
import { isMobile } from '../wire/views.ts';

/**
 * A device that is known already is told with error 25, and clients go on with it. It now belongs to whoever registers
 * it: a visitor's browser is the same after they have told who they are.
 */
export const createDevice: ApiOperation<'createDevice'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.user_uuid, actor, context);
  const terminal = body.ppcom_trace_uuid ?? body.device_id;
  if (terminal === undefined) throw new PpmessageError(6, 'device_id or ppcom_trace_uuid is required');
  const isCustomer = user.is_service_user === 0;
  const kind = isMobile(body.device_ostype, user) ? 'mobile' : 'browser';
  const column = isCustomer ? (`ppcom_${kind}_device_uuid` as const) : (`${kind}_device_uuid` as const);
  const now = Date.now();
  const uuid: string = randomUUID();

  const known = await transact(context.database, async (trx) => {
    // One after the other, and none while an account is removed: devices go with their users, and change hands.
    await nextPosition(trx, actor.appUuid);
    await requirePresent(trx, actor.appUuid, [user]);
    const owner = { user_uuid: user.uuid, is_ppcom_device: isCustomer ? (1 as const) : (0 as const) };
    const inserted = await trx
      .insertInto('ppmessage_devices')
      .values({
        ...owner,
        uuid,
        app_uuid: actor.appUuid,
        terminal_uuid: terminal,
        device_ostype: body.device_ostype,
        created_at: now,
        updated_at: now,
      })
      .onConflict((conflict) => conflict.columns(['app_uuid', 'terminal_uuid']).doNothing())
      .returning('uuid')
      .executeTakeFirst();
    const device = await trx
      .selectFrom('ppmessage_devices')
      .select(['uuid', 'user_uuid'])
      .where('app_uuid', '=', actor.appUuid)
      .where('terminal_uuid', '=', terminal)
      .executeTakeFirstOrThrow();
    if (device.user_uuid !== user.uuid) {
      const handedOver = await trx
        .updateTable('ppmessage_devices')
        .set({ ...owner, online_until: 0, online_stream: null, updated_at: now })
        .where('uuid', '=', device.uuid)
        .where(mayActForColumn(actor, 'ppmessage_devices.user_uuid'))
        .returning('uuid')
        .executeTakeFirst();
      if (handedOver === undefined) return device.uuid;
      await trx
        .updateTable('ppmessage_users')
        .set({
          mobile_device_uuid: sql`nullif(mobile_device_uuid, ${device.uuid})`,
          browser_device_uuid: sql`nullif(browser_device_uuid, ${device.uuid})`,
          ppcom_mobile_device_uuid: sql`nullif(ppcom_mobile_device_uuid, ${device.uuid})`,
          ppcom_browser_device_uuid: sql`nullif(ppcom_browser_device_uuid, ${device.uuid})`,
        })
        .where('app_uuid', '=', actor.appUuid)
        .where('uuid', '=', device.user_uuid)
        .execute();
    }
    await trx
      .updateTable('ppmessage_users')
      .set({ [column]: device.uuid, updated_at: now })
      .where('app_uuid', '=', actor.appUuid)
      .where('uuid', '=', user.uuid)
      .execute();
    return inserted === undefined ? device.uuid : undefined;
  });

  if (known !== undefined) throw new PpmessageError(25, undefined, { device_uuid: known });
  return { device_uuid: uuid };
};

export const updateDevice: ApiOperation<'updateDevice'> = async ({ body, actor }, context) => {
  const { database } = context;
  const { device_is_online: isOnline } = body;
  const changes = changesOf(body, [
    'device_fullname',
    'device_phonenumber',
    'device_ostype',
    'device_osversion',
    'device_android_apilevel',
    'device_android_gcmtoken',
    'device_android_jpush_registrationid',
    'device_ios_model',
    'device_ios_token',
  ]);
  const device = await database
    .selectFrom('ppmessage_devices')
    .select(['uuid', 'user_uuid', 'online_until', 'online_since'])
    .where('uuid', '=', body.device_uuid)
    .where('app_uuid', '=', actor.appUuid)
    .executeTakeFirst();
  if (device === undefined || (isOnline === undefined && Object.keys(changes).length === 0))
    throw new PpmessageError(33);
  if (!mayActFor(actor, await requireUser(device.user_uuid, actor, context))) throw new PpmessageError(20);
  const now = Date.now();
  await database
    .updateTable('ppmessage_devices')
    .set({ ...changes, updated_at: now })
    .$if(isOnline === true, (update) =>
      update.set({
        online_until: ALWAYS,
        online_since: device.online_until > now ? device.online_since : now,
        online_stream: null,
      }),
    )
    .$if(isOnline === false, (update) => update.set({ online_until: 0, online_stream: null }))
    .where('uuid', '=', device.uuid)
    .execute();
};

/** A device that a request brings online is so until a request takes it offline. */
const ALWAYS = Number.MAX_SAFE_INTEGER;

export const validateOnlineDevice: ApiOperation<'validateOnlineDevice'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.user_uuid, actor, context);
  const device = await requireDevice(body.device_uuid, user.uuid, actor, context);
  const current = [
    user.mobile_device_uuid,
    user.browser_device_uuid,
    user.ppcom_mobile_device_uuid,
    user.ppcom_browser_device_uuid,
  ];
  return { valid: current.includes(device.uuid) && device.online_until > Date.now() };
};
