import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { retryAfter } from './oauth.ts';

/**
 * Reads event streams (Server-Sent Events) with `fetch`, in browsers and in Node. `EventSource` cannot send a token.
 */

/** One event; its data is text. */
export interface StreamEvent {
  /** The id to resume after: that of this event, or of an earlier one. Undefined when none had an id. */
  id: string | undefined;
  /** Its type. Defaults to `message`. */
  event: string;
  data: string;
}

export interface StreamOptions {
  /** Ends the iteration without an error. */
  signal?: AbortSignal | undefined;
  /** The `id` of the last event that was received: the stream resumes after it. */
  lastEventId?: string | undefined;
  /** A number from 0 to 1 that spreads reconnections over time. Defaults to `Math.random`. */
  random?: (() => number) | undefined;
}

interface Opening {
  /** Id of the last event that was received. */
  lastEventId: string | undefined;
  signal: AbortSignal;
}

/** The longest pause before the first reconnection, unless the server sends another one with `retry:`. */
const FIRST_PAUSE_MS = 1000;

const LONGEST_PAUSE_MS = 30_000;

/** The longest pause that a server can ask for. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** The server sends heartbeats more often than this, so a connection that is silent for longer is dead. */
const LONGEST_SILENCE_MS = 45_000;

/**
 * The events of a stream. When the connection ends, fails or falls silent, it is opened again after the last event. The
 * pause before it is random, so that the readers of a server that restarts do not all return at once: up to one second,
 * twice as long with each failure, in addition to what the server asks for with `retry:` or `Retry-After`.
 *
 * @param open sends the request; what it throws is a network failure
 * @param toError makes the error for a response that is not a stream
 * @throws the first failure to connect, and `toError` of any 4xx except 408 and 429; other failures only lengthen the pause
 */
export async function* readEvents(
  open: (opening: Opening) => Promise<Response>,
  toError: (response: Response) => Promise<Error>,
  { signal, lastEventId, random = Math.random }: StreamOptions = {},
): AsyncGenerator<StreamEvent, void, undefined> {
  const received: EventSourceMessage[] = [];
  /** Asked for with `retry:`. */
  let retryPause: number | undefined;
  let wasOpen = false;
  let failures = 0;

  while (!signal?.aborted) {
    /** Asked for with `Retry-After`. */
    let askedPause = 0;
    // Ends this connection only.
    const connection = new AbortController();
    const stop = () => connection.abort();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const response = await within(LONGEST_SILENCE_MS, open({ lastEventId, signal: connection.signal }), stop);
      if (!isStream(response)) {
        throw new ResponseError(response, await within(LONGEST_SILENCE_MS, toError(response), stop));
      }
      wasOpen = true;
      const parser = createParser({
        onEvent: (event) => received.push(event),
        onRetry: (pause) => {
          retryPause = Math.min(pause, LONGEST_PAUSE_MS);
        },
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await within(LONGEST_SILENCE_MS, reader.read(), stop);
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
      if (!wasOpen || (error instanceof ResponseError && !error.isTemporary))
        throw error instanceof ResponseError ? error.reason : error;
      failures += 1;
      if (error instanceof ResponseError) askedPause = Math.min(error.retryAfterMs, LONGEST_RETRY_AFTER_MS);
    } finally {
      // Also runs when the caller leaves its loop.
      signal?.removeEventListener('abort', stop);
      stop();
    }
    const spread = Math.min((retryPause ?? FIRST_PAUSE_MS) * 2 ** failures, LONGEST_PAUSE_MS);
    await pause(Math.max(askedPause, retryPause ?? 0) + random() * spread, signal);
  }
}

/** The response is not a stream. */
class ResponseError extends Error {
  readonly reason: Error;
  /** The next attempt may succeed. */
  readonly isTemporary: boolean;
  readonly retryAfterMs: number;

  constructor(response: Response, reason: Error) {
    const { status } = response;
    super(reason.message);
    this.reason = reason;
    this.isTemporary = status >= 500 || status === 408 || status === 429;
    this.retryAfterMs = (retryAfter(response) ?? 0) * 1000;
  }
}

const isStream = (response: Response): response is Response & { body: ReadableStream<Uint8Array> } =>
  response.status === 200 &&
  response.body !== null &&
  (response.headers.get('Content-Type') ?? '').startsWith('text/event-stream');

/** Waits for the promise, and calls `giveUp` when it takes longer. */
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
