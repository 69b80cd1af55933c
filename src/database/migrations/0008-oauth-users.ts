import type { Migration } from 'kysely';

/** For ending everything that somebody is signed in by, whatever the client. */
export const migration: Migration = {
  async up({ schema }) {
    for (const table of ['oauth_sessions', 'oauth_codes', 'oauth_tokens']) {
      await schema.createIndex(`${table}_user`).on(table).columns(['api', 'user_id']).execute();
    }
  },
};
