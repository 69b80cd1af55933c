import type { Duplex } from 'node:stream';

/** How often connections are looked at. */
const SWEEP_MS = 5000;

/** A client that takes no bytes for this many sweeps, while some wait for it, is cut off. */
const MAX_STALLED_SWEEPS = 6;

/** When a server closes, all its clients connect again. They do so at different times in this span. */
const LONGEST_CLOSE_MS = 5000;

/** Few clients need less of the span. */
const CLOSE_MS_EACH = 5;

/** The connections of one server, by the signal of its end. One timer watches all of them. */
const servers = new WeakMap<AbortSignal, Set<Connection>>();

/**
 * A connection that a client keeps open, over TCP or as a WebSocket. It ends when it is not kept in time, when the client
 * stops taking what is sent to it, and when the server closes.
 */
export class Connection {
  /** Called when the server closes, at the time of this connection. Replace it to finish something first. */
  onClosing: () => void = () => this.end();
  readonly #stream: Duplex;
  #endsAt: number;
  #written = 0;
  #taken = 0;
  #stalledSweeps = 0;

  /**
   * @param stream of bytes, or of the messages of a WebSocket (see `webSocketStream`)
   * @param keptMs see `keepFor`
   * @param closing aborted when the server begins to close
   */
  constructor(stream: Duplex, keptMs: number, closing: AbortSignal) {
    this.#stream = stream;
    this.#endsAt = performance.now() + keptMs;
    // A connection that breaks ends the loop over `received`, and writing to it does nothing.
    stream.on('error', () => {});
    const connections = servers.get(closing) ?? watch(closing);
    connections.add(this);
    stream.once('close', () => connections.delete(this));
    if (closing.aborted) setImmediate(() => this.onClosing());
  }

  /** What the client sends. The next piece is read when the one before has been processed. */
  get received(): AsyncIterable<Buffer | string> {
    return this.#stream;
  }

  /** Whether each piece that is received is a message of its own. */
  get hasMessages(): boolean {
    return this.#stream.readableObjectMode;
  }

  get isEnded(): boolean {
    return !this.#stream.writable;
  }

  /** Bytes, or characters of text messages, that the client has not taken yet. */
  get waitingBytes(): number {
    return this.#stream.writableLength;
  }

  /** The connection ends after this time unless this is called again. */
  keepFor(milliseconds: number): void {
    this.#endsAt = performance.now() + milliseconds;
  }

  /** Sends bytes, or text, with one write. That is one message of a WebSocket: a binary one, or a text message. */
  write(data: Buffer | string): void {
    if (!this.#stream.writable) return;
    this.#written += data.length;
    this.#stream.write(data);
  }

  /** Resolves when the client can take more, or has gone. */
  async drained(): Promise<void> {
    if (!this.#stream.writableNeedDrain || this.#stream.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#stream.off('drain', done).off('close', done);
        resolve();
      };
      this.#stream.on('drain', done).on('close', done);
    });
  }

  /** Ends the connection after what was written. */
  end(): void {
    this.#stream.end();
  }

  /** Ends the connection at once. */
  cutOff(): void {
    this.#stream.destroy();
  }

  /** Ends the connection if its time is over or its client has stalled. */
  sweep(now: number): void {
    const taken = this.#written - this.#stream.writableLength;
    this.#stalledSweeps = this.#stream.writableLength > 0 && taken === this.#taken ? this.#stalledSweeps + 1 : 0;
    this.#taken = taken;
    if (now > this.#endsAt || this.#stalledSweeps === MAX_STALLED_SWEEPS) this.cutOff();
  }
}

function watch(closing: AbortSignal): Set<Connection> {
  const connections = new Set<Connection>();
  servers.set(closing, connections);
  const timer = setInterval(() => {
    const now = performance.now();
    for (const connection of connections) connection.sweep(now);
  }, SWEEP_MS).unref();
  closing.addEventListener('abort', () => {
    clearInterval(timer);
    const span = Math.min(LONGEST_CLOSE_MS, connections.size * CLOSE_MS_EACH);
    for (const connection of connections) setTimeout(() => connection.onClosing(), Math.random() * span);
  });
  return connections;
}
