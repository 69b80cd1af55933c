import type { Database } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import type { QueuedMessage } from '../../messages/queue.ts';
import { giveUp, hasten, putOff } from '../../messages/webhooks.ts';
import { findEvent } from './events.ts';
import { listMembersById } from './members.ts';
import { findNotification } from './notifications.ts';
import type { StreamItem } from './stream.ts';
import { type Subject, webhooksOf, webhooksThatSee } from './webhook-queue.ts';
import type { Webhook } from './webhooks.ts';

/** What one call of a webhook says. */
export type WebhookItem = { kind: 'connected' } | (StreamItem & { kind: 'event' }) | OwnNotification;

/** A notification with its recipient. */
type OwnNotification = StreamItem & { kind: 'notification'; memberId: string };

/** The webhook of a queued message; undefined when it was deleted. */
export const findWebhook = (database: Database, { recipient }: QueuedMessage): Promise<Webhook | undefined> =>
  database.selectFrom('tower_webhooks').selectAll().where('id', '=', recipient).executeTakeFirst();

/** What a queued message is about; undefined when no member who has allowed the application can see it any more (T-63). */
export async function findWebhookItem(
  database: Database,
  webhook: Webhook,
  { body }: QueuedMessage,
): Promise<WebhookItem | undefined> {
  const subject = JSON.parse(body) as Subject;
  if (subject.kind === 'connected') return subject;
  if (subject.kind === 'notification') {
    const { memberId } = subject;
    const notification = await findNotification(database, memberId, subject.id);
    const allowed = webhooksOf(database, [memberId])
      .select('tower_webhooks.id')
      .where('tower_webhooks.id', '=', webhook.id);
    if (notification === undefined || (await allowed.executeTakeFirst()) === undefined) return undefined;
    return { kind: 'notification', notification, memberId };
  }
  const event = await findEvent(database, subject.id);
  if (event === undefined) return undefined;
  const seen = webhooksThatSee(database, event.project_id).select('id').where('id', '=', webhook.id);
  if ((await seen.executeTakeFirst()) === undefined) return undefined;
  const [creator] = await listMembersById(database, [event.creator_id]);
  return { kind: 'event', event, creator };
}

/** Records that the receiver has accepted a call, and sends what was put off. */
export async function recordAccepted(database: Database, webhook: Webhook, now: number): Promise<void> {
  if (webhook.failing_since === null) return;
  await database.updateTable('tower_webhooks').set({ failing_since: null }).where('id', '=', webhook.id).execute();
  await hasten(database, webhook.id, now);
}

/** How long a webhook may fail before it is turned off. */
const PATIENCE_MS = 3 * 24 * 60 * 60 * 1000;

/** How long it may fail before what waits for it is put off, longer and longer. */
const PAUSE_AFTER_MS = 60_000;
const LONGEST_PAUSE_MS = 60 * 60 * 1000;

/** The status by which a receiver says that it wants no more calls. */
const GONE = 410;

export const OFF = 'the webhook is off';

/**
 * Records that the receiver has not accepted a call (T-65). Turns the webhook off when it says that it is gone, and when it
 * has accepted nothing for three days.
 *
 * @param status of its answer; undefined when there was none
 * @returns whether the webhook is off
 */
export const recordFailed = (
  database: Database,
  { id }: Webhook,
  status: number | undefined,
  now: number,
): Promise<boolean> =>
  transact(database, async (trx) => {
    const { since } = await trx
      .updateTable('tower_webhooks')
      .set(({ fn, val }) => ({ failing_since: fn.coalesce('failing_since', val(now)) }))
      .where('id', '=', id)
      .returning(({ ref }) => ref('failing_since').$notNull().as('since'))
      .executeTakeFirstOrThrow();
    const failingMs = now - since;
    if (status === GONE || failingMs >= PATIENCE_MS) {
      const disabled_reason = status === GONE ? 'gone' : 'failing';
      await trx.updateTable('tower_webhooks').set({ disabled_at: now, disabled_reason }).where('id', '=', id).execute();
      await giveUp(trx, id, OFF);
      return true;
    }
    if (failingMs >= PAUSE_AFTER_MS) await putOff(trx, id, now + Math.min(failingMs / 2, LONGEST_PAUSE_MS));
    return false;
  });
