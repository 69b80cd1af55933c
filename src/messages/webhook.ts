import { createHmac } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { QueuedMessage } from './queue.ts';
import { DeliveryError, errorCode, type Transport, UnregisteredError } from './transport.ts';

/** Timeout of the whole exchange. */
const TIMEOUT_MS = 10_000;

/**
 * Sends SMS, WeChat messages and pushes to the operator's gateway: `POST` of JSON
 * `{ id, channel, to, body, code, created_at }` (`code` null when there is none, `created_at` ISO 8601). A push has also
 * `subject` and `push` (`PushDetails`), and 410 says that its device token does not exist any more. Any 2xx answer means
 * that the gateway accepted the message. Redirects are not followed: they could send it to another server.
 *
 * `Idempotency-Key` is the id of the message. `Qiyue-Signature: t=<unix seconds>,v1=<hex>` authenticates this server:
 * v1 is the HMAC-SHA256 of `<t>.<request body>` with the secret in the URL. Without a secret there is no signature.
 *
 * @param url `https://:<secret>@host/path`, the secret percent-encoded; it is not part of the request
 */
export function createWebhookTransport(url: string, clock: Clock): Transport {
  const address = new URL(url);
  const secret = decodeURIComponent(address.password);
  address.username = '';
  address.password = '';

  return {
    async send(message) {
      const body = JSON.stringify(toPayload(message));
      const headers = new Headers({ 'Content-Type': 'application/json', 'Idempotency-Key': message.id });
      if (secret !== '') headers.set('Qiyue-Signature', sign(body, secret, clock.now()));
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      let response: Response;
      try {
        response = await fetch(address, { method: 'POST', headers, body, redirect: 'manual', signal });
        await response.body?.cancel();
      } catch (error) {
        throw new DeliveryError(signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : errorCode(error));
      }
      if (response.status === 410 && message.channel === 'push')
        throw new UnregisteredError('the gateway answered 410', message.created_at);
      if (!response.ok) throw new DeliveryError(`the gateway answered ${response.status}`);
    },
    close() {},
  };
}

function toPayload({ id, channel, recipient, subject, body, code, push, created_at }: QueuedMessage) {
  return {
    id,
    channel,
    to: recipient,
    body,
    code,
    ...(push !== null && { subject, push: JSON.parse(push) }),
    created_at: new Date(created_at).toISOString(),
  };
}

/** The value of `Qiyue-Signature`: `t=<unix seconds>,v1=<HMAC-SHA256 of "<t>.<body>" in hex>`. */
export function sign(body: string, secret: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
