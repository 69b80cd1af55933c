import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import { isUnstorable } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { Connection } from '../../live/connection.ts';
import { Pace } from '../../live/pace.ts';
import { getOwnApp, removalTopicOf } from '../model/apps.ts';
import { assignWaitingCustomers } from '../model/assignment.ts';
import { becomeSocket } from '../model/device-sockets.ts';
import { PpmessageError } from '../model/errors.ts';
import { recordNavigation } from '../model/navigations.ts';
import { comeOnline, followPresence } from '../model/presence.ts';
import { followPushes } from '../model/push-stream.ts';
import { ackPushes, type DeliveredMessage } from '../model/pushes.ts';
import { requireSubject } from '../model/users.ts';
import { toSocketMessage, toTimestamp } from '../wire/views.ts';
import { authenticate, type Client, requireCaller } from './authenticate.ts';
import { type Frame, Outgoing, RefusedFrameError, readFrame, textField, type What } from './frames.ts';
import { send } from './sending.ts';
import { TypingWatch } from './typing.ts';

/** A connection without an AUTH frame is ended after this. */
const AUTH_MS = 60_000;

/** How often a connection checks that its token still has access. */
const RECHECK_MS = 60_000;

/** How long the frame under way may take when the server closes. */
const LAST_FRAME_MS = 3000;

/** A client that is this far behind is cut off when something comes that is not stored. */
const MAX_WAITING = 1_048_576;

/** Serves one connection until it ends. */
export async function serveSocket(stream: Duplex, context: Context): Promise<void> {
  const session = new Session(new Connection(stream, AUTH_MS, context.closing), context);
  try {
    await session.serve();
  } catch (error) {
    // A client that has gone away, or a connection that was cut off.
    if (!session.isEnded) context.log.error({ err: error }, 'a socket connection ended with an error');
  } finally {
    session.close();
  }
}

class Session {
  readonly #connection: Connection;
  readonly #context: Context;
  readonly #outgoing: Outgoing;
  readonly #pace: Pace;
  #client: Client | undefined;
  #typing: TypingWatch | undefined;
  /** What ends with the connection. */
  #ends: (() => void)[] = [];
  #isFinishing = false;
  #working: Promise<void> = Promise.resolve();

  constructor(connection: Connection, context: Context) {
    this.#connection = connection;
    this.#context = context;
    this.#outgoing = new Outgoing(connection);
    this.#pace = new Pace(limitOf(context.config, 'PPMESSAGE_FRAME_LIMIT'));
    connection.onClosing = () => void this.#finish();
  }

  get isEnded(): boolean {
    return this.#connection.isEnded;
  }

