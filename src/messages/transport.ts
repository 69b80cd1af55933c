import type { QueuedMessage } from './queue.ts';

/** Sends the messages of one channel to their provider. */
export interface Transport {
  /**
   * Resolves after the provider has accepted the message, within 30 seconds. The same message may be sent twice, so the
   * receiver must be able to recognise it by its id.
   *
   * @throws DeliveryError when the provider did not, or may not have, accepted it
   */
  send(message: QueuedMessage): Promise<void>;
  close(): void;
}

/** Why a message was not sent. The reason is logged and stored: it holds no address, text, code or password. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}

/** The code of a failed connection, such as `ECONNREFUSED`; errors of `fetch` have it in their cause. */
export function errorCode(error: unknown): string {
  const { code, cause, name } = error as { code?: unknown; cause?: { code?: unknown }; name?: unknown };
  return String(code ?? cause?.code ?? name ?? 'unknown error');
}
