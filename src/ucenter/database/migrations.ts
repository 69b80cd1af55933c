import { type ColumnDefinitionBuilder, type Migration, sql } from 'kysely';
import type { Database } from '../../database/open.ts';
import { engineOf } from '../../database/transact.ts';

const first: Migration = {
  async up(database) {
    const { schema } = database;
    const id = ids(database);

    await schema
      .createTable('ucenter_users')
      .addColumn('id', 'integer', id)
      .addColumn('username', 'text', (column) => column.notNull().unique())
      .addColumn('email', 'text')
      .addColumn('email_key', 'text', (column) => column.unique())
      .addColumn('phone', 'text', (column) => column.unique())
      .addColumn('password_hash', 'text', (column) => column.notNull())
      .addColumn('client_id', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await beginUserIds(database);

    await schema
      .createTable('ucenter_fields')
      .addColumn('name', 'text', (column) => column.notNull().primaryKey())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('position', 'integer', (column) => column.notNull())
      .execute();
    const fields = { position: '职位', address: '地址', department: '部门', school: '学校', sex: '性别' };
    await database
      .insertInto('ucenter_fields')
      .values(Object.entries(fields).map(([name, title], position) => ({ name, title, position })))
      .execute();
    await schema
      .createTable('ucenter_details')
      .addColumn('user_id', 'integer', (column) => column.notNull().references('ucenter_users.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull().references('ucenter_fields.name').onDelete('cascade'))
      .addColumn('value', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('ucenter_details_pk', ['user_id', 'name'])
      .execute();

    await schema
      .createTable('ucenter_roles')
      .addColumn('id', 'integer', id)
      .addColumn('client_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addUniqueConstraint('ucenter_roles_name', ['client_id', 'name'])
      .execute();
    await schema
      .createTable('ucenter_permissions')
      .addColumn('id', 'integer', id)
      .addColumn('client_id', 'text', (column) => column.notNull())
      .addColumn('group_id', 'integer', (column) => column.references('ucenter_permissions.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addUniqueConstraint('ucenter_permissions_name', ['client_id', 'name'])
      .execute();
    await schema.createIndex('ucenter_permissions_group').on('ucenter_permissions').column('group_id').execute();
    await schema
      .createTable('ucenter_user_roles')
      .addColumn('user_id', 'integer', (column) => column.notNull().references('ucenter_users.id').onDelete('cascade'))
      .addColumn('role_id', 'integer', (column) => column.notNull().references('ucenter_roles.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('ucenter_user_roles_pk', ['user_id', 'role_id'])
      .execute();
    await schema.createIndex('ucenter_user_roles_role').on('ucenter_user_roles').column('role_id').execute();
    await schema
      .createTable('ucenter_role_permissions')
      .addColumn('role_id', 'integer', (column) => column.notNull().references('ucenter_roles.id').onDelete('cascade'))
      .addColumn('permission_id', 'integer', (column) =>
        column.notNull().references('ucenter_permissions.id').onDelete('cascade'),
      )
      .addPrimaryKeyConstraint('ucenter_role_permissions_pk', ['role_id', 'permission_id'])
      .execute();
    await schema
      .createIndex('ucenter_role_permissions_permission')
      .on('ucenter_role_permissions')
      .column('permission_id')
      .execute();

    await schema
      .createTable('ucenter_sms_codes')
      .addColumn('phone', 'text', (column) => column.notNull().primaryKey())
      .addColumn('code_hash', 'text')
      .addColumn('expires_at', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('wrong_guesses', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('sent_at', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('sent_in_hour', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('hour_began_at', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('verified_by', 'text')
      .addColumn('verified_until', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    // Housekeeping deletes by this column.
    await schema.createIndex('ucenter_sms_codes_sent').on('ucenter_sms_codes').column('sent_at').execute();

    const records = (name: string) =>
      schema
        .createTable(name)
        .addColumn('id', 'integer', id)
        .addColumn('client_id', 'text', (column) => column.notNull())
        .addColumn('user_id', 'integer')
        .addColumn('created_at', 'bigint', (column) => column.notNull());
    await records('ucenter_sms_messages')
      .addColumn('phone', 'text', (column) => column.notNull())
      .addColumn('content', 'text', (column) => column.notNull())
      .addColumn('message_id', 'text', (column) => column.notNull())
      .execute();
    await records('ucenter_emails')
      .addColumn('email', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('content', 'text', (column) => column.notNull())
      .addColumn('message_id', 'text', (column) => column.notNull())
      .execute();
    await records('ucenter_files')
      .addColumn('key', 'text', (column) => column.notNull().unique())
      .addColumn('file_name', 'text', (column) => column.notNull())
      .addColumn('extension', 'text', (column) => column.notNull())
      .addColumn('mime_type', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .execute();
    await records('ucenter_logs')
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('data', 'text', (column) => column.notNull())
      .addColumn('sql', 'text', (column) => column.notNull())
      .addColumn('ip', 'text', (column) => column.notNull())
      .execute();
    for (const name of ['ucenter_sms_messages', 'ucenter_emails', 'ucenter_files', 'ucenter_logs']) {
      await schema.createIndex(`${name}_client`).on(name).columns(['client_id', 'id']).execute();
    }

    // E-mails are HTML (U-36).
    await schema
      .alterTable('messages_outbox')
      .addColumn('format', 'text', (column) => column.notNull().defaultTo('text'))
      .execute();
  },
};

/**
 * Before there were several scopes, every application had `user_info` alone. Applications get all scopes, and so do their
 * own tokens. Users' tokens keep what the consent page named.
 */
const severalScopes: Migration = {
  async up(database) {
    const all = 'user_info user_details user_account message_send record_write app_admin';
    await database.updateTable('oauth_clients').set({ scopes: all }).where('api', '=', 'ucenter').execute();
    await database
      .updateTable('oauth_tokens')
      .set({ scope: all })
      .where('api', '=', 'ucenter')
      .where('user_id', 'is', null)
      .execute();
  },
};

/** Wrong guesses are counted for each caller. */
const guessesOfCallers: Migration = {
  async up(database) {
    await database.schema.alterTable('ucenter_sms_codes').addColumn('sent_by', 'text').execute();
    await database.schema
      .createTable('ucenter_sms_guesses')
      .addColumn('phone', 'text', (column) =>
        column.notNull().references('ucenter_sms_codes.phone').onDelete('cascade'),
      )
      .addColumn('guesser', 'text', (column) => column.notNull())
      .addColumn('guesses', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('ucenter_sms_guesses_pk', ['phone', 'guesser'])
      .execute();
  },
};

/** E-mail is text, except that of applications with a row here. */
const htmlSenders: Migration = {
  async up(database) {
    await database.schema
      .createTable('ucenter_html_senders')
      .addColumn('client_id', 'text', (column) => column.notNull().primaryKey())
      .execute();
  },
};

/** Users can undo a change of their login names, and new phones are not trusted at once. */
const accountLinks: Migration = {
  async up(database) {
    const { schema } = database;
    for (const name of ['email_trusted_at', 'phone_trusted_at'])
      await schema
        .alterTable('ucenter_users')
        .addColumn(name, 'bigint', (column) => column.notNull().defaultTo(0))
        .execute();
    await schema
      .createTable('ucenter_account_links')
      .addColumn('link_hash', 'text', (column) => column.notNull().primaryKey())
      .addColumn('user_id', 'integer', (column) => column.notNull().references('ucenter_users.id').onDelete('cascade'))
      .addColumn('may_confirm', 'integer', (column) => column.notNull())
      .addColumn('old_username', 'text', (column) => column.notNull())
      .addColumn('old_email', 'text')
      .addColumn('old_email_key', 'text')
      .addColumn('old_email_trusted_at', 'bigint', (column) => column.notNull())
      .addColumn('old_phone', 'text')
      .addColumn('old_phone_trusted_at', 'bigint', (column) => column.notNull())
      .addColumn('new_username', 'text')
      .addColumn('new_email', 'text')
      .addColumn('new_phone', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    for (const column of ['user_id', 'old_username', 'old_email_key', 'expires_at'])
      await schema.createIndex(`ucenter_account_links_${column}`).on('ucenter_account_links').column(column).execute();
  },
};

/** The bytes that each application stores, so that its limit can be checked without a sum. */
const storage: Migration = {
  async up(database) {
    await database.schema
      .createTable('ucenter_storage')
      .addColumn('client_id', 'text', (column) => column.notNull().primaryKey())
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .execute();
    await sql`insert into ucenter_storage (client_id, bytes)
      select client_id, sum(size) from ucenter_files group by client_id`.execute(database);
  },
};

export const migrations = {
  '0001': first,
  '0002': severalScopes,
  '0003': guessesOfCallers,
  '0004': htmlSenders,
  '0005': accountLinks,
  '0006': storage,
};

/** Ids that the database generates, each larger than all before it. */
function ids(database: Database) {
  return (column: ColumnDefinitionBuilder) =>
    engineOf(database) === 'sqlite'
      ? column.notNull().primaryKey().autoIncrement()
      : column.notNull().primaryKey().modifyEnd(sql`generated by default as identity`);
}

/** Ids of users begin at 1000 (U-30); the sandbox's own users have smaller ones. */
async function beginUserIds(database: Database): Promise<void> {
  await (engineOf(database) === 'sqlite'
    ? sql`insert into sqlite_sequence (name, seq) values ('ucenter_users', 999)`
    : sql`alter table ucenter_users alter column id restart with 1000`
  ).execute(database);
}
