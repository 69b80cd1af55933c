import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import { Connection } from '../../live/connection.ts';
import { Pace } from '../../live/pace.ts';
import { sha256 } from '../../secrets.ts';
import { roomTopic, type UnstoredEvent } from '../model/bus-events.ts';
import type { Device } from '../model/device-messages.ts';
import { keepOnline } from '../model/presence.ts';
import { watchToken } from '../model/token-watch.ts';
import { findTokenOwner } from '../model/tokens.ts';
import { setUnread } from '../model/users.ts';
import { bodies } from './bodies.ts';
import { Delivery } from './delivery.ts';
import { BrokenFrameError, type Frame, FrameReader } from './frames.ts';
import { Outgoing } from './outgoing.ts';
import { commands } from './protocol.ts';
import { send, sendFromSupporter, sendLive, sendToDesk, sendToOwnRoom, sendToSupporter } from './sending.ts';
import { keepGroupPosition, keepPosition, type Synced, sync, syncGroup } from './syncing.ts';

/** A connection without a log-in is ended after this. */
const LOGIN_MS = 60_000;

/** A connection that is silent for this long is ended. Clients send a ping every three minutes. */
const SILENCE_MS = 360_000;

/** A refused log-in is answered after this pause, so that tokens cannot be tried quickly. */
const REFUSAL_MS = 1000;

/** How long a connection waits for its last acks when the server closes. */
const LAST_ACKS_MS = 3000;

/** Serves one connection until it ends. */
export async function serveSocket(stream: Duplex, context: Context): Promise<void> {
  const session = new Session(new Connection(stream, LOGIN_MS, context.closing), context);
  try {
    await session.serve();
  } catch (error) {
    // A client that has gone away, or a connection that was cut off.
    if (session.isEnded) return;
    if (error instanceof BrokenFrameError)
      context.log.warn({ problem: error.message, ...session.user }, 'a socket connection ended with a broken frame');
    else context.log.error({ err: error, ...session.user }, 'a socket connection ended with an error');
  } finally {
    session.close();
  }
}

/** What works on frames of a client that is logged in. */
type Work = (session: LoggedIn, frame: Frame) => Promise<void>;

interface LoggedIn extends Synced {
  room: number;
  leaveRoom(): void;
}

class Session {
  readonly #connection: Connection;
  readonly #context: Context;
  readonly #outgoing: Outgoing;
  readonly #reader = new FrameReader();
  readonly #pace: Pace;
  #loggedIn: LoggedIn | undefined;
  #goOffline: (() => void)[] = [];
  #isFinishing = false;
  #working: Promise<void> = Promise.resolve();

  constructor(connection: Connection, context: Context) {
    this.#connection = connection;
    this.#context = context;
    this.#outgoing = new Outgoing(connection);
    this.#pace = new Pace(limitOf(context.config, 'GOBELIEVE_FRAME_LIMIT'));
    connection.onClosing = () => void this.#finish();
  }

  get isEnded(): boolean {
    return this.#connection.isEnded;
  }

  /** For the log. */
  get user(): { appid?: number; uid?: number } {
    const { appid, uid } = this.#loggedIn?.device ?? {};
    return { ...(appid !== undefined && { appid }), ...(uid !== undefined && { uid }) };
  }

