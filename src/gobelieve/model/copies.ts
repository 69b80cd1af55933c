import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { publishAfter } from './bus-events.ts';
import { type IdRange, insertMessages, type NewMessage, takeIds } from './message-store.ts';
import { appendToQueues, type QueueEntry } from './queues.ts';

/** The copies of messages that one transaction stores in the queues of one app. */
export class Copies {
  readonly #appid: number;
  readonly #ids: IdRange;
  readonly #messages: (NewMessage & { id: number; owner: number })[] = [];
  readonly #entries: QueueEntry[] = [];
  readonly #topics = new Set<string>();

  constructor(appid: number, ids: IdRange) {
    this.#appid = appid;
    this.#ids = ids;
  }

  /**
   * @param owner of the queue, see `QueueEntry`
   * @param topic whose connections look for it
   * @returns the id of the copy
   */
  add(message: NewMessage, owner: number, topic: string): number {
    const id = this.#ids.first + this.#messages.length;
    this.#messages.push({ ...message, id, owner });
    this.#entries.push({ owner, first: id, last: id, message });
    this.#topics.add(topic);
    return id;
  }

  /** Stores the copies, and wakes the connections after the commit. */
  async store(trx: Transaction, context: Pick<Context, 'bus'>, now: number): Promise<void> {
    await insertMessages(trx, this.#appid, this.#messages, now);
    await appendToQueues(trx, this.#appid, this.#entries);
    publishAfter(trx, context, [...this.#topics], { kind: 'queued', id: this.#ids.last });
  }
}

/** A peer message has two copies (G-29). */
const MAX_COPIES = 2;

/** Takes the ids for messages of an app, in every app that gets copies. The ids that are not needed stay unused. */
export async function prepareCopies(
  trx: Transaction,
  appid: number,
  messages: readonly NewMessage[],
): Promise<ReadonlyMap<number, Copies>> {
  const counts = new Map([[appid, messages.length * MAX_COPIES]]);
  for (const { receiverAppid } of messages)
    if (receiverAppid !== undefined) counts.set(receiverAppid, (counts.get(receiverAppid) ?? 0) + 1);
  const copies = new Map<number, Copies>();
  // In the order of the apps, so that two transactions that lock the same two cannot deadlock.
  for (const [app, count] of [...counts].sort(([one], [other]) => one - other))
    copies.set(app, new Copies(app, await takeIds(trx, app, count, app === appid ? 'invalidToken' : 'notSupportApp')));
  return copies;
}
