import { parseDuration } from '../../duration.ts';
import { invalidField } from './errors.ts';

/**
 * A duration of a body in milliseconds.
 *
 * @throws HttpError invalid_request outside of the range
 */
export function durationOf(name: string, text: string, { least, most }: { least: string; most: string }): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds < millisecondsOf(least) || milliseconds > millisecondsOf(most))
    throw invalidField('body', name, `must be a duration from ${least} to ${most}, such as 90s or 15m`);
  return milliseconds;
}

const millisecondsOf = (text: string) => parseDuration(text) ?? 0;
