import type { components } from '../../../generated/tower.ts';
import type { WebhookItem } from '../model/webhook-deliveries.ts';
import type { Webhook } from '../model/webhooks.ts';
import { toEventDocument, toNotificationDocument } from './stream.ts';

type Schemas = components['schemas'];

/** What is sent to a webhook: the same as in the stream, with the team, and the member who got a notification (T-63). */
export function toWebhookCall(id: string, { team_id }: Webhook, item: WebhookItem): Schemas['WebhookCall'] {
  if (item.kind === 'connected') return { id, event: 'connected', team_id, data: {} };
  if (item.kind === 'event') return { id, event: 'event', team_id, data: toEventDocument(item) };
  return { id, event: 'notification', team_id, member_id: item.memberId, data: toNotificationDocument(item) };
}
