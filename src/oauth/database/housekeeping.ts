import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../database/open.ts';
import { deleteInSteps } from '../../database/steps.ts';
import { RETIRED_KEY_MS } from '../openid/signing-keys.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long a refresh token without expiry is kept after its rotation or revocation, to detect a replay. */
const REPLAY_MEMORY_MS = 90 * DAY_MS;

/** How long a network is known after the last sign-in from it. */
const NETWORK_MEMORY_MS = 180 * DAY_MS;

/**
 * Deletes codes, sessions and second steps a day after their expiry, and tokens a day after access and refresh token
 * have both expired, networks that their user has left, and signing keys that are no longer published. Rotated and revoked tokens stay until their refresh token
 * would have expired, to detect a replay.
 */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const yesterday = now - DAY_MS;
  const counts = [
    await deleteInSteps(database, 'oauth_codes', ['code_hash'], sql`expires_at < ${yesterday}`),
    await deleteInSteps(database, 'oauth_sessions', ['id_hash'], sql`expires_at < ${yesterday}`),
    await deleteInSteps(database, 'oauth_second_steps', ['id_hash'], sql`expires_at < ${yesterday}`),
    await deleteInSteps(
      database,
      'oauth_known_networks',
      ['api', 'user_id', 'network_hash'],
      sql`used_at < ${now - NETWORK_MEMORY_MS}`,
    ),
    await deleteInSteps(database, 'oauth_signing_keys', ['id'], sql`retired_at < ${now - RETIRED_KEY_MS}`),
  ];
  for (const isOver of endsOfTokens(now)) counts.push(await deleteInSteps(database, 'oauth_tokens', ['id'], isOver));
  return counts.reduce((total, count) => total + count, 0);
}

/** The conditions of tokens that are no longer needed: each has an index, and none reads tokens that stay. */
const endsOfTokens = (now: number): RawBuilder<unknown>[] => {
  const yesterday = now - DAY_MS;
  return [
    sql`refresh_hash is null and access_expires_at < ${yesterday}`,
    sql`refresh_expires_at < ${yesterday} and access_expires_at < ${yesterday}`,
    sql`refresh_expires_at is null and coalesce(revoked_at, rotated_at) < ${now - REPLAY_MEMORY_MS}
      and access_expires_at < ${yesterday}`,
  ];
};
