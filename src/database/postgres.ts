import type { Socket } from 'node:net';
import type { PostgresPool } from 'kysely';
import type { Connection, PoolClient } from 'pg';
import { ConfigError } from '../errors.ts';
import { isFull, waitForRoom } from './limit-connections.ts';
import { pipelinedClient } from './pipelined-client.ts';

/** PostgreSQL's type number of 64-bit integers. They hold times and counts here, which a JavaScript number can hold. */
const INT8 = 20;

/** PostgreSQL ends a slow statement itself, and the connection stays. Only a server that does not lets this pass too. */
const SILENCE_MARGIN_MS = 1000;

/**
 * Connects to PostgreSQL 11 or newer, at the start with one connection. The pool makes others when it needs them.
 *
 * @param url `postgres://user:password@host:port/name`
 * @param timeoutMs for one query; 0 for no limit
 * @param max how many connections there may be
 * @throws ConfigError that names the server and the reason, without the password
 */
export async function connectPostgres(url: string, timeoutMs: number, max: number): Promise<PostgresPool> {
  if (!URL.canParse(url)) {
    throw new ConfigError('DATABASE_URL cannot be read: percent-encode special characters in the password');
  }
  // Loaded here, so that a start with SQLite does not load it.
  const { default: pg } = await import('pg');
  const open = async (statementTimeoutMs: number, begin = 'begin') => {
    const pool = new pg.Pool({
      Client: pipelinedClient(pg.Client, begin),
      connectionString: url,
      max,
      connectionTimeoutMillis: 10_000,
      fallback_application_name: 'qiyue',
      keepAlive: true,
      statement_timeout: statementTimeoutMs,
      pipeline: true,
      types: {
        getTypeParser: ((type: number, format?: 'text') =>
          type === INT8 ? Number : pg.types.getTypeParser(type, format)) as typeof pg.types.getTypeParser,
      },
    });
    // The next query replaces a connection that broke. Without listeners the events would end the process: the pool's is
    // for an idle connection, the client's for one that a transaction holds and does not use at this moment.
    pool.on('error', () => {});
    pool.on('connect', (client) => {
      client.on('error', () => {});
      if (timeoutMs > 0) endSilence(client, timeoutMs + SILENCE_MARGIN_MS);
    });
    try {
      (await pool.connect()).release();
    } catch (error) {
      await pool.end();
      throw error;
    }
    return pool;
  };
  try {
    return waitForRoom(
      await open(timeoutMs).catch(async (error) => {
        if (!refusesParameter(error)) throw error;
        // The limit comes with each transaction. A statement outside of one has only that of `endSilence`, or of the role.
        return open(0, `begin; set local statement_timeout = ${timeoutMs}`);
      }),
    );
  } catch (error) {
    const { host, pathname } = new URL(url);
    throw new ConfigError(
      `DATABASE_URL: the PostgreSQL database ${host}${pathname} cannot be used: ${reason(error)}${advice(error)}`,
    );
  }
}

/** PgBouncer refuses to set `statement_timeout` for a connection, because transactions of several clients use it. */
const refusesParameter = (error: unknown): boolean =>
  (error as { code?: unknown }).code === '08P01' && /unsupported startup parameter/.test((error as Error).message);

/**
 * Breaks a connection when nothing came or went for so long, and with it the query, which would wait for ever. The
 * driver's `query_timeout` would leave the connection to the next query, which then waits behind the first one.
 */
function endSilence(client: PoolClient, silenceMs: number): void {
  const socket = (client as unknown as { connection: Connection }).connection.stream as Socket;
  socket.setTimeout(silenceMs, () => socket.destroy(new Error(`PostgreSQL did not answer within ${silenceMs} ms`)));
}

/** When a host name has several addresses, the error of each is in `errors` and the message is empty. */
function reason(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return first instanceof Error ? first.message : String(first);
}

function advice(error: unknown): string {
  return isFull(error) ? '; raise the limit of the role, the database or max_connections, or stop other programs' : '';
}
