import type { QueuedMessage } from './queue.ts';

/** A way out of the house: how the messages of one channel reach their provider. */
export interface Transport {
  /**
   * Resolves once the provider has taken the message, within half a minute. The same message may come twice: see that
   * the receiver can tell by its id.
   *
   * @throws DeliveryError when the provider has not, or may not have, taken it
   */
  send(message: QueuedMessage): Promise<void>;
  close(): void;
}

/** Why a message was not taken. The message goes to the log and the database: no address, text, code or password. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}

/** What a failed connection is called, such as `ECONNREFUSED`; errors of `fetch` carry it in their cause. */
export function errorCode(error: unknown): string {
  const { code, cause, name } = error as { code?: unknown; cause?: { code?: unknown }; name?: unknown };
  return String(code ?? cause?.code ?? name ?? 'unknown error');
}
