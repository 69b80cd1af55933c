import type { Context } from '../../context.ts';
import { isForeignKeyViolation } from '../../database/transact.ts';
import type { DeviceRow, UserRow } from '../database/tables.ts';
import { findAccount, listAccounts } from '../model/accounts.ts';
import { getApp } from '../model/apps.ts';
import type { Caller } from '../model/callers.ts';
import { requireDevice } from '../model/devices.ts';
import { PpmessageError, renameError } from '../model/errors.ts';
import { type DeviceLogin, logInOnDevice, logOutOnDevice, toOsType } from '../model/logins.ts';
import { endToken } from '../model/sign-ins.ts';
import { createOwner, sendNewPassword as send } from '../model/sign-ups.ts';
import { findUserByEmail, requireUser } from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toLoggedInUser } from '../wire/views.ts';

export const logIn: ApiOperation<'logIn'> = async ({ body, actor }, context) => {
  const login = toLogin(body, actor.tokenId);
  const user = await findUserByEmail(actor.appUuid, body.user_email, context.database);
  if (user === undefined) throw new PpmessageError('noSuchUser');
  if (user.uuid !== actor.userUuid) throw new PpmessageError('notPermitted', 'The token belongs to another user');
  return finishLogIn(user, login, context);
};

export const logInWithPassword: ApiOperation<'logInWithPassword'> = async ({ body, request }, context) => {
  const login = toLogin(body, null);
  const { app_uuid: appUuid, user_email: email, user_password: password } = body;
  const accounts = await listAccounts(email, appUuid ?? undefined, context);
  const chosen = appUuid ? accounts.filter(({ app_uuid }) => app_uuid === appUuid) : accounts;
  const user = await findAccount(chosen, { email, password, network: request.network }, context);
  if (user === undefined) throw new PpmessageError('wrongPassword');
  // As if the user or the app had been removed before the password was checked.
  return finishLogIn(user, login, context).catch((error: unknown) => {
    if (isForeignKeyViolation(error)) throw new PpmessageError('wrongPassword');
    return renameError(['noSuchApp', 'noSuchUser'], 'wrongPassword')(error);
  });
};

async function finishLogIn(user: UserRow, login: DeviceLogin, context: Context) {
  const { user: agent, device } = await logInOnDevice(user, login, context);
  return toLoggedInUser(agent, device, await getApp(agent.app_uuid, context));
}

export const logOut: ApiOperation<'logOut'> = async ({ body, actor }, context) => {
  const { user, device } = await requireOwnDevice(body.user_uuid, body.device_uuid, actor, context);
  await logOutOnDevice(user, device, actor.tokenId, context);
};

export const logOutDevice: ApiOperation<'logOutDevice'> = async ({ body, actor }, context) => {
  const { user, device } = await requireOwnDevice(body.from_uuid, body.device_uuid, actor, context);
  await logOutOnDevice(user, device, undefined, context);
};

async function requireOwnDevice(
  userUuid: string,
  deviceUuid: string,
  actor: Caller,
  context: Context,
): Promise<{ user: UserRow; device: DeviceRow }> {
  const user = await requireUser(userUuid, actor, context);
  if (user.uuid !== actor.userUuid) throw new PpmessageError('notPermitted');
  return { user, device: await requireDevice(deviceUuid, user, context) };
}

interface LoginFields {
  terminal: string;
  ostype: string;
  osversion?: string | null | undefined;
  osmodel?: string | null | undefined;
  device_fullname?: string | null | undefined;
  user_status?: UserRow['service_user_status'] | undefined;
  token?: string | null | undefined;
  device_ios_token?: string | null | undefined;
  device_android_gcmtoken?: string | null | undefined;
  device_android_jpush_registrationid?: string | null | undefined;
  ios_app_development?: boolean | undefined;
}

/** The device of a log-in. `token` is the push token of its system. */
function toLogin(body: LoginFields, tokenId: string | null): DeviceLogin {
  const type = toOsType(body.ostype);
  const { device_ios_token = type === 'IOS' ? body.token : null } = body;
  const { device_android_gcmtoken = type === 'AND' ? body.token : null } = body;
  return {
    terminal: body.terminal,
    type,
    status: body.user_status ?? 'READY',
    tokenId,
    columns: {
      device_fullname: body.device_fullname ?? null,
      device_osversion: body.osversion ?? null,
      ...(type === 'IOS' && { device_ios_model: body.osmodel ?? null }),
      device_ios_token: device_ios_token ?? null,
      device_android_gcmtoken: device_android_gcmtoken ?? null,
      device_android_jpush_registrationid: body.device_android_jpush_registrationid ?? null,
      is_development: body.ios_app_development === true ? 1 : 0,
    },
  };
}

export const getAppVersion: ApiOperation<'getAppVersion'> = async ({ body }, { database }) =>
  database
    .selectFrom('ppmessage_packages')
    .selectAll()
    .where('app_distinct_name', '=', body.app_distinct_name)
    .where('app_platform', '=', body.app_platform)
    .executeTakeFirstOrThrow(() => new PpmessageError('noSuchApp'));

export const signUp: ApiOperation<'signUp'> = async ({ body, actor, request }, context) => {
  const wanted = {
    email: body.user_email,
    fullname: body.user_fullname,
    password: body.user_password,
    appName: body.app_name ?? body.user_fullname,
    language: body.user_language ?? null,
  };
  const { owner, app, key } = await createOwner(wanted, actor, request.network, context);
  return {
    user: {
      uuid: owner.uuid,
      user_email: owner.user_email,
      user_name: owner.user_name,
      user_fullname: owner.user_fullname,
      user_status: owner.user_status,
      user_language: owner.user_language,
      is_anonymous_user: false,
    },
    app: {
      uuid: app.uuid,
      app_name: app.app_name,
      app_key: key.apiKey,
      app_secret: key.apiSecret,
      user_uuid: owner.uuid,
      app_billing_email: app.app_billing_email,
      app_route_policy: 'BROADCAST',
    },
  };
};

export const sendNewPassword: ApiOperation<'sendNewPassword'> = async ({ body, actor, request }, context) => {
  await send(body.user_email, actor, request.network, context);
};

export const logOutConsole: ApiOperation<'logOutConsole'> = async ({ actor }, { database }) => {
  await endToken(database, actor.tokenId);
};
