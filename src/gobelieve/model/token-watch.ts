import type { Context } from '../../context.ts';
import type { ClientActor } from './access.ts';
import { batches } from './batches.ts';
import { type BusEvent, userTopic } from './bus-events.ts';
import { findValidTokens, hashToken } from './tokens.ts';

/**
 * Open connections end with their token (G-70). The bus says when tokens of a user were revoked, and when it
 * may not have said so. Tokens that expire are noticed within a minute.
 */

const CHECK_INTERVAL_MS = 60_000;

/** Watches the tokens of all connections of this node, with one timer and one query for all of them. */
interface Watch {
  /** The functions that end the connections of a token, by its hash. */
  endings: Map<string, Set<() => void>>;
  timer: NodeJS.Timeout | undefined;
}

type WatchContext = Pick<Context, 'bus' | 'clock' | 'config' | 'database' | 'log'>;

const watches = new WeakMap<WatchContext['bus'], Watch>();

/**
 * Calls `end` when a token was revoked or has expired.
 *
 * @returns stops watching
 */
export function watchToken(
  context: WatchContext,
  { appid, uid }: ClientActor,
  token: string,
  end: () => void,
): () => void {
  const { bus } = context;
  const watch = watches.get(bus) ?? { endings: new Map(), timer: undefined };
  watches.set(bus, watch);
  const { endings } = watch;
  const hash = hashToken(token);
  const same = endings.get(hash) ?? new Set();
  endings.set(hash, same.add(end));
  watch.timer ??= setInterval(() => void checkTokens(context, watch, [...endings.keys()]), CHECK_INTERVAL_MS).unref();
  const check = () => void checkTokens(context, watch, [hash]);
  const leave = bus.subscribe(
    [userTopic(appid, uid)],
    (event) => {
      if ((event as BusEvent).kind === 'revoked') check();
    },
    check,
  );
  return () => {
    leave();
    same.delete(end);
    if (same.size > 0) return;
    endings.delete(hash);
    if (endings.size > 0) return;
    clearInterval(watch.timer);
    watch.timer = undefined;
  };
}

/** Ends the connections of those tokens that are no longer valid. */
async function checkTokens(context: WatchContext, { endings }: Watch, hashes: readonly string[]): Promise<void> {
  try {
    for (const batch of batches(hashes)) {
      const valid = await findValidTokens(context, batch);
      for (const hash of batch) if (!valid.has(hash)) for (const end of [...(endings.get(hash) ?? [])]) end();
    }
  } catch (error) {
    context.log.warn({ err: error }, 'the tokens of open connections could not be checked');
  }
}
