import { createHash } from 'node:crypto';
import type { Context } from '../../context.ts';
import type { PagesProfile } from '../profile.ts';
import { OPENID, splitScope } from '../scope.ts';
import type { IssuedToken } from '../tokens/issue-token.ts';
import { requireSigningKey } from './signing-keys.ts';

/**
 * The ID token of a token answer (OpenID Connect Core §2 and §3.1.3.6), signed with RS256 and valid as long as the access
 * token.
 *
 * @param issuer the base URL of the API
 * @returns undefined without the scope `openid`, and when the user did not sign in on the pages
 */
export async function createIdToken(
  profile: PagesProfile,
  issuer: string,
  token: IssuedToken,
  context: Context,
): Promise<string | undefined> {
  const { accessToken, authenticatedAt, clientId, nonce, scope, userId } = token;
  if (!authenticatedAt || userId === null || !splitScope(scope).includes(OPENID)) return undefined;
  const [{ SignJWT, importPKCS8 }, key] = await Promise.all([import('jose'), requireSigningKey(profile, context)]);
  const issuedAt = toSeconds(context.clock.now());
  const claims = {
    auth_time: toSeconds(authenticatedAt),
    at_hash: accessTokenHash(accessToken),
    ...(nonce && { nonce }),
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.id })
    .setIssuer(issuer)
    .setSubject(userId)
    .setAudience(clientId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + profile.lifetimes.accessToken)
    .sign(await importPKCS8(key.privateKey, 'RS256'));
}

/** `at_hash`: the left half of the SHA-256 of the access token. */
const accessTokenHash = (token: string) =>
  createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url');

const toSeconds = (time: number) => Math.floor(time / 1000);
