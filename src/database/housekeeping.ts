import type { Database } from './open.ts';

const DAY = 24 * 60 * 60 * 1000;

/** A refresh token that does not expire is forgotten this long after it was rotated or revoked. */
const REPLAY_MEMORY = 90 * DAY;

/** Messages that were dealt with can be looked up in the table this long. */
const MESSAGE_MEMORY = 30 * DAY;

/**
 * Deletes what has served its time: codes, sessions and second steps a day after their expiry, connections that nobody
 * ended, tokens a day after access and refresh token have both expired, messages that are not waiting to be sent. Tokens
 * that were rotated or revoked stay until their refresh token would have expired, for a replay is recognised by them. May
 * run at any time and on several nodes at once.
 *
 * @param now in milliseconds
 * @returns how many rows were deleted
 */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const yesterday = now - DAY;
  const results = await Promise.all([
    database.deleteFrom('oauth_codes').where('expires_at', '<', yesterday).executeTakeFirst(),
    database.deleteFrom('oauth_sessions').where('expires_at', '<', yesterday).executeTakeFirst(),
    database.deleteFrom('oauth_second_steps').where('expires_at', '<', yesterday).executeTakeFirst(),
    database.deleteFrom('ucenter_sms_codes').where('sent_at', '<', yesterday).executeTakeFirst(),
    database.deleteFrom('gobelieve_presence').where('expires_at', '<', yesterday).executeTakeFirst(),
    database
      .deleteFrom('oauth_tokens')
      .where('access_expires_at', '<', yesterday)
      .where(({ eb, or, and, fn }) =>
        or([
          eb('refresh_hash', 'is', null),
          eb('refresh_expires_at', '<', yesterday),
          and([
            eb('refresh_expires_at', 'is', null),
            eb(fn.coalesce('revoked_at', 'rotated_at'), '<', now - REPLAY_MEMORY),
          ]),
        ]),
      )
      .executeTakeFirst(),
    database
      .deleteFrom('delivery_messages')
      .where('status', '!=', 'queued')
      .where('created_at', '<', now - MESSAGE_MEMORY)
      .executeTakeFirst(),
  ]);
  return results.reduce((total, { numDeletedRows }) => total + Number(numDeletedRows), 0);
}
