import { randomUUID } from 'node:crypto';
import { togetherIn } from '../../database/together.ts';
import { transact } from '../../database/transact.ts';
import { findClient } from '../../oauth/clients/clients.ts';
import {
  getOwnApp,
  insertApp,
  pageAppsOfUser,
  prepareApp,
  removeApp as remove,
  requireOwner,
  requireRoomForApp,
} from '../model/apps.ts';
import { assignWaitingCustomers } from '../model/assignment.ts';
import { changesOf } from '../model/changes.ts';
import { PpmessageError } from '../model/errors.ts';
import { requireKeys } from '../model/keys.ts';
import { type Level, levels } from '../model/levels.ts';
import { removeFromApp, requireSubject, requireUser } from '../model/users.ts';
import { profile } from '../profile.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toPage, toPageInfo } from '../wire/paging.ts';
import { toApiKey, toApp } from '../wire/views.ts';

export const getAppInfo: ApiOperation<'getAppInfo'> = async ({ actor }, context) =>
  toApp(await getOwnApp(actor, context));

export const updateAppInfo: ApiOperation<'updateAppInfo'> = async ({ body, actor }, context) => {
  const { clock, database } = context;
  const changes = changesOf(body, [
    'app_name',
    'app_icon',
    'company_name',
    'app_route_policy',
    'app_billing_email',
    'welcome_message',
    'offline_message',
    'return_offline_message',
    'show_ppcom_hover',
    'ppcom_launcher_style',
    'ppcom_launcher_color',
    'ppcom_powered_by_name',
    'ppcom_powered_by_link',
    'ppcom_powered_by_visible',
  ]);
  if (Object.keys(changes).length === 0) throw new PpmessageError('nothingToUpdate');
  const app = await database
    .updateTable('ppmessage_apps')
    .set({ ...changes, updated_at: clock.now() })
    .where('uuid', '=', actor.appUuid)
    .where('removed_at', 'is', null)
    .returningAll()
    .executeTakeFirstOrThrow(() => new PpmessageError('noSuchApp'));
  if (body.app_route_policy !== undefined) await assignWaitingCustomers(actor.appUuid, context);
  return toApp(app);
};

export const createApp: ApiOperation<'createApp'> = async ({ body, actor }, context) => {
  const { clock, config, database } = context;
  const user = await requireUser(body.user_uuid, actor, context);
  if (user.uuid !== actor.userUuid)
    throw new PpmessageError('notPermitted', 'An app can only be created for the user of the token');
  const uuid = randomUUID();
  const now = clock.now();
  const owner = {
    ...user,
    app_uuid: uuid,
    user_fullname: body.user_fullname ?? user.user_fullname,
    service_user_status: 'NULL' as const,
    is_distributor_user: 1 as const,
    mobile_device_uuid: null,
    browser_device_uuid: null,
    latest_send_message_time: null,
    created_at: now,
    updated_at: now,
  };
  // The new keys get the redirection URIs of the calling key: without any they could not be used (P-31).
  const { redirectUris = [] } = (await findClient(database, profile, actor.apiKey)) ?? {};
  const prepared = await prepareApp(context, { uuid, name: body.app_name, owner, redirectUris });
  await transact(database, async (trx) => {
    await requireRoomForApp(trx, owner.uuid, config);
    await insertApp(trx, prepared);
  });
  const { app, own, kefu, console } = prepared;
  return {
    uuid,
    app_name: app.app_name,
    app_key: own.apiKey,
    app_secret: own.apiSecret,
    user_uuid: owner.uuid,
    app_billing_email: app.app_billing_email,
    ppkefu_thirdparty: toApiKey('THIRD_PARTY_KEFU', kefu),
    ppconsole_thirdparty: toApiKey('THIRD_PARTY_CONSOLE', console),
  };
};

export const removeApp: ApiOperation<'removeApp'> = async ({ body, actor }, context) => {
  await requireOwner(body.user_uuid, actor, context);
  const wasRemoved = await transact(context.database, (trx) => remove(trx, actor.appUuid, context));
  if (!wasRemoved) throw new PpmessageError('noSuchApp');
};

/** Removes the users in their order, and stops at the first that cannot leave (P-29). */
export const leaveApp: ApiOperation<'leaveApp'> = async ({ body, actor }, context) => {
  const app = await getOwnApp(actor, context);
  for (const uuid of body.user_list) {
    const user = await requireSubject(uuid, actor, context);
    if (user.uuid === app.user_uuid) throw new PpmessageError('ownsApp');
    await transact(context.database, (trx) => removeFromApp(trx, user, context.clock.now()));
  }
};

export const getAppOwnedByUser: ApiOperation<'getAppOwnedByUser'> = async ({ body, actor }, context) => {
  const [user, app] = await togetherIn(context, (view) => [
    requireUser(body.user_uuid, actor, view),
    getOwnApp(actor, view),
  ]);
  if (app.user_uuid !== user.uuid)
    throw new PpmessageError('noSuchApp', 'The user owns no app that this token may see');
  return { app: toApp(app) };
};

/** The list of an administrator: the apps with an account of theirs (P-78). */
export const listApps: ApiOperation<'listApps'> = async ({ body, actor }, context) => {
  const page = toPage(body, actor);
  const [user, { list, total }] = await togetherIn(context, (view) => [
    requireUser(body.user_uuid, actor, view),
    pageAppsOfUser(body.user_uuid, page, view),
  ]);
  if (user.uuid !== actor.userUuid || user.user_status !== 'ADMIN') throw new PpmessageError('notAdministrator');
  return { app: list.map(toApp), ...toPageInfo(list, total, page) };
};

export const getApiInfo: ApiOperation<'getApiInfo'> = async ({ body, actor }, context) => {
  await requireOwner(body.user_uuid, actor, context);
  const keys = await requireKeys(actor.appUuid, levels, context);
  const showKey = (level: Level) => toApiKey(level, keys[level]);
  return {
    ppkefu_thirdparty: showKey('THIRD_PARTY_KEFU'),
    ppconsole_thirdparty: showKey('THIRD_PARTY_CONSOLE'),
    ppcom: showKey('PPCOM'),
    ppkefu: showKey('PPKEFU'),
    ppconsole: showKey('PPCONSOLE'),
  };
};
