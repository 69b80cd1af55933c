import type { Context } from '../context.ts';
import { HttpError } from '../errors.ts';
import type { RequestInfo } from '../http/request.ts';
import { randomHex, sha256 } from '../secrets.ts';
import { type Client, findClient, OUT_OF_BAND, splitScope } from './clients.ts';
import type { OAuthErrorCode } from './errors.ts';
import { codePage, consentPage, type Page, type Redirect, redirect } from './pages.ts';
import type { Profile } from './profile.ts';
import { type Browser, requireCsrfToken } from './sessions.ts';
import { toSignIn } from './sign-in.ts';
import { grantedScope } from './token-endpoint.ts';

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
interface AuthorizationRequest {
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
  profile: Profile,
  request: RequestInfo,
  browser: Browser,
  parameters: AuthorizationParameters,
  context: Context,
): Promise<Page<200> | Redirect> {
  const asked = await check(profile, parameters, context).catch((error: unknown) => error);
  if (asked instanceof Refusal) return refuse(request, asked);
  if (asked instanceof Error) throw asked;
  const { client, redirectUri, scopes } = asked as AuthorizationRequest;
  if (browser.account === undefined) return toSignIn(profile, request, profile.paths.authorize + request.search);
  return consentPage(profile, request, browser, { client, scopes, target: redirectUri, fields: toForm(parameters) });
}

/**
 * Takes the person's decision and sends the browser to the application, with a code or `access_denied`.
 *
 * @throws HttpError invalid_request (as above), forbidden (CSRF)
 */
export async function decideAuthorization(
  profile: Profile,
  request: RequestInfo,
  browser: Browser,
  form: AuthorizationParameters & { csrf_token: string; decision: 'allow' | 'deny' },
  context: Context,
): Promise<Redirect> {
  const { csrf_token, decision, ...fields } = form;
  const parameters = fromForm(fields);
  requireCsrfToken(browser, csrf_token);
  const asked = await check(profile, parameters, context).catch((error: unknown) => error);
  if (asked instanceof Refusal) return refuse(request, asked);
  if (asked instanceof Error) throw asked;
  const { client, redirectUri, scopes, state, codeChallenge } = asked as AuthorizationRequest;
  if (browser.account === undefined) {
    return toSignIn(profile, request, `${profile.paths.authorize}?${query({ ...parameters })}`);
  }
  if (decision === 'deny') {
    return refuse(request, new Refusal('access_denied', 'The user denied the request', redirectUri, state));
  }
  const code = profile.newCode();
  const now = Date.now();
  await context.database
    .insertInto('oauth_codes')
    .values({
      code_hash: sha256(code),
      api: profile.api,
      client_id: client.id,
      user_id: browser.account.id,
      redirect_uri: redirectUri,
      scope: scopes.join(' '),
      code_challenge: codeChallenge ?? null,
      grant_id: randomHex(16),
      created_at: now,
      expires_at: now + profile.lifetimes.code * 1000,
    })
    .execute();
  if (redirectUri === OUT_OF_BAND) return redirect(request, `${profile.paths.code}?${query({ code, state })}`);
  return redirect(request, withQuery(redirectUri, { code, state, iss: request.baseUrl }));
}

/** The page that shows the code of an out-of-band authorization. */
export const showCode = (
  profile: Profile,
  request: RequestInfo,
  browser: Browser,
  issued: { code: string; state?: string | undefined },
): Page<200> | Redirect =>
  browser.account === undefined
    ? toSignIn(profile, request, profile.paths.code + request.search)
    : codePage(profile, request, browser, issued);

/**
 * A hidden field is no safe place for `state`: browsers rewrite line breaks in it. Percent-encoded it comes back as it
 * was.
 */
const toForm = (parameters: AuthorizationParameters) => ({
  ...parameters,
  state: parameters.state === undefined ? undefined : encodeURIComponent(parameters.state.toWellFormed()),
});

function fromForm(fields: AuthorizationParameters): AuthorizationParameters {
  if (fields.state === undefined) return fields;
  try {
    return { ...fields, state: decodeURIComponent(fields.state) };
  } catch {
    // Not from our page.
    return fields;
  }
}

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
function refuse(request: RequestInfo, { code, message, redirectUri, state }: Refusal): Redirect {
  if (redirectUri === OUT_OF_BAND) throw new HttpError('invalid_request', message);
  return redirect(
    request,
    withQuery(redirectUri, { error: code, error_description: message, state, iss: request.baseUrl }),
  );
}

/** Adds to whatever query the registered address has. */
const withQuery = (uri: string, parameters: Record<string, string | undefined>): string =>
  `${uri}${uri.includes('?') ? '&' : '?'}${query(parameters)}`;

// `%20` and not `+`: applications differ in how they read a plus sign, and `state` has to come back as it was.
const query = (parameters: Record<string, string | undefined>): string =>
  Object.entries(parameters)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value.toWellFormed())}`]))
    .join('&');
