import { type Kysely, type Migration, sql } from 'kysely';
import { engineOf } from '../../database/transact.ts';
import { addColumns, addTimes, createAppTable, createIndex, type NewColumn, replaceIndex } from './migration-steps.ts';

const first: Migration = {
  async up(database) {
    await database.schema
      .createTable('ppmessage_apps')
      .addColumn('uuid', 'text', (column) => column.notNull().primaryKey())
      .addColumn('app_name', 'text', (column) => column.notNull())
      .addColumn('app_icon', 'text')
      .addColumn('company_name', 'text')
      .addColumn('user_uuid', 'text', (column) => column.notNull())
      .addColumn('app_key', 'text', (column) => column.notNull())
      .addColumn('app_route_policy', 'text', (column) => column.notNull().defaultTo('BROADCAST'))
      .addColumn('app_billing_email', 'text')
      .addColumn('welcome_message', 'text')
      .addColumn('offline_message', 'text')
      .addColumn('return_offline_message', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('show_ppcom_hover', 'text', (column) => column.notNull().defaultTo('NEVER'))
      .addColumn('ppcom_launcher_style', 'text', (column) => column.notNull().defaultTo('DEFAULT'))
      .addColumn('ppcom_launcher_color', 'text')
      .addColumn('ppcom_powered_by_name', 'text')
      .addColumn('ppcom_powered_by_link', 'text')
      .addColumn('ppcom_powered_by_visible', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('last_seq', 'bigint', (column) => column.notNull().defaultTo(0))
      .$call(addTimes)
      .execute();

    await createAppTable(database, 'ppmessage_keys')
      .addColumn('uuid', 'text', (column) => column.notNull().primaryKey())
      .addColumn('api_key', 'text', (column) => column.notNull().unique())
      .addColumn('sealed_secret', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();
    await createIndex(database, 'ppmessage_keys', ['app_uuid']);

    await createAppTable(database, 'ppmessage_users')
      .addColumn('uuid', 'text', (column) => column.notNull())
      .addColumn('user_email', 'text')
      .addColumn('user_name', 'text', (column) => column.notNull())
      .addColumn('user_firstname', 'text')
      .addColumn('user_lastname', 'text')
      .addColumn('user_fullname', 'text', (column) => column.notNull())
      .addColumn('user_icon', 'text')
      .addColumn('user_mobile', 'text')
      .addColumn('user_qq', 'text')
      .addColumn('user_wechat', 'text')
      .addColumn('user_company', 'text')
      .addColumn('user_signature', 'text')
      .addColumn('user_language', 'text')
      .addColumn('user_status', 'text', (column) => column.notNull())
      .addColumn('service_user_status', 'text', (column) => column.notNull().defaultTo('NULL'))
      .addColumn('is_service_user', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('is_distributor_user', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('is_anonymous_user', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('ppcom_trace_uuid', 'text')
      .addColumn('mobile_device_uuid', 'text')
      .addColumn('browser_device_uuid', 'text')
      .addColumn('ppcom_mobile_device_uuid', 'text')
      .addColumn('ppcom_browser_device_uuid', 'text')
      .addColumn('user_silence_notification', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('user_show_badge', 'smallint', (column) => column.notNull().defaultTo(1))
      .addColumn('user_mute_notification', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('user_mute_other_mobile_device', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('latest_send_message_time', 'bigint')
      .addColumn('user_defined', 'text')
      .addColumn('password_hash', 'text')
      .$call(addTimes)
      .addColumn('removed_at', 'bigint')
      .addPrimaryKeyConstraint('ppmessage_users_pk', ['app_uuid', 'uuid'])
      // Nulls differ from each other.
      .addUniqueConstraint('ppmessage_users_email', ['app_uuid', 'user_email'])
      .addUniqueConstraint('ppmessage_users_trace', ['app_uuid', 'ppcom_trace_uuid'])
      .execute();
    await createIndex(database, 'ppmessage_users', ['uuid']);
    await createIndex(database, 'ppmessage_users', ['app_uuid', 'is_service_user']);

    await createAppTable(database, 'ppmessage_devices')
      .addColumn('uuid', 'text', (column) => column.notNull().primaryKey())
      .addColumn('user_uuid', 'text', (column) => column.notNull())
      .addColumn('terminal_uuid', 'text', (column) => column.notNull())
      .addColumn('device_fullname', 'text')
      .addColumn('device_phonenumber', 'text')
      .addColumn('device_ostype', 'text', (column) => column.notNull())
      .addColumn('device_osversion', 'text')
      .addColumn('device_android_apilevel', 'integer')
      .addColumn('device_android_gcmtoken', 'text')
      .addColumn('device_android_jpush_registrationid', 'text')
      .addColumn('device_ios_model', 'text')
      .addColumn('device_ios_token', 'text')
      .addColumn('is_ppcom_device', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('online_until', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('online_since', 'bigint')
      .addColumn('online_stream', 'text')
      .$call(addTimes)
      .addUniqueConstraint('ppmessage_devices_terminal', ['app_uuid', 'terminal_uuid'])
      .execute();
    await createIndex(database, 'ppmessage_devices', ['app_uuid', 'user_uuid']);
    await createIndex(database, 'ppmessage_devices', ['app_uuid', 'online_until']);

    await createAppTable(database, 'ppmessage_groups')
      .addColumn('uuid', 'text', (column) => column.notNull().primaryKey())
      .addColumn('group_name', 'text', (column) => column.notNull())
      .addColumn('group_desc', 'text', (column) => column.notNull())
      .addColumn('group_icon', 'text')
      .addColumn('is_distributor', 'smallint', (column) => column.notNull().defaultTo(0))
      .$call(addTimes)
      .execute();
    await createIndex(database, 'ppmessage_groups', ['app_uuid']);

    await createAppTable(database, 'ppmessage_group_members')
      .addColumn('group_uuid', 'text', (column) =>
        column.notNull().references('ppmessage_groups.uuid').onDelete('cascade'),
      )
      .addColumn('user_uuid', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('ppmessage_group_members_pk', ['group_uuid', 'user_uuid'])
      .execute();
    await createIndex(database, 'ppmessage_group_members', ['app_uuid', 'user_uuid']);

    await createAppTable(database, 'ppmessage_conversations')
      .addColumn('uuid', 'text', (column) => column.notNull().primaryKey())
      .addColumn('user_uuid', 'text', (column) => column.notNull())
      .addColumn('assigned_uuid', 'text')
      .addColumn('group_uuid', 'text', (column) => column.references('ppmessage_groups.uuid').onDelete('set null'))
      .addColumn('conversation_type', 'text', (column) => column.notNull())
      .addColumn('conversation_name', 'text')
      .addColumn('conversation_icon', 'text')
      .addColumn('latest_task', 'text')
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .$call(addTimes)
      .execute();
    await createIndex(database, 'ppmessage_conversations', ['app_uuid', 'seq']);
    await createIndex(database, 'ppmessage_conversations', ['app_uuid', 'user_uuid']);
    await createIndex(database, 'ppmessage_conversations', ['group_uuid']);

    await createAppTable(database, 'ppmessage_conversation_members')
      .addColumn('conversation_uuid', 'text', (column) =>
        column.notNull().references('ppmessage_conversations.uuid').onDelete('cascade'),
      )
      .addColumn('user_uuid', 'text', (column) => column.notNull())
      .addColumn('uuid', 'text', (column) => column.notNull().unique())
      .addColumn('conversation_name', 'text')
      .addColumn('conversation_icon', 'text')
      .addColumn('conversation_status', 'text', (column) => column.notNull())
      .$call(addTimes)
      .addPrimaryKeyConstraint('ppmessage_conversation_members_pk', ['conversation_uuid', 'user_uuid'])
      .execute();
    await createIndex(database, 'ppmessage_conversation_members', ['app_uuid', 'user_uuid']);

    await createAppTable(database, 'ppmessage_messages')
      .addColumn('uuid', 'text', (column) => column.notNull())
      .addColumn('conversation_uuid', 'text', (column) =>
        column.notNull().references('ppmessage_conversations.uuid').onDelete('cascade'),
      )
      .addColumn('conversation_type', 'text', (column) => column.notNull())
      .addColumn('from_uuid', 'text', (column) => column.notNull())
      .addColumn('from_type', 'text', (column) => column.notNull())
      .addColumn('from_device_uuid', 'text')
      .addColumn('to_uuid', 'text', (column) => column.notNull())
      .addColumn('to_type', 'text', (column) => column.notNull())
      .addColumn('message_subtype', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('ppmessage_messages_pk', ['app_uuid', 'uuid'])
      .execute();
    await createIndex(database, 'ppmessage_messages', ['conversation_uuid', 'seq']);
    await createIndex(database, 'ppmessage_messages', ['app_uuid', 'created_at']);

    await createAppTable(database, 'ppmessage_pushes')
      .addColumn('user_uuid', 'text', (column) => column.notNull())
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .addColumn('uuid', 'text', (column) => column.notNull().unique())
      .addColumn('message_uuid', 'text', (column) => column.notNull())
      .addColumn('acked_at', 'bigint')
      .addPrimaryKeyConstraint('ppmessage_pushes_pk', ['app_uuid', 'user_uuid', 'seq'])
      .execute();
    await database.schema
      .createIndex('ppmessage_pushes_unacked')
      .on('ppmessage_pushes')
      .columns(['app_uuid', 'user_uuid', 'seq'])
      .where(sql.ref('acked_at'), 'is', null)
      .execute();

    await createAppTable(database, 'ppmessage_script_groups')
      .addColumn('uuid', 'text', (column) => column.notNull().primaryKey())
      .addColumn('group_name', 'text', (column) => column.notNull())
      .$call(addTimes)
      .execute();
    await createIndex(database, 'ppmessage_script_groups', ['app_uuid']);

    await createAppTable(database, 'ppmessage_scripts')
      .addColumn('uuid', 'text', (column) => column.notNull().primaryKey())
      .addColumn('group_uuid', 'text', (column) =>
        column.references('ppmessage_script_groups.uuid').onDelete('set null'),
      )
      .addColumn('script_question', 'text')
      .addColumn('script_answer', 'text', (column) => column.notNull())
      .$call(addTimes)
      .execute();
    await createIndex(database, 'ppmessage_scripts', ['app_uuid', 'group_uuid']);
    await createIndex(database, 'ppmessage_scripts', ['group_uuid']);
  },
};

/** Sign-ins by e-mail address over all apps, and the grants of the keys of the original's own programs (P-56, P-59). */
const ownPrograms: Migration = {
  async up(database) {
    await createIndex(database, 'ppmessage_users', ['user_email']);
    const oauth = database as Kysely<{ oauth_clients: { api: string; id: string; scopes: string; grants: string } }>;
    const keys = await oauth.selectFrom('oauth_clients').selectAll().where('api', '=', 'ppmessage').execute();
    for (const { id, scopes, grants } of keys) {
      const levels = scopes.split(' ');
      if (scopes === '' || levels.some((level) => level.startsWith('THIRD_PARTY_'))) continue;
      const direct = [
        ...(levels.includes('PPCOM') || levels.includes('PPCONSOLE') ? ['client_credentials'] : []),
        ...(levels.includes('PPKEFU') || levels.includes('PPCONSOLE') ? ['password'] : []),
      ];
      await oauth
        .updateTable('oauth_clients')
        .set({ grants: JSON.stringify([...JSON.parse(grants), ...direct]) })
        .where('api', '=', 'ppmessage')
        .where('id', '=', id)
        .execute();
    }
  },
};

const filesAndSockets: Migration = {
  async up(database) {
    await database.schema
      .alterTable('ppmessage_apps')
      .addColumn('upload_needs_token', 'smallint', (column) => column.notNull().defaultTo(0))
      .execute();
    await database.schema.alterTable('ppmessage_devices').addColumn('socket', 'text').execute();
    await database.schema
      .createTable('ppmessage_files')
      .addColumn('uuid', 'text', (column) => column.notNull().primaryKey())
      .addColumn('app_uuid', 'text', (column) => column.references('ppmessage_apps.uuid').onDelete('set null'))
      .addColumn('key', 'text', (column) => column.notNull().unique())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('is_used', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();
    await createIndex(database, 'ppmessage_files', ['app_uuid']);
    await createIndex(database, 'ppmessage_files', ['is_used', 'created_at']);
    // Housekeeping looks for the icons that name a file.
    await createIndex(database, 'ppmessage_users', ['user_icon']);
    await createIndex(database, 'ppmessage_groups', ['group_icon']);
    await createIndex(database, 'ppmessage_apps', ['app_icon']);
  },
};

/** Route algorithms of groups, the queue of customers, log-ins on devices, packages, visited pages, apps being deleted. */
const queues: Migration = {
  async up(database) {
    await addColumns(database, 'ppmessage_groups', [
      ['group_route_algorithm', 'text', (column) => column.notNull().defaultTo('BROADCAST')],
      ['group_visible_for_ppcom', 'smallint', (column) => column.notNull().defaultTo(1)],
      ['group_visible_order_for_ppcom', 'integer', (column) => column],
    ]);
    await addColumns(database, 'ppmessage_devices', [
      ['login_token_id', 'text', (column) => column],
      ['is_development', 'smallint', (column) => column.notNull().defaultTo(0)],
    ]);
    await addColumns(database, 'ppmessage_apps', [['removed_at', 'bigint', (column) => column]]);
    await createIndex(database, 'ppmessage_apps', ['user_uuid']);
    await createIndex(database, 'ppmessage_apps', ['removed_at']);
    // The customers of an agent today: by messages, and by conversations with this agent alone.
    await createIndex(database, 'ppmessage_messages', ['app_uuid', 'from_uuid', 'created_at']);
    await createIndex(database, 'ppmessage_conversations', ['app_uuid', 'assigned_uuid', 'created_at']);

    await createAppTable(database, 'ppmessage_waiting_customers')
      .addColumn('uuid', 'text', (column) => column.notNull().primaryKey())
      .addColumn('user_uuid', 'text', (column) => column.notNull())
      .addColumn('group_uuid', 'text', (column) => column.references('ppmessage_groups.uuid').onDelete('cascade'))
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .addColumn('asked_at', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('ppmessage_waiting_customers_seq', ['app_uuid', 'seq'])
      .execute();
    await database.schema
      .createIndex('ppmessage_waiting_customers_user')
      .on('ppmessage_waiting_customers')
      .expression(sql`app_uuid, user_uuid, coalesce(group_uuid, '')`)
      .unique()
      .execute();
    await createIndex(database, 'ppmessage_waiting_customers', ['group_uuid']);
    await createIndex(database, 'ppmessage_waiting_customers', ['asked_at']);

    await database.schema
      .createTable('ppmessage_packages')
      .addColumn('app_distinct_name', 'text', (column) => column.notNull())
      .addColumn('app_platform', 'text', (column) => column.notNull())
      .addColumn('app_friendly_name', 'text')
      .addColumn('app_file_name', 'text')
      .addColumn('app_version_code', 'integer')
      .addColumn('app_version_name', 'text')
      .addColumn('app_file_id', 'text')
      .addColumn('app_file_url', 'text')
      .addColumn('app_plist_url', 'text')
      .addPrimaryKeyConstraint('ppmessage_packages_pk', ['app_distinct_name', 'app_platform'])
      .execute();

    await createAppTable(database, 'ppmessage_navigations')
      .addColumn('uuid', 'text', (column) => column.notNull().primaryKey())
      .addColumn('user_uuid', 'text', (column) => column.notNull())
      .addColumn('device_uuid', 'text', (column) => column.notNull())
      .addColumn('visit_page_url', 'text')
      .addColumn('navigation_data', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();
    await createIndex(database, 'ppmessage_navigations', ['app_uuid', 'user_uuid', 'created_at']);
    await createIndex(database, 'ppmessage_navigations', ['app_uuid', 'device_uuid', 'created_at']);
    await createIndex(database, 'ppmessage_navigations', ['created_at']);
  },
};

/**
 * Lists cost the same however long they are: members know the position of their conversation, apps and conversations
 * count their messages, and conversations are found by their members.
 */
const growth: Migration = {
  async up(database) {
    const count: NewColumn = ['message_count', 'bigint', (column) => column.notNull().defaultTo(0)];
    await addColumns(database, 'ppmessage_apps', [count]);
    const key: NewColumn = ['members_key', 'bigint', (column) => column.notNull().defaultTo(0)];
    await addColumns(database, 'ppmessage_conversations', [count, key]);
    await addColumns(database, 'ppmessage_conversation_members', [
      ['seq', 'bigint', (column) => column.notNull().defaultTo(0)],
    ]);
    await sql`update ppmessage_conversations set
      message_count = (select count(*) from ppmessage_messages where conversation_uuid = ppmessage_conversations.uuid),
      members_key = (select coalesce(cast(sum(${memberNumberIn(database)}) as bigint), 0)
        from ppmessage_conversation_members where conversation_uuid = ppmessage_conversations.uuid)`.execute(database);
    await sql`update ppmessage_apps set message_count =
      (select count(*) from ppmessage_messages where app_uuid = ppmessage_apps.uuid)`.execute(database);
    await sql`update ppmessage_conversation_members set seq =
      (select seq from ppmessage_conversations where uuid = conversation_uuid)`.execute(database);

    // After the updates, which would change them row by row. Each takes the place of one with fewer columns.
    await replaceIndex(database, 'ppmessage_conversation_members', 'app_uuid, user_uuid', 'conversation_status, seq');
    await replaceIndex(database, 'ppmessage_conversations', 'app_uuid, user_uuid', 'seq');
    await replaceIndex(database, 'ppmessage_messages', 'app_uuid, created_at', 'from_uuid');
    await replaceIndex(database, 'ppmessage_users', 'app_uuid, is_service_user', 'removed_at');
    await replaceIndex(database, 'ppmessage_devices', 'app_uuid, user_uuid', 'online_until');
    // With acked_at SQLite counts in the index alone.
    await database.schema.dropIndex('ppmessage_pushes_unacked').execute();
    await database.schema
      .createIndex('ppmessage_pushes_unacked')
      .on('ppmessage_pushes')
      .columns(['app_uuid', 'user_uuid', 'seq', 'acked_at'])
      .where(sql.ref('acked_at'), 'is', null)
      .execute();
    await createIndex(database, 'ppmessage_conversations', ['app_uuid', 'members_key', 'seq']);
    // The history of two users. The conversation decides who sees a message.
    await createIndex(database, 'ppmessage_messages', ['app_uuid', 'from_uuid', 'to_uuid', 'seq', 'conversation_uuid']);
  },
};

export const migrations = {
  '0001': first,
  '0002': ownPrograms,
  '0003': queues,
  '0004': filesAndSockets,
  '0005': growth,
};

/** `memberNumber` of the `user_uuid` of a row. */
function memberNumberIn(database: Kysely<unknown>) {
  const find = sql.raw(engineOf(database as never) === 'sqlite' ? 'instr' : 'strpos');
  const digits = Array.from(
    { length: 8 },
    (_, place) =>
      sql`${find}('0123456789abcdef', substr(user_uuid, ${sql.lit(29 + place)}, 1)) * cast(${sql.lit(16 ** place)} as bigint)`,
  );
  return sql.join(digits, sql` + `);
}
