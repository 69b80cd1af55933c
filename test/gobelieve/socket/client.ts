import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { bodies, type Layout, versioned } from '../../../src/gobelieve/socket/bodies.ts';
import { encodeFrame, type Frame, FrameReader } from '../../../src/gobelieve/socket/frames.ts';
import { commands, flags } from '../../../src/gobelieve/socket/protocol.ts';

/** A frame of the server, with what its body says. */
export interface Received extends Omit<Frame, 'body'> {
  body: Record<string, never> & { key?: number; gid?: number; content?: string; status?: number; sequence?: number };
}

/** What carries the frames. */
interface Wire {
  write(bytes: Buffer): void;
  pause(): void;
  resume(): void;
  close(): void;
}

/** A client of the original: it speaks frames, and knows no more than that. */
export class SocketClient {
  readonly frames: Received[] = [];
  version = 2;
  isClosed = false;
  private sequence = 0;
  private wire!: Wire;
  private readonly reader = new FrameReader(Number.POSITIVE_INFINITY);
  private readonly waiting = new Set<() => void>();

  static async tcp(port: number, { tls = false }: { tls?: boolean } = {}): Promise<SocketClient> {
    const client = new SocketClient();
    const socket: Socket = tls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connectTcp(port, '127.0.0.1');
    client.wire = {
      write: (bytes) => socket.write(bytes),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: () => socket.destroy(),
    };
    socket.on('data', (bytes: Buffer) => client.receive(bytes));
    socket.on('error', () => {}).on('close', () => client.closed());
    await new Promise((resolve) => socket.once(tls ? 'secureConnect' : 'connect', resolve));
    return client;
  }

  /** @param url `ws://…` */
  static async webSocket(url: string): Promise<SocketClient> {
    const client = new SocketClient();
    const socket = new WebSocket(url, { rejectUnauthorized: false });
    client.wire = {
      write: (bytes) => socket.send(bytes),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: () => socket.terminate(),
    };
    socket.on('message', (data: Buffer, isBinary) => {
      const before = client.frames.length;
      client.receive(data);
      // Clients ignore a message with anything but one frame.
      if (!isBinary || client.frames.length !== before + 1 || client.reader.isWithinFrame)
        throw new Error('a message of the server is not one frame');
    });
    socket.on('error', () => {}).on('close', () => client.closed());
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return client;
  }

  /** @returns the sequence of the frame */
  send(command: number, body: Buffer = Buffer.alloc(0), frameFlags = 0): number {
    this.sequence += 1;
    const { sequence, version } = this;
    this.wire.write(encodeFrame({ sequence, command, version, flags: frameFlags, body }));
    return sequence;
  }

  write(bytes: Buffer): void {
    this.wire.write(bytes);
  }

  close(): void {
    this.wire.close();
  }

  /** Takes nothing more until `resume`, as a client with a slow network. */
  pause(): void {
    this.wire.pause();
  }

  resume(): void {
    this.wire.resume();
  }

  /** Logs in and waits for the answer. */
  async logIn(token: string, { platform = 2, deviceId = '' } = {}): Promise<number | undefined> {
    const count = this.of(commands.loginStatus).length;
    this.send(commands.login, bodies.login.encode({ platform, token, deviceId }));
    await this.until(() => this.of(commands.loginStatus).length > count);
    return this.of(commands.loginStatus)[count]?.body.status;
  }

  say(command: number, { uid: sender }: { uid: number }, receiver: number, content: string, frameFlags = 0): number {
    const message = { sender, receiver, timestamp: 0, localId: 0, content };
    return this.send(command, versioned.message(this.version).encode(message), frameFlags);
  }

  key(command: number, key: number): number {
    return this.send(command, bodies.key.encode({ key }));
  }

  groupKey(command: number, gid: number, key: number): number {
    return this.send(command, bodies.groupKey.encode({ gid, key }));
  }

