import { PostgresDialect } from 'kysely';

/** PostgreSQL's type number of 64-bit integers. They hold times and counts here, which a JavaScript number can hold. */
const INT8 = 20;

/**
 * Connects to PostgreSQL 11 or newer. Returns a dialect for Kysely.
 *
 * @param url `postgres://user:password@host:port/name`
 * @throws Error that names the server and the reason, without the password
 */
export async function postgresDialect(url: string): Promise<PostgresDialect> {
  if (!URL.canParse(url)) {
    throw new Error('The PostgreSQL URL cannot be read: percent-encode special characters in the password');
  }
  // Loaded here, so that a start with SQLite does not load it.
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    fallback_application_name: 'qiyue',
    keepAlive: true,
    types: {
      getTypeParser: ((type: number, format?: 'text') =>
        type === INT8 ? Number : pg.types.getTypeParser(type, format)) as typeof pg.types.getTypeParser,
    },
  });
  // The next query replaces a connection that broke. Without listeners the events would end the process: the pool's is
  // for an idle connection, the client's for one that a transaction holds and does not use at this moment.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    const { host, pathname } = new URL(url);
    throw new Error(`The PostgreSQL database ${host}${pathname} cannot be used: ${reason(error)}`);
  }
  return new PostgresDialect({ pool });
}

/** When a host name has several addresses, the error of each is in `errors` and the message is empty. */
function reason(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return first instanceof Error ? first.message : String(first);
}
