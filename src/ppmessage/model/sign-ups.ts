import { randomInt, randomUUID } from 'node:crypto';
import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { findClient } from '../../oauth/clients/clients.ts';
import type { UserRow } from '../database/tables.ts';
import { profile } from '../profile.ts';
import { listAccounts } from './accounts.ts';
import { insertApp, prepareApp } from './apps.ts';
import type { Caller } from './callers.ts';
import { PpmessageError } from './errors.ts';
import { endSignIns, hashUserPassword } from './sign-ins.ts';
import { normalizeEmail, prepareUser } from './users.ts';

/** Owners sign up and ask for new passwords at the console (P-84). */

export interface SignUp {
  email: string;
  fullname: string;
  password: string;
  appName: string;
  language: UserRow['user_language'];
}

/**
 * Creates an owner with an app, and sends a welcoming mail.
 *
 * @param network of the caller, for which the sign-ups of an hour are limited
 * @throws PpmessageError userExists when an agent of any app has the e-mail address, notPermitted beyond the limit
 */
export async function createOwner(signUp: SignUp, caller: Caller, network: string, context: Context) {
  const { database, messages } = context;
  await limitAnonymous('sign-ups', network, context);
  await limitAnonymous('sign-ups-of', normalizeEmail(signUp.email), context);
  const uuid: string = randomUUID();
  const owner = await prepareUser(uuid, { ...signUp, isAgent: true, status: 'OWNER_2' }, context);
  const { redirectUris = [] } = (await findClient(database, profile, caller.apiKey)) ?? {};
  const prepared = await prepareApp(context, { uuid, name: signUp.appName, owner, redirectUris });
  await transact(database, async (trx) => {
    await lockInTransaction(trx, `ppmessage_sign_up:${owner.user_email}`);
    const taken = await trx
      .selectFrom('ppmessage_users as user')
      .innerJoin('ppmessage_apps as app', 'app.uuid', 'user.app_uuid')
      .select('user.uuid')
      .where('user.user_email', '=', owner.user_email)
      .where('user.is_service_user', '=', 1)
      .where('app.removed_at', 'is', null)
      .limit(1)
      .executeTakeFirst();
    if (taken !== undefined) throw new PpmessageError('userExists');
    await insertApp(trx, prepared);
    await messages.enqueue(trx, {
      api: profile.api,
      channel: 'email',
      to: owner.user_email,
      subject: `${signUp.appName}: signup successfully / 注册成功`,
      body: `${signUp.fullname}，您好！应用「${signUp.appName}」已经创建，现在就可以登录控制台。\n\nHello ${signUp.fullname}, the app "${signUp.appName}" has been created. You can sign in to the console now.`,
    });
  });
  return { owner, app: prepared.app, key: prepared.own };
}

/**
 * Gives an agent a random password, which is sent by mail. The old one and its tokens end at once, in every app of an
 * owner.
 *
 * @throws PpmessageError noSuchUser, or notPermitted beyond the limit of an hour
 */
export async function sendNewPassword(email: string, caller: Caller, network: string, context: Context): Promise<void> {
  const { clock, database, messages } = context;
  const to = normalizeEmail(email);
  await limitAnonymous('new-passwords', network, context);
  await limitAnonymous('new-passwords-of', to, context);
  const [account] = await listAccounts(to, caller.appUuid, context);
  if (account === undefined) throw new PpmessageError('noSuchUser');
  const password = randomPassword();
  const password_hash = await hashUserPassword(password, context);
  await transact(database, async (trx) => {
    const changed = await trx
      .updateTable('ppmessage_users')
      .set({ password_hash, updated_at: clock.now() })
      .where('uuid', '=', account.uuid)
      .where('user_email', '=', to)
      .where('removed_at', 'is', null)
      .returning(['app_uuid', 'uuid'])
      .execute();
    for (const user of changed) await endSignIns(trx, user);
    await messages.enqueue(trx, {
      api: profile.api,
      channel: 'email',
      to,
      subject: 'renew password / 新密码',
      body: `您的新密码是 ${password}，旧的已经失效。\n\nYour new password is ${password}. The old one has ended.`,
      code: password,
    });
  });
}

const passwordCharacters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_[]{}()|&$-';

const randomPassword = (): string =>
  Array.from({ length: 8 }, () => passwordCharacters[randomInt(passwordCharacters.length)]).join('');

/** Anyone has the key of the console's page, so one network and one address have a limit for each hour. */
async function limitAnonymous(what: string, key: string, { config, limits }: Context): Promise<void> {
  const points = limitOf(config, 'PPMESSAGE_SIGNUP_HOURLY_LIMIT');
  const rule = { name: `ppmessage-${what}`, points, seconds: 3600, block: 0 };
  await limits.consume(rule, key).catch((error: unknown) => {
    const isLimit = error instanceof HttpError && error.kind === 'too_many_requests';
    throw isLimit ? new PpmessageError('notPermitted', 'Too many requests of this kind in one hour') : error;
  });
}
