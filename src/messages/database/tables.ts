import type { Generated } from 'kysely';

/** Tables of src/messages. */
export interface MessagesTables {
  messages_outbox: MessagesOutboxTable;
}

/** Outgoing messages: the queue of those to send, and the outbox that shows them all. */
export interface MessagesOutboxTable {
  /** From `newSortableId`: the order of the ids is the order of creation. */
  id: string;
  api: string;
  channel: 'wechat' | 'sms' | 'email' | 'push' | 'webhook';
  /** A phone number, mail address, user name, device token or id of a webhook, as the channel understands it. */
  recipient: string;
  subject: string | null;
  /** The format of the body; only mail can be HTML. */
  format: Generated<'text' | 'html'>;
  /** Empty after the message was sent or has failed, unless copies are kept; `code` is then null. */
  body: string;
  code: string | null;
  /** `PushDetails` as JSON, for a push; null also where text and code are blanked. */
  push: string | null;
  /** `kept`: the channel has no provider, so the message stays in the outbox. */
  status: 'queued' | 'sent' | 'kept' | 'failed';
  /** How often sending has succeeded or failed. An attempt that a crash interrupted does not count. */
  attempts: Generated<number>;
  next_attempt_at: number;
  /** The worker that is sending the message. */
  claim: string | null;
  /** How often that worker has renewed its claim. */
  renewals: Generated<number>;
  /** The reason of the last failure, without secrets. */
  last_error: string | null;
  created_at: number;
  sent_at: number | null;
}

declare module '../../database/tables.ts' {
  interface Tables extends MessagesTables {}
}
