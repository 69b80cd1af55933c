import { stringifySetCookie } from 'cookie';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import { transact } from '../../database/transact.ts';
import type { SecurityHandler } from '../../http/api.ts';
import type { RequestInfo } from '../../http/request.ts';
import { randomHex, sha256 } from '../../secrets.ts';
import type { Account, PagesProfile } from '../profile.ts';
import { rememberNetwork } from './known-networks.ts';
import { lockSignIns } from './sign-ins.ts';

/** Name of the cookie in the contracts' security scheme. */
const COOKIE = 'qiyue_session';

/** Browsers let no other host and no http page set a cookie with this prefix. It has to have the path `/`. */
const cookieName = ({ basePath, cookieWorld, secure }: RequestInfo) => {
  const name = cookieWorld === undefined ? COOKIE : `${COOKIE}_${cookieWorld}`;
  return secure && basePath === '' ? `__Host-${name}` : name;
};

const SESSION_LIFETIME_SECONDS = 12 * 3600;

/** A browser, signed in or not. */
export interface Browser {
  /** Value of its session cookie. */
  cookie: string;
  /** The value is new, and the browser does not have it yet. */
  fresh: boolean;
  /** Undefined when the browser is not signed in. */
  account: Account | undefined;
  /** When it was signed in. */
  authenticatedAt?: number | undefined;
}

/** The security handler of the pages. Without a valid session the browser is not signed in; this is no error. */
export function sessionHandler(profile: PagesProfile): SecurityHandler {
  return async (source, { clock, database }): Promise<Browser> => {
    const cookie = source.cookie(cookieName(source.request));
    if (cookie === undefined || !/^[0-9a-f]{64}$/.test(cookie))
      return { cookie: randomHex(32), fresh: true, account: undefined };
    const [session, account] = await together(database, (view) => {
      const found = view
        .selectFrom('oauth_sessions')
        .where('id_hash', '=', sha256(cookie))
        .where('api', '=', profile.api)
        .where('expires_at', '>', clock.now());
      return [found.select('created_at').executeTakeFirst(), profile.accounts.findById(view, found.select('user_id'))];
    });
    return { cookie, fresh: false, account, authenticatedAt: session?.created_at };
  };
}

/** The browser of a request to a page. @throws Error when `sessionHandler` did not run */
export function browserOf(actor: Browser | undefined): Browser {
  if (actor === undefined) throw new Error('The session handler of the pages did not run');
  return actor;
}

/**
 * Signs an account in. The cookie gets a new value, which prevents session fixation.
 *
 * @returns the `Set-Cookie` header, or undefined when the password has changed since the account was read
 */
export async function startSession(
  profile: PagesProfile,
  account: Account,
  request: RequestInfo,
  { clock, database }: Context,
): Promise<string | undefined> {
  const cookie = randomHex(32);
  const now = clock.now();
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
        expires_at: now + SESSION_LIFETIME_SECONDS * 1000,
      })
      .execute();
    await rememberNetwork(trx, profile, account.id, request.network, now);
    return setCookie(request, cookie, SESSION_LIFETIME_SECONDS);
  });
}

/** Whether the session of a browser still exists. */
export const hasSession = async (trx: Transaction, { api }: PagesProfile, { cookie }: Browser): Promise<boolean> =>
  (await trx
    .selectFrom('oauth_sessions')
    .select('id_hash')
    .where('id_hash', '=', sha256(cookie))
    .where('api', '=', api)
    .executeTakeFirst()) !== undefined;

/** Signs a browser out. @returns the `Set-Cookie` header that deletes the cookie */
export async function endSession(browser: Browser, request: RequestInfo, { database }: Context): Promise<string> {
  await database.deleteFrom('oauth_sessions').where('id_hash', '=', sha256(browser.cookie)).execute();
  return setCookie(request, '', 0);
}

/** The `Set-Cookie` of a page with a form; none when the browser has the cookie already. */
export const cookieForForm = (browser: Browser, request: RequestInfo): { 'Set-Cookie'?: string } =>
  browser.fresh ? { 'Set-Cookie': setCookie(request, browser.cookie, SESSION_LIFETIME_SECONDS) } : {};

function setCookie(request: RequestInfo, value: string, maxAge: number): string {
  const { basePath, secure } = request;
  const [name, path] = [cookieName(request), basePath || '/'];
  return stringifySetCookie({ name, value, path, maxAge, httpOnly: true, sameSite: 'lax', secure });
}
