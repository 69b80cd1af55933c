import type { Generated } from 'kysely';

/** Tables of src/messages. */
export interface MessagesTables {
  messages_outbox: MessagesOutboxTable;
}

/** Everything that leaves the house: the queue of what is to be sent and the outbox that shows it. */
export interface MessagesOutboxTable {
  /** From `newSortableId`: the order of the ids is the order of creation. */
  id: string;
  api: string;
  channel: 'wechat' | 'sms' | 'email' | 'push';
  /** A phone number, mail address or user name, as the channel understands it. */
  recipient: string;
  subject: string | null;
  /** What the body is; only mail can be HTML. */
  format: Generated<'text' | 'html'>;
  /** Empty once the message has been dealt with, unless copies are kept; `code` is null then. */
  body: string;
  code: string | null;
  /** `kept`: there is no provider for the channel, and the outbox is where the message ends. */
  status: 'queued' | 'sent' | 'kept' | 'failed';
  /** How often a worker has taken the message up. */
  attempts: Generated<number>;
  next_attempt_at: number;
  /** Until then the message belongs to the worker that took it up; 0 when it belongs to none. */
  locked_until: Generated<number>;
  /** What went wrong last, without secrets. */
  last_error: string | null;
  created_at: number;
  sent_at: number | null;
}

declare module '../../database/tables.ts' {
  interface Tables extends MessagesTables {}
}
