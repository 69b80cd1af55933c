import { togetherIn } from '../../database/together.ts';
import { assignWaitingCustomers } from '../model/assignment.ts';
import { keyIn } from '../model/callers.ts';
import { changesOf } from '../model/changes.ts';
import { requireCustomer } from '../model/customers.ts';
import {
  changeDevice,
  changeOwnDevice,
  isCurrentDevice,
  isOnlineAt,
  registerDevice,
  requireDevice,
} from '../model/devices.ts';
import { PpmessageError, renameError } from '../model/errors.ts';
import { toOsType } from '../model/logins.ts';
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
  if (body.device_is_online === true) await assignWaitingCustomers(actor.appUuid, context);
};

/** Like `createDevice` for a customer, but a known device succeeds too. */
export const createCustomerDevice: ApiOperation<'createCustomerDevice'> = async ({ body, actor }, context) => {
  const customer = await requireCustomer(body.user_uuid, actor, context);
  const terminal_uuid = body.ppcom_trace_uuid || body.device_id;
  if (!terminal_uuid) throw new PpmessageError('missingField', 'device_id or ppcom_trace_uuid is required');
  const { device_ostype } = body;
  const uuid = await registerDevice(customer, { terminal_uuid, device_ostype }, actor, context).catch(uuidOfKnown);
  // A known device of an agent stays the agent's.
  await requireDevice(uuid, customer, context).catch(renameError('noSuchDevice', 'notPermitted'));
  const tokens = {
    device_ios_token: body.device_ios_token || undefined,
    device_android_gcmtoken: body.device_android_gcmtoken || undefined,
    device_android_jpush_registrationid: body.device_android_jpushtoken || undefined,
  };
  if (Object.values(tokens).some((token) => token !== undefined))
    await changeDevice(uuid, tokens, undefined, actor, context).catch(renameError('nothingToUpdate', 'notPermitted'));
  return { uuid, device_uuid: uuid };
};

function uuidOfKnown(error: unknown): string {
  if (error instanceof PpmessageError && error.reason === 'deviceExists' && error.fields.device_uuid !== undefined)
    return error.fields.device_uuid;
  throw error;
}

/** The older form of `updateDevice`, for a device of the token's own user. */
export const setDeviceInfo: ApiOperation<'setDeviceInfo'> = async ({ body, actor }, context) => {
  const changes = {
    device_fullname: body.fullname,
    device_phonenumber: body.phone,
    device_ostype: body.ostype === undefined ? undefined : toOsType(body.ostype),
    device_osversion: body.osversion,
    device_android_apilevel: body.apilevel,
    device_ios_model: body.iosmodel,
    device_ios_token: body.iostoken,
    device_android_gcmtoken: body.device_android_gcmtoken,
    device_android_jpush_registrationid: body.device_android_jpush_registrationid,
  };
  await changeOwnDevice(body.device_uuid, changes, actor, context);
};

export const validateOnlineDevice: ApiOperation<'validateOnlineDevice'> = async ({ body, actor }, context) => {
  const [user, device] = await togetherIn(context, (view) => [
    requireSubject(body.user_uuid, actor, view),
    requireDevice(body.device_uuid, keyIn(actor, body.user_uuid), view),
  ]);
  return { valid: isCurrentDevice(device, user) && isOnlineAt(device.online_until, context.clock.now()) };
};
