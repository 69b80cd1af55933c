import type { Migration } from 'kysely';

/** A stream reads the notifications of a member in the order of the acts, and events are filtered by project and member. */
export const fourth: Migration = {
  async up({ schema }) {
    await schema
      .createIndex('tower_notifications_acts')
      .on('tower_notifications')
      .columns(['member_id', 'progress_id'])
      .execute();
    await schema
      .createIndex('tower_events_both')
      .on('tower_events')
      .columns(['project_id', 'creator_id', 'id'])
      .execute();
  },
};
