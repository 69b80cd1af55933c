import type { Context } from '../../context.ts';
import { AuthorizationError, type AuthorizationParameters } from '../authorization/authorization-request.ts';
import { OPENID } from '../scope.ts';
import type { Browser } from '../sign-in/sessions.ts';

/** Values of `prompt` (OpenID Connect Core §3.1.2.1). The consent page appears every time, so `consent` changes nothing. */
export const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const;

/**
 * Checks what OpenID Connect adds to an authorization request.
 *
 * @returns the nonce
 * @throws AuthorizationError
 */
export function checkOpenIdParameters(
  { nonce, prompt, max_age: maxAge, ...others }: AuthorizationParameters,
  scopes: readonly string[],
  { config }: Pick<Context, 'config'>,
): string | undefined {
  if (scopes.includes(OPENID) && config.secretKey === undefined)
    throw new AuthorizationError('invalid_scope', 'This server has no SECRET_KEY and cannot issue ID tokens');
  if (others.request) throw new AuthorizationError('request_not_supported', 'request is not supported');
  if (others.request_uri) throw new AuthorizationError('request_uri_not_supported', 'request_uri is not supported');
  const prompts = splitPrompt(prompt);
  if (!prompts.every((value) => PROMPTS.some((known) => known === value)))
    throw new AuthorizationError('invalid_request', `prompt must be some of ${PROMPTS.join(' ')}`);
  if (prompts.includes('none') && prompts.length > 1)
    throw new AuthorizationError('invalid_request', 'prompt has none and other values');
  if (maxAge && !/^\d{1,9}$/.test(maxAge))
    throw new AuthorizationError('invalid_request', 'max_age must be a number of seconds');
  if (nonce && !/^[\x20-\x7e]{1,512}$/.test(nonce))
    throw new AuthorizationError('invalid_request', 'nonce must have at most 512 printable ASCII characters');
  return nonce || undefined;
}

/** What the user has to do: sign in although there is a session, sign in, or decide on the consent page. */
export type Interaction = 'sign_in_again' | 'sign_in' | 'consent';

/** What an authorization request asks of the user, or the error for one that forbids to ask. */
export function requiredInteraction(
  { account, authenticatedAt = 0 }: Browser,
  { prompt, max_age: maxAge }: AuthorizationParameters,
  now: number,
): Interaction | AuthorizationError {
  const prompts = splitPrompt(prompt);
  const isOld = Boolean(maxAge) && now - authenticatedAt > Number(maxAge) * 1000;
  const isAsked = prompts.includes('login') || prompts.includes('select_account');
  const interaction = account === undefined ? 'sign_in' : isOld || isAsked ? 'sign_in_again' : 'consent';
  if (!prompts.includes('none')) return interaction;
  return interaction === 'consent'
    ? new AuthorizationError('consent_required', 'The user has to decide on the consent page')
    : new AuthorizationError('login_required', 'The user has to sign in');
}

/** The parameters after the user has signed in: without those that ask for it. */
export const afterSignIn = ({
  prompt: _prompt,
  max_age: _maxAge,
  login_hint: _hint,
  ...parameters
}: AuthorizationParameters): AuthorizationParameters => parameters;

const splitPrompt = (prompt = ''): string[] => prompt.split(' ').filter((value) => value !== '');
