import { command, decodeFrame, encodeFrame, type Frame } from './frames.ts';

const LONGEST_PAUSE_MS = 30_000;
const PING_EVERY_MS = 60_000;

/** A connection on which nothing arrives for this time after a ping or a log-in is dead. */
const LONGEST_SILENCE_MS = 10_000;

export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'closed';

/** The part of a WebSocket that is used. Browsers, Node and the package ws have it under different types. */
export interface AnyWebSocket {
  binaryType: string;
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export type AnyWebSocketClass = new (address: string) => AnyWebSocket;

/** A WebSocket that is opened again when it breaks, for frames. */
export interface Link {
  readonly state: ConnectionState;
  /** Sends a frame; nothing happens while the link is broken. Returns the sequence of the frame. */
  send(command: number, body?: Uint8Array, flags?: number): number;
  /** The server has accepted the log-in. */
  accept(): void;
  /** Whether something arrived since that time, of `performance.now()`. */
  isAlive(since: number): boolean;
  /** Opens another connection: the server does not answer on this one. */
  restart(): void;
  /** Ends the link for good. */
  close(): void;
}

interface LinkOptions {
  WebSocket: AnyWebSocketClass;
  random: () => number;
  /** Body of the first frame of each connection. */
  login: Uint8Array;
  onState(state: ConnectionState): void;
  /** What it throws breaks the connection. */
  onFrame(frame: Frame): void;
}

/**
 * Opens the link. Pauses between attempts are random and up to one second, twice as long with each failure, so that the
 * devices of a server that restarts do not all return at once.
 */
export function openLink(address: string, { WebSocket, random, login, onState, onFrame }: LinkOptions): Link {
  let state: ConnectionState = 'connecting';
  let socket: AnyWebSocket | undefined;
  let sequence = 0;
  let failures = 0;
  let lastFrameAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function setState(next: ConnectionState): void {
    state = next;
    onState(next);
  }

  function after(milliseconds: number, act: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  }

  function open(): void {
    sequence = 0;
    const opened = new WebSocket(address);
    socket = opened;
    opened.binaryType = 'arraybuffer';
    opened.onopen = () => {
      write(command.login, login);
      expectFrame();
    };
    opened.onmessage = ({ data }: { data: unknown }) => {
      if (socket !== opened) return;
      lastFrameAt = performance.now();
      try {
        onFrame(decodeFrame(data as ArrayBuffer));
      } catch {
        restart();
      }
    };
    opened.onclose = () => {
      if (socket === opened) restart();
    };
    // It is closed too. Without a listener the package ws throws.
    opened.onerror = () => {};
    after(LONGEST_PAUSE_MS, restart);
  }

  /** A dead WebSocket reports its end after a minute, so the link does not wait for that. */
  function restart(): void {
    if (state === 'closed') return;
    detach();
    setState('waiting');
    after(random() * Math.min(1000 * 2 ** failures, LONGEST_PAUSE_MS), () => {
      setState('connecting');
      open();
    });
    failures += 1;
  }

  function detach(): void {
    const closing = socket;
    socket = undefined;
    closing?.close();
  }

  function expectFrame(): void {
    const since = lastFrameAt;
    after(LONGEST_SILENCE_MS, () => (lastFrameAt === since ? restart() : ping()));
  }

  function ping(): void {
    after(PING_EVERY_MS, () => {
      write(command.ping);
      expectFrame();
    });
  }

  function write(number: number, body: Uint8Array = new Uint8Array(), flags = 0): number {
    sequence += 1;
    socket?.send(encodeFrame({ sequence, command: number, flags, body }));
    return sequence;
  }

  open();
  return {
    get state() {
      return state;
    },
    send: (number, body, flags) => (state === 'open' ? write(number, body, flags) : 0),
    accept() {
      failures = 0;
      setState('open');
    },
    isAlive: (since) => lastFrameAt > since,
    restart,
    close() {
      if (state === 'closed') return;
      clearTimeout(timer);
      setState('closed');
      detach();
    },
  };
}
