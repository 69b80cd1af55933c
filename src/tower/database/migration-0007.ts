import type { Migration } from 'kysely';

/** A stream reads the notifications of a member in the order of the acts. */
export const seventh: Migration = {
  async up({ schema }) {
    await schema
      .createIndex('tower_notifications_acts')
      .on('tower_notifications')
      .columns(['member_id', 'progress_id'])
      .execute();
  },
};
