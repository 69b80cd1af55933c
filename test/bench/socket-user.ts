import { WebSocket } from 'ws';
import { bodies, versioned } from '../../src/gobelieve/socket/bodies.ts';
import { encodeFrame } from '../../src/gobelieve/socket/frames.ts';
import { commands } from '../../src/gobelieve/socket/protocol.ts';

/** The offset of the command in a frame. */
const COMMAND = 8;

const VERSION = 2;

/** A user's device on a socket of GoBelieve, which counts what it gets. */
export class SocketUser {
  /** Frames of each command. */
  readonly counts = new Map<number, number>();
  readonly #uid: number;
  readonly #socket: WebSocket;
  #sequence = 0;
  #wake = () => {};

  private constructor(socket: WebSocket, uid: number) {
    this.#socket = socket;
    this.#uid = uid;
    socket.on('message', (frame: Buffer) => {
      const command = frame[COMMAND] as number;
      this.counts.set(command, this.count(command) + 1);
      this.#wake();
    });
  }

  /** Connects and logs in. */
  static async open(port: number, uid: number, token: string): Promise<SocketUser> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/gobelieve/ws`);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const user = new SocketUser(socket, uid);
    user.#send(commands.login, bodies.login.encode({ platform: 2, token, deviceId: '' }));
    await user.until(commands.loginStatus, 1);
    return user;
  }

  count(command: number): number {
    return this.counts.get(command) ?? 0;
  }

  async until(command: number, count: number): Promise<void> {
    while (this.count(command) < count)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  /** Sends a message. */
  say(command: number, receiver: number, content: string): void {
    const message = { sender: this.#uid, receiver, timestamp: 0, localId: 0, content };
    this.#send(command, versioned.message(VERSION).encode(message));
  }

  close(): void {
    this.#socket.terminate();
  }

  #send(command: number, body: Buffer): void {
    this.#sequence += 1;
    this.#socket.send(encodeFrame({ sequence: this.#sequence, command, version: VERSION, flags: 0, body }));
  }
}
