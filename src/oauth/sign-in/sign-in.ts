import type { Context } from '../../context.ts';
import type { RequestInfo } from '../../http/request.ts';
import { type SignInPage, type SignInProblem, secondStepPage, signInPage } from '../pages/sign-in-page.ts';
import type { PagesProfile } from '../profile.ts';
import { encodeAddress, type Redirect, redirect, toQuery } from '../redirect.ts';
import { authenticateUser } from './check-password.ts';
import { isCsrfToken, requireCsrfToken } from './csrf.ts';
import { localAddress } from './return-to.ts';
import { finishSecondStep, startSecondStep } from './second-step.ts';
import { type Browser, endSession, startSession } from './sessions.ts';

/** The query of the sign-in form. */
export interface SignInParameters {
  return_to?: string | undefined;
  /** `login` shows the form to a browser that is signed in. */
  prompt?: string | undefined;
  /** Fills in the login. */
  login_hint?: string | undefined;
}

/** The fields of the sign-in form, or of the form for the second step. */
export interface SignInForm {
  csrf_token: string;
  username?: string | undefined;
  password?: string | undefined;
  challenge?: string | undefined;
  captcha?: string | undefined;
  return_to?: string | undefined;
}

/** Shows the sign-in form. A browser that is signed in is redirected to `return_to`, unless it has to sign in again. */
export function showSignIn(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  { return_to: returnTo, prompt, login_hint: login }: SignInParameters,
): SignInPage<200> | Redirect {
  const target = localAddress(returnTo);
  if (browser.account !== undefined && prompt !== 'login') return redirect(request, target ?? profile.paths.home);
  return signInPage(200, profile, request, browser, { returnTo: target, login });
}

/** Redirects to the sign-in form, which leads back to `returnTo`. */
export const redirectToSignIn = (
  profile: PagesProfile,
  request: RequestInfo,
  returnTo: string,
  more: Omit<SignInParameters, 'return_to'> = {},
): Redirect => redirect(request, `${profile.paths.signIn}?${toQuery({ return_to: encodeAddress(returnTo), ...more })}`);

/**
 * Submits the sign-in form, or the form for the second step.
 *
 * @throws HttpError forbidden (CSRF), too_many_requests
 */
export async function submitSignIn(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  form: SignInForm,
  context: Context,
): Promise<SignInPage<200> | SignInPage<401> | Redirect> {
  const returnTo = localAddress(form.return_to);
  // The user has signed in in another tab since this form was opened. The old form only leads on, and changes nothing.
  if (browser.account !== undefined && !isCsrfToken(browser, form.csrf_token))
    return redirect(request, returnTo ?? profile.paths.home);
  requireCsrfToken(browser, form.csrf_token);
  const { challenge, captcha = '' } = form;
  return challenge
    ? submitCode(profile, request, browser, { challenge, captcha, returnTo }, context)
    : submitPassword(profile, request, browser, { ...form, returnTo }, context);
}

async function submitPassword(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  { username: login = '', password = '', returnTo }: SignInForm & { returnTo: string | undefined },
  context: Context,
): Promise<SignInPage<200> | SignInPage<401> | Redirect> {
  const failed = (problem: SignInProblem) => signInPage(401, profile, request, browser, { returnTo, login, problem });
  if (login === '' || password === '') return failed('missing');
  const account = await authenticateUser(profile, login, password, { network: request.network }, context);
  if (account === undefined) return failed('credentials');
  if (account.secondStep !== undefined) {
    if (!context.messages.reaches(account.secondStep.channel)) return failed('undeliverable');
    const challenge = await startSecondStep(profile, account, { network: request.network }, context);
    return secondStepPage(200, profile, request, browser, { returnTo, challenge });
  }
  const cookie = await startSession(profile, account, request, context);
  return cookie === undefined ? failed('credentials') : redirect(request, returnTo ?? profile.paths.home, cookie);
}

async function submitCode(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  { challenge, captcha, returnTo }: { challenge: string; captcha: string; returnTo: string | undefined },
  context: Context,
): Promise<SignInPage<401> | Redirect> {
  const userId = await finishSecondStep(profile, { challenge }, captcha, { network: request.network }, context);
  const account = userId === undefined ? undefined : await profile.accounts.findById(context.database, userId);
  const cookie = account && (await startSession(profile, account, request, context));
  if (cookie === undefined)
    return secondStepPage(401, profile, request, browser, { returnTo, challenge, problem: 'code' });
  return redirect(request, returnTo ?? profile.paths.home, cookie);
}

/** Signs out and redirects to `return_to`, or to the sign-in page. */
export async function signOut(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  form: { csrf_token: string; return_to?: string | undefined },
  context: Context,
): Promise<Redirect> {
  requireCsrfToken(browser, form.csrf_token);
  const cookie = await endSession(browser, request, context);
  return redirect(request, localAddress(form.return_to) ?? profile.paths.signIn, cookie);
}
