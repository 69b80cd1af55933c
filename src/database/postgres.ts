import { PostgresDialect } from 'kysely';

/** Type number of PostgreSQL's 64-bit integers. Ours are times and counts, which a JavaScript number holds exactly. */
const INT8 = 20;

/**
 * Connects to PostgreSQL 11 or newer and makes a dialect for Kysely of it.
 *
 * @param url `postgres://user:password@host:port/name`
 * @throws Error that says which server refused and why, without the password
 */
export async function postgresDialect(url: string): Promise<PostgresDialect> {
  if (!URL.canParse(url)) {
    throw new Error('The PostgreSQL URL cannot be read: percent-encode special characters in the password');
  }
  // Loaded here, for a start on SQLite should not pay for it.
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
  // A connection that breaks while idle is replaced by the next query; without a listener it would end the process.
  pool.on('error', () => {});
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    const { host, pathname } = new URL(url);
    throw new Error(`The PostgreSQL database ${host}${pathname} cannot be used: ${reason(error)}`);
  }
  return new PostgresDialect({ pool });
}

/** When a host name has several addresses, the error of each stands in `errors` and the message is empty. */
function reason(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return first instanceof Error ? first.message : String(first);
}
