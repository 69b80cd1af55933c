import { type Migration, Migrator } from 'kysely';
import type { Database } from './open.ts';
import type { TableOwner } from './owner.ts';

/**
 * Brings the tables of all owners up to date, in one transaction. Two processes may do so at the same time: the second
 * has nothing left to do.
 *
 * @returns the names of the migrations that ran, such as `tower-0001`; none when there was nothing to do
 * @throws Error when one fails (nothing has changed then) or the database was migrated by a newer version
 */
export async function migrateDatabase(database: Database, owners: readonly TableOwner[]): Promise<string[]> {
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
  const all = await createMigrator(database, owners).getMigrations();
  return all.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

function createMigrator(database: Database, owners: readonly TableOwner[]): Migrator {
  const migrations: Record<string, Migration> = {};
  for (const { name, migrations: own = {} } of owners) {
    for (const [number, migration] of Object.entries(own)) migrations[`${name}-${number}`] = migration;
  }
  return new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations },
    migrationTableName: 'database_migrations',
    migrationLockTableName: 'database_migrations_lock',
    // A new migration may sort before those that have already run: names begin with the owner.
    allowUnorderedMigrations: true,
  });
}
