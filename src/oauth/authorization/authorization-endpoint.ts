import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import type { RequestInfo } from '../../http/request.ts';
import { sha256 } from '../../secrets.ts';
import { afterSignIn, checkOpenIdParameters, requiredInteraction } from '../openid/parameters.ts';
import { type CodePage, codePage } from '../pages/code-page.ts';
import { type ConsentPage, consentPage } from '../pages/consent-page.ts';
import type { PagesProfile, Profile } from '../profile.ts';
import { type Redirect, toQuery } from '../redirect.ts';
import { requireCsrfToken } from '../sign-in/csrf.ts';
import { type Browser, hasSession } from '../sign-in/sessions.ts';
import { redirectToSignIn } from '../sign-in/sign-in.ts';
import {
  AuthorizationError,
  type AuthorizationParameters,
  type AuthorizationRequest,
  checkParameters,
  requireRedirectTarget,
} from './authorization-request.ts';
import { codePagePath, redirectWithCode, redirectWithError } from './authorization-response.ts';
import { fromFormFields, toFormFields } from './form-fields.ts';
import { isOutOfBandCode, issueCode, type ResourceOwner } from './issue-code.ts';

/**
 * The authorization endpoint (RFC 6749 §3.1): the consent page, after sign-in.
 *
 * @throws HttpError invalid_request for an invalid client or redirection URI, DeniedError as `redirectWithError`
 */
export async function showAuthorization(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  parameters: AuthorizationParameters,
  context: Context,
): Promise<ConsentPage | Redirect> {
  const authorization = await readAuthorizationRequest(profile, request, browser, parameters, context);
  if ('status' in authorization) return authorization;
  const asked = profile.openId ? parameters : {};
  const interaction = requiredInteraction(browser, asked, context.clock.now());
  if (interaction instanceof AuthorizationError) return redirectWithError(profile, request, authorization, interaction);
  if (interaction !== 'consent') {
    const search = asked.prompt || asked.max_age ? `?${toQuery({ ...afterSignIn(parameters) })}` : request.search;
    return redirectToSignIn(profile, request, profile.paths.authorize + search, {
      prompt: interaction === 'sign_in_again' ? 'login' : undefined,
      login_hint: asked.login_hint || undefined,
    });
  }
  const { client, redirectUri, scopes } = authorization;
  const fields = { ...toFormFields(afterSignIn(parameters)) };
  return consentPage(profile, request, browser, { client, scopes, target: redirectUri, fields });
}

/**
 * Submits the consent page: redirects to the client with a code or `access_denied`.
 *
 * @throws HttpError forbidden (CSRF); others as `showAuthorization`
 */
export async function decideAuthorization(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  form: AuthorizationParameters & { csrf_token: string; decision: 'allow' | 'deny' },
  context: Context,
): Promise<Redirect> {
  const { csrf_token, decision, ...fields } = form;
  const parameters = fromFormFields(fields);
  requireCsrfToken(browser, csrf_token);
  const authorization = await readAuthorizationRequest(profile, request, browser, parameters, context);
  if ('status' in authorization) return authorization;
  const signIn = () => redirectToSignIn(profile, request, `${profile.paths.authorize}?${toQuery({ ...parameters })}`);
  if (browser.account === undefined) return signIn();
  if (decision === 'deny') {
    const denied = new AuthorizationError('access_denied', 'The user denied the request');
    return redirectWithError(profile, request, authorization, denied);
  }
  const owner: ResourceOwner = {
    id: browser.account.id,
    sessionHash: sha256(browser.cookie),
    authenticatedAt: browser.authenticatedAt,
    isStillAuthenticated: (trx) => hasSession(trx, profile, browser),
  };
  return (await grantAuthorization(profile, request, authorization, owner, context)) ?? signIn();
}

/**
 * The page that shows the code of an out-of-band authorization. It shows no other text: a link could make the user copy a
 * code of another user into the application.
 *
 * @throws HttpError invalid_request for a code that was not issued in this session, was used or has expired
 */
export async function showCode(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  issued: { code: string; state?: string | undefined },
  context: Context,
): Promise<CodePage | Redirect> {
  if (browser.account === undefined) return redirectToSignIn(profile, request, codePagePath(profile) + request.search);
  if (!(await isOutOfBandCode(profile, issued.code, sha256(browser.cookie), context)))
    throw new HttpError('invalid_request', 'This code was not issued in this session, was used or has expired');
  return codePage(profile, request, browser, issued);
}

/**
 * Checks an authorization request of a browser. The error of an invalid one redirects to the client only when the user is
 * signed in: otherwise a link to this server would lead everybody to the address of an attacker who registered an
 * application (RFC 9700 §4.11.2).
 *
 * @throws HttpError as `requireAuthorizationRequest`; DeniedError as `redirectWithError`
 */
async function readAuthorizationRequest(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  parameters: AuthorizationParameters,
  context: Context,
): Promise<AuthorizationRequest | Redirect> {
  try {
    return await requireAuthorizationRequest(profile, parameters, context);
  } catch (error) {
    if (browser.account === undefined || !(error instanceof AuthorizationError)) throw error;
    const { redirect_uri: redirectUri, state } = parameters;
    return redirectWithError(profile, request, { redirectUri: redirectUri as string, state }, error);
  }
}

/**
 * Checks an authorization request.
 *
 * @throws HttpError invalid_request for an invalid client or redirection URI, AuthorizationError for all other parameters
 */
export async function requireAuthorizationRequest(
  profile: Profile,
  parameters: AuthorizationParameters,
  context: Context,
): Promise<AuthorizationRequest> {
  const target = await requireRedirectTarget(profile, parameters, context);
  const checked = checkParameters(profile, target.client, parameters);
  const nonce = profile.openId ? checkOpenIdParameters(parameters, checked.scopes, context) : undefined;
  return { ...target, ...checked, state: parameters.state, nonce };
}

/**
 * Issues a code and redirects the browser with it.
 *
 * @returns undefined when the resource owner is no longer authenticated
 */
export async function grantAuthorization(
  profile: Profile,
  request: RequestInfo,
  authorization: AuthorizationRequest,
  owner: ResourceOwner,
  context: Context,
): Promise<Redirect | undefined> {
  const code = await issueCode(profile, authorization, owner, context);
  return code === undefined ? undefined : redirectWithCode(profile, request, authorization, code);
}
