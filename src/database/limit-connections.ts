import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { OverloadError } from '../errors.ts';

/** How long a query waits for a connection before it fails. */
const WAIT_MS = 10_000;

/** PostgreSQL's too_many_connections. */
const TOO_MANY_CONNECTIONS = '53300';

const RETRY_MS = 100;

export interface ConnectionLimits {
  /** How many connections may be in use. */
  most: number;
  /** How many queries and transactions may wait for one. */
  maxWaiting: number;
}

/**
 * Hands out the connections of a pool, at most so many at a time, first come, first served. `connect` throws
 * `OverloadError` when too many wait already, and after ten seconds.
 */
export function limitConnections(pool: PostgresPool, { most, maxWaiting }: ConnectionLimits): PostgresPool {
  const waiting = new Set<() => void>();
  let used = 0;

  function enter(): Promise<void> | undefined {
    if (used < most) {
      used += 1;
      return undefined;
    }
    if (waiting.size >= maxWaiting) throw new OverloadError();
    return new Promise((resolve, reject) => {
      const take = () => {
        clearTimeout(timer);
        waiting.delete(take);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(take);
        reject(new OverloadError());
      }, WAIT_MS);
      waiting.add(take);
    });
  }

  function leave() {
    const [next] = waiting;
    if (next) next();
    else used -= 1;
  }

  return {
    async connect() {
      await enter();
      try {
        return withRelease(await pool.connect(), leave);
      } catch (error) {
        leave();
        throw error;
      }
    },
    end: () => pool.end(),
  };
}

/** A connection that also calls `released` when it is given back. */
function withRelease(client: PostgresPoolClient, released: () => void): PostgresPoolClient {
  return {
    query: client.query.bind(client),
    release() {
      client.release();
      released();
    },
  };
}

/** A pool that waits while the role, the database or the server has no connection left. */
export function waitForRoom(pool: PostgresPool): PostgresPool {
  return {
    async connect() {
      const deadline = performance.now() + WAIT_MS;
      for (;;) {
        try {
          return await pool.connect();
        } catch (error) {
          if (!isFull(error)) throw error;
          if (performance.now() > deadline) throw new OverloadError(error);
        }
        // Another node or program may give one back, and so may this one.
        await sleep(RETRY_MS * (0.5 + Math.random()));
      }
    },
    end: () => pool.end(),
  };
}

/** Whether PostgreSQL refused a connection because there are too many. */
export const isFull = (error: unknown): boolean =>
  (error as { code?: unknown } | undefined)?.code === TOO_MANY_CONNECTIONS;
