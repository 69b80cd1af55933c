import type { Log } from '../log.ts';
import type { InTurn } from '../turns.ts';

/** How long to wait after the database failed. */
const RETRY_MS = 1000;

/** Stored items after a position, oldest first. */
export interface Page<Item> {
  items: readonly Item[];
  /** Where the next page begins. */
  position: number;
  /**
   * Read again at once. A source that reads up to a goal says so until it finds nothing: a wake-up during a page is
   * used up by the next read.
   */
  more: boolean;
}

export interface ReaderOptions<Item> {
  position: number;
  readAfter(position: number): Promise<Page<Item>>;
  /** Reads a page in its turn: one event can wake thousands of readers. */
  inTurn: InTurn;
  /** Takes one item. The next one follows when the promise resolves, so a slow receiver keeps one page in memory. */
  deliver(item: Item): Promise<void>;
}

export interface ResumableReader {
  /** Reads what is stored now. Call it once at the start, and whenever there may be something new. */
  wake(): void;
  stop(): void;
}

/**
 * Reads stored items page by page, one page at a time, and hands each out once and in order. Signals to `wake` may come
 * late, twice or in another order: what is stored decides. After a failure the reader tries again from where it was.
 */
export function createResumableReader<Item>(log: Log, options: ReaderOptions<Item>): ResumableReader {
  const { readAfter, inTurn, deliver } = options;
  let { position } = options;
  let isAwake = false;
  let isReading = false;
  let isStopped = false;

  async function read(): Promise<void> {
    isReading = true;
    try {
      while (isAwake && !isStopped) {
        isAwake = false;
        const page = await inTurn(() => readAfter(position));
        for (const item of page.items) {
          if (isStopped) return;
          await deliver(item);
        }
        position = page.position;
        isAwake ||= page.more;
      }
    } finally {
      // In the same step as the last check of `isAwake`: a signal in between would wake nothing.
      isReading = false;
    }
  }

  function wake(): void {
    isAwake = true;
    if (isReading || isStopped) return;
    read().catch((error: unknown) => {
      log.warn({ err: error }, 'stored events cannot be read; trying again');
      setTimeout(wake, RETRY_MS).unref();
    });
  }

  return {
    wake,
    stop() {
      isStopped = true;
    },
  };
}
