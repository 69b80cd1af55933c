import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { type Database, withDatabase } from '../database/open.ts';
import type { TableOwner } from '../database/owner.ts';
import { ConfigError } from '../errors.ts';
import type { Dump } from './dump.ts';

/** The dump is PostgreSQL's own, by `pg_dump` and `psql`. Only the tables of this program are in it. */
export function postgresDump(databaseUrl: string, owners: readonly TableOwner[]): Dump {
  /** Regular expressions, and patterns of `pg_dump` without their asterisk. */
  const prefixes = ['database_migrations', ...owners.map(({ name }) => `${name}_`)];

  return {
    name: 'database.sql',
    folder: tmpdir(),

    async write(file) {
      const tables = prefixes.map((prefix) => `--table=${prefix}*`);
      await run('pg_dump', databaseUrl, [
        '--no-owner',
        '--no-privileges',
        '--format=plain',
        `--file=${file}`,
        ...tables,
      ]);
    },

    async hasTables() {
      return (await withDatabase(renamed(databaseUrl), (database) => listTables(database, prefixes))).length > 0;
    },

    async replace(file) {
      const tables = await withDatabase(renamed(databaseUrl), async (database) => {
        await requireUnused(database);
        return listTables(database, prefixes);
      });
      const drop = tables.length === 0 ? 'select' : `drop table ${tables.join(', ')}`;
      const script = [`--command=${drop}`, `--file=${file}`];
      await run('psql', databaseUrl, [
        '--no-psqlrc',
        '--quiet',
        '--single-transaction',
        '--set=ON_ERROR_STOP=1',
        ...script,
      ]);
    },
  };
}

/** Quoted names of this program's tables, with their schemas. */
async function listTables(database: Database, prefixes: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname = any(current_schemas(false)) and tablename ~ ${`^(${prefixes.join('|')})`}
  `.execute(database);
  return rows.map(({ name }) => name);
}

async function requireUnused(database: Database): Promise<void> {
  const { rows } = await sql`
    select 1 from pg_stat_activity
    where datname = current_database() and application_name = 'qiyue' and pid <> pg_backend_pid()
  `.execute(database);
  if (rows.length > 0) throw new ConfigError('DATABASE_URL: the database is in use: stop all servers first');
}

/** The URL under another name than that of the servers, whose connections `requireUnused` looks for. */
function renamed(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('application_name', 'qiyue restore');
  return url.href;
}

/**
 * Runs a client program of PostgreSQL. The password is in a file that only this account can read: other accounts see
 * the arguments of a program.
 *
 * @throws ConfigError with the message of the program, or when it is not installed
 */
async function run(program: string, databaseUrl: string, parameters: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-'));
  try {
    const url = new URL(databaseUrl);
    if (url.password !== '') {
      const file = join(folder, 'password');
      const password = decodeURIComponent(url.password).replace(/[\\:]/g, '\\$&');
      await writeFile(file, `*:*:*:*:${password}\n`, { mode: 0o600 });
      url.password = '';
      url.searchParams.set('passfile', file);
    }
    await promisify(execFile)(program, [`--dbname=${url.href}`, '--no-password', ...parameters], {
      maxBuffer: Number.POSITIVE_INFINITY,
    });
  } catch (error) {
    const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
    if (code === 'ENOENT')
      throw new ConfigError(
        `${program} is not installed: install the client programs of PostgreSQL (postgresql-client)`,
      );
    throw new ConfigError(`${program} failed: ${stderr?.trim() || message}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
