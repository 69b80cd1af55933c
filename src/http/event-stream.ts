import { Readable } from 'node:stream';
import type { Context } from '../context.ts';

/** One event of a stream, as the HTML standard has them (Server-sent events). */
export interface StreamedEvent {
  /** Comes back as `Last-Event-ID` when the reader connects again. */
  id?: string;
  /** Its type; `message` when absent. */
  event?: string;
  /** A JSON value. */
  data: unknown;
}

/** In ms: often enough that no proxy takes the connection for dead. */
const HEARTBEAT = 15_000;

/** In bytes: a reader that lags this far behind is cut off. It resumes when it connects again. */
const LAG = 1_048_576;

/**
 * The body of a `text/event-stream` answer. It begins at once, so that the reader knows that it is connected, keeps the
 * connection alive, and ends when the reader goes away, lags too far behind, or the server closes.
 *
 * @param start is given what sends an event, subscribes to what should be sent, and returns what ends that. When it
 * fails the answer breaks off, which the log tells.
 */
export function eventStream(
  { closing, log }: Context,
  start: (send: (event: StreamedEvent) => void) => (() => void) | Promise<() => void>,
): Readable {
  let leave: (() => void) | undefined;
  const stream = new Readable({
    read() {},
    destroy(error, done) {
      clearInterval(heartbeat);
      closing.removeEventListener('abort', end);
      leave?.();
      done(error);
    },
  });
  const end = () => void stream.push(null);
  const write = (text: string) => {
    if (stream.destroyed || stream.readableEnded || closing.aborted) return;
    stream.push(text);
    if (stream.readableLength > LAG) stream.destroy();
  };
  const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT).unref();

  write(':\n\n');
  if (closing.aborted) end();
  closing.addEventListener('abort', end);
  (async () => {
    leave = await start((event) => write(toText(event)));
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
