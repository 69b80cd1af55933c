import type { Context } from '../context.ts';
import type { Transaction } from '../database/open.ts';
import { transact } from '../database/transact.ts';
import { HttpError } from '../errors.ts';
import type { RequestInfo } from '../http/request.ts';
import { randomHex, sha256 } from '../secrets.ts';
import { type Client, findClient, OUT_OF_BAND, splitScope } from './clients.ts';
import { DeniedError, type OAuthErrorCode } from './errors.ts';
import { codePage, consentPage, type Page, type Redirect, redirect } from './pages.ts';
import type { PagesProfile, Profile } from './profile.ts';
import { type Browser, hasSession, requireCsrfToken } from './sessions.ts';
import { toSignIn } from './sign-in.ts';
import { grantedScope } from './token-endpoint.ts';
import { lockSignIns } from './tokens.ts';

/** The parameters of RFC 6749 §4.1.1 and RFC 7636 §4.3, as they came. */
export interface AuthorizationParameters {
  client_id?: string | undefined;
  redirect_uri?: string | undefined;
  response_type?: string | undefined;
  scope?: string | undefined;
  state?: string | undefined;
  code_challenge?: string | undefined;
  code_challenge_method?: string | undefined;
}

/** An authorization request that may be shown to a person. */
export interface AuthorizationRequest {
  client: Client;
  redirectUri: string;
  scopes: string[];
  state: string | undefined;
  codeChallenge: string | undefined;
}

/** A request that is refused by sending the browser back to the application. */
class Refusal extends Error {
  readonly code: OAuthErrorCode;
  readonly redirectUri: string;
  readonly state: string | undefined;

  constructor(code: OAuthErrorCode, description: string, redirectUri: string, state: string | undefined) {
    super(description);
    this.code = code;
    this.redirectUri = redirectUri;
    this.state = state;
  }
}

/**
 * The authorization endpoint: the consent page for who is signed in, the sign-in page for everybody else.
 *
 * @throws HttpError invalid_request for the error page: the client or its address cannot be trusted, so nobody is
 *   redirected (RFC 6749 §4.1.2.1)
 */
export async function showAuthorization(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  parameters: AuthorizationParameters,
  context: Context,
): Promise<Page<200> | Redirect> {
  const asked = await readAuthorization(profile, request, parameters, context);
  if ('status' in asked) return asked;
  const { client, redirectUri, scopes } = asked;
  if (browser.account === undefined) return toSignIn(profile, request, profile.paths.authorize + request.search);
  return consentPage(profile, request, browser, {
    client,
    scopes,
    target: redirectUri,
    fields: { ...toForm(parameters) },
  });
}

/**
 * Takes the person's decision and sends the browser to the application, with a code or `access_denied`.
 *
 * @throws HttpError invalid_request (as above), forbidden (CSRF)
 */
export async function decideAuthorization(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  form: AuthorizationParameters & { csrf_token: string; decision: 'allow' | 'deny' },
  context: Context,
): Promise<Redirect> {
  const { csrf_token, decision, ...fields } = form;
  const parameters = fromForm(fields);
  requireCsrfToken(browser, csrf_token);
  const asked = await readAuthorization(profile, request, parameters, context);
  if ('status' in asked) return asked;
  const signIn = () => toSignIn(profile, request, `${profile.paths.authorize}?${query({ ...parameters })}`);
  if (browser.account === undefined) return signIn();
  if (decision === 'deny') {
    const { redirectUri, state } = asked;
    return refuse(profile, request, new Refusal('access_denied', 'The user denied the request', redirectUri, state));
  }
  const person = { id: browser.account.id, isStill: (trx: Transaction) => hasSession(trx, profile, browser) };
  return (await sendCode(profile, request, asked, person, context)) ?? signIn();
}

/**
 * Checks an authorization request: what may be shown to a person, or the redirect that tells the application what is
 * wrong.
 *
 * @throws HttpError invalid_request, as `showAuthorization`
 */
export async function readAuthorization(
  profile: Profile,
  request: RequestInfo,
  parameters: AuthorizationParameters,
  context: Context,
): Promise<AuthorizationRequest | Redirect> {
  try {
    return await check(profile, parameters, context);
  } catch (error) {
    if (error instanceof Refusal) return refuse(profile, request, error);
    throw error;
  }
}

/** Somebody who agreed. */
export interface Person {
  id: string;
  /** Whether what they proved it by still holds: a password may be changed meanwhile. */
  isStill(trx: Transaction): Promise<boolean>;
}

/**
 * Makes a code for the person who agreed and sends the browser to the application with it; `undefined` when it is not
 * them any more.
 */
export async function sendCode(
  profile: Profile,
  request: RequestInfo,
  { client, redirectUri, scopes, state, codeChallenge }: AuthorizationRequest,
  person: Person,
  { database }: Context,
): Promise<Redirect | undefined> {
  const code = profile.newCode();
  const now = Date.now();
  const made = await transact(database, async (trx) => {
    await lockSignIns(trx, profile, person.id);
    if (!(await person.isStill(trx))) return false;
    await trx
      .insertInto('oauth_codes')
      .values({
        code_hash: sha256(code),
        api: profile.api,
        client_id: client.id,
        user_id: person.id,
        redirect_uri: redirectUri,
        scope: scopes.join(' '),
        code_challenge: codeChallenge ?? null,
        grant_id: randomHex(16),
        created_at: now,
        expires_at: now + profile.lifetimes.code * 1000,
      })
      .execute();
    return true;
  });
  if (!made) return undefined;
  if (redirectUri === OUT_OF_BAND) {
    // Only APIs with pages have clients with this address.
    return redirect(request, `${codePath(profile as PagesProfile)}?${query({ code, state })}`);
  }
  // Clients from before RFC 9207 get what the documents show: they may take all that follows `code=` for the code.
  const isPlain = state === undefined && codeChallenge === undefined;
  const iss = isPlain ? undefined : issuer(profile, request);
  return redirect(request, withQuery(redirectUri, { code, state, iss }));
}

