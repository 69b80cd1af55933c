import type { Transaction } from '../../database/open.ts';
import { sha256 } from '../../secrets.ts';
import type { NewMessage } from './message-store.ts';

/**
 * What devices have sent. A device whose ack was lost sends the message again, with the same `uuid` in its content (G-61).
 * Housekeeping forgets it after a day; the clock alone does not, because it may have jumped.
 */

/** @returns undefined for a message that cannot be recognized, and for those of servers */
export function resendKey({ type, sender, receiver, receiverAppid, content, from }: NewMessage): string | undefined {
  const uuid = from === undefined ? undefined : uuidIn(content);
  return (
    uuid &&
    sha256(JSON.stringify([type, sender, receiver, uuid, ...(receiverAppid === undefined ? [] : [receiverAppid])]))
  );
}

function uuidIn(content: string): string | undefined {
  if (!content.includes('"uuid"')) return undefined;
  try {
    const { uuid } = JSON.parse(content) as { uuid?: unknown };
    return typeof uuid === 'string' && uuid !== '' ? uuid : undefined;
  } catch {
    return undefined;
  }
}

export interface SentMessage {
  digest: string;
  /** In the sender's queue, or in that of the group. */
  id: number;
}

/** The ids of those messages that were sent before, by `resendKey`. */
export async function findSent(
  trx: Transaction,
  appid: number,
  messages: readonly NewMessage[],
): Promise<Map<string, number>> {
  const digests = messages.map(resendKey).filter((digest) => digest !== undefined);
  if (digests.length === 0) return new Map();
  const rows = await trx
    .selectFrom('gobelieve_sent_messages')
    .select(['digest', 'id'])
    .where('app_id', '=', appid)
    .where('digest', 'in', digests)
    .execute();
  return new Map(rows.map(({ digest, id }) => [digest, id]));
}

export async function keepSent(
  trx: Transaction,
  appid: number,
  messages: readonly SentMessage[],
  now: number,
): Promise<void> {
  if (messages.length === 0) return;
  await trx
    .insertInto('gobelieve_sent_messages')
    .values(messages.map(({ digest, id }) => ({ app_id: appid, digest, id, created_at: now })))
    .onConflict((conflict) =>
      conflict
        .columns(['app_id', 'digest'])
        .doUpdateSet(({ ref }) => ({ id: ref('excluded.id'), created_at: ref('excluded.created_at') })),
    )
    .execute();
}
