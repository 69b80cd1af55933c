import { CHINA_OFFSET_MS } from '../../clock.ts';

export const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * A date, or a time without a zone, in China (T-44, T-56): `2026-03-02` or `2026-03-02T09:00`.
 *
 * @returns milliseconds; undefined for one that does not exist
 */
export function fromChinaTime(text: string): number | undefined {
  const time = Date.parse(text.includes('T') ? `${text}Z` : `${text}T00:00Z`);
  // JavaScript reads the 31st of April as the 1st of May.
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(text)) return undefined;
  return time - CHINA_OFFSET_MS;
}

/** Whether a text is a date that exists. */
export const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && fromChinaTime(text) !== undefined;
