import type { ColumnDefinitionBuilder, CreateTableBuilder, Kysely } from 'kysely';

/** Steps that several migrations have. */

export type NewColumn = [
  name: string,
  type: 'text' | 'bigint' | 'smallint' | 'integer',
  build: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder,
];

/** SQLite adds one column with each statement. */
export async function addColumns(database: Kysely<unknown>, table: string, columns: NewColumn[]): Promise<void> {
  for (const [name, type, build] of columns)
    await database.schema.alterTable(table).addColumn(name, type, build).execute();
}

/** A table whose rows go with their app. */
export const createAppTable = (database: Kysely<unknown>, name: string) =>
  database.schema
    .createTable(name)
    .addColumn('app_uuid', 'text', (column) => column.notNull().references('ppmessage_apps.uuid').onDelete('cascade'));

/** PostgreSQL's names have at most 63 characters. */
const indexName = (table: string, columns: string[]) => [table, ...columns].join('_').slice(0, 63);

/**
 * Puts an index with more columns in the place of one.
 *
 * @param columns those of the old one, as `app_uuid, user_uuid`
 */
export async function replaceIndex(
  database: Kysely<unknown>,
  table: string,
  columns: string,
  more: string,
): Promise<void> {
  const old = columns.split(', ');
  await database.schema.dropIndex(indexName(table, old)).execute();
  await createIndex(database, table, [...old, ...more.split(', ')]);
}

export const createIndex = (database: Kysely<unknown>, table: string, columns: string[]) =>
  database.schema.createIndex(indexName(table, columns)).on(table).columns(columns).execute();

export const addTimes = <Name extends string, Column extends string>(table: CreateTableBuilder<Name, Column>) =>
  table
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull());
