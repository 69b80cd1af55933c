import { CHINA_OFFSET_MS } from '../../clock.ts';
/** What all JSON:API documents of Tower have in common. */

/** A document about `data`; `included` holds each resource that its relationships point to once. */
export const toDocument = <Data, Included>(data: Data, included: Included[]) => ({
  data,
  included,
  jsonapi: { version: '1.0' as const },
});

/** A time in milliseconds as ISO 8601 with milliseconds and China's offset (T-32). */
export const toTimestamp = (time: number): string =>
  `${new Date(time + CHINA_OFFSET_MS).toISOString().slice(0, -1)}+08:00`;
