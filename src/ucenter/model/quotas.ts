import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import type { LimitRule } from '../../limits.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import { UcenterError } from './errors.ts';

/** The variables of the limits, see `limits.ts`. */
const variables = {
  sms: { userHour: 'SMS_USER_HOURLY_LIMIT', appHour: 'SMS_APP_HOURLY_LIMIT', appDay: 'SMS_DAILY_LIMIT' },
  email: { userHour: 'EMAIL_USER_HOURLY_LIMIT', appHour: 'EMAIL_HOURLY_LIMIT', appDay: 'EMAIL_DAILY_LIMIT' },
};

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/**
 * Counts a message of the token's user and application. A user counts first: one user must not use up what the
 * application may send (U-46).
 *
 * @throws UcenterError tooMany, tooManyToday
 */
export async function consumeQuota(
  channel: keyof typeof variables,
  { clientId, userId }: TokenActor,
  context: Context,
): Promise<void> {
  const { userHour, appHour, appDay } = variables[channel];
  if (userId !== null) await consume(userHour, HOUR_SECONDS, `${clientId}:${userId}`, context);
  await consume(appHour, HOUR_SECONDS, clientId, context);
  await consume(appDay, DAY_SECONDS, clientId, context);
}

async function consume(variable: string, seconds: number, key: string, { limits, config }: Context): Promise<void> {
  const points = limitOf(config, variable);
  if (points === 0) return;
  const rule: LimitRule = { name: `ucenter-${variable}`, points, seconds, block: 0 };
  await limits.consume(rule, key).catch((error: unknown) => {
    const isOver = error instanceof HttpError && error.kind === 'too_many_requests';
    throw isOver ? new UcenterError(seconds === DAY_SECONDS ? 'tooManyToday' : 'tooMany') : error;
  });
}