/** The page that shows the code of an out-of-band authorization. */
export const showCode = (
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  issued: { code: string; state?: string | undefined },
): Page<200> | Redirect =>
  browser.account === undefined
    ? toSignIn(profile, request, codePath(profile) + request.search)
    : codePage(profile, request, browser, issued);

function codePath({ api, paths }: PagesProfile): string {
  if (paths.code === undefined) throw new Error(`${api} has no page for codes`);
  return paths.code;
}

/**
 * The parameters as hidden fields of a page. Such a field is no safe place for `state`: browsers rewrite line breaks in
 * it. Percent-encoded, control characters come back as they were.
 */
export const toForm = <Parameters extends AuthorizationParameters>(parameters: Parameters): Parameters => ({
  ...parameters,
  state: parameters.state?.toWellFormed().replace(/[%\p{Cc}]/gu, encodeURIComponent),
});

/** The parameters from the hidden fields of `toForm`. */
export const fromForm = <Fields extends AuthorizationParameters>(fields: Fields): Fields => ({
  ...fields,
  state: fields.state?.replace(/%(25|[01][0-9A-F]|7F|C2%[89][0-9A-F])/g, decodeURIComponent),
});

/** Checks a request in the order in which its answers can be trusted: client, address, then everything else. */
async function check(
  profile: Profile,
  parameters: AuthorizationParameters,
  { database }: Context,
): Promise<AuthorizationRequest> {
  const client = await requireClient(profile, parameters.client_id, database);
  const redirectUri = requireRedirectUri(client, parameters.redirect_uri);
  const refusal = (code: OAuthErrorCode, description: string) =>
    new Refusal(code, description, redirectUri, parameters.state);

  if (!parameters.response_type) throw refusal('invalid_request', 'response_type is missing');
  if (parameters.response_type !== 'code')
    throw refusal('unsupported_response_type', 'Only response_type=code is supported');
  if (!client.grants.includes('authorization_code'))
    throw refusal('unauthorized_client', 'This application may not use authorization codes');
  const scopes = grantedScope(profile, client, splitScope(parameters.scope ?? ''));
  if (scopes === undefined) throw refusal('invalid_scope', 'A scope is unknown or not registered for this application');
  const codeChallenge = parameters.code_challenge || undefined;
  if (codeChallenge === undefined) {
    if (parameters.code_challenge_method) throw refusal('invalid_request', 'code_challenge is missing');
    if (client.isPublic)
      throw refusal('invalid_request', 'An application without a secret must use PKCE: code_challenge is missing');
  } else {
    // Without a method RFC 7636 means `plain`, which protects nobody.
    if (parameters.code_challenge_method !== 'S256')
      throw refusal('invalid_request', 'code_challenge_method must be S256');
    if (!/^[\w-]{43}$/.test(codeChallenge))
      throw refusal('invalid_request', 'code_challenge is not a SHA-256 in base64url');
  }
  return { client, redirectUri, scopes, state: parameters.state, codeChallenge };
}

async function requireClient(profile: Profile, id: string | undefined, database: Context['database']): Promise<Client> {
  if (!id) throw badRequest('client_id', 'client_id is missing');
  const client = await findClient(database, profile, id);
  if (client === undefined) throw badRequest('client_id', 'No application has this client_id');
  return client;
}

function requireRedirectUri(client: Client, uri: string | undefined): string {
  if (!uri) throw badRequest('redirect_uri', 'redirect_uri is missing');
  if (!client.redirectUris.includes(uri))
    throw badRequest('redirect_uri', 'redirect_uri is not registered for this application');
  return uri;
}

const badRequest = (field: string, message: string) =>
  new HttpError('invalid_request', message, { details: [{ path: `/query/${field}`, message, keyword: 'unknown' }] });

/** Out of band there is nobody to be sent to: the error is shown. */
function refuse(profile: Profile, request: RequestInfo, { code, message, redirectUri, state }: Refusal): Redirect {
  if (redirectUri === OUT_OF_BAND) {
    throw code === 'access_denied' ? new DeniedError() : new HttpError('invalid_request', message);
  }
  const iss = issuer(profile, request);
  return redirect(request, withQuery(redirectUri, { error: code, error_description: message, state, iss }));
}

/** Who sends the browser (RFC 9207). */
const issuer = ({ sendsIssuer }: Profile, { baseUrl }: RequestInfo) => (sendsIssuer ? baseUrl : undefined);

/** Adds to whatever query the registered address has. */
const withQuery = (uri: string, parameters: Record<string, string | undefined>): string =>
  `${uri}${uri.includes('?') ? '&' : '?'}${query(parameters)}`;

// `%20` and not `+`: applications differ in how they read a plus sign, and `state` has to come back as it was.
const query = (parameters: Record<string, string | undefined>): string =>
  Object.entries(parameters)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value.toWellFormed())}`]))
    .join('&');
