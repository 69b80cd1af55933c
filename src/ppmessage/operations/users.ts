import { randomUUID } from 'node:crypto';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { isUniqueViolation, transact } from '../../database/transact.ts';
import { requireSubject, requireUser } from '../model/callers.ts';
import { changesOf } from '../model/changes.ts';
import { PpmessageError } from '../wire/errors.ts';
import type { ApiOperation } from '../wire/operation.ts';
import {
  endSignIns,
  findByEmail,
  hashUserPassword,
  isPasswordOf,
  normalizeEmail,
  prepareUser,
  removeAccount,
  withCards,
} from '../model/users.ts';
import { toUser, toUserCard, toUserRecord, toUserTimes } from '../wire/views.ts';

export const listAppServiceUsers: ApiOperation<'listAppServiceUsers'> = async ({ actor }, context) => {
  const { database } = context;
  const users = await database
    .selectFrom('ppmessage_users as user')
    .innerJoin('ppmessage_apps as app', 'app.uuid', 'user.app_uuid')
    .selectAll('user')
    .select('app.user_uuid as owner')
    .where('user.app_uuid', '=', actor.appUuid)
    .where('user.is_service_user', '=', 1)
    .where('user.removed_at', 'is', null)
    .orderBy('user.created_at')
    .orderBy('user.uuid')
    .execute();
  const cards = await withCards(actor.appUuid, users, context);
  return {
    list: cards.map((card) => ({
      ...toUserCard(card),
      is_owner_user: card.uuid === users[0]?.owner,
      is_service_user: true,
      is_distributor_user: card.is_distributor_user === 1,
    })),
  };
};

export const createUser: ApiOperation<'createUser'> = async ({ body, actor }, { database }) => {
  const user = await prepareUser(actor.appUuid, {
    email: body.user_email,
    fullname: body.user_fullname,
    password: body.user_password,
    isAgent: body.is_service_user ?? false,
    language: body.user_language ?? null,
    status: body.user_status,
  });
  await database
    .insertInto('ppmessage_users')
    .values(user)
    .execute()
    .catch((error: unknown) => {
      throw isUniqueViolation(error) ? new PpmessageError(22) : error;
    });
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

export const getUserUuid: ApiOperation<'getUserUuid'> = async ({ body, actor }, { database }) => {
  const { user_email: email, user_fullname: fullname = email.split('@')[0] as string, user_icon: icon } = body;
  const customer = await prepareUser(actor.appUuid, { email, fullname, icon, isAgent: false });
  const user = await database
    .insertInto('ppmessage_users')
    .values(customer)
    // Changes nothing, and so returns the row that is there already: it may be gone when it is looked for afterwards.
    .onConflict((conflict) =>
      conflict.columns(['app_uuid', 'user_email']).doUpdateSet({ user_email: customer.user_email }),
    )
    .returning(['uuid', 'is_service_user'])
    .executeTakeFirstOrThrow();
  if (user.is_service_user === 1) throw new PpmessageError(29);
  return { user_uuid: user.uuid };
};

export const createAnonymousUser: ApiOperation<'createAnonymousUser'> = async ({ body, actor }, { database }) => {
  const uuid = randomUUID();
  const email = `${uuid}@anonymous.invalid`;
  const visitor = await prepareUser(actor.appUuid, {
    uuid,
    email,
    fullname: `访客 ${uuid.slice(0, 6)}`,
    isAgent: false,
    status: 'ANONYMOUS',
  });
  const { ppcom_trace_uuid } = body;
  const user = await database
    .insertInto('ppmessage_users')
    .values({ ...visitor, is_anonymous_user: 1, ppcom_trace_uuid })
    // As in `getUserUuid`.
    .onConflict((conflict) => conflict.columns(['app_uuid', 'ppcom_trace_uuid']).doUpdateSet({ ppcom_trace_uuid }))
    .returningAll()
    .executeTakeFirstOrThrow();
  return {
    user_uuid: user.uuid,
    user_fullname: user.user_fullname,
    user_email: user.user_email ?? '',
    user_name: user.user_name,
    user_icon: user.user_icon,
  };
};

export const getUserInfo: ApiOperation<'getUserInfo'> = async ({ body, actor }, context) => {
  const user = await requireUser(body.user_uuid, actor, context);
  const { user_uuid: owner } = await context.database
    .selectFrom('ppmessage_apps')
    .select('user_uuid')
    .where('uuid', '=', actor.appUuid)
    .executeTakeFirstOrThrow(() => new PpmessageError(13));
  return {
    ...toUser(user),
    is_owner_user: user.uuid === owner,
    is_service_user: user.is_service_user === 1,
    ...toUserTimes(user),
  };
};

export const getUserDetail: ApiOperation<'getUserDetail'> = async ({ body, actor }, context) => {
  const user = await requireUser(body.user_uuid, actor, context).catch((error: unknown) => {
    throw error instanceof PpmessageError && error.number === 7 ? new PpmessageError(18) : error;
  });
  return toUserRecord(user);
};

export const updateUser: ApiOperation<'updateUser'> = async ({ body, actor }, context) => {
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
    if (oldPassword === undefined) throw new PpmessageError(6, 'old_password is required to change the password');
    const guess = { login: user.uuid, password: oldPassword, through: actor.apiKey };
    if (!(await isPasswordOf(user, guess, context))) throw new PpmessageError(10);
  }
  const values = {
    ...changes,
    ...(email !== undefined && { user_email: normalizeEmail(email) }),
    ...(newPassword !== undefined && { password_hash: await hashUserPassword(newPassword) }),
  };
  if (Object.keys(values).length === 0) throw new PpmessageError(33);
  await transact(context.database, async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('ppmessage_users')
      .set({ ...values, updated_at: Date.now() })
      .where('app_uuid', '=', actor.appUuid)
      .where('uuid', '=', user.uuid)
      .where('removed_at', 'is', null)
      .$if(newPassword !== undefined, (query) => query.where('password_hash', '=', user.password_hash))
      .executeTakeFirst();
    // Somebody else has changed the password, or removed the account.
    if (numUpdatedRows === 0n) throw new PpmessageError(newPassword === undefined ? 7 : 10);
    if (newPassword !== undefined) await endSignIns(trx, user, actor.tokenId);
  }).catch((error: unknown) => {
    throw isUniqueViolation(error) ? new PpmessageError(22) : error;
  });
};

export const removeUser: ApiOperation<'removeUser'> = async ({ body, actor }, context) => {
  const user = await requireUser(body.user_uuid, actor, context);
  const guess = { login: user.uuid, password: body.user_password, through: actor.apiKey };
  if (!(await isPasswordOf(user, guess, context))) throw new PpmessageError(10);
  const owned = await context.database
    .selectFrom('ppmessage_apps')
    .select('uuid')
    .where('uuid', '=', actor.appUuid)
    .where('user_uuid', '=', user.uuid)
    .executeTakeFirst();
  if (owned !== undefined) throw new PpmessageError(38);
  await transact(context.database, (trx) => removeAccount(trx, user));
};

export const isEmailValid: ApiOperation<'isEmailValid'> = async ({ body, actor }, { database }) => {
  const { user_email: email } = body;
  const user = await findByEmail(actor.appUuid, email, database);
  return { valid: user === undefined && looksLikeEmail(email) };
};

/** As the contract checks the e-mail of a new user. */
const looksLikeEmail = (text: string) => text.length <= 64 && emailFormat.test(text);
const emailFormat = fullFormats.email as RegExp;
