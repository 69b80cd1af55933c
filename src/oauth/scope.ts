import { OAuthError } from './errors.ts';
import type { Profile } from './profile.ts';

/** The scope that makes an authorization request one of OpenID Connect (OpenID Connect Core §3.1.2.1). */
export const OPENID = 'openid';

/** The words of a scope string (RFC 6749 §3.3). */
export const splitScope = (scope: string): string[] => scope.split(/\s+/).filter((word) => word !== '');

interface ScopedClient {
  /** Registered scopes; empty: all scopes of the API. */
  readonly scopes: readonly string[];
}

/**
 * The scopes to grant for the requested ones: all of them, or those that the client is registered with when it requests
 * none.
 *
 * @returns undefined when a requested scope is unknown or not registered for the client
 */
export function grantedScope(
  profile: Profile,
  client: ScopedClient,
  requested: readonly string[],
): string[] | undefined {
  const wanted = requested.length === 0 ? [...client.scopes] : [...new Set(requested)];
  const possible = client.scopes.length > 0 ? withImplied(profile, client.scopes) : Object.keys(profile.scopes);
  return wanted.every((name) => possible.includes(name)) ? wanted : undefined;
}

const withImplied = ({ impliedScopes = {} }: Profile, scopes: readonly string[]): string[] =>
  scopes.flatMap((name) => [name, ...(impliedScopes[name] ?? [])]);

/**
 * `grantedScope` at the token endpoint.
 *
 * @throws OAuthError invalid_scope
 */
export function requireGrantedScope(profile: Profile, client: ScopedClient, requested: readonly string[]): string[] {
  const granted = grantedScope(profile, client, requested);
  if (granted === undefined) throw new OAuthError('invalid_scope', 'Requested scope is invalid');
  return granted;
}

/**
 * The `scope` parameter of a token request; empty when there is none.
 *
 * @throws OAuthError invalid_scope when it is blank or has characters that RFC 6749 §3.3 does not allow
 */
export function parseScope(scope: string | undefined): string[] {
  if (scope === undefined) return [];
  if (!/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(scope.trim()))
    throw new OAuthError('invalid_scope', 'Invalid parameter: scope');
  return splitScope(scope);
}
