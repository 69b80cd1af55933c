import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { newDevice, type Seat, type Wire } from '../desk.ts';

/** A frame of the server. */
export interface Received {
  type: 'ACK' | 'MSG' | 'ONLINE' | 'TYPING';
  what?: string;
  code?: number;
  reason?: string;
  extra?: Record<string, unknown> | null;
  msg?: Wire & { pid: string; from_user: { uuid: string; updatetime: number } | null };
  user_uuid?: string;
  conversation_uuid?: string;
  device_uuid?: string;
  browser?: string;
  mobile?: string;
  extra_data?: unknown;
}

/** The device that connects. */
export interface Person {
  seat: Seat;
  user: string;
  device: string;
  isAgent: boolean;
}

/** A client of the original: it speaks JSON over a WebSocket. */
export class SocketClient {
  readonly frames: Received[] = [];
  closedWith: number | undefined;
  private readonly socket: WebSocket;
  private readonly waiting = new Set<() => void>();

  private constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) throw new Error('a frame of the server is not a text message');
      this.frames.push(JSON.parse(String(data)) as Received);
      this.wake();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', (code) => {
      this.closedWith = code;
      this.wake();
    });
  }

  /** @param url of the API, `http://…` */
  static async connect(url: string): Promise<SocketClient> {
    const client = new SocketClient(`${url.replace('http', 'ws')}/pcsocket/WS`);
    await new Promise((resolve, reject) => client.socket.once('open', resolve).once('error', reject));
    return client;
  }

  static async logIn(url: string, person: Person, more: object = {}): Promise<SocketClient> {
    const client = await SocketClient.connect(url);
    client.auth(person, more);
    expect(await client.ack('AUTH')).toMatchObject({ code: 0 });
    return client;
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  auth({ seat, user, device, isAgent }: Person, more: object = {}): void {
    this.send({
      type: 'auth',
      api_token: seat.token,
      app_uuid: seat.app_uuid,
      user_uuid: user,
      device_uuid: device,
      is_service_user: isAgent,
      extra_data: { title: '商品', location: { href: 'https://shop.example/7' } },
      ...more,
    });
  }

  /** Sends a text and returns the uuid of the message. */
  say(conversation: string, { seat, user, device }: Person, text: string, more: object = {}): string {
    const uuid = randomUUID();
    const send = { ...seat.text(conversation, user, text), uuid, device_uuid: device, ...more };
    this.send({ type: 'send', send });
    return uuid;
  }

  /** Sends a text and waits for its ACK. */
  async said(conversation: string, person: Person, text: string, more: object = {}): Promise<Received> {
    const uuid = this.say(conversation, person, text, more);
    return this.next((frame) => frame.type === 'ACK' && frame.extra?.uuid === uuid);
  }

  ack = (what: string, count = 1): Promise<Received> => this.next((frame) => frame.what === what, count);

  /** The `count`-th frame that fits. */
  async next(fits: (frame: Received) => boolean, count = 1): Promise<Received> {
    await this.until(() => this.frames.filter(fits).length >= count);
    return this.frames.filter(fits)[count - 1] as Received;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  /** Waits until the server has worked on everything that was sent. */
  async settled(): Promise<void> {
    const before = this.frames.filter(({ what }) => what === 'WS').length;
    this.send({ type: 'settled?' });
    await this.ack('WS', before + 1);
  }

  of = (type: Received['type']): Received[] => this.frames.filter((frame) => frame.type === type);

  /** The texts that have arrived. */
  get texts(): (string | undefined)[] {
    return this.of('MSG').map(({ msg }) => msg?.bo);
  }

  close(): void {
    this.socket.terminate();
  }

  pause(): void {
    this.socket.pause();
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

/** A new customer with a browser. */
export async function newVisitor(seat: Seat): Promise<Person> {
  const user = await seat.newCustomer();
  return { seat, user, device: await newDevice(seat, user), isAgent: false };
}

/** The agent of a seat, with a new browser. */
export const atDesk = async (seat: Seat): Promise<Person> => ({
  seat,
  user: seat.user_uuid,
  device: await newDevice(seat, seat.user_uuid),
  isAgent: true,
});
