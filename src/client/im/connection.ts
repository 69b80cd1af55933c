import { randomText } from '../oauth.ts';
import { BodyReader, command, type Frame, flag, int32, int64, join, LONGEST_BODY, shortText } from './frames.ts';
import { createInbox } from './inbox.ts';
import { type AnyWebSocketClass, type ConnectionState, openLink } from './link.ts';
import {
  addressedBody,
  type CustomerAddress,
  customerBody,
  type MessageContent,
  readContent,
  readMessage,
  type SocketMessage,
  storedBody,
} from './messages.ts';
import { createOutgoing } from './outgoing.ts';
import { createQueue, type Metadata, type Queue, readMetadata } from './queues.ts';

/** GoBelieve's socket for devices: sends and receives messages, and connects again by itself. */

const WEB = 3;

export interface ConnectOptions {
  /** The user of the token. */
  uid: number;
  /** Tells the devices of a user apart. Defaults to a random text. */
  device?: string | undefined;
  /** 1 iOS, 2 Android, 3 web, 4 Windows, 5 macOS. Defaults to 3. */
  platform?: number | undefined;
  /**
   * The `position` of an earlier connection: messages follow from there. Without it they follow from where the user's
   * devices have got to.
   */
  position?: number | undefined;
  /** Super groups whose messages are wanted, with the position of each or 0. Groups that have news are added. */
  superGroups?: ReadonlyMap<number, number> | undefined;
  /** Ends the connection and the iteration, without an error. */
  signal?: AbortSignal | undefined;
  /** Called whenever the state changes: to show who is offline. */
  onState?: ((state: ConnectionState) => void) | undefined;
  /** Such as that of the package `ws`. Defaults to the one of the browser, or of Node from version 22. */
  WebSocket?: AnyWebSocketClass | undefined;
  /** A number from 0 to 1 that spreads reconnections over time. Defaults to `Math.random`. */
  random?: (() => number) | undefined;
}

/**
 * A connection of a device. Messages that are sent while it is broken are kept and sent in order when it is back. One
 * loop reads what arrives; what is not read stays in memory.
 */
export interface GobelieveConnection extends AsyncIterable<SocketMessage> {
  readonly state: ConnectionState;
  /** Keep it, to go on there with the next connection. */
  readonly position: number;
  /** The positions of super groups. */
  readonly superGroups: ReadonlyMap<number, number>;
  /**
   * Sends a message to a user. It is stored when the promise resolves.
   *
   * @param content a text, or a message of another kind
   * @returns the `uuid` of the message
   * @throws SendError, see its `code`
   */
  sendPeer(receiver: number, content: string | MessageContent): Promise<string>;
  /** Sends a message to a group, ordinary or super. As `sendPeer`. */
  sendGroup(group: number, content: string | MessageContent): Promise<string>;
  /** Sends a message of a customer or to one. As `sendPeer`. */
  sendCustomer(to: CustomerAddress & { receiver: number }, content: string | MessageContent): Promise<string>;
  /** Sends a message to everybody in the room that the device is in. It is not stored. As `sendPeer`. */
  sendRoom(room: number, content: string | MessageContent): Promise<string>;
  /** Sends to the devices of a user that are connected now, if this one is. It is neither stored nor acknowledged. */
  sendRealTime(receiver: number, content: string): void;
  /** A device is in one room at a time, and is there again after each reconnection. */
  enterRoom(room: number): void;
  leaveRoom(): void;
  /** The number on the app's icon, to which pushes add one each. */
  setBadge(count: number): void;
  /** Ends the connection and the iteration. Messages that are not acknowledged are rejected. */
  close(): void;
}

/** The server does not accept the token. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
  constructor() {
    super('The server does not accept the token');
  }
}

/**
 * Connects to the socket of GoBelieve.
 *
 * @param address `wss://api.example.com/gobelieve/ws`
 * @throws Error when there is no WebSocket
 */
