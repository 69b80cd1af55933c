import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { randomHex, sha256 } from '../../secrets.ts';
import { OUT_OF_BAND } from '../clients/redirect-uris.ts';
import type { Profile } from '../profile.ts';
import { lockSignIns } from '../sign-in/sign-ins.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

/** The user who granted the authorization. */
export interface ResourceOwner {
  id: string;
  /** `id_hash` of the session; absent without one. */
  sessionHash?: string;
  /** When the user signed in; absent without a session. */
  authenticatedAt?: number | undefined;
  /** Whether the session or password is still valid: it may have changed since it was checked. */
  isStillAuthenticated(trx: Transaction): Promise<boolean>;
}

/**
 * Issues an authorization code (RFC 6749 §4.1.2). The database keeps its hash.
 *
 * @returns undefined when the resource owner is no longer authenticated
 */
export async function issueCode(
  profile: Profile,
  { client, redirectUri, scopes, codeChallenge, nonce }: AuthorizationRequest,
  owner: ResourceOwner,
  { clock, database }: Context,
): Promise<string | undefined> {
  const code = profile.newCode();
  const now = clock.now();
  return transact(database, async (trx) => {
    await lockSignIns(trx, profile, owner.id);
    if (!(await owner.isStillAuthenticated(trx))) return undefined;
    await trx
      .insertInto('oauth_codes')
      .values({
        code_hash: sha256(code),
        api: profile.api,
        client_id: client.id,
        user_id: owner.id,
        session_hash: owner.sessionHash ?? null,
        redirect_uri: redirectUri,
        scope: scopes.join(' '),
        code_challenge: codeChallenge ?? null,
        nonce: nonce ?? null,
        authenticated_at: owner.authenticatedAt ?? null,
        grant_id: randomHex(16),
        created_at: now,
        expires_at: now + profile.lifetimes.code * 1000,
      })
      .execute();
    return code;
  });
}

/** Whether this is a code of the session for an out-of-band redirect that can still be used. */
export async function isOutOfBandCode(
  { api }: Profile,
  code: string,
  sessionHash: string,
  { clock, database }: Pick<Context, 'clock' | 'database'>,
): Promise<boolean> {
  const found = await database
    .selectFrom('oauth_codes')
    .select('code_hash')
    .where('code_hash', '=', sha256(code))
    .where('api', '=', api)
    .where('session_hash', '=', sessionHash)
    .where('redirect_uri', '=', OUT_OF_BAND)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', clock.now())
    .executeTakeFirst();
  return found !== undefined;
}
