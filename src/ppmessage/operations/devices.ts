import { changesOf } from '../model/changes.ts';
import { changeDevice, isCurrentDevice, isOnlineAt, registerDevice, requireDevice } from '../model/devices.ts';
import { PpmessageError } from '../model/errors.ts';
import { requireSubject } from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';

export const createDevice: ApiOperation<'createDevice'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.user_uuid, actor, context);
  const terminal_uuid = body.ppcom_trace_uuid ?? body.device_id;
  if (terminal_uuid === undefined)
    throw new PpmessageError('missingField', 'device_id or ppcom_trace_uuid is required');
  const { device_ostype } = body;
  return { device_uuid: await registerDevice(user, { terminal_uuid, device_ostype }, actor, context) };
};

export const updateDevice: ApiOperation<'updateDevice'> = async ({ body, actor }, context) => {
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
  await changeDevice(body.device_uuid, changes, body.device_is_online, actor, context);
};

export const validateOnlineDevice: ApiOperation<'validateOnlineDevice'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.user_uuid, actor, context);
  const device = await requireDevice(body.device_uuid, user, context);
  return { valid: isCurrentDevice(device, user) && isOnlineAt(device.online_until, context.clock.now()) };
};
