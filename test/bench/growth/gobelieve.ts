import { suite } from '../../contract/gobelieve.cases.ts';
import type { App, Demo } from '../../gobelieve/apps.ts';
import type { GrowingApi } from './growing-api.ts';

interface World {
  app: App;
  demo: Demo;
}

const FIRST_UID = 500_000_000;

/** One app: the messages are in the queue of one user and in that of one group. Groups have ten members. */
export const growingGobelieve: GrowingApi<World> = {
  suite,

  async copies({ app: { appid }, demo }, rows, { digits }) {
    const like = `app_id = ${appid}`;
    const uid = `${FIRST_UID} + n`;
    const reader = demo.users[1]?.uid ?? 0;
    const group = '5000000 + (n - 1) / 10';
    const message = { id: 'n', type: '4', sender: uid };
    return [
      { table: 'gobelieve_tokens', rows, like, set: { token_hash: digits('n'), uid } },
      { table: 'gobelieve_users', rows, like, set: { uid } },
      { table: 'gobelieve_groups', rows: rows / 10, like, set: { id: '5000000 + n - 1' } },
      {
        table: 'gobelieve_members',
        rows,
        like,
        set: { group_id: group, uid: `case when n % 10 = 0 and n <= 200 then ${reader} else ${uid} end` },
      },
      {
        table: 'gobelieve_memberships',
        rows,
        like,
        set: {
          group_id: group,
          uid: `case when n % 10 = 0 and n <= 200 then ${reader} else ${uid} end`,
          after_id: '0',
          up_to_id: String(Number.MAX_SAFE_INTEGER),
        },
      },
      { table: 'gobelieve_messages', rows, like, set: { ...message, receiver: String(reader) } },
      { table: 'gobelieve_queue_entries', rows, like, set: { ...message, owner: String(reader), first_id: 'n' } },
      { table: 'gobelieve_customers', rows, like, set: { client_id: '5000000000000 + n', customer_key: digits('n') } },
      { table: 'gobelieve_chosen_supporters', rows, like, set: { uid } },
      { table: 'gobelieve_devices', rows, like, set: { uid, token: digits('n') } },
      { table: 'gobelieve_files', rows, like, set: { key: digits('n'), name: digits('n') } },
    ];
  },

  // Behind the ids of the copies.
  before: ({ app: { appid } }, rows) => [
    `update gobelieve_messages set id = id + ${rows} where app_id = ${appid}`,
    `update gobelieve_queue_entries set id = id + ${rows}, first_id = first_id + ${rows} where app_id = ${appid}`,
  ],
  after: ({ app: { appid } }, rows) => [
    `update gobelieve_apps set last_message_id = last_message_id + ${rows} where id = ${appid}`,
  ],

  requests: () => [
    {
      operation: 'listMessages',
      what: 'of a long queue',
      prepare: ({ demo }: World) => ({ headers: { Authorization: `Bearer ${demo.users[1]?.token}` } }),
    },
    {
      operation: 'getOfflineFlag',
      what: 'of a long queue',
      prepare: ({ demo }: World) => ({ headers: { Authorization: `Bearer ${demo.users[1]?.token}` } }),
    },
    {
      operation: 'listClientGroups',
      what: 'of a member of twenty groups',
      prepare: ({ demo }: World) => ({ headers: { Authorization: `Bearer ${demo.users[1]?.token}` } }),
    },
  ],
};
