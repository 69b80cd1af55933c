import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { findClient } from '../../oauth/clients.ts';
import { requireUser } from '../model/callers.ts';
import { changesOf } from '../model/changes.ts';
import { PpmessageError } from '../wire/errors.ts';
import { findApiKey, type Level } from '../model/keys.ts';
import type { ApiOperation, Caller } from '../wire/operation.ts';
import { removeAccount } from '../model/users.ts';
import { profile } from '../profile.ts';
import { insertTeam, prepareTeam, removeTeam } from '../model/apps.ts';
import { toApp } from '../wire/views.ts';

export const getAppInfo: ApiOperation<'getAppInfo'> = async ({ actor }, context) => toApp(await ownApp(actor, context));

export const updateAppInfo: ApiOperation<'updateAppInfo'> = async ({ body, actor }, { database }) => {
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
  if (Object.keys(changes).length === 0) throw new PpmessageError(33);
  const app = await database
    .updateTable('ppmessage_apps')
    .set({ ...changes, updated_at: Date.now() })
    .where('uuid', '=', actor.appUuid)
    .returningAll()
    .executeTakeFirstOrThrow(() => new PpmessageError(13));
  return toApp(app);
};

/** The new keys take over the addresses of the key that makes them: without any they could not be used. */
export const createApp: ApiOperation<'createApp'> = async ({ body, actor }, context) => {
  const { config, database } = context;
  const user = await requireUser(body.user_uuid, actor, context);
  if (user.is_service_user === 0) throw new PpmessageError(20, 'A customer cannot own an app');
  const client = await findClient(database, profile, actor.apiKey);
  const uuid = randomUUID();
  const now = Date.now();
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
  const { redirectUris = [] } = client ?? {};
  const team = await prepareTeam(config, { uuid, name: body.app_name, owner, redirectUris });
  await transact(database, (trx) => insertTeam(trx, team));
  return {
    uuid,
    app_name: team.app.app_name,
    app_key: team.own.apiKey,
    app_secret: team.own.apiSecret,
    user_uuid: owner.uuid,
    app_billing_email: team.app.app_billing_email,
    ppkefu_thirdparty: toApiKey('THIRD_PARTY_KEFU', team.kefu),
    ppconsole_thirdparty: toApiKey('THIRD_PARTY_CONSOLE', team.console),
  };
};

export const removeApp: ApiOperation<'removeApp'> = async ({ body, actor }, context) => {
  await requireOwner(body.user_uuid, actor, context);
  const removed = await transact(context.database, (trx) => removeTeam(trx, actor.appUuid));
  if (!removed) throw new PpmessageError(13);
};

/** One after the other: who stands before the first that cannot leave has left. */
export const leaveApp: ApiOperation<'leaveApp'> = async ({ body, actor }, context) => {
  const app = await ownApp(actor, context);
  for (const uuid of body.user_list) {
    const user = await requireUser(uuid, actor, context);
    if (user.uuid === app.user_uuid) throw new PpmessageError(38);
    await transact(context.database, (trx) => removeAccount(trx, user));
  }
};

export const getAppOwnedByUser: ApiOperation<'getAppOwnedByUser'> = async ({ body, actor }, context) => {
  const user = await requireUser(body.user_uuid, actor, context);
  const app = await ownApp(actor, context);
  if (app.user_uuid !== user.uuid) throw new PpmessageError(13, 'The user owns no app that this token may see');
  return { app: toApp(app) };
};

export const getApiInfo: ApiOperation<'getApiInfo'> = async ({ body, actor }, context) => {
  await requireOwner(body.user_uuid, actor, context);
  const keyOf = async (level: Level) => {
    const key = await findApiKey(actor.appUuid, level, context);
    if (key === undefined) throw new Error(`App ${actor.appUuid} has lost its ${level} key`);
    return toApiKey(level, key);
  };
  return {
    ppkefu_thirdparty: await keyOf('THIRD_PARTY_KEFU'),
    ppconsole_thirdparty: await keyOf('THIRD_PARTY_CONSOLE'),
  };
};

/** Throws 13 when it was removed a moment ago. */
const ownApp = ({ appUuid }: Caller, { database }: Context) =>
  database
    .selectFrom('ppmessage_apps')
    .selectAll()
    .where('uuid', '=', appUuid)
    .executeTakeFirstOrThrow(() => new PpmessageError(13));

/** Secrets and the end of an app are the owner's: the request has to name them, and the token has to be theirs. */
async function requireOwner(uuid: string, actor: Caller, context: Context): Promise<void> {
  const user = await requireUser(uuid, actor, context);
  const app = await ownApp(actor, context);
  if (user.uuid !== app.user_uuid) throw new PpmessageError(39);
  if (actor.userUuid !== user.uuid)
    throw new PpmessageError(20, 'Only the owner may do this, with a token of their own');
}

const toApiKey = (level: Level, key: { apiUuid: string; apiKey: string; apiSecret: string }) => ({
  api_uuid: key.apiUuid,
  api_level: level,
  api_key: key.apiKey,
  api_secret: key.apiSecret,
});
