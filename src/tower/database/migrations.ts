import type { Migration } from 'kysely';
import { second } from './migration-0002.ts';
import { third } from './migration-0003.ts';
import { fourth } from './migration-0004.ts';
import { fifth } from './migration-0005.ts';
import { sixth } from './migration-0006.ts';
import { seventh } from './migration-0007.ts';

const first: Migration = {
  async up(database) {
    await database.schema
      .createTable('tower_users')
      .addColumn('id', 'text', (column) => column.notNull().primaryKey())
      .addColumn('username', 'text', (column) => column.notNull().unique())
      .addColumn('email', 'text', (column) => column.notNull())
      .addColumn('nickname', 'text', (column) => column.notNull())
      .addColumn('gavatar', 'text', (column) => column.notNull())
      .addColumn('password_hash', 'text', (column) => column.notNull())
      .addColumn('second_step', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();

    await database.schema
      .createTable('tower_teams')
      .addColumn('id', 'text', (column) => column.notNull().primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();

    await database.schema
      .createTable('tower_members')
      .addColumn('id', 'text', (column) => column.notNull().primaryKey())
      .addColumn('team_id', 'text', (column) => column.notNull().references('tower_teams.id').onDelete('cascade'))
      .addColumn('user_id', 'text', (column) => column.notNull().references('tower_users.id').onDelete('cascade'))
      .addColumn('nickname', 'text', (column) => column.notNull())
      .addColumn('gavatar', 'text', (column) => column.notNull())
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('is_active', 'smallint', (column) => column.notNull().defaultTo(1))
      .addColumn('comment', 'text')
      .addColumn('phone', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('tower_members_once', ['team_id', 'user_id'])
      .execute();
    await database.schema.createIndex('tower_members_user').on('tower_members').column('user_id').execute();

    await database.schema
      .createTable('tower_subgroups')
      .addColumn('id', 'text', (column) => column.notNull().primaryKey())
      .addColumn('team_id', 'text', (column) => column.notNull().references('tower_teams.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await database.schema.createIndex('tower_subgroups_team').on('tower_subgroups').column('team_id').execute();

    await database.schema
      .createTable('tower_subgroup_members')
      .addColumn('subgroup_id', 'text', (column) =>
        column.notNull().references('tower_subgroups.id').onDelete('cascade'),
      )
      .addColumn('member_id', 'text', (column) => column.notNull().references('tower_members.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('tower_subgroup_members_pk', ['subgroup_id', 'member_id'])
      .execute();
    await database.schema
      .createIndex('tower_subgroup_members_member')
      .on('tower_subgroup_members')
      .column('member_id')
      .execute();
  },
};

export const migrations = {
  '0001': first,
  '0002': second,
  '0003': third,
  '0004': fourth,
  '0005': fifth,
  '0006': sixth,
  '0007': seventh,
};
