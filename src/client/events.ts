import { createParser, type EventSourceMessage } from 'eventsource-parser';

/**
 * Reads streams of events (Server-Sent Events) with `fetch`, which can send a token, as `EventSource` cannot. It works
 * in browsers and in Node alike.
 */

/** One event as it came; its data is still text. */
export interface StreamEvent {
  /** To go on from here after a break; `undefined` when neither this event nor one before it had any. */
  id: string | undefined;
  /** Its type; `message` when it has none of its own. */
  event: string;
  data: string;
}

export interface StreamOptions {
  /** Ends the iteration; it does not throw then. */
  signal?: AbortSignal | undefined;
  /** The `id` of the last event that was seen: the server sends what came after it first. */
  lastEventId?: string | undefined;
}

interface Opening {
  /** Of the last event that was seen. */
  lastEventId: string | undefined;
  signal: AbortSignal;
}

/** In ms, unless the server says otherwise with `retry:`. */
const FIRST_PAUSE = 1000;

/** In ms. */
const LONGEST_PAUSE = 30_000;

/** In ms. The server is never silent for so long: a connection that is has died without telling. */
const LONGEST_SILENCE = 45_000;

/**
 * The events of a stream, across breaks: when the connection ends, fails or falls silent it is opened again with the id
 * of the last event, after a pause that grows with each failure.
 *
 * @param open sends the request. What it throws is a network failure.
 * @param refuse makes the error for an answer that is no stream. A refusal (4xx) is thrown at once, and so is any
 *   failure to connect for the first time; later ones only lengthen the pause.
 */
export async function* readEvents(
  open: (opening: Opening) => Promise<Response>,
  refuse: (response: Response) => Promise<Error>,
  { signal, lastEventId }: StreamOptions = {},
): AsyncGenerator<StreamEvent, void, undefined> {
  const received: EventSourceMessage[] = [];
  let shortestPause = FIRST_PAUSE;
  let wasOpen = false;
  let failures = 0;

  while (!signal?.aborted) {
    // Ends this connection only.
    const connection = new AbortController();
    const stop = () => connection.abort();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const response = await within(LONGEST_SILENCE, open({ lastEventId, signal: connection.signal }), stop);
      if (!isStream(response)) throw new Refusal(response.status, await refuse(response));
      wasOpen = true;
      const parser = createParser({
        onEvent: (event) => received.push(event),
        onRetry: (pause) => {
          shortestPause = Math.min(pause, LONGEST_PAUSE);
        },
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await within(LONGEST_SILENCE, reader.read(), stop);
        if (done) break;
        failures = 0;
        parser.feed(value);
        for (const { id, event = 'message', data } of received.splice(0)) {
          lastEventId = id ?? lastEventId;
          yield { id: lastEventId, event, data };
          if (signal?.aborted) return;
        }
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (!wasOpen || (error instanceof Refusal && !error.mayPass))
        throw error instanceof Refusal ? error.reason : error;
      failures += 1;
    } finally {
      // Also when the reader of the events leaves its loop.
      signal?.removeEventListener('abort', stop);
      stop();
    }
    await pause(Math.min(shortestPause * 2 ** failures, LONGEST_PAUSE), signal);
  }
}

/** An answer that is no stream. */
class Refusal extends Error {
  readonly reason: Error;
  /** Whether another try may go well: a server or gateway in trouble, or too many requests. */
  readonly mayPass: boolean;

  constructor(status: number, reason: Error) {
    super(reason.message);
    this.reason = reason;
    this.mayPass = status >= 500 || status === 429;
  }
}

const isStream = (response: Response): response is Response & { body: ReadableStream<Uint8Array> } =>
  response.status === 200 &&
  response.body !== null &&
  (response.headers.get('Content-Type') ?? '').startsWith('text/event-stream');

/** What was promised, unless it takes longer than some milliseconds: then `giveUp` is called. */
async function within<T>(milliseconds: number, promise: Promise<T>, giveUp: () => void): Promise<T> {
  const timer = setTimeout(giveUp, milliseconds);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
  });
}