  /**
   * Works on frames strictly in their order, one at a time: clients send their log-in and what follows it at once.
   *
   * @throws BrokenFrameError
   */
  async serve(): Promise<void> {
    for await (const data of this.#connection.received) {
      if (typeof data === 'string') throw new BrokenFrameError('a text message');
      for (const frame of this.#reader.read(data)) {
        // The client sends it again to another server. Leaving the loop would break the connection before the last acks.
        if (this.#isFinishing) continue;
        await this.#pace.next();
        if (this.#loggedIn !== undefined) this.#connection.keepFor(SILENCE_MS);
        const working = this.#work(frame);
        this.#working = working.catch(() => {});
        await working;
      }
      if (this.#connection.hasMessages && this.#reader.isWithinFrame)
        throw new BrokenFrameError('a message ends within a frame');
    }
  }

  close(): void {
    this.#loggedIn?.leaveRoom();
    this.#loggedIn?.delivery.stop();
    for (const goOffline of this.#goOffline) goOffline();
    this.#goOffline = [];
    this.#connection.end();
  }

  /** The server closes: finishes the frame under way and sends the acks that are due. */
  async #finish(): Promise<void> {
    this.#isFinishing = true;
    const latest = sleep(LAST_ACKS_MS, undefined, { ref: false });
    const acknowledged = this.#working.then(() => this.#loggedIn?.delivery.acknowledged());
    await Promise.race([acknowledged, latest]);
    this.#connection.end();
  }

  async #work(frame: Frame): Promise<void> {
    const { command } = frame;
    if (!storing.has(command)) await this.#loggedIn?.delivery.stored();
    if (command === commands.ping) {
      if (frame.body.length > 0) throw new BrokenFrameError('a ping with a body');
      return this.#outgoing.send(commands.pong);
    }
    if (command === commands.login) return this.#logIn(frame);
    const work = works.get(command);
    if (work === undefined) throw new BrokenFrameError(`command ${command}`);
    if (this.#loggedIn !== undefined) await work(this.#loggedIn, frame);
  }

  async #logIn(frame: Frame): Promise<void> {
    const { platform, token, deviceId } = bodies.login.decode(frame.body);
    if (this.#loggedIn !== undefined) return;
    const owner = await findTokenOwner(this.#context, token);
    const leave = owner && this.#enter(`gobelieve:${owner.appid}:${owner.uid}`);
    if (owner === undefined || leave === undefined) {
      await sleep(REFUSAL_MS, undefined, { ref: false });
      return this.#outgoing.send(commands.loginStatus, bodies.loginStatus.encode({ status: 1 }));
    }
    this.#goOffline.push(leave);
    const { appid, uid } = owner;
    const device = deviceId === '' ? null : sha256(`${platform}:${deviceId}`);
    const actor: Device = { appid, uid, device, connection: randomUUID() };
    const delivery = await Delivery.open(this.#context, actor, this.#outgoing);
    await setUnread(this.#context.database, appid, uid, 0);
    this.#goOffline.push(await keepOnline(this.#context, actor, platform));
    if (this.isEnded) return this.close();
    this.#loggedIn = {
      context: this.#context,
      device: actor,
      outgoing: this.#outgoing,
      delivery,
      room: 0,
      leaveRoom: () => {},
    };
    this.#connection.keepFor(SILENCE_MS);
    this.#outgoing.version = frame.version;
    this.#outgoing.send(commands.loginStatus, bodies.loginStatus.encode({ status: 0 }));
    delivery.start();
    this.#goOffline.push(watchToken(this.#context, owner, token, () => this.#endWithToken()));
  }

  #endWithToken(): void {
    this.#outgoing.send(commands.loginStatus, bodies.loginStatus.encode({ status: 1 }));
    this.#connection.end();
  }

  /** @returns undefined when the user has too many connections */
  #enter(holder: string): (() => void) | undefined {
    try {
      return this.#context.streams.enter(holder);
    } catch (error) {
      if (error instanceof HttpError) return undefined;
      throw error;
    }
  }
}

const ignore: Work = async () => {};

/** One message need not wait for another to be stored: they are stored in their order. All other commands do. */
const storing: ReadonlySet<number> = new Set([
  commands.peerMessage,
  commands.groupMessage,
  commands.customerMessage,
  commands.toSupporter,
  commands.fromSupporter,
]);

const works: ReadonlyMap<number, Work> = new Map<number, Work>([
  [commands.peerMessage, send],
  [commands.groupMessage, send],
  [commands.customerMessage, sendToDesk],
  [commands.toSupporter, sendToSupporter],
  [commands.fromSupporter, sendFromSupporter],
  [commands.realTime, sendLive],
  [commands.roomMessage, (session, frame) => sendToOwnRoom(session, frame, session.room)],
  [commands.enterRoom, enterRoom],
  [commands.leaveRoom, leaveRoom],
  [commands.sync, sync],
  [commands.groupSync, syncGroup],
  [commands.position, keepPosition],
  [commands.groupPosition, keepGroupPosition],
  [commands.unreadBadge, keepUnread],
  // Acks of clients move nothing. Clients of 2014 send a command 1 to keep the connection open.
  [commands.ack, ignore],
  [commands.pong, ignore],
  [commands.metadata, ignore],
  [commands.oldHeartbeat, ignore],
]);

/** A connection is in one room at a time. */
async function enterRoom(session: LoggedIn, frame: Frame): Promise<void> {
  const { room } = bodies.room.decode(frame.body);
  const isRoom = Number.isSafeInteger(room) && room > 0;
  if (!isRoom || room === session.room) return;
  session.leaveRoom();
  const { context, device, delivery } = session;
  session.room = room;
  session.leaveRoom = context.bus.subscribe([roomTopic(device.appid, room)], (event) =>
    delivery.deliverUnstored(event as UnstoredEvent),
  );
}

async function leaveRoom(session: LoggedIn, frame: Frame): Promise<void> {
  if (bodies.room.decode(frame.body).room !== session.room) return;
  session.leaveRoom();
  session.room = 0;
  session.leaveRoom = () => {};
}

async function keepUnread({ context, device }: LoggedIn, frame: Frame): Promise<void> {
  const { count } = bodies.unreadBadge.decode(frame.body);
  await setUnread(context.database, device.appid, device.uid, Math.max(0, count));
}
