import type { Context } from '../context.ts';
import type { Transaction } from '../database/open.ts';
import { demoTime } from '../demo-time.ts';
import { randomHex } from '../secrets.ts';
import { demoId, demoMemberId } from './demo-plan.ts';
import { OFF } from './model/webhook-deliveries.ts';
import { sealSecret } from './model/webhooks.ts';
import { profile } from './profile.ts';

/** A receiver that has answered for some days, and then no more: the sandbox sends it nothing. */
const URL = 'https://app.example/tower';

const deliveries = [
  { day: -12, subject: 'connected', status: 'sent', attempts: 1, last_error: null },
  { day: -8, subject: 'todo.completed 统一错误页', status: 'sent', attempts: 2, last_error: null },
  {
    day: -5,
    subject: 'todo.completed 更新团队介绍',
    status: 'failed',
    attempts: 6,
    last_error: 'the receiver answered 500',
  },
  { day: -2, subject: 'topic.commented 上线时间', status: 'failed', attempts: 0, last_error: OFF },
] as const;

/** Adds a webhook of the demo application that was turned off, with its deliveries. */
export async function insertDemoWebhook(
  trx: Transaction,
  { config }: Pick<Context, 'config'>,
  { clientId, teamId, now }: { clientId: string; teamId: string; now: number },
): Promise<void> {
  const id = demoId('a0', 1);
  await trx
    .insertInto('tower_webhooks')
    .values({
      id,
      client_id: clientId,
      team_id: teamId,
      member_id: demoMemberId(0),
      url: URL,
      secret: sealSecret(randomHex(32), { config }),
      wants_events: 1,
      wants_notifications: 0,
      failing_since: demoTime(now, -5, 0),
      disabled_at: demoTime(now, -2, 0),
      disabled_reason: 'failing',
      created_at: demoTime(now, -12, 0),
    })
    .execute();
  const rows = deliveries.map(({ day, status, ...delivery }, index) => ({
    ...delivery,
    status,
    // Older than all ids from `newSortableId`.
    id: `01900000-0000-7000-8000-${String(index + 1).padStart(12, '0')}`,
    api: profile.api,
    channel: 'webhook' as const,
    recipient: id,
    body: JSON.stringify({ kind: 'connected' }),
    code: null,
    push: null,
    claim: null,
    next_attempt_at: demoTime(now, day, 0),
    created_at: demoTime(now, day, 0),
    sent_at: status === 'sent' ? demoTime(now, day, 1) : null,
  }));
  await trx.insertInto('messages_outbox').values(rows).execute();
}
