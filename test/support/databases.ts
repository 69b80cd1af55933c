import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, inject, it } from 'vitest';
import { tableOwners } from '../../src/app.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { type Database, openDatabase } from '../../src/database/open.ts';
import { type Created, createPostgres } from './postgres.ts';

/** Creates databases of one engine. They are closed and removed after the suite. */
export interface TestDatabases {
  engine: 'sqlite' | 'postgres';
  /** A new database with all tables and no rows. */
  createUrl(): Promise<string>;
  /** A new database without tables. */
  createEmptyUrl(): Promise<string>;
  /** A new database with all tables; with `url`, another connection to that database. */
  open(url?: string): Promise<Database>;
}

/** Names a suite on an engine: `SQLite` or `PostgreSQL`. */
type Title = string | ((engine: string) => string);

const titleOf = (title: Title, engine: string) => (typeof title === 'string' ? `${title} (${engine})` : title(engine));

/**
 * Runs a suite on SQLite and, when TEST_POSTGRES_URL names a server on which databases may be created, on PostgreSQL.
 * `TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:5432/postgres npm test`
 */
export function describeEachDatabase(title: Title, suite: (databases: TestDatabases) => void): void {
  describeSqlite(title, suite);
  describePostgres(title, suite);
}

/** Like `describeEachDatabase`, for what does not depend on the database and takes long. */
export function describeSqlite(title: Title, suite: (databases: TestDatabases) => void): void {
  describe(titleOf(title, 'SQLite'), () => suite(testDatabases('sqlite', createSqlite)));
}

/** Like `describeEachDatabase`, for what only PostgreSQL can do. */
export function describePostgres(title: Title, suite: (databases: TestDatabases) => void): void {
  const server = process.env.TEST_POSTGRES_URL;
  if (server) {
    const create = (isEmpty: boolean) => createPostgres(server, isEmpty ? undefined : inject('templates').postgres);
    describe(titleOf(title, 'PostgreSQL'), () => suite(testDatabases('postgres', create)));
  } else {
    describe.skip(titleOf(title, 'PostgreSQL: skipped, TEST_POSTGRES_URL is not set'), () => {
      it('needs a server', () => {});
    });
  }
}

function testDatabases(engine: TestDatabases['engine'], create: (isEmpty: boolean) => Promise<Created>): TestDatabases {
  const created: Created[] = [];
  const opened: Database[] = [];

  afterAll(async () => {
    await Promise.all(opened.map((database) => database.destroy()));
    await Promise.all(created.map(({ remove }) => remove()));
  });

  async function createUrl(isEmpty: boolean): Promise<string> {
    const database = await create(isEmpty);
    created.push(database);
    return database.url;
  }

  return {
    engine,
    createUrl: () => createUrl(false),
    createEmptyUrl: () => createUrl(true),
    async open(url) {
      const database = await openDatabase(url ?? (await createUrl(false)));
      opened.push(database);
      await migrateDatabase(database, tableOwners);
      return database;
    },
  };
}

async function createSqlite(isEmpty: boolean): Promise<Created> {
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-test-'));
  const file = join(folder, 'test.db');
  if (!isEmpty) await copyFile(inject('templates').sqlite, file);
  return { url: `sqlite:${file}`, remove: () => rm(folder, { recursive: true }) };
}
