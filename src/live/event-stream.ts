import { Readable } from 'node:stream';
import type { Log } from '../log.ts';

/** One event of a stream, as the HTML standard has them (Server-sent events). */
export interface StreamedEvent {
  /** Comes back as `Last-Event-ID` when the reader connects again. What has none is stored nowhere. */
  id?: string;
  /** Its type; `message` when absent. */
  event?: string;
  /** A JSON value. */
  data: unknown;
}

/**
 * Sends an event. Resolves when the reader takes more, which may be never: whoever has many waits in between. A slow
 * reader keeps nobody else waiting then, and no more of them in memory than he can take.
 */
export type Send = (event: StreamedEvent) => Promise<void>;

/** In ms: often enough that no proxy takes the connection for dead. */
const HEARTBEAT = 15_000;

/** In heartbeats: a reader who takes nothing for so long is cut off. He resumes when he connects again. */
const PATIENCE = 4;

/** In bytes: a reader who lags this far behind misses what is stored nowhere. */
const LAG = 1_048_576;

/**
 * The body of a `text/event-stream` answer. It begins at once, so that the reader knows that it is connected, keeps the
 * connection alive, and ends when the reader goes away or takes nothing any more, or the server closes.
 *
 * @param start is given what sends an event and what ends the stream, subscribes to what should be sent, and returns
 * what ends that. When it fails the answer breaks off, which the log tells.
 */
export function eventStream(
  { closing, log }: { closing: AbortSignal; log: Log },
  start: (send: Send, end: () => void) => (() => void) | Promise<() => void>,
): Readable {
  let leave: (() => void) | undefined;
  let isEnded = false;
  let pushed = 0;
  const waiting = new Set<() => void>();
  const goOn = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const stream = new Readable({
    read: goOn,
    destroy(error, done) {
      clearInterval(heartbeat);
      closing.removeEventListener('abort', end);
      leave?.();
      goOn();
      done(error);
    },
  });
  const end = () => {
    isEnded = true;
    stream.push(null);
  };
  /** Tells whether the reader takes more. */
  const write = (text: string): boolean => {
    if (isEnded) return false;
    const bytes = Buffer.from(text);
    pushed += bytes.length;
    return stream.push(bytes);
  };
  const send: Send = async (event) => {
    if (stream.destroyed || (event.id === undefined && stream.readableLength > LAG)) return;
    if (!write(toText(event))) await new Promise<void>((resolve) => waiting.add(resolve));
  };

  let taken = 0;
  let beatsInVain = 0;
  const heartbeat = setInterval(() => {
    const before = taken;
    taken = pushed - stream.readableLength;
    beatsInVain = stream.readableLength > 0 && taken === before ? beatsInVain + 1 : 0;
    if (beatsInVain === PATIENCE) stream.destroy();
    else write(':\n\n');
  }, HEARTBEAT).unref();

  write(':\n\n');
  if (closing.aborted) end();
  closing.addEventListener('abort', end);
  (async () => {
    leave = await start(send, end);
    if (stream.destroyed) leave();
  })().catch((error: unknown) => {
    log.error({ err: error }, 'an event stream broke off');
    stream.destroy();
  });
  return stream;
}

/** JSON has no line breaks of its own, so one `data` line holds all of it. */
function toText({ id, event, data }: StreamedEvent): string {
  const lines = [id === undefined ? '' : `id: ${id}\n`, event === undefined ? '' : `event: ${event}\n`];
  return `${lines.join('')}data: ${JSON.stringify(data)}\n\n`;
}
