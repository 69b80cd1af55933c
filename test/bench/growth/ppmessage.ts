import { suite } from '../../contract/ppmessage.cases.ts';
import type { Desk } from '../../ppmessage/desk.ts';
import type { GrowingApi } from './growing-api.ts';

const PAGE = 30;

/**
 * One app: an agent in all conversations, half of the messages in one of them and from its customer. Half of the customers
 * are online. Agents, groups and scripts are few.
 */
export const growingPpmessage: GrowingApi<Desk> = {
  suite,

  async copies({ kefu }, rows, { uuid }) {
    const app = `app_uuid = '${kefu.app_uuid}'`;
    const like = `${app} and conversation_uuid is not null`;
    const agent = kefu.user_uuid;
    const times = { created_at: `${Date.now() - rows} + n`, updated_at: `${Date.now()}` };
    const customer = uuid('n');
    const conversation = uuid('case when n % 2 = 0 then 1 else n end');
    return [
      {
        table: 'ppmessage_users',
        rows,
        like: `${app} and is_service_user = 0 and removed_at is null`,
        set: {
          uuid: customer,
          user_email: customer,
          ppcom_trace_uuid: customer,
          ppcom_browser_device_uuid: customer,
          ppcom_mobile_device_uuid: 'null',
          ...times,
        },
      },
      {
        table: 'ppmessage_devices',
        rows,
        like: app,
        set: {
          uuid: customer,
          user_uuid: customer,
          terminal_uuid: customer,
          is_ppcom_device: '1',
          online_until: `case when n % 2 = 0 then ${Number.MAX_SAFE_INTEGER} else 0 end`,
          online_since: times.created_at,
          online_stream: 'null',
          ...times,
        },
      },
      {
        table: 'ppmessage_conversations',
        rows,
        like: `${app} and latest_task is not null`,
        set: {
          uuid: customer,
          user_uuid: customer,
          latest_task: customer,
          seq: '10 + n',
          message_count: `case when n = 1 then ${rows / 2 + 1} else n % 2 end`,
          group_uuid: 'null',
          ...times,
        },
      },
      ...[`'${agent}'`, customer].map((user, index) => ({
        table: 'ppmessage_conversation_members',
        rows,
        like,
        set: {
          uuid: uuid(`n + ${index * rows}`),
          conversation_uuid: customer,
          user_uuid: user,
          conversation_status: "'OPEN'",
          seq: '10 + n',
          ...times,
        },
      })),
      {
        table: 'ppmessage_messages',
        rows,
        like,
        set: {
          uuid: customer,
          conversation_uuid: conversation,
          from_uuid: conversation,
          to_uuid: `'${kefu.app_uuid}'`,
          seq: '10 + n',
          created_at: times.created_at,
        },
      },
      {
        table: 'ppmessage_pushes',
        rows,
        like: app,
        set: { uuid: uuid('n'), user_uuid: `'${agent}'`, message_uuid: customer, seq: '10 + n', acked_at: 'null' },
      },
    ];
  },

  // Behind the positions of the copies.
  after: ({ kefu }, rows) => [
    `update ppmessage_apps set last_seq = last_seq + ${rows + 10}, message_count = message_count + ${rows}
      where uuid = '${kefu.app_uuid}'`,
  ],
  before: ({ kefu }, rows) => [
    `update ppmessage_pushes set seq = seq + ${rows + 10} where app_uuid = '${kefu.app_uuid}'`,
    `update ppmessage_messages set seq = seq + ${rows + 10} where app_uuid = '${kefu.app_uuid}'`,
    `update ppmessage_conversations set seq = seq + ${rows + 10} where app_uuid = '${kefu.app_uuid}'`,
    `update ppmessage_conversation_members set seq = seq + ${rows + 10} where app_uuid = '${kefu.app_uuid}'`,
  ],

  requests: (rows) => {
    const uuid = '70000000-0000-4000-8000-000000000001';
    const paged: [string, number, Record<string, string>][] = [
      ['pageHistoryMessages', rows / 2, { conversation_uuid: uuid }],
      ['pageUnackedMessages', rows, {}],
      ['pageUserConversations', rows, {}],
      ['pageOnlinePortalUsers', rows / 2, {}],
    ];
    return [
      ...[0, Math.floor(rows / 2 / PAGE) - 1].map((page_offset) => ({
        operation: 'getMessageHistory',
        what: page_offset === 0 ? 'first page of a long history' : 'last page',
        prepare: ({ kefu: { headers, app_uuid } }: Desk) => {
          const peer = { peer_type: 'OG', peer_uuid: app_uuid };
          return { headers, json: { app_uuid, from_uuid: uuid, ...peer, page_offset, page_size: PAGE } };
        },
      })),
      ...paged.flatMap(([operation, length, fields]) =>
        [0, Math.floor(length / PAGE) - 1].map((page_offset) => ({
          operation,
          what: page_offset === 0 ? 'first page of a long list' : 'last page',
          prepare: ({ kefu, console }: Desk) => {
            const seat = operation === 'pageOnlinePortalUsers' ? console : kefu;
            const { headers, app_uuid } = seat;
            const user_uuid = seat.user_uuid;
            return { headers, json: { app_uuid, user_uuid, page_offset, page_size: PAGE, ...fields } };
          },
        })),
      ),
      {
        operation: 'listConversationUsers',
        what: 'of one of many conversations',
        prepare: ({ kefu: { headers, app_uuid } }: Desk) => ({ headers, json: { app_uuid, conversation_uuid: uuid } }),
      },
    ];
  },
};
