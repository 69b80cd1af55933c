/** The server acknowledges a message within this time, or drops it (of a muted sender), or the connection is dead. */
const ACKNOWLEDGED_WITHIN_MS = 5000;

/** How many times a message is sent: once more after a reconnection. */
const ATTEMPTS = 2;

/** Copies of the last messages that were sent are recognised. */
const REMEMBERED = 1000;

const codes = {
  1: 'not_your_friend',
  2: 'not_their_friend',
  3: 'blocked',
  64: 'not_a_member',
  65: 'no_such_group',
} as const;

/**
 * Why a message was not sent: you have not added the receiver, or the receiver has not added you (apps that check
 * friends), or blocks you; you are no member of the group, or it does not exist; the server did not answer, which it
 * does to the muted; the connection was closed first; another status of the server.
 */
export type SendErrorCode = (typeof codes)[keyof typeof codes] | 'unanswered' | 'closed' | `status_${number}`;

/** A message was not sent. After `unanswered` and `closed` it may have been. */
export class SendError extends Error {
  override readonly name = 'SendError';
  readonly code: SendErrorCode;

  constructor(code: SendErrorCode) {
    super(`The message was not sent: ${code.replaceAll('_', ' ')}`);
    this.code = code;
  }
}

export interface Sending {
  command: number;
  flags: number;
  receiver: number;
  body: Uint8Array;
  uuid: string;
}

interface Pending extends Sending {
  attempts: number;
  /** Of its frame, while it waits for the acknowledgement. */
  sequence: number | undefined;
  resolve(): void;
  reject(error: SendError): void;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export interface Outgoing {
  /** Sends the message now, or when the connection is back. Resolves when it is acknowledged. */
  add(sending: Sending): Promise<void>;
  /** @returns the message of that frame; undefined when none waits for it */
  acknowledge(sequence: number, status: number): Sending | undefined;
  /** The connection is there: sends everything that waits, in order. */
  resume(): void;
  /** The connection is broken. */
  interrupt(): void;
  /** Rejects everything that waits. */
  close(): void;
  hasSent(uuid: string): boolean;
}

/**
 * The messages of a connection that are not acknowledged yet.
 *
 * @param write sends a frame and returns its sequence
 * @param isAlive whether something arrived since that time, of `performance.now()`
 * @param giveUp ends the connection, because the server does not answer
 */
export function createOutgoing({
  write,
  isAlive,
  giveUp,
}: {
  write(command: number, body: Uint8Array, flags: number): number;
  isAlive(since: number): boolean;
  giveUp(): void;
}): Outgoing {
  const pending = new Set<Pending>();
  const sent = new Set<string>();
  let isConnected = false;
  let isClosed = false;

  function transmit(message: Pending): void {
    message.attempts += 1;
    message.sequence = write(message.command, message.body, message.flags);
    const sentAt = performance.now();
    message.timer = setTimeout(() => {
      if (isAlive(sentAt)) settle(message, 'unanswered');
      else giveUp();
    }, ACKNOWLEDGED_WITHIN_MS);
  }

  function settle(message: Pending, code?: SendErrorCode): void {
    clearTimeout(message.timer);
    pending.delete(message);
    if (code === undefined) message.resolve();
    else message.reject(new SendError(code));
  }

  function remember(uuid: string): void {
    sent.add(uuid);
    const [oldest] = sent;
    if (sent.size > REMEMBERED) sent.delete(oldest as string);
  }

  return {
    add(sending) {
      if (isClosed) return Promise.reject(new SendError('closed'));
      remember(sending.uuid);
      return new Promise((resolve, reject) => {
        const message = { ...sending, attempts: 0, sequence: undefined, timer: undefined, resolve, reject };
        pending.add(message);
        if (isConnected) transmit(message);
      });
    },
    acknowledge(sequence, status) {
      const message = [...pending].find((one) => one.sequence === sequence);
      if (message !== undefined) settle(message, status === 0 ? undefined : codeOf(status));
      return message;
    },
    resume() {
      isConnected = true;
      for (const message of pending) transmit(message);
    },
    interrupt() {
      isConnected = false;
      for (const message of pending) {
        clearTimeout(message.timer);
        message.sequence = undefined;
        if (message.attempts >= ATTEMPTS) settle(message, 'unanswered');
      }
    },
    close() {
      isClosed = true;
      for (const message of pending) settle(message, 'closed');
    },
    hasSent: (uuid) => sent.has(uuid),
  };
}

const codeOf = (status: number): SendErrorCode => codes[status as keyof typeof codes] ?? `status_${status}`;
