import { type Migration, Migrator } from 'kysely';
import { migration as oauth } from './migrations/0001-oauth.ts';
import { migration as tower } from './migrations/0002-tower.ts';
import { migration as delivery } from './migrations/0003-delivery.ts';
import { migration as files } from './migrations/0004-files.ts';
import { migration as gobelieve } from './migrations/0005-gobelieve.ts';
import { migration as ucenter } from './migrations/0006-ucenter.ts';
import { migration as ppmessage } from './migrations/0007-ppmessage.ts';
import { migration as oauthUsers } from './migrations/0008-oauth-users.ts';
import type { Database } from './open.ts';

/**
 * In order, and listed here by hand so that they are part of a bundle. A migration that was released is never changed,
 * renamed or removed: the next change of a table is a new one at the end.
 */
const migrations: Record<string, Migration> = {
  '0001-oauth': oauth,
  '0002-tower': tower,
  '0003-delivery': delivery,
  '0004-files': files,
  '0005-gobelieve': gobelieve,
  '0006-ucenter': ucenter,
  '0007-ppmessage': ppmessage,
  '0008-oauth-users': oauthUsers,
};

/**
 * Brings the tables up to date, all in one transaction. Two processes may do so at once: the second finds it done.
 *
 * @returns the names of the migrations that ran; none when there was nothing to do
 * @throws Error when one fails (nothing has changed then) or the database was migrated by a newer version
 */
export async function migrateDatabase(database: Database): Promise<string[]> {
  const { error, results = [] } = await createMigrator(database).migrateToLatest();
  if (error !== undefined) {
    const failed = results.find(({ status }) => status === 'Error');
    const which = failed === undefined ? '' : ` in ${failed.migrationName}`;
    throw new Error(`The database cannot be migrated${which}: ${(error as Error).message}`, { cause: error });
  }
  return results.map(({ migrationName }) => migrationName);
}

/** Names of the migrations that have not run yet, in their order; empty when the tables are up to date. Only reads. */
export async function pendingMigrations(database: Database): Promise<string[]> {
  const all = await createMigrator(database).getMigrations();
  return all.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

function createMigrator(database: Database): Migrator {
  return new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations },
    migrationTableName: 'database_migrations',
    migrationLockTableName: 'database_migrations_lock',
  });
}
