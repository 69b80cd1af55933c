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
  /** How many messages may be sent at the same time. Defaults to 10. */
  concurrency?: number;
  close(): void;
}

/** Why a message was not sent. The reason is logged and stored: it holds no address, text, code or password. */
export class DeliveryError extends Error {
  override readonly name: string = 'DeliveryError';
  /** Whether another attempt cannot succeed. */
  readonly isFinal: boolean;

  constructor(reason: string, { isFinal = false }: { isFinal?: boolean } = {}) {
    super(reason);
    this.isFinal = isFinal;
  }
}

/** The recipient does not exist any more: nothing should be sent to this device token again. */
export class UnregisteredError extends DeliveryError {
  override readonly name = 'UnregisteredError';
  /** In milliseconds. A registration after this time is another one. */
  readonly since: number;

  constructor(reason: string, since: number) {
    super(reason, { isFinal: true });
    this.since = since;
  }
}

/** The code of a failed connection, such as `ECONNREFUSED`; errors of `fetch` have it in their cause. */
export function errorCode(error: unknown): string {
  const { code, cause, name } = error as { code?: unknown; cause?: { code?: unknown }; name?: unknown };
  return String(code ?? cause?.code ?? name ?? 'unknown error');
}
