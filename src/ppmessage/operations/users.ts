import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { Context } from '../../context.ts';
import { togetherIn } from '../../database/together.ts';
import { isUniqueViolation, transact } from '../../database/transact.ts';
import type { RequestInfo } from '../../http/request.ts';
import type { UserRow } from '../database/tables.ts';
import { getOwnApp } from '../model/apps.ts';
import { assignWaitingCustomers } from '../model/assignment.ts';
import { type Caller, isWidget } from '../model/callers.ts';
import { changesOf } from '../model/changes.ts';
import { findOrCreateAnonymousCustomer, findOrCreateCustomer, findOrCreateKnownCustomer } from '../model/customers.ts';
import { PpmessageError, renameError } from '../model/errors.ts';
import { requireGroup } from '../model/groups.ts';
import { isPasswordOf } from '../model/sign-ins.ts';
import { listCards } from '../model/user-cards.ts';
import {
  agentsOf,
  changeUser,
  findUserByEmail,
  normalizeEmail,
  prepareUser,
  removeFromApp,
  requireSubject,
  requireUser,
} from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toGroupObject, toUser, toUserCard, toUserObject, toUserRecord, toUserTimes } from '../wire/views.ts';

export const listAppServiceUsers: ApiOperation<'listAppServiceUsers'> = ({ actor }, context) =>
  showAgents(actor, context);

export const listServiceUsers: ApiOperation<'listServiceUsers'> = ({ actor }, context) => showAgents(actor, context);

export const listColleagues: ApiOperation<'listColleagues'> = ({ actor }, context) => showAgents(actor, context);

async function showAgents(actor: Caller, context: Context) {
  const [app, cards] = await togetherIn(context, (view) => [getOwnApp(actor, view), listAgentCards(actor, view)]);
  return {
    list: cards.map((card) => ({
      ...toUserCard(card),
      is_owner_user: card.uuid === app.user_uuid,
      is_service_user: true,
      is_distributor_user: card.is_distributor_user === 1,
    })),
  };
}

export const createUser: ApiOperation<'createUser'> = async ({ body, actor }, context) => {
  const newUser = {
    email: body.user_email,
    fullname: body.user_fullname,
    password: body.user_password,
    isAgent: body.is_service_user ?? false,
    language: body.user_language ?? null,
    status: body.user_status,
  };
  const user = await prepareUser(actor.appUuid, newUser, context);
  await context.database
    .insertInto('ppmessage_users')
    .values(user)
    .execute()
    .catch((error: unknown) => {
      throw isUniqueViolation(error) ? new PpmessageError('userExists') : error;
    });
  if (newUser.isAgent) await assignWaitingCustomers(actor.appUuid, context);
  return {
    uuid: user.uuid,
    user_email: user.user_email,
    user_name: user.user_name,
    user_fullname: user.user_fullname,
    user_status: user.user_status,
    user_icon: user.user_icon,
    user_language: user.user_language,
    is_anonymous_user: false,
  };
};

export const getUserUuid: ApiOperation<'getUserUuid'> = async ({ body, actor }, context) => {
  const { user_email: email, user_fullname: fullname, user_icon: icon } = body;
  const customer = await findOrCreateCustomer(actor.appUuid, { email, fullname, icon }, context);
  return { user_uuid: customer.uuid };
};

export const createAnonymousUser: ApiOperation<'createAnonymousUser'> = ({ body, actor }, context) =>
  showAnonymous(body, actor, context);

export const createAnonymousCustomer: ApiOperation<'createAnonymousCustomer'> = ({ body, actor }, context) =>
  showAnonymous(body, actor, context);

async function showAnonymous(body: { ppcom_trace_uuid: string }, actor: Caller, context: Context) {
  const user = await findOrCreateAnonymousCustomer(actor.appUuid, body.ppcom_trace_uuid, context);
  return {
    user_uuid: user.uuid,
    user_fullname: user.user_fullname,
    user_email: user.user_email ?? '',
    user_name: user.user_name,
    user_icon: user.user_icon,
  };
}

export const getUserInfo: ApiOperation<'getUserInfo'> = async ({ body, actor }, context) => {
  const [user, app] = await togetherIn(context, (view) => [
    requireVisible(body.user_uuid, actor, view),
    getOwnApp(actor, view),
  ]);
  return {
    ...toUser(user),
    is_owner_user: user.uuid === app.user_uuid,
    is_service_user: user.is_service_user === 1,
    ...toUserTimes(user),
  };
};

export const getUserDetail: ApiOperation<'getUserDetail'> = async ({ body, actor }, context) => {
  // Here an unknown user has another error number than in `getUserInfo` (P-30).
  const user = await requireVisible(body.user_uuid, actor, context)
    .catch(renameError('noSuchUser', 'noSuchObject'))
    .catch(renameError('notPermitted', 'noSuchObject'));
  // The original's console opens only for an owner who has finished the sign-up (P-67).
  const isOwner = actor.isOwnProgram && actor.managesUsers && user.uuid === actor.userUuid;
  return { ...toUserRecord(user), ...(isOwner && user.user_status !== 'ADMIN' && { user_status: 'OWNER_2' }) };
};

/** The record of an administrator; other users do not exist here. */
export const getAdminDetail: ApiOperation<'getAdminDetail'> = async ({ body, actor }, context) => {
  const user = await requireUser(body.user_uuid, actor, context).catch(renameUnknown);
  if (user.user_status !== 'ADMIN') throw new PpmessageError('noSuchObject');
  return toUserRecord(user);
};

/** A user of another app does not exist either. */
const renameUnknown = (error: unknown): never => {
  const isUnknown = error instanceof PpmessageError && ['noSuchUser', 'notAppUser'].includes(error.reason);
  throw isUnknown ? new PpmessageError('noSuchObject') : error;
};

