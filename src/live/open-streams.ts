import type { Readable } from 'node:stream';
import { HttpError } from '../errors.ts';

/** Bounds how many event streams and sockets one user has open on this node. */
export interface OpenStreams {
  /**
   * Opens a stream and counts it until it closes.
   *
   * @param holder names the user within all APIs, such as `gobelieve:1:10001`
   * @throws HttpError unavailable, with `Retry-After`, when the user has too many open streams
   */
  open(holder: string, create: () => Promise<Readable>): Promise<Readable>;
  /** Counts a socket until the returned function is called. Throws as `open`. */
  enter(holder: string): () => void;
}

/** Connections that broke are noticed within a minute. */
const RETRY_AFTER_S = '30';

/** @param most how many streams one user may have; 0 for no limit */
export function createOpenStreams(most: number): OpenStreams {
  const counts = new Map<string, number>();

  function enter(holder: string): () => void {
    const count = counts.get(holder) ?? 0;
    if (most > 0 && count >= most)
      throw new HttpError('unavailable', `The user has ${count} open event streams, and may have no more`, {
        headers: { 'Retry-After': RETRY_AFTER_S },
      });
    counts.set(holder, count + 1);
    return () => {
      const left = (counts.get(holder) ?? 1) - 1;
      if (left === 0) counts.delete(holder);
      else counts.set(holder, left);
    };
  }

  return {
    enter,
    async open(holder, create) {
      const leave = enter(holder);
      try {
        return (await create()).once('close', leave);
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}
