import { MovableClock } from '../../clock.ts';
import type { Context } from '../../context.ts';
import { parseDuration } from '../../duration.ts';
import { invalidField } from './errors.ts';

/** The clock of a context. @throws Error when it is one of a test that cannot be moved */
export function movableClockOf({ clock }: Pick<Context, 'clock'>): MovableClock {
  if (clock instanceof MovableClock) return clock;
  throw new Error('The clock of this context cannot be moved');
}

export interface ClockChanges {
  now?: string;
  advance?: string;
  frozen?: boolean;
}

/** Times have four digits for the year, and are not before 1970. */
const EARLIEST = 0;
export const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Moves a clock: first to `now`, then ahead by `advance`; there it is frozen or goes on (S-6).
 *
 * @param prefix of the names of the fields
 * @throws HttpError invalid_request that names the field; nothing has changed then
 */
export function changeClock(clock: MovableClock, { now, advance, frozen }: ClockChanges, prefix = ''): void {
  const start = now === undefined ? clock.now() : Date.parse(now);
  const ahead = advance === undefined ? 0 : (parseDuration(advance) ?? Number.NaN);
  if (!isTime(start))
    throw invalidField('body', `${prefix}now`, 'must be a time from 1970 to 9999, such as 2026-01-05T08:00:00Z');
  if (!isTime(start + ahead))
    throw invalidField('body', `${prefix}advance`, 'must be a duration such as 90s or 2h, up to the year 9999');
  // Stopped first, it stands at exactly the time that is set.
  if (frozen === true && !clock.isFrozen) clock.freeze(true);
  if (now !== undefined) clock.set(start);
  if (advance !== undefined) clock.advance(Math.round(ahead));
  if (frozen === false && clock.isFrozen) clock.freeze(false);
}

const isTime = (milliseconds: number) => milliseconds >= EARLIEST && milliseconds <= LATEST;