export function connectSocket(address: string, token: string, options: ConnectOptions): GobelieveConnection {
  const { uid, device = randomText(), platform = WEB, signal, onState, random = Math.random } = options;
  const { WebSocket = globalThis.WebSocket as AnyWebSocketClass | undefined } = options;
  if (WebSocket === undefined) throw new Error('There is no WebSocket here: pass one, such as that of the package ws');

  let room = 0;
  /** Of the frame that follows. */
  let metadata: Metadata | undefined;
  const inbox = createInbox<SocketMessage>();
  const outgoing = createOutgoing({
    write: (...frame) => link.send(...frame),
    isAlive: (since) => link.isAlive(since),
    giveUp: () => link.restart(),
  });
  const write = (number: number, body: Uint8Array) => void link.send(number, body);
  const own = createQueue(write, undefined, options.position ?? 0);
  const groups = new Map<number, Queue>();
  for (const [group, position] of options.superGroups ?? []) groups.set(group, createQueue(write, group, position));

  const link = openLink(address, {
    WebSocket,
    random,
    login: join(Uint8Array.of(platform), shortText(token), shortText(device)),
    onState(state) {
      if (state !== 'open') outgoing.interrupt();
      onState?.(state);
    },
    onFrame(frame) {
      const before = metadata;
      metadata = undefined;
      const receive = receivers[frame.command] ?? receiveMessage;
      receive(frame, before);
    },
  });

  type Receive = (frame: Frame, before: Metadata | undefined) => void;
  const receivers: Record<number, Receive> = {
    [command.loginStatus]({ body }) {
      if (new BodyReader(body).int32() === 0) begin();
      else close(new LoginError());
    },
    [command.metadata]({ body }) {
      metadata = readMetadata(body);
    },
    [command.acknowledgement]: receiveAcknowledgement,
    [command.news]({ body }) {
      own.announce(new BodyReader(body).int64());
    },
    [command.syncEnd]({ body }) {
      own.end(new BodyReader(body).int64());
    },
    [command.groupNews]({ body }) {
      const reader = new BodyReader(body);
      queueOf(reader.int64()).announce(reader.int64());
    },
    [command.groupSyncEnd]({ body }) {
      const reader = new BodyReader(body);
      queueOf(reader.int64()).end(reader.int64());
    },
  };

  /** The device is logged in: it fetches what it missed, and sends what waits. */
  function begin(): void {
    link.accept();
    if (room !== 0) write(command.enterRoom, int64(room));
    own.sync();
    for (const queue of groups.values()) queue.sync();
    outgoing.resume();
  }

  function receiveAcknowledgement({ body, flags }: Frame, at: Metadata | undefined): void {
    const reader = new BodyReader(body);
    const sent = outgoing.acknowledge(reader.int32(), reader.int8());
    if (sent === undefined || at === undefined) return;
    const queue = (flags & flag.superGroup) === 0 ? own : queueOf(sent.receiver);
    queue.advance(at);
  }

  function receiveMessage(frame: Frame, at: Metadata | undefined): void {
    const message = readMessage(frame);
    if (message === undefined) return;
    // A live message that is not the next one comes with the next sync.
    if ((frame.flags & flag.pushed) !== 0 && !(at !== undefined && queueWith(message, frame.flags).advance(at))) return;
    if (!isCopy(message)) inbox.add(message);
    write(command.acknowledgement, int32(frame.sequence));
  }

  const queueWith = ({ event, data }: SocketMessage, flags: number): Queue =>
    event === 'group_message' && (flags & flag.superGroup) !== 0 ? queueOf(data.receiver) : own;

  function queueOf(group: number): Queue {
    const queue = groups.get(group) ?? createQueue(write, group, 0);
    groups.set(group, queue);
    return queue;
  }

  /** This connection sent it. */
  function isCopy({ data }: SocketMessage): boolean {
    if (!('sender' in data) || data.sender !== uid) return false;
    const uuid = readContent(data.content)?.uuid;
    return uuid !== undefined && outgoing.hasSent(uuid);
  }

  /** Sends a message that the server acknowledges. */
  async function post(
    number: number,
    receiver: number,
    given: string | MessageContent,
    toBody: (content: string) => Uint8Array,
  ): Promise<string> {
    const content = typeof given === 'string' ? { text: given } : given;
    const { uuid = randomText() } = content;
    const body = toBody(JSON.stringify({ ...content, uuid }));
    if (body.length > LONGEST_BODY) throw new RangeError(`A message has at most ${LONGEST_BODY} bytes`);
    const flags = 'text' in content ? flag.text : 0;
    await outgoing.add({ command: number, flags, receiver, body, uuid });
    return uuid;
  }

  function close(error?: Error): void {
    signal?.removeEventListener('abort', abort);
    link.close();
    outgoing.close();
    inbox.end(error);
  }
  const abort = () => close();
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) close();

  return {
    get state() {
      return link.state;
    },
    get position() {
      return own.position;
    },
    get superGroups() {
      return new Map([...groups].map(([group, queue]) => [group, queue.position]));
    },
    sendPeer: (receiver, given) =>
      post(command.peerMessage, receiver, given, (content) => storedBody({ sender: uid, receiver, content })),
    sendGroup: (receiver, given) =>
      post(command.groupMessage, receiver, given, (content) => storedBody({ sender: uid, receiver, content })),
    sendCustomer: (to, given) =>
      post(command.customerMessage, to.receiver, given, (content) => customerBody({ ...to, sender: uid, content })),
    sendRoom: (receiver, given) =>
      post(command.roomMessage, receiver, given, (content) => addressedBody({ sender: uid, receiver, content })),
    sendRealTime: (receiver, content) =>
      write(command.realTimeMessage, addressedBody({ sender: uid, receiver, content })),
    enterRoom(id) {
      room = id;
      write(command.enterRoom, int64(id));
    },
    leaveRoom() {
      write(command.leaveRoom, int64(room));
      room = 0;
    },
    setBadge: (count) => write(command.badge, int32(count)),
    close: () => close(),
    [Symbol.asyncIterator]: () => ({
      next: () => inbox.next(),
      async return() {
        close();
        return { done: true, value: undefined };
      },
    }),
  };
}
