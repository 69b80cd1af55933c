import type { Context } from '../context.ts';
import type { RequestInfo } from '../http/request.ts';
import { checkPassword, guard, guessKey, punish } from './accounts.ts';
import {
  encodeAddress,
  type Page,
  type Redirect,
  redirect,
  secondStepPage,
  signInPage,
  signInProblems,
} from './pages.ts';
import type { PagesProfile } from './profile.ts';
import { finishSecondStep, startSecondStep } from './second-step.ts';
import { type Browser, endSession, requireCsrfToken, startSession } from './sessions.ts';

/** Shows the sign-in form, or sends on who is signed in. */
export function showSignIn(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  returnTo: string | undefined,
): Page<200> | Redirect {
  const target = localAddress(returnTo);
  if (browser.account !== undefined) return redirect(request, target ?? profile.paths.home);
  return signInPage(200, profile, request, browser, { returnTo: target });
}

export interface SignInForm {
  csrf_token: string;
  username?: string | undefined;
  password?: string | undefined;
  challenge?: string | undefined;
  captcha?: string | undefined;
  return_to?: string | undefined;
}

// Attempts in browsers count apart from those that come through an application, and for each address: otherwise a
// stranger's wrong passwords would keep the owner out.
const attemptsOf = (request: RequestInfo) => `browser ${request.address}`;

/** In place of a client's id: a second step of a sign-in in a browser. */
const BROWSER = '';

/**
 * Takes the sign-in form, or that of the second step.
 *
 * @throws HttpError forbidden (CSRF), too_many_requests
 */
export async function submitSignIn(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  form: SignInForm,
  context: Context,
): Promise<Page<200> | Page<401> | Redirect> {
  requireCsrfToken(browser, form.csrf_token);
  const returnTo = localAddress(form.return_to);
  if (form.challenge)
    return submitCode(profile, request, browser, { ...form, challenge: form.challenge }, returnTo, context);
  const { username: login = '', password = '' } = form;
  if (login === '' || password === '') {
    return signInPage(401, profile, request, browser, { returnTo, login, problem: signInProblems.missing });
  }
  const account = await checkPassword(profile, login, password, attemptsOf(request), context);
  const refused = () =>
    signInPage(401, profile, request, browser, { returnTo, login, problem: signInProblems.credentials });
  if (account === undefined) return refused();
  if (account.secondStep !== undefined) {
    const challenge = await startSecondStep(profile, account, BROWSER, context);
    return secondStepPage(200, profile, request, browser, { returnTo, challenge });
  }
  const cookie = await startSession(profile, account, request, context);
  return cookie === undefined ? refused() : redirect(request, returnTo ?? profile.paths.home, cookie);
}

async function submitCode(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  { challenge, captcha = '' }: SignInForm & { challenge: string },
  returnTo: string | undefined,
  context: Context,
): Promise<Page<401> | Redirect> {
  const key = guessKey(profile, attemptsOf(request), challenge);
  await guard(context, key);
  const userId = await finishSecondStep(profile, { challenge }, captcha, context);
  const account = userId === undefined ? undefined : await profile.accounts.findById(context.database, userId);
  const cookie = account && (await startSession(profile, account, request, context));
  if (cookie === undefined) {
    await punish(context, key);
    return secondStepPage(401, profile, request, browser, { returnTo, challenge, problem: signInProblems.code });
  }
  return redirect(request, returnTo ?? profile.paths.home, cookie);
}

/** Signs out and goes back to the sign-in page. */
export async function signOut(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  form: { csrf_token: string; return_to?: string | undefined },
  context: Context,
): Promise<Redirect> {
  requireCsrfToken(browser, form.csrf_token);
  return redirect(
    request,
    localAddress(form.return_to) ?? profile.paths.signIn,
    await endSession(browser, request, context),
  );
}

/** Sends somebody who is not signed in to the sign-in form and back afterwards. */
export const toSignIn = (profile: PagesProfile, request: RequestInfo, returnTo: string): Redirect =>
  redirect(request, `${profile.paths.signIn}?return_to=${encodeURIComponent(encodeAddress(returnTo))}`);

/** An address below the API's base, or `undefined` when it leads anywhere else, dot segments included. */
function localAddress(address: string | undefined): string | undefined {
  if (address === undefined || !/^\/(?![/\\])/.test(address)) return undefined;
  const encoded = encodeAddress(address);
  if (!URL.canParse(encoded, 'http://local')) return undefined;
  const { host, pathname } = new URL(encoded, 'http://local');
  return host === 'local' && pathname === encoded.split(/[?#]/, 1)[0] ? encoded : undefined;
}
