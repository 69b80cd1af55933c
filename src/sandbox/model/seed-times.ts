import { fullFormats } from 'ajv-formats/dist/formats.js';
import { parseDuration } from '../../duration.ts';

const dateTime = fullFormats['date-time'] as { validate(text: string): boolean };

/**
 * The time that an entry names.
 *
 * @param text `-3d`, or ISO 8601 with an offset
 * @param now of the clock of the sandbox, in milliseconds
 * @returns milliseconds since 1970; undefined for something else, for a time before 1970 and for one after `now`
 */
export function timeOf(text: string, now: number): number | undefined {
  const ago = text.startsWith('-') ? parseDuration(text.slice(1)) : undefined;
  const iso = dateTime.validate(text) ? Date.parse(text) : Number.NaN;
  const time = ago === undefined ? iso : Math.round(now - ago);
  return time >= 0 && time <= now ? time : undefined;
}
