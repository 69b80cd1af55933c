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