  of(command: number): Received[] {
    return this.frames.filter((frame) => frame.command === command);
  }

  /** Waits for the ack of a frame. */
  async ack(sequence: number): Promise<Received> {
    const isAck = (frame: Received) => frame.command === commands.ack && frame.body.sequence === sequence;
    await this.until(() => this.frames.some(isAck));
    return this.frames.find(isAck) as Received;
  }

  /** Syncs from a key. Returns the messages, and the key at the end. */
  async sync(key: number): Promise<{ messages: Received[]; end: number; begin: number; more: boolean }> {
    const start = this.frames.length;
    this.key(commands.sync, key);
    const since = () => this.frames.slice(start);
    await this.until(() => since().some(({ command }) => command === commands.syncEnd));
    // News of what is left comes behind it.
    await this.settled();
    const after = since().findIndex(({ command }) => command === commands.syncEnd);
    const before = since().findIndex(({ command }) => command === commands.syncBegin);
    const round = since();
    return {
      messages: round.slice(before + 1, after),
      begin: round[before]?.body.key as number,
      end: round[after]?.body.key as number,
      more: round[after + 1]?.command === commands.news,
    };
  }

  /** Everything that the server had sent up to now arrives before the answer to a ping. */
  async settled(): Promise<void> {
    const count = this.of(commands.pong).length;
    this.send(commands.ping);
    await this.until(() => this.of(commands.pong).length > count);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.isClosed) throw new Error(`the connection has ended after ${JSON.stringify(this.frames)}`);
      await this.change();
    }
  }

  async ended(): Promise<void> {
    while (!this.isClosed) await this.change();
  }

  /** The contents of live messages, in their order. Each has its metadata directly before it. */
  contents(): string[] {
    return this.live().map(({ message }) => message.body.content as string);
  }

  live(): { message: Received; metadata: Received; news: Received | undefined }[] {
    return this.frames.flatMap((message, index) => {
      if ((message.flags & flags.push) === 0) return [];
      const metadata = this.frames[index - 1] as Received;
      if (metadata.command !== commands.metadata || metadata.sequence !== message.sequence - 1)
        throw new Error('a live message without metadata');
      return [{ message, metadata, news: this.frames[index + 1] }];
    });
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  private closed(): void {
    this.isClosed = true;
    this.wake();
  }

  private receive(bytes: Buffer): void {
    for (const frame of this.reader.read(bytes)) {
      const { body, ...header } = frame;
      this.frames.push({ ...header, body: layoutOf(frame).decode(body) as Received['body'] });
    }
    this.wake();
  }
}

const empty: Layout<object> = { encode: () => Buffer.alloc(0), decode: () => ({}) };

const layouts: Record<number, Layout<never>> = {
  [commands.loginStatus]: bodies.loginStatus,
  [commands.groupNotification]: bodies.content,
  [commands.systemMessage]: bodies.content,
  [commands.notification]: bodies.content,
  [commands.realTime]: bodies.live,
  [commands.roomMessage]: bodies.live,
  [commands.syncBegin]: bodies.key,
  [commands.syncEnd]: bodies.key,
  [commands.news]: bodies.key,
  [commands.groupSyncBegin]: bodies.groupKey,
  [commands.groupSyncEnd]: bodies.groupKey,
  [commands.groupNews]: bodies.groupKey,
  [commands.metadata]: bodies.metadata,
  [commands.customerMessage]: bodies.customerMessage,
  [commands.toSupporter]: bodies.oldCustomerMessage,
  [commands.fromSupporter]: bodies.oldCustomerMessage,
} as unknown as Record<number, Layout<never>>;

function layoutOf({ command, version }: Frame): Layout<object> {
  if (command === commands.peerMessage || command === commands.groupMessage) return versioned.message(version);
  if (command === commands.ack) return versioned.ack(version);
  return (layouts[command] as Layout<object> | undefined) ?? empty;
}
