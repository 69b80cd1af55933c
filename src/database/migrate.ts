import { type Migration, Migrator, sql } from 'kysely';
import { ConfigError } from '../errors.ts';
import type { Database } from './open.ts';
import type { TableOwner } from './owner.ts';
import { engineOf } from './transact.ts';

const MIGRATION_TABLE = 'database_migrations';

/**
 * Brings the tables of all owners up to date, in one transaction. Two processes may do so at the same time: the second
 * has nothing left to do.
 *
 * @returns the names of the migrations that ran, such as `tower-0001`; none when there was nothing to do
 * @throws ConfigError when the database was migrated by a newer version
 * @throws Error when one fails; nothing has changed then
 */
export async function migrateDatabase(database: Database, owners: readonly TableOwner[]): Promise<string[]> {
  await requireKnownMigrations(database, owners);
  if ((await pendingMigrations(database, owners)).length === 0) return [];
  const { error, results = [] } = await createMigrator(database, owners).migrateToLatest();
  if (error !== undefined) {
    const failed = results.find(({ status }) => status === 'Error');
    const which = failed === undefined ? '' : ` in ${failed.migrationName}`;
    throw new Error(`The database cannot be migrated${which}: ${(error as Error).message}`, { cause: error });
  }
  return results.map(({ migrationName }) => migrationName);
}

/** Names of the migrations that have not run yet, in their order; empty when the tables are up to date. Only reads. */
export async function pendingMigrations(database: Database, owners: readonly TableOwner[]): Promise<string[]> {
  const applied = new Set(await appliedMigrations(database));
  return Object.keys(migrationsOf(owners))
    .filter((name) => !applied.has(name))
    .sort();
}

/**
 * Requires that no newer version has migrated the database: it may have changed the meaning of the data. Only reads.
 *
 * @throws ConfigError that names the migrations of the newer version
 */
export async function requireKnownMigrations(database: Database, owners: readonly TableOwner[]): Promise<void> {
  const newer = newerMigrations(await appliedMigrations(database), owners);
  if (newer.length > 0) {
    throw new ConfigError(
      `DATABASE_URL: a newer version of this program has migrated the database (${newer.join(', ')}): start that version, or restore a backup`,
    );
  }
}

/**
 * Names of the migrations that have run, also of those that only a newer version knows; none in a new database. Kysely's
 * migrator would read the columns of all tables to find out whether there is its own.
 */
export async function appliedMigrations(database: Database): Promise<string[]> {
  if (!(await hasTable(database, MIGRATION_TABLE))) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)} order by name`.execute(
    database,
  );
  return rows.map(({ name }) => name);
}

async function hasTable(database: Database, name: string): Promise<boolean> {
  const isSqlite = engineOf(database) === 'sqlite';
  const { rows } = await (isSqlite
    ? sql`select 1 from pragma_table_list where type = 'table' and name = ${name}`
    : sql`select 1 where to_regclass(${name}) is not null`
  ).execute(database);
  return rows.length > 0;
}

/** Those of some names of migrations that only a newer version knows. */
export function newerMigrations(names: readonly string[], owners: readonly TableOwner[]): string[] {
  const known = migrationsOf(owners);
  return names.filter((name) => !(name in known));
}

/** The names of all migrations of some owners. */
export const migrationNames = (owners: readonly TableOwner[]): string[] => Object.keys(migrationsOf(owners)).sort();

function migrationsOf(owners: readonly TableOwner[]): Record<string, Migration> {
  const migrations: Record<string, Migration> = {};
  for (const { name, migrations: own = {} } of owners) {
    for (const [number, migration] of Object.entries(own)) migrations[`${name}-${number}`] = migration;
  }
  return migrations;
}

function createMigrator(database: Database, owners: readonly TableOwner[]): Migrator {
  return new Migrator({
    db: database,
    provider: { getMigrations: async () => migrationsOf(owners) },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: 'database_migrations_lock',
    // A new migration may sort before those that have already run: names begin with the owner.
    allowUnorderedMigrations: true,
  });
}
