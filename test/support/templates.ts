import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { tableOwners } from '../../src/app.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { withDatabase } from '../../src/database/open.ts';
import { createPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Databases with all tables and no rows, of which the tests get copies. */
    templates: { sqlite: string; postgres: string | undefined };
  }
}

let remove = async () => {};

/** Before all tests: to copy a database takes a tenth of the time of all migrations. */
export async function setup({ provide }: TestProject): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-template-'));
  const sqlite = join(folder, 'template.db');
  await migrate(`sqlite:${sqlite}`);
  const server = process.env.TEST_POSTGRES_URL;
  const postgres = server ? await createPostgres(server) : undefined;
  if (postgres) await migrate(postgres.url);
  provide('templates', { sqlite, postgres: postgres?.name });
  remove = async () => {
    await rm(folder, { recursive: true });
    await postgres?.remove();
  };
}

export const teardown = (): Promise<void> => remove();

const migrate = (url: string) => withDatabase(url, (database) => migrateDatabase(database, tableOwners));
