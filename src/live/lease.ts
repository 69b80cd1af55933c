export interface Lease {
  /** How long the lease lasts after the node that renews it has died. */
  durationMs: number;
  acquire(): Promise<unknown>;
  /** Defaults to `acquire`. */
  renew?(): Promise<unknown>;
  release(): Promise<unknown>;
  /** Gets the error of a failed renewal or release. */
  onError(error: unknown): void;
}

/**
 * The times at which a lease that holds now can end. A later end was written before the clock was set back, by a node
 * that has died: a living one renews it soon. Twice the duration, because the clocks of nodes differ.
 */
export function leaseEnds(durationMs: number, now: number): { after: number; upTo: number } {
  return { after: now, upTo: now + 2 * durationMs };
}

/** Acquires a lease and renews it until the returned function is called, which releases it. */
export async function keepLease({
  durationMs,
  acquire,
  renew = acquire,
  release,
  onError,
}: Lease): Promise<() => void> {
  await acquire();
  let renewing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = renew().catch(onError);
  }, durationMs / 3).unref();
  return () => {
    clearInterval(timer);
    // A renewal that is under way must not come after the release.
    renewing.then(release).catch(onError);
  };
}
