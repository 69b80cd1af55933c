import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, it } from 'vitest';
import { tableOwners } from '../../src/app.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { type Database, openDatabase } from '../../src/database/open.ts';

/** Creates databases of one engine. They are closed and removed after the suite. */
export interface TestDatabases {
  engine: 'sqlite' | 'postgres';
  /** A new and empty database. */
  createUrl(): Promise<string>;
  /** A new database with all tables; with `url`, another connection to that database. */
  open(url?: string): Promise<Database>;
}

/**
 * Runs a suite on SQLite and, when TEST_POSTGRES_URL names a server on which databases may be created, on PostgreSQL.
 * `TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:5432/postgres npm test`
 */
export function describeEachDatabase(title: string, suite: (databases: TestDatabases) => void): void {
  describe(`${title} (SQLite)`, () => suite(testDatabases('sqlite', createSqlite)));
  describePostgres(title, suite);
}

/** Like `describeEachDatabase`, for what only PostgreSQL can do. */
export function describePostgres(title: string, suite: (databases: TestDatabases) => void): void {
  const server = process.env.TEST_POSTGRES_URL;
  if (server) {
    describe(`${title} (PostgreSQL)`, () => suite(testDatabases('postgres', () => createPostgres(server))));
  } else {
    describe.skip(`${title} (PostgreSQL: skipped, TEST_POSTGRES_URL is not set)`, () => {
      it('needs a server', () => {});
    });
  }
}

interface Created {
  url: string;
  remove(): Promise<unknown>;
}

function testDatabases(engine: TestDatabases['engine'], create: () => Promise<Created>): TestDatabases {
  const created: Created[] = [];
  const opened: Database[] = [];

  afterAll(async () => {
    await Promise.all(opened.map((database) => database.destroy()));
    await Promise.all(created.map(({ remove }) => remove()));
  });

  async function createUrl(): Promise<string> {
    const database = await create();
    created.push(database);
    return database.url;
  }

  return {
    engine,
    createUrl,
    async open(url) {
      const database = await openDatabase(url ?? (await createUrl()));
      opened.push(database);
      await migrateDatabase(database, tableOwners);
      return database;
    },
  };
}

async function createSqlite(): Promise<Created> {
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-test-'));
  return { url: `sqlite:${join(folder, 'test.db')}`, remove: () => rm(folder, { recursive: true }) };
}

async function createPostgres(server: string): Promise<Created> {
  const name = `qiyue_test_${randomBytes(8).toString('hex')}`;
  await administer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, remove: () => administer(server, `drop database ${name} with (force)`) };
}

async function administer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
