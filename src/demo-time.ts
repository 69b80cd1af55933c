import { CHINA_OFFSET_MS } from './clock.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MORNING_MS = 9 * 60 * MINUTE_MS;

/** The working day of the demo data, from nine in the morning. */
export const DEMO_DAY_MINUTES = 600;

/** What happens on day 0 happens within this time before the demo data are made. */
const LAST_HOURS_MS = 2 * 60 * MINUTE_MS;

/** The beginning of the day of `now` in China. */
export const startOfDay = (now: number): number =>
  Math.floor((now + CHINA_OFFSET_MS) / DAY_MS) * DAY_MS - CHINA_OFFSET_MS;

/**
 * A time of the demo data, in milliseconds. Demo data begin on day -20 and end on day 0, the day of `now`: then the oldest
 * row is nearly three weeks old, and the newest is always of the last hours.
 *
 * @param day counts from the day of `now`; negative before it
 * @param minute of the working day, up to `DEMO_DAY_MINUTES`
 */
export function demoTime(now: number, day: number, minute: number): number {
  if (day === 0) return now - LAST_HOURS_MS + Math.floor((minute / DEMO_DAY_MINUTES) * LAST_HOURS_MS);
  return startOfDay(now) + day * DAY_MS + MORNING_MS + minute * MINUTE_MS;
}
