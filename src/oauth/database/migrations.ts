import { type CreateTableBuilder, type Migration, sql } from 'kysely';

const first: Migration = {
  async up(database) {
    await database.schema
      .createTable('oauth_clients')
      .addColumn('api', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('secret_hash', 'text')
      .addColumn('redirect_uris', 'text', (column) => column.notNull())
      .addColumn('scopes', 'text', (column) => column.notNull())
      .addColumn('grants', 'text', (column) => column.notNull())
      .addColumn('owner_id', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('oauth_clients_pk', ['api', 'id'])
      .execute();
    await database.schema.createIndex('oauth_clients_owner').on('oauth_clients').columns(['api', 'owner_id']).execute();

    await database.schema
      .createTable('oauth_codes')
      .addColumn('code_hash', 'text', (column) => column.notNull().primaryKey())
      .addColumn('api', 'text', (column) => column.notNull())
      .addColumn('client_id', 'text', (column) => column.notNull())
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('redirect_uri', 'text', (column) => column.notNull())
      .addColumn('scope', 'text', (column) => column.notNull())
      .addColumn('code_challenge', 'text')
      .addColumn('grant_id', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('consumed_at', 'bigint')
      .$call((table) => deleteWithClient(table, 'oauth_codes_client_fk'))
      .execute();
    await database.schema
      .createIndex('oauth_codes_client')
      .on('oauth_codes')
      .columns(['api', 'client_id', 'user_id'])
      .execute();
    await database.schema.createIndex('oauth_codes_expiry').on('oauth_codes').column('expires_at').execute();

    await database.schema
      .createTable('oauth_tokens')
      .addColumn('id', 'text', (column) => column.notNull().primaryKey())
      .addColumn('api', 'text', (column) => column.notNull())
      .addColumn('client_id', 'text', (column) => column.notNull())
      .addColumn('user_id', 'text')
      .addColumn('scope', 'text', (column) => column.notNull())
      .addColumn('access_hash', 'text', (column) => column.notNull().unique())
      .addColumn('refresh_hash', 'text', (column) => column.unique())
      .addColumn('access_expires_at', 'bigint', (column) => column.notNull())
      .addColumn('refresh_expires_at', 'bigint')
      .addColumn('grant_id', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('first_used_at', 'bigint')
      .addColumn('revoked_at', 'bigint')
      .addColumn('rotated_at', 'bigint')
      .addColumn('rotation_answer', 'text')
      .$call((table) => deleteWithClient(table, 'oauth_tokens_client_fk'))
      .execute();
    await database.schema
      .createIndex('oauth_tokens_client')
      .on('oauth_tokens')
      .columns(['api', 'client_id', 'user_id'])
      .execute();
    await database.schema.createIndex('oauth_tokens_grant').on('oauth_tokens').column('grant_id').execute();
    await database.schema.createIndex('oauth_tokens_expiry').on('oauth_tokens').column('access_expires_at').execute();

    await database.schema
      .createTable('oauth_sessions')
      .addColumn('id_hash', 'text', (column) => column.notNull().primaryKey())
      .addColumn('api', 'text', (column) => column.notNull())
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    // For ending all sign-ins of a user.
    for (const table of ['oauth_sessions', 'oauth_codes', 'oauth_tokens']) {
      await database.schema.createIndex(`${table}_user`).on(table).columns(['api', 'user_id']).execute();
    }
    await database.schema.createIndex('oauth_sessions_expiry').on('oauth_sessions').column('expires_at').execute();

    await database.schema
      .createTable('oauth_second_steps')
      .addColumn('id_hash', 'text', (column) => column.notNull().primaryKey())
      .addColumn('api', 'text', (column) => column.notNull())
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('client_id', 'text', (column) => column.notNull())
      .addColumn('code_hash', 'text', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('consumed_at', 'bigint')
      .execute();
    await database.schema
      .createIndex('oauth_second_steps_user')
      .on('oauth_second_steps')
      .columns(['api', 'user_id', 'client_id'])
      .execute();
    await database.schema
      .createIndex('oauth_second_steps_expiry')
      .on('oauth_second_steps')
      .column('expires_at')
      .execute();
  },
};

const knownNetworks: Migration = {
  async up(database) {
    await database.schema
      .createTable('oauth_known_networks')
      .addColumn('api', 'text', (column) => column.notNull())
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('network_hash', 'text', (column) => column.notNull())
      .addColumn('used_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('oauth_known_networks_pk', ['api', 'user_id', 'network_hash'])
      .execute();
    await database.schema
      .createIndex('oauth_known_networks_use')
      .on('oauth_known_networks')
      .column('used_at')
      .execute();
  },
};

const secretDigests: Migration = {
  async up(database) {
    await database.schema.alterTable('oauth_clients').addColumn('secret_digest', 'text').execute();
  },
};

const creators: Migration = {
  async up(database) {
    await database.schema.alterTable('oauth_clients').addColumn('creator_id', 'text').execute();
    await database.schema
      .createIndex('oauth_clients_creator')
      .on('oauth_clients')
      .columns(['api', 'creator_id'])
      .execute();
  },
};

const codeSessions: Migration = {
  async up(database) {
    await database.schema.alterTable('oauth_codes').addColumn('session_hash', 'text').execute();
  },
};

/** One index for each way in which a token ends. The one of before had to be read with all tokens that can be refreshed. */
const endsOfTokens: Migration = {
  async up(database) {
    const { schema } = database;
    await schema.dropIndex('oauth_tokens_expiry').execute();
    await schema
      .createIndex('oauth_tokens_access_end')
      .on('oauth_tokens')
      .column('access_expires_at')
      .where(sql.ref('refresh_hash'), 'is', null)
      .execute();
    await schema
      .createIndex('oauth_tokens_refresh_end')
      .on('oauth_tokens')
      .column('refresh_expires_at')
      .where(sql.ref('refresh_expires_at'), 'is not', null)
      .execute();
    await schema
      .createIndex('oauth_tokens_replay_end')
      .on('oauth_tokens')
      .expression(sql`coalesce(revoked_at, rotated_at)`)
      .where(sql.ref('refresh_expires_at'), 'is', null)
      .execute();
  },
};

/** OpenID Connect: when and for which request the user signed in, and the keys that sign this. */
const openId: Migration = {
  async up(database) {
    const { schema } = database;
    await schema.alterTable('oauth_codes').addColumn('nonce', 'text').execute();
    for (const table of ['oauth_codes', 'oauth_tokens'])
      await schema.alterTable(table).addColumn('authenticated_at', 'bigint').execute();
    await schema
      .createTable('oauth_signing_keys')
      .addColumn('id', 'text', (column) => column.notNull().primaryKey())
      .addColumn('api', 'text', (column) => column.notNull())
      .addColumn('public_key', 'text', (column) => column.notNull())
      .addColumn('private_key', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('retired_at', 'bigint')
      .execute();
    await schema
      .createIndex('oauth_signing_keys_api')
      .on('oauth_signing_keys')
      .columns(['api', 'created_at'])
      .execute();
    // Housekeeping deletes by this column.
    await schema.createIndex('oauth_signing_keys_retired').on('oauth_signing_keys').column('retired_at').execute();
  },
};

const tokenOwners: Migration = {
  async up(database) {
    await database.schema.alterTable('oauth_tokens').addColumn('owner_id', 'text').execute();
  },
};

export const migrations = {
  '0001': first,
  '0002': knownNetworks,
  '0003': secretDigests,
  '0004': creators,
  '0005': codeSessions,
  '0006': endsOfTokens,
  '0007': openId,
  '0008': tokenOwners,
};

function deleteWithClient<Table extends string, Column extends string>(
  table: CreateTableBuilder<Table, Column | 'api' | 'client_id'>,
  name: string,
) {
  return table.addForeignKeyConstraint(name, ['api', 'client_id'], 'oauth_clients', ['api', 'id'], (key) =>
    key.onDelete('cascade'),
  );
}
