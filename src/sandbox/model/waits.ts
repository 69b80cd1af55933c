import { HttpError } from '../../errors.ts';

const MAX_WAIT_MS = 60_000;

/**
 * `5s`, `1.5s`, `500ms`, or `5` for seconds → milliseconds; 0 without a value.
 *
 * @throws HttpError invalid_request for more than a minute, or for what is no duration
 */
export function readWait(wait: string | undefined): number {
  if (wait === undefined || wait === '') return 0;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(wait) ?? [];
  const milliseconds = amount === undefined ? NaN : Number(amount) * (unit === 'ms' ? 1 : 1000);
  if (milliseconds <= MAX_WAIT_MS) return milliseconds;
  const message = `must be a duration up to ${MAX_WAIT_MS / 1000}s, such as 5s, 500ms or 5`;
  throw new HttpError('invalid_request', `wait ${message}`, {
    details: [{ path: '/query/wait', message, keyword: 'format' }],
  });
}
