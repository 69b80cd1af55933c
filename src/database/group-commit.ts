import type { Database, Transaction } from './open.ts';
import { transact } from './transact.ts';

/** The outcome of one item: its promise is settled with it after the commit. */
export type Outcome<Result> = PromiseSettledResult<Result>;

/**
 * Commits several items in one transaction and returns the outcome of each, in their order. An item may be refused
 * alone, by an outcome. When it throws, nothing has been committed.
 */
export type CommitItems<Key, Item, Result> = (key: Key, items: readonly Item[]) => Promise<Outcome<Result>[]>;

/** How many items one commit takes at most, so that a transaction stays short. */
const MAX_ITEMS = 200;

/**
 * Group commit. While a commit is under way, items with the same key wait, and the next commit takes all of them: they
 * share its round trips and its write to the disk. Their order is kept, and nothing waits when nothing else does.
 *
 * When a commit of several items fails, each is committed alone, so that one bad item fails alone.
 *
 * @returns resolves or rejects after the item's own commit
 */
export function groupCommit<Key, Item, Result>(
  commit: CommitItems<Key, Item, Result>,
): (key: Key, item: Item) => Promise<Result> {
  const queues = new Map<Key, Waiting<Item, Result>[]>();

  async function work(key: Key, queue: Waiting<Item, Result>[]): Promise<void> {
    while (queue.length > 0) {
      // Items that arrive in the same turn of the event loop are taken together.
      await new Promise(setImmediate);
      await settle(key, queue.splice(0, MAX_ITEMS));
    }
    queues.delete(key);
  }

  async function settle(key: Key, waiting: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const items = waiting.map(({ item }) => item);
      const outcomes = await commit(key, items);
      for (const [index, { resolve, reject }] of waiting.entries()) {
        const outcome = outcomes[index] as Outcome<Result>;
        if (outcome.status === 'fulfilled') resolve(outcome.value);
        else reject(outcome.reason);
      }
    } catch (error) {
      if (waiting.length === 1) waiting[0]?.reject(error);
      else for (const one of waiting) await settle(key, [one]);
    }
  }

  return (key, item) =>
    new Promise((resolve, reject) => {
      const waiting = { item, resolve, reject };
      const queue = queues.get(key);
      if (queue !== undefined) return void queue.push(waiting);
      const started = [waiting];
      queues.set(key, started);
      void work(key, started);
    });
}

type Work = (transaction: Transaction) => Promise<unknown>;

const transactions = new WeakMap<Database, (key: string, work: Work) => Promise<unknown>>();

/**
 * Like `transact`, but works with the same key that wait for a commit run one after the other in one transaction. For
 * short works that would wait for each other anyway, because they lock the same row. A work runs again, alone, when
 * another one of its transaction fails.
 */
export function transactTogether<Result>(
  database: Database,
  key: string,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  let run = transactions.get(database);
  if (run === undefined) {
    run = groupCommit((_key: string, works: readonly Work[]) =>
      transact(database, async (transaction) => {
        const outcomes: Outcome<unknown>[] = [];
        for (const one of works) outcomes.push({ status: 'fulfilled', value: await one(transaction) });
        return outcomes;
      }),
    );
    transactions.set(database, run);
  }
  return run(key, work) as Promise<Result>;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (reason: unknown) => void;
}