export const getObjectDetail: ApiOperation<'getObjectDetail'> = async ({ body, actor }, context) => {
  const uuid = body.uuid ?? body.user_uuid;
  if (uuid === undefined) throw new PpmessageError('missingField', 'uuid is required');
  const { updated_at, detail } = await readObject(body.type, uuid, actor, context);
  const isNewer = body.timestamp === null || body.timestamp === undefined || updated_at / 1000 > body.timestamp;
  return isNewer ? { updated: true, ...detail } : { updated: false };
};

async function readObject(type: 'DU' | 'OG', uuid: string, actor: Caller, context: Context) {
  if (type === 'OG') {
    const group = await requireGroup(uuid, actor, context).catch(renameError('noSuchGroup', 'noSuchObject'));
    return { updated_at: group.updated_at, detail: toGroupObject(group) };
  }
  const user = await requireUser(uuid, actor, context).catch(renameUnknown);
  // P-82: the widget's token knows agents by their cards alone.
  return {
    updated_at: user.updated_at,
    detail: toUserObject(user, user.is_service_user === 0 || Boolean(actor.userUuid)),
  };
}

export const getCustomerUuid: ApiOperation<'getCustomerUuid'> = async ({ body, actor }, context) => {
  const id = body.user_id || body.ent_user_id || undefined;
  const email = body.user_email || undefined;
  if (id === undefined && email === undefined) throw new PpmessageError('missingField', 'user_id is required');
  if (id === undefined && !isEmail(email as string)) throw new PpmessageError('invalidValue', 'user_email');
  const customer = {
    id,
    email,
    fullname: body.user_name || body.ent_user_name || body.user_fullname || undefined,
    icon: body.user_icon || body.ent_user_icon || undefined,
    mobile: body.user_mobile || undefined,
  };
  const user = await findOrCreateKnownCustomer(actor.appUuid, customer, context);
  return { ...toUserRecord(user), user_uuid: user.uuid };
};

export const listWelcomeTeam: ApiOperation<'listWelcomeTeam'> = async ({ actor }, context) => ({
  list: (await listAgentCards(actor, context)).map(toUserCard),
});

const listAgentCards = ({ appUuid }: Caller, context: Context) =>
  listCards(
    appUuid,
    (database) => {
      const agents = agentsOf(appUuid, database);
      return { users: agents.selectAll('user').execute(), uuids: agents.clearOrderBy().select('user.uuid') };
    },
    context,
  );

export const updateUser: ApiOperation<'updateUser'> = async ({ body, actor, request }, context) => {
  const user = await requireSubject(body.user_uuid, actor, context);
  const changes = changesOf(body, [
    'user_name',
    'user_firstname',
    'user_lastname',
    'user_fullname',
    'user_icon',
    'user_mobile',
    'user_qq',
    'user_wechat',
    'user_company',
    'user_signature',
    'user_language',
    'user_silence_notification',
    'user_show_badge',
    'user_mute_notification',
    'user_mute_other_mobile_device',
    'user_defined',
    'is_distributor_user',
  ]);
  const { user_email: email, old_password: oldPassword, user_password: newPassword = body.new_password } = body;
  if (newPassword !== undefined) {
    const guess = { ...guessAt(user, actor, request), password: oldPassword ?? '' };
    if (oldPassword === undefined && !maySetPassword(user, actor))
      throw new PpmessageError('missingField', 'old_password is required to change the password');
    if (oldPassword !== undefined && !(await isPasswordOf(user, guess, context)))
      throw new PpmessageError('wrongPassword');
  }
  const columns = { ...changes, ...(email !== undefined && { user_email: normalizeEmail(email) }) };
  await changeUser(user, { ...columns, password: newPassword, keepTokenId: actor.tokenId }, context);
};

export const removeUser: ApiOperation<'removeUser'> = async ({ body, actor, request }, context) => {
  const user = await requireUser(body.user_uuid, actor, context);
  const guess = { ...guessAt(user, actor, request), password: body.user_password };
  if (!(await isPasswordOf(user, guess, context))) throw new PpmessageError('wrongPassword');
  const remove = async () => {
    const app = await getOwnApp(actor, context);
    if (user.uuid === app.user_uuid) throw new PpmessageError('ownsApp');
    await transact(context.database, (trx) => removeFromApp(trx, user, context.clock.now()));
  };
  // The users of an app are removed with it.
  await remove().catch(renameError('noSuchApp', 'noSuchUser'));
};

export const isEmailValid: ApiOperation<'isEmailValid'> = async ({ body, actor }, { database }) => {
  const { user_email: email } = body;
  const user = await findUserByEmail(actor.appUuid, email, database);
  return { valid: user === undefined && isEmail(email) };
};

/** A user whose whole record the token may read: not an agent's for the widget, whose key is public (P-65). */
const requireVisible = (uuid: string, actor: Caller, context: Context) =>
  isWidget(actor) ? requireSubject(uuid, actor, context) : requireUser(uuid, actor, context);

/** The original's console sets the passwords of the agents without the old ones (P-66). */
const maySetPassword = ({ uuid }: UserRow, { isOwnProgram, managesUsers, userUuid }: Caller) =>
  isOwnProgram && managesUsers && uuid !== userUuid;

/** Where a guess at a user's password comes from, and what it counts for. */
const guessAt = ({ uuid }: UserRow, { apiKey }: Caller, { network }: RequestInfo) => ({
  subject: `user ${uuid}`,
  network,
  clientId: apiKey,
});

/** The contract checks the e-mail address of a new user in the same way. */
const isEmail = (text: string) => text.length <= 64 && emailFormat.test(text);
const emailFormat = fullFormats.email as RegExp;
