import type { ExpressionBuilder } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import type { Tables } from '../../database/tables.ts';
import { type NewWebhookMessage, queueWebhooks } from '../../messages/webhooks.ts';
import { seesProject } from './members.ts';

/** What is queued for webhooks, and which webhooks may get it (T-63). */

/** What a delivery is about. It is read again when it is sent. */
export type Subject =
  | { kind: 'connected' }
  | { kind: 'event'; id: number }
  | { kind: 'notification'; id: string; memberId: string };

/** Queues the first call of a webhook, by which its receiver can be tried. */
export async function queueConnected(trx: Transaction, webhookId: string, now: number): Promise<string> {
  const [id] = await queueWebhooks(trx, [toCall(webhookId, { kind: 'connected' }, 'connected')], now);
  return id as string;
}

/** Queues an event for the webhooks of its team. */
export async function queueEvent(
  trx: Transaction,
  event: { id: number; team_id: string; project_id: string; action: string; title: string },
  now: number,
): Promise<void> {
  const webhooks = await webhooksThatSee(trx, event.project_id)
    .select('tower_webhooks.id')
    .where('tower_webhooks.team_id', '=', event.team_id)
    .where('wants_events', '=', 1)
    .where('disabled_at', 'is', null)
    .execute();
  const line = `${event.action} ${event.title}`;
  const calls = webhooks.map(({ id }) => toCall(id, { kind: 'event', id: event.id }, line));
  await queueWebhooks(trx, calls, now);
}

/** Queues the notifications of members of one team for its webhooks. */
export async function queueNotifications(
  trx: Transaction,
  teamId: string,
  notifications: readonly { id: string; member_id: string }[],
  now: number,
): Promise<void> {
  const recipientIds = notifications.map(({ member_id }) => member_id);
  const webhooks = await webhooksOf(trx, recipientIds)
    .select(['tower_webhooks.id', 'tower_members.id as member_id', 'nickname'])
    .where('tower_webhooks.team_id', '=', teamId)
    .where('wants_notifications', '=', 1)
    .where('disabled_at', 'is', null)
    .execute();
  const calls = webhooks.flatMap(({ id: webhookId, member_id: memberId, nickname }) =>
    notifications
      .filter((one) => one.member_id === memberId)
      .map(({ id }) => toCall(webhookId, { kind: 'notification', id, memberId }, `notification ${nickname}`)),
  );
  await queueWebhooks(trx, calls, now);
}

/** The webhooks of applications that one of the members who can see a project has allowed. */
export const webhooksThatSee = (database: Database | Transaction, projectId: string) =>
  database
    .selectFrom('tower_webhooks')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('tower_members')
          .select('tower_members.id')
          .whereRef('tower_members.team_id', '=', 'tower_webhooks.team_id')
          .where(hasAllowed)
          .where(seesProject(projectId)),
      ),
    );

/** The webhooks of applications that some members have allowed, once for each of the members. */
export const webhooksOf = (database: Database | Transaction, memberIds: readonly string[]) =>
  database
    .selectFrom('tower_webhooks')
    .innerJoin('tower_members', 'tower_members.team_id', 'tower_webhooks.team_id')
    .where('tower_members.id', 'in', memberIds)
    .where(hasAllowed);

/** Whether an active member has allowed the application of a webhook: with a token, or by registering the webhook. */
const hasAllowed = (eb: ExpressionBuilder<Tables, 'tower_webhooks' | 'tower_members'>) =>
  eb.and([
    eb('tower_members.is_active', '=', 1),
    eb.or([
      eb('tower_members.id', '=', eb.ref('tower_webhooks.member_id')),
      eb.exists(
        eb
          .selectFrom('oauth_tokens')
          .select('oauth_tokens.id')
          .where('oauth_tokens.api', '=', 'tower')
          .whereRef('oauth_tokens.client_id', '=', 'tower_webhooks.client_id')
          .whereRef('oauth_tokens.user_id', '=', 'tower_members.user_id')
          .where('oauth_tokens.revoked_at', 'is', null),
      ),
    ]),
  ]);

const toCall = (webhookId: string, body: Subject, subject: string): NewWebhookMessage => ({
  api: 'tower',
  webhookId,
  subject,
  body: JSON.stringify(body),
});
