import { randomUUID } from 'node:crypto';
import type { Database } from '../database/open.ts';
import { breakClaims, type Channel, listClaims, renewClaims } from './queue.ts';

/**
 * Keeps the claims of one worker, and breaks those of workers that have died: that have not renewed their claim for a
 * while of this process's own time. The times of two nodes are never compared, so their clocks may differ and jump.
 */
export interface Claims {
  /** Identifies the worker. */
  readonly own: string;
  /**
   * Renews the claims of the messages that this worker is sending, and breaks abandoned ones. Call it at least every
   * second; it does nothing when called more often.
   */
  check(underWay: ReadonlyMap<string, unknown>): Promise<void>;
}

const CHECKS_PER_LEASE = 9;

/** @param leaseMs how long a claim lasts that is not renewed */
export function createClaims(database: Database, channel: Channel, leaseMs: number): Claims {
  const own = randomUUID();
  /** When each state of a claim was seen first. */
  let seen = new Map<string, number>();
  let checkedAt: number | undefined;

  return {
    own,
    async check(underWay) {
      const now = performance.now();
      if (checkedAt !== undefined && now - checkedAt < leaseMs / CHECKS_PER_LEASE) return;
      checkedAt = now;
      if (underWay.size > 0) await renewClaims(database, own, [...underWay.keys()]);
      // Also this worker's own, when it could not store an outcome.
      const claims = (await listClaims(database, channel)).filter(({ id }) => !underWay.has(id));
      const before = seen;
      seen = new Map();
      const abandoned = claims.filter((claim) => {
        const state = `${claim.id} ${claim.claim} ${claim.renewals}`;
        const since = before.get(state) ?? now;
        seen.set(state, since);
        return now - since >= leaseMs;
      });
      if (abandoned.length > 0) await breakClaims(database, abandoned);
    },
  };
}
