import type { components } from '../../generated/tower.ts';

/** What Tower sends to a webhook. `resolve` gives the `data` of events and notifications as nested objects. */
export type TowerWebhook = components['schemas']['WebhookCall'];

/** The call of a webhook as it was received. */
export interface ReceivedWebhook {
  /** The body as text, before it is parsed. */
  body: string;
  /** The header `Qiyue-Signature`. */
  signature: string | null | undefined;
  /** The secret that the app centre has shown. */
  secret: string;
  /** How far the time in the signature may be from now. Defaults to 300. */
  toleranceSeconds?: number;
  /** Milliseconds since 1970. Defaults to the clock of this machine. */
  now?: number;
}

/** The call of a webhook has no valid signature, so it may be from anybody: answer it with 401. */
export class WebhookSignatureError extends Error {
  override readonly name = 'WebhookSignatureError';
}

/**
 * Checks the signature of a webhook, and parses its body. It needs WebCrypto, which Node, Deno, Bun and workers have.
 *
 * @example
 * app.post('/tower', express.text({ type: 'application/json' }), async (request, response) => {
 *   const signature = request.get('Qiyue-Signature');
 *   const { id, event, data } = await verifyWebhook({ body: request.body, signature, secret });
 *   response.sendStatus(204);
 * });
 * @throws WebhookSignatureError
 */
export async function verifyWebhook(received: ReceivedWebhook): Promise<TowerWebhook> {
  const { body, signature, secret, toleranceSeconds = 300, now = Date.now() } = received;
  const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature ?? '') ?? [];
  if (seconds === undefined || hex === undefined) throw new WebhookSignatureError('There is no signature');
  const text = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', text.encode(secret), algorithm, false, ['verify']);
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  if (!(await crypto.subtle.verify('HMAC', key, bytes, text.encode(`${seconds}.${body}`))))
    throw new WebhookSignatureError('The signature does not belong to this body and secret');
  if (Math.abs(now / 1000 - Number(seconds)) > toleranceSeconds)
    throw new WebhookSignatureError('The signature is too old');
  return JSON.parse(body) as TowerWebhook;
}
