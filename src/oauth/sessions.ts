import { createHmac } from 'node:crypto';
import type { Context } from '../context.ts';
import type { Transaction } from '../database/open.ts';
import { transact } from '../database/transact.ts';
import { HttpError } from '../errors.ts';
import type { CredentialSource, SecurityHandler } from '../http/api.ts';
import type { RequestInfo } from '../http/request.ts';
import { equalSecrets, randomHex, sha256 } from '../secrets.ts';
import type { Account, PagesProfile } from './profile.ts';
import { lockSignIns } from './tokens.ts';

/** Name of the cookie, as the contracts' security scheme has it. */
const COOKIE = 'qiyue_session';
const LIFETIME = 12 * 3600;

/** A browser, signed in or not. */
export interface Browser {
  /** Value of its cookie; `fresh` until the browser has been told. */
  cookie: string;
  fresh: boolean;
  account: Account | undefined;
}

/** The security handler of the pages: whoever has no valid session is somebody who is not signed in. */
export function sessionHandler(profile: PagesProfile): SecurityHandler {
  return async (source: CredentialSource, { database }: Context): Promise<Browser> => {
    const cookie = source.cookie(COOKIE);
    if (cookie === undefined || !/^[0-9a-f]{64}$/.test(cookie))
      return { cookie: randomHex(32), fresh: true, account: undefined };
    const session = await database
      .selectFrom('oauth_sessions')
      .select('user_id')
      .where('id_hash', '=', sha256(cookie))
      .where('api', '=', profile.api)
      .where('expires_at', '>', Date.now())
      .executeTakeFirst();
    const account = session && (await profile.accounts.findById(database, session.user_id));
    return { cookie, fresh: false, account };
  };
}

/**
 * Signs an account in, unless its password was changed since it was read. The cookie gets a new value, so one that
 * somebody else planted before is worth nothing.
 */
export async function startSession(
  profile: PagesProfile,
  account: Account,
  request: RequestInfo,
  { database }: Context,
): Promise<string | undefined> {
  const cookie = randomHex(32);
  const now = Date.now();
  return transact(database, async (trx) => {
    await lockSignIns(trx, profile, account.id);
    const current = await profile.accounts.findById(trx, account.id);
    if (current?.passwordHash !== account.passwordHash) return undefined;
    await trx
      .insertInto('oauth_sessions')
      .values({
        id_hash: sha256(cookie),
        api: profile.api,
        user_id: account.id,
        created_at: now,
        expires_at: now + LIFETIME * 1000,
      })
      .execute();
    return cookieHeader(request, cookie, LIFETIME);
  });
}

/** Whether the session of a browser is still there. */
export const hasSession = async (trx: Transaction, { api }: PagesProfile, { cookie }: Browser): Promise<boolean> =>
  (await trx
    .selectFrom('oauth_sessions')
    .select('id_hash')
    .where('id_hash', '=', sha256(cookie))
    .where('api', '=', api)
    .executeTakeFirst()) !== undefined;

/** Signs a browser out; the header makes it forget its cookie. */
export async function endSession(browser: Browser, request: RequestInfo, { database }: Context): Promise<string> {
  await database.deleteFrom('oauth_sessions').where('id_hash', '=', sha256(browser.cookie)).execute();
  return cookieHeader(request, '', 0);
}

/** The `Set-Cookie` that a page needs so that its form can be sent; none when the browser has its cookie. */
export const cookieForForm = (browser: Browser, request: RequestInfo): { 'Set-Cookie'?: string } =>
  browser.fresh ? { 'Set-Cookie': cookieHeader(request, browser.cookie, LIFETIME) } : {};

function cookieHeader(request: RequestInfo, value: string, maxAge: number): string {
  const parts = [
    `${COOKIE}=${value}`,
    `Path=${request.basePath || '/'}`,
    `Max-Age=${maxAge}`,
    'HttpOnly',
    'SameSite=Lax',
  ];
  return [...parts, ...(request.secure ? ['Secure'] : [])].join('; ');
}

/** The CSRF token of a form: only who can read the cookie can compute it. */
export const csrfToken = (browser: Browser): string =>
  createHmac('sha256', browser.cookie).update('csrf').digest('hex');

/** Throws 403 unless the form was made for this browser. */
export function requireCsrfToken(browser: Browser, token: string): void {
  if (browser.fresh || !equalSecrets(csrfToken(browser), token)) {
    throw new HttpError('forbidden', 'This form was not made for this browser, or the session has changed since');
  }
}
