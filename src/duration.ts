import { setTimeout as sleep } from 'node:timers/promises';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `800ms`, `2h` → milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * units[unit as keyof typeof units];
}

/** The longest wait of a timer that makes sense here; one of Node can wait for 24 days. */
export const MAX_DELAY_MS = 24 * 60 * 60 * 1000;

/** Waits in real time. An aborted signal ends the wait. */
export async function delay(milliseconds: number, ...ends: (AbortSignal | undefined)[]): Promise<void> {
  const signal = AbortSignal.any(ends.filter((end) => end !== undefined));
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
