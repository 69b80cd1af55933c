import type { Database } from '../../database/open.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long a refresh token without expiry is kept after its rotation or revocation, to detect a replay. */
const REPLAY_MEMORY_MS = 90 * DAY_MS;

/** How long a network is known after the last sign-in from it. */
const NETWORK_MEMORY_MS = 180 * DAY_MS;

/**
 * Deletes codes, sessions and second steps a day after their expiry, and tokens a day after access and refresh token
 * have both expired, and networks that their user has left. Rotated and revoked tokens stay until their refresh token would have expired, to detect a replay.
 */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const yesterday = now - DAY_MS;
  const results = await Promise.all([
    database.deleteFrom('oauth_codes').where('expires_at', '<', yesterday).executeTakeFirst(),
    database.deleteFrom('oauth_sessions').where('expires_at', '<', yesterday).executeTakeFirst(),
    database.deleteFrom('oauth_second_steps').where('expires_at', '<', yesterday).executeTakeFirst(),
    database
      .deleteFrom('oauth_known_networks')
      .where('used_at', '<', now - NETWORK_MEMORY_MS)
      .executeTakeFirst(),
    database
      .deleteFrom('oauth_tokens')
      .where('access_expires_at', '<', yesterday)
      .where(({ eb, or, and, fn }) =>
        or([
          eb('refresh_hash', 'is', null),
          eb('refresh_expires_at', '<', yesterday),
          and([
            eb('refresh_expires_at', 'is', null),
            eb(fn.coalesce('revoked_at', 'rotated_at'), '<', now - REPLAY_MEMORY_MS),
          ]),
        ]),
      )
      .executeTakeFirst(),
  ]);
  return results.reduce((total, { numDeletedRows }) => total + Number(numDeletedRows), 0);
}
