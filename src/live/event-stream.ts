import { Readable } from 'node:stream';
import type { Log } from '../log.ts';

/** One event of a stream of server-sent events, as the HTML standard defines them. */
export interface StreamedEvent {
  /** The reader sends it as `Last-Event-ID` when it reconnects. An event without an id is not stored. */
  id?: string;
  /** The type of the event. Defaults to `message`. */
  event?: string;
  /** A JSON value. */
  data: unknown;
}

/**
 * Sends an event. Resolves when the reader can take more, which may be never. A caller with many events waits in
 * between, so that a slow reader does not fill the memory.
 */
export type Send = (event: StreamedEvent) => Promise<void>;

/**
 * The headers of a stream. Proxies hold events back when they compress them (`no-transform`) or when they buffer the
 * response, as nginx does by default (`X-Accel-Buffering`).
 */
export const eventStreamHeaders = { 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' } as const;

/** Often enough that no proxy closes the connection as idle. */
const HEARTBEAT_MS = 15_000;

/** A reader that takes no bytes for this many heartbeats is disconnected. It resumes when it reconnects. */
const MAX_STALLED_HEARTBEATS = 4;

/** A reader that is this far behind does not get events without an id. */
const MAX_LAG_BYTES = 1_048_576;

/** When a server closes, all its readers reconnect. They do so at different times in this span. */
const SHORTEST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 5000;

/**
 * The body of a `text/event-stream` response. It begins at once, so that the reader knows that it is connected, and keeps
 * the connection alive. It ends when the reader disconnects or stalls, and when the server closes.
 *
 * @param start subscribes to the events, which it gives to `send`, and returns the function that unsubscribes; `end` ends
 *   the stream. When it fails, the response breaks off and the error is logged.
 */
export function eventStream(
  { closing, log }: { closing: AbortSignal; log: Log },
  start: (send: Send, end: () => void) => (() => void) | Promise<() => void>,
): Readable {
  let unsubscribe: (() => void) | undefined;
  let isEnded = false;
  let pushed = 0;
  const waiting = new Set<() => void>();
  const resume = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const stream = new Readable({
    read: resume,
    destroy(error, done) {
      clearInterval(heartbeat);
      closing.removeEventListener('abort', close);
      unsubscribe?.();
      resume();
      done(error);
    },
  });
  const end = () => {
    isEnded = true;
    stream.push(null);
  };
  /** @returns whether the reader can take more */
  const write = (text: string): boolean => {
    if (isEnded) return false;
    const bytes = Buffer.from(text);
    pushed += bytes.length;
    return stream.push(bytes);
  };
  const close = () => {
    const pause = SHORTEST_RETRY_MS + Math.random() * (LONGEST_RETRY_MS - SHORTEST_RETRY_MS);
    write(`retry: ${Math.round(pause)}\n\n`);
    end();
  };
  const send: Send = async (event) => {
    if (stream.destroyed || (event.id === undefined && stream.readableLength > MAX_LAG_BYTES)) return;
    if (!write(toText(event))) await new Promise<void>((resolve) => waiting.add(resolve));
  };

  let taken = 0;
  let stalledHeartbeats = 0;
  const heartbeat = setInterval(() => {
    const before = taken;
    taken = pushed - stream.readableLength;
    stalledHeartbeats = stream.readableLength > 0 && taken === before ? stalledHeartbeats + 1 : 0;
    if (stalledHeartbeats === MAX_STALLED_HEARTBEATS) stream.destroy();
    else write(':\n\n');
  }, HEARTBEAT_MS).unref();

  write(':\n\n');
  if (closing.aborted) close();
  closing.addEventListener('abort', close);
  (async () => {
    unsubscribe = await start(send, end);
    if (stream.destroyed) unsubscribe();
  })().catch((error: unknown) => {
    log.error({ err: error }, 'an event stream broke off');
    stream.destroy();
  });
  return stream;
}

/** JSON is written without line breaks, so one `data` line holds all of it. */
function toText({ id, event, data }: StreamedEvent): string {
  const lines = [id === undefined ? '' : `id: ${id}\n`, event === undefined ? '' : `event: ${event}\n`];
  return `${lines.join('')}data: ${JSON.stringify(data)}\n\n`;
}
