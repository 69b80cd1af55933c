import { createHash } from 'node:crypto';
import { equalSecrets } from '../../secrets.ts';
import { OAuthError } from '../errors.ts';

/**
 * Verifies `code_verifier` against the challenge of the authorization request, which is always S256 (RFC 7636 §4.6).
 *
 * @throws OAuthError invalid_grant, or invalid_request for a malformed verifier
 */
export function checkPkce(challenge: string | null, verifier: string | undefined): void {
  if (challenge === null) {
    // RFC 9700 §4.8.2: an attacker may have removed the challenge from the authorization request.
    if (verifier)
      throw new OAuthError('invalid_grant', 'There is a code_verifier, but the authorization request had no challenge');
    return;
  }
  if (!verifier) throw new OAuthError('invalid_grant', 'Missing parameter: code_verifier');
  if (!/^[\w.~-]{43,128}$/.test(verifier)) throw new OAuthError('invalid_request', 'Invalid parameter: code_verifier');
  if (!equalSecrets(createHash('sha256').update(verifier).digest('base64url'), challenge))
    throw new OAuthError('invalid_grant', 'The code_verifier does not match the challenge');
}
