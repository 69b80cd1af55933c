import { suite } from '../../contract/ucenter.cases.ts';
import { bearer, type Centre, type Token } from '../../ucenter/centre.ts';
import type { GrowingApi } from './growing-api.ts';

/** The tokens of the contract tests' world. */
type World = Centre & { admin: Token; user: Token };

const PAGE = 20;

/** Roles and permissions are lists without pages: an application has tens of them. */
export const growingUcenter: GrowingApi<World> = {
  suite,

  async copies({ app, credentials }, rows, { digits }) {
    const like = `client_id = '${app.client_id}'`;
    const set = { id: undefined, created_at: `${Date.now() - rows} + n` };
    const phone = `cast(20000000000 + n as text)`;
    const user = `id = ${credentials.user.user_id}`;
    return [
      {
        table: 'ucenter_users',
        rows,
        like: user,
        set: { id: '1000000 + n', username: digits('n'), email: digits('n'), email_key: digits('n'), phone },
      },
      { table: 'ucenter_details', rows, set: { user_id: '1000000 + n' } },
      {
        table: 'ucenter_user_roles',
        rows,
        like: `user_id = ${credentials.user.user_id}`,
        set: { user_id: '1000000 + n' },
      },
      { table: 'ucenter_sms_messages', rows, like, set },
      { table: 'ucenter_emails', rows, like, set },
      { table: 'ucenter_files', rows, like, set: { ...set, key: digits('n') } },
      { table: 'ucenter_logs', rows, like, set },
      { table: 'ucenter_sms_codes', rows, set: { phone } },
      { table: 'messages_outbox', rows, set: { id: digits('n') } },
    ];
  },

  requests: (rows) =>
    ['listSmsMessages', 'listEmails', 'listFiles', 'listLogs'].flatMap((operation) =>
      [
        { what: 'first page of a long list', query: {} as Record<string, string> },
        { what: 'last page by its number', query: { page: String(rows / PAGE) } },
        { what: 'last page by before', query: { before: '60' } },
      ].map(({ what, query }) => ({
        operation,
        what,
        prepare: (world: World) => ({ headers: bearer(world.admin), query: { page_size: String(PAGE), ...query } }),
      })),
    ),
};
