import type { Context } from '../context.ts';
import { AnswerError, postWebhook } from '../messages/post-webhook.ts';
import { DeliveryError, type Transport } from '../messages/transport.ts';
import { findWebhook, findWebhookItem, OFF, recordAccepted, recordFailed } from './model/webhook-deliveries.ts';
import { secretOf, type Webhook } from './model/webhooks.ts';
import { addPictures, outsideOf } from './wire/pictures.ts';
import { toWebhookCall } from './wire/webhook-calls.ts';

/** Sends the webhooks of applications (T-63 to T-66). */
export const sendWebhooks = ({ clock, config, database }: Context): Transport => ({
  async send(message) {
    const webhook = await findWebhook(database, message);
    if (webhook === undefined || webhook.disabled_at !== null) throw new DeliveryError(OFF, { isFinal: true });
    const item = await findWebhookItem(database, webhook, message);
    if (item === undefined)
      throw new DeliveryError('no member who allows the application can see it', { isFinal: true });
    const call = { url: webhook.url, secret: readSecret(webhook, config), id: message.id };
    const { data, ...envelope } = toWebhookCall(message.id, webhook, item);
    const body = JSON.stringify({ ...envelope, data: addPictures(data, config, outsideOf(config)) });
    const options = { now: clock.now(), allowPrivate: config.privateWebhooks };
    try {
      await postWebhook({ ...call, body }, options);
    } catch (error) {
      const status = error instanceof AnswerError ? error.status : undefined;
      const isFinal = await recordFailed(database, webhook, status, clock.now());
      throw new DeliveryError((error as Error).message, { isFinal });
    }
    await recordAccepted(database, webhook, clock.now());
  },
  close() {},
});

/** The secret cannot be read any more after `SECRET_KEY` was replaced. */
function readSecret(webhook: Webhook, config: Context['config']): string {
  try {
    return secretOf(webhook, { config });
  } catch {
    throw new DeliveryError('the secret cannot be decrypted: replace it');
  }
}