  /** Works on frames strictly in their order, one at a time: clients send their AUTH and what follows it at once. */
  async serve(): Promise<void> {
    for await (const data of this.#connection.received) {
      // Leaving the loop would break the connection before the last ACK.
      if (this.#isFinishing || this.isEnded) continue;
      await this.#pace.next();
      const working = this.#work(data);
      this.#working = working.catch(() => {});
      await working;
    }
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#connection.end();
  }

  /** The server closes: finishes the frame under way. */
  async #finish(): Promise<void> {
    this.#isFinishing = true;
    await Promise.race([this.#working, sleep(LAST_FRAME_MS, undefined, { ref: false })]);
    this.#connection.end();
  }

  async #work(data: Buffer | string): Promise<void> {
    let what: What = 'WS';
    try {
      const frame = readFrame(data);
      what = whatOf(frame);
      if (frame.type === 'AUTH') await this.#logIn(frame);
      else await this.#workFor(this.#client, frame);
    } catch (error) {
      const refused = isUnstorable(error) ? new RefusedFrameError('parameter', 'A field has a NUL character') : error;
      if (!(refused instanceof RefusedFrameError)) throw error;
      this.#outgoing.acknowledge(what, refused.code, refused.message);
      if (what === 'AUTH') this.#connection.end();
    }
  }

  async #workFor(client: Client | undefined, frame: Frame): Promise<void> {
    // The answer to a ping of one client, which the server never sends.
    if (frame.type === 'PONG') return;
    if (client === undefined) throw new RefusedFrameError('missingToken', 'The first frame is auth');
    switch (frame.type) {
      case 'SEND':
        return send(frame, client, this.#outgoing, this.#context);
      case 'TYPING_WATCH':
        return this.#typing?.watch(textField(frame, 'conversation_uuid'));
      case 'TYPING_UNWATCH':
        return this.#typing?.stop();
      case 'TYPING':
        return this.#typing?.announce();
      case 'ACK': {
        const push = textField(frame, 'push_uuid');
        if (push === undefined) throw new RefusedFrameError('parameter', 'push_uuid is missing');
        return ackPushes([push], client.caller, this.#context);
      }
      default:
        throw new RefusedFrameError('type', 'The type is unknown');
    }
  }

  async #logIn(frame: Frame): Promise<void> {
    if (this.#client !== undefined) throw new RefusedFrameError('type', 'The connection is authenticated already');
    const context = this.#context;
    const client = await authenticate(frame, context);
    const { user, device, caller } = client;
    this.#ends.push(this.#enter(`ppmessage:${user.app_uuid}:${user.uuid}`));
    // Read before the answer: the connection has every message from then on.
    const { last_seq: position } = await getOwnApp(caller, context);
    this.#ends.push(await becomeSocket(device, randomUUID(), () => this.#logOut(device.uuid), context));
    this.#ends.push(await comeOnline(device, user, context, client.extraData));
    if (user.is_service_user === 1) await assignWaitingCustomers(user.app_uuid, context);
    else if (client.extraData !== null) await recordNavigation(device, client.extraData, context);
    if (this.isEnded) return this.close();
    this.#client = client;
    this.#typing = new TypingWatch(user, (event) => this.#sendUnstored('TYPING', event), context);
    this.#connection.keepFor(Number.POSITIVE_INFINITY);
    this.#outgoing.acknowledge('AUTH');
    const recheck = setInterval(() => void this.#recheck(textField(frame, 'api_token') as string), RECHECK_MS).unref();
    this.#ends.push(
      followPushes({ user, deviceUuid: device.uuid }, position, (message) => this.#deliver(message), context),
      followPresence(
        user,
        ({ at, ...event }) =>
          this.#sendUnstored('ONLINE', { ...event, device_uuid: device.uuid, createtime: toTimestamp(at) }),
        context,
      ),
      context.bus.subscribe([removalTopicOf(user.app_uuid)], () => this.close()),
      () => this.#typing?.stop(),
      () => clearInterval(recheck),
    );
  }

  async #deliver(message: DeliveredMessage): Promise<void> {
    this.#outgoing.send('MSG', { msg: toSocketMessage(message) });
    await this.#connection.drained();
  }

  #sendUnstored(type: 'ONLINE' | 'TYPING', event: object): void {
    if (this.#connection.waitingBytes > MAX_WAITING) this.#connection.cutOff();
    else this.#outgoing.send(type, event);
  }

  /** Another connection has taken the device's place, or the device was replaced. */
  #logOut(deviceUuid: string): void {
    if (this.isEnded) return;
    this.#outgoing.send('MSG', { msg: { mt: 'SYS', ms: 'LOGOUT', bo: deviceUuid } });
    this.close();
  }

  async #recheck(token: string): Promise<void> {
    const { user } = this.#client as Client;
    try {
      await requireSubject(user.uuid, await requireCaller(token, this.#context), this.#context);
    } catch (error) {
      if (error instanceof RefusedFrameError || error instanceof PpmessageError) this.close();
      else this.#context.log.warn({ err: error }, 'the token of a socket could not be checked');
    }
  }

  /** @throws RefusedFrameError wrongLevel when the user has too many connections */
  #enter(holder: string): () => void {
    try {
      return this.#context.streams.enter(holder);
    } catch (error) {
      throw error instanceof HttpError ? new RefusedFrameError('wrongLevel', error.message) : error;
    }
  }
}

const whatOf = ({ type }: Frame): What => (type === 'AUTH' || type === 'SEND' || type === 'TYPING_WATCH' ? type : 'WS');
