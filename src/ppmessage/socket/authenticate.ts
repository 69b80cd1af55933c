import type { Context } from '../../context.ts';
import type { DeviceRow, UserRow } from '../database/tables.ts';
import { requireApp } from '../model/apps.ts';
import type { Caller } from '../model/callers.ts';
import { requireDevice } from '../model/devices.ts';
import { PpmessageError } from '../model/errors.ts';
import { requireSubject } from '../model/users.ts';
import { findTokenCaller } from '../security.ts';
import { type Frame, RefusedFrameError, textField } from './frames.ts';

/** The user and the device at the other end of a connection. */
export interface Client {
  caller: Caller;
  user: UserRow;
  device: DeviceRow;
  extraData: object | null;
}

/** `extra_data` is stored and sent to every agent. */
const MAX_EXTRA_CHARACTERS = 8192;

/**
 * Identifies the client by its AUTH frame (P-96). The checks have the original's order.
 *
 * @throws RefusedFrameError
 */
export async function authenticate(frame: Frame, context: Context): Promise<Client> {
  const token = textField(frame, 'api_token');
  if (token === undefined) throw new RefusedFrameError('missingToken', 'api_token is missing');
  const caller = await requireCaller(token, context);
  const [appUuid, userUuid, deviceUuid] = ['app_uuid', 'user_uuid', 'device_uuid'].map((name) => {
    const uuid = textField(frame, name);
    if (uuid === undefined) throw new RefusedFrameError('missingUuid', `${name} is missing`);
    return uuid;
  }) as [string, string, string];
  const extraData = readExtraData(frame);
  try {
    await requireApp(appUuid, caller, context);
    const user = await requireSubject(userUuid, caller, context);
    return { caller, user, device: await requireDevice(deviceUuid, user, context), extraData };
  } catch (error) {
    if (!(error instanceof PpmessageError)) throw error;
    throw new RefusedFrameError('wrongLevel', 'The token may not act for this app, user and device');
  }
}

/** The levels that may open a socket. */
const LEVELS: readonly string[] = ['PPCOM', 'PPKEFU', 'THIRD_PARTY_KEFU'];

/**
 * Finds the caller of a token.
 *
 * @throws RefusedFrameError unknownToken, wrongLevel
 */
export async function requireCaller(token: string, context: Context): Promise<Caller> {
  const { levels, isOwner, ...caller } = await findTokenCaller(token, context).catch((error: unknown) => {
    throw error instanceof PpmessageError ? new RefusedFrameError('unknownToken', 'The token has ended') : error;
  });
  if (!levels.some((level) => LEVELS.includes(level)))
    throw new RefusedFrameError('wrongLevel', `The level of the token is not one of ${LEVELS.join(', ')}`);
  return { ...caller, managesUsers: false };
}

function readExtraData({ fields }: Frame): object | null {
  const { is_service_user: isServiceUser, extra_data: extraData } = fields;
  if (typeof isServiceUser !== 'boolean')
    throw new RefusedFrameError('missingServiceUser', 'is_service_user is missing');
  const isObject = typeof extraData === 'object' && extraData !== null;
  if (!isServiceUser && !isObject) throw new RefusedFrameError('missingExtraData', 'extra_data is missing');
  if (!isObject) return null;
  if (JSON.stringify(extraData).length > MAX_EXTRA_CHARACTERS)
    throw new RefusedFrameError('parameter', `extra_data has more than ${MAX_EXTRA_CHARACTERS} characters`);
  return extraData;
}
