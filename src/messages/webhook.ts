import { createHmac } from 'node:crypto';
import type { QueuedMessage } from './queue.ts';
import { DeliveryError, errorCode, type Transport } from './transport.ts';

/** In milliseconds, for the whole exchange. */
const TIMEOUT = 10_000;

/**
 * Hands SMS and WeChat messages to a gateway of the operator's choice: `POST` of JSON
 * `{ id, channel, to, body, code, created_at }` (`code` null when there is none, `created_at` ISO 8601). Any 2xx answer
 * means that it was taken; redirects are not followed, for they would carry the message elsewhere.
 *
 * `Idempotency-Key` is the id of the message. `Qiyue-Signature: t=<unix seconds>,v1=<hex>` lets the gateway know us:
 * v1 is the HMAC-SHA256 of `<t>.<request body>` with the secret in the URL. Without a secret there is no signature.
 *
 * @param url `https://:<secret>@host/path`, the secret percent-encoded; it is cut out before the call
 */
export function createWebhookTransport(url: string): Transport {
  const address = new URL(url);
  const secret = decodeURIComponent(address.password);
  address.username = '';
  address.password = '';

  return {
    async send(message) {
      const body = JSON.stringify(toPayload(message));
      const headers = new Headers({ 'Content-Type': 'application/json', 'Idempotency-Key': message.id });
      if (secret !== '') headers.set('Qiyue-Signature', sign(body, secret, Math.floor(Date.now() / 1000)));
      const signal = AbortSignal.timeout(TIMEOUT);
      let response: Response;
      try {
        response = await fetch(address, { method: 'POST', headers, body, redirect: 'manual', signal });
        await response.body?.cancel();
      } catch (error) {
        throw new DeliveryError(signal.aborted ? `no answer within ${TIMEOUT / 1000} s` : errorCode(error));
      }
      if (!response.ok) throw new DeliveryError(`the gateway answered ${response.status}`);
    },
    close() {},
  };
}

function toPayload({ id, channel, recipient, body, code, created_at }: QueuedMessage) {
  return { id, channel, to: recipient, body, code, created_at: new Date(created_at).toISOString() };
}

function sign(body: string, secret: string, time: number): string {
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`;
}
