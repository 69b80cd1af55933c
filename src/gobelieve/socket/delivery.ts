import type { Context } from '../../context.ts';
import type { UnstoredEvent } from '../model/bus-events.ts';
import type { Device } from '../model/device-messages.ts';
import { followEvents, type UserEvent } from '../model/events.ts';
import { isSentBy, messageTypes, newestId } from '../model/message-store.ts';
import { isInSuperGroup, newestQueuedId, type QueuedMessage } from '../model/queues.ts';
import { previousInGroup } from '../model/recent-messages.ts';
import type { Stored } from '../model/store-messages.ts';
import { bodies, versioned } from './bodies.ts';
import { CustomerForms } from './customer-forms.ts';
import { toUnstoredFrame, writeMessage } from './messages.ts';
import type { Outgoing } from './outgoing.ts';
import { ackStatus, commands, flags } from './protocol.ts';

/** A client that is this far behind is cut off when something comes that is not stored. */
const MAX_WAITING_BYTES = 4_194_304;

/** How many messages of one connection are stored at once. */
const MAX_STORING = 64;

/** Clients wait for an ack for five seconds, and some for three. It then goes out before its message is reached. */
const LATEST_ACK_MS = 2000;

interface PendingAck {
  sequence: number;
  isSuperGroup: boolean;
  timer: NodeJS.Timeout;
  isSent: boolean;
}

/**
 * What one connection gets while it is open. All that has a key leaves in the order of the keys, the acks of the
 * connection's own messages included: clients compare the key before it with their own (G-57).
 */
export class Delivery {
  /** The newest id of the app at the log-in. */
  readonly startId: number;
  /** Everything up to this id has been sent. */
  position: number;
  /** The newest key in the user's queue up to `position`; 0 for none. */
  lastKey: number;
  readonly customerForms: CustomerForms;
  readonly #context: Context;
  readonly #device: Device;
  readonly #outgoing: Outgoing;
  readonly #groupKeys = new Map<number, number>();
  readonly #acks = new Map<number, PendingAck>();
  /** The messages that are being stored. Until then their ids are not known. */
  readonly #storing = new Set<Promise<void>>();
  #turn: Promise<unknown> = Promise.resolve();
  #stopFollowing = () => {};

  private constructor(context: Context, device: Device, outgoing: Outgoing, startId: number, lastKey: number) {
    this.#context = context;
    this.#device = device;
    this.#outgoing = outgoing;
    this.startId = startId;
    this.position = startId;
    this.lastKey = lastKey;
    this.customerForms = new CustomerForms(context, device);
  }

  /** Finds the state of the user's queue. Nothing is delivered before `start`. */
  static async open(context: Context, device: Device, outgoing: Outgoing): Promise<Delivery> {
    const { appid, uid } = device;
    const startId = await newestId(context.database, appid);
    const lastKey = (await newestQueuedId(context.database, appid, uid, startId)) ?? 0;
    return new Delivery(context, device, outgoing, startId, lastKey);
  }

  start(): void {
    const options = { after: this.startId, resumes: false, rooms: [] };
    this.#stopFollowing = followEvents(this.#context, this.#device, options, (event) => this.#deliver(event));
  }

  stop(): void {
    this.#stopFollowing();
    for (const { timer } of this.#acks.values()) clearTimeout(timer);
  }

  /** Runs work while nothing that is stored is delivered. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const run = this.#turn.then(work);
    this.#turn = run.catch(() => {});
    return run;
  }

  /**
   * Acknowledges a frame once what it stores has its turn in the order of the keys.
   *
   * @param refuse gets the error of a message that is not stored
   * @returns when the next message may be stored: those of one connection share commits
   */
  async acknowledgeStored(sequence: number, stored: Promise<Stored>, refuse: (error: unknown) => void): Promise<void> {
    const storing = stored.then((message) => this.#expect(sequence, message, refuse), refuse);
    this.#storing.add(storing);
    storing.finally(() => this.#storing.delete(storing));
    if (this.#storing.size >= MAX_STORING) await Promise.race(this.#storing);
  }

  /** Resolves when the messages that have been sent are stored. */
  async stored(): Promise<void> {
    await Promise.all(this.#storing);
  }

  #expect(sequence: number, { id, isInSuperGroup, isRepeated }: Stored, refuse: (error: unknown) => void): void {
    if (isRepeated) {
      // Not awaited: its turn may come after a message that waits for this one to be stored.
      this.#repeatAck(sequence, id, isInSuperGroup).catch(refuse);
      return;
    }
    const timer = setTimeout(() => this.#sendLate(id), LATEST_ACK_MS).unref();
    this.#acks.set(id, { sequence, isSuperGroup: isInSuperGroup, timer, isSent: false });
  }

  acknowledge(sequence: number, status: number = ackStatus.ok, ackFlags = 0): void {
    const body = versioned.ack(this.#outgoing.version).encode({ sequence, status });
    this.#outgoing.send(commands.ack, body, ackFlags);
  }

  /** Resolves when no ack is due any more. */
  async acknowledged(): Promise<void> {
    await this.stored();
    while ([...this.#acks.values()].some(({ isSent }) => !isSent)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (this.#outgoing.connection.isEnded) return;
    }
  }

  async #deliver(event: UserEvent): Promise<void> {
    if ('kind' in event) this.deliverUnstored(event);
    else await this.exclusively(() => this.#deliverStored(event));
  }

  deliverUnstored(event: UnstoredEvent): void {
    if ('connection' in event && event.connection === this.#device.connection) return;
    const { connection, version } = this.#outgoing;
    if (connection.waitingBytes > MAX_WAITING_BYTES) {
      connection.cutOff();
      return;
    }
    const { command, body, flags: frameFlags } = toUnstoredFrame(event, this.#device.appid, version);
    const isOfCustomer = command === commands.customerMessage && event.kind === 'unstored_message';
    const { shown } = this.customerForms;
    if (!isOfCustomer || shown !== 'old') this.#outgoing.send(command, body, frameFlags);
    if (isOfCustomer && shown !== 'current') this.#sendOldUnstored(event);
  }

  #sendOldUnstored(event: Extract<UnstoredEvent, { kind: 'unstored_message' }>): void {
    this.customerForms.toOldFrame(event).then(
      ({ command, body }) => this.#outgoing.send(command, body, event.flags),
      (error: unknown) => this.#context.log.warn({ err: error }, 'a message that is not stored was lost'),
    );
  }

  async #deliverStored(message: QueuedMessage): Promise<void> {
    // The message may be this connection's own, and be read before its id is known here.
    const { appid, uid } = this.#device;
    if (isSentBy(message, uid)) await this.stored();
    const { id: key } = message;
    const isSuper = isInSuperGroup(message);
    const previousKey = isSuper
      ? (this.#groupKeys.get(message.receiver) ?? (await previousInGroup(this.#context.database, appid, message)))
      : this.lastKey;
    const ack = this.#acks.get(key);
    if (ack !== undefined) {
      this.#acks.delete(key);
      clearTimeout(ack.timer);
      if (!ack.isSent) this.#sendAck(ack.sequence, key, previousKey, isSuper);
    } else {
      await this.#sendMessage(message, previousKey, flags.push | (isSuper ? flags.superGroup : 0));
    }
    if (ack === undefined || ack.isSent) this.#sendNews(message, isSuper);
    this.position = key;
    if (isSuper) this.#groupKeys.set(message.receiver, key);
    else this.lastKey = key;
    await this.#outgoing.connection.drained();
  }

  /** The clients that know one form of customer messages would take the other for received: they get news alone. */
  async #sendMessage(message: QueuedMessage, previousKey: number, frameFlags: number): Promise<void> {
    const form = message.type === messageTypes.customer ? this.customerForms.shown : 'current';
    if (form === undefined) return;
    const old = form === 'old' ? await this.customerForms.toOldFrame(message) : undefined;
    this.#sendMetadata(message.id, previousKey);
    if (old === undefined) writeMessage(this.#outgoing, message, this.#device.appid, frameFlags);
    else this.#outgoing.send(old.command, old.body, frameFlags | (message.from?.flags ?? 0));
  }

  #sendMetadata(key: number, previousKey: number): void {
    this.#outgoing.send(commands.metadata, bodies.metadata.encode({ key, previousKey, unused1: 0, unused2: 0 }));
  }

  #sendAck(sequence: number, key: number, previousKey: number, isSuperGroup: boolean): void {
    this.#sendMetadata(key, previousKey);
    this.acknowledge(sequence, ackStatus.ok, isSuperGroup ? flags.superGroup : 0);
  }

  #sendNews({ id: key, receiver: gid }: QueuedMessage, isSuperGroup: boolean): void {
    if (isSuperGroup) this.#outgoing.send(commands.groupNews, bodies.groupKey.encode({ gid, key }));
    else this.#outgoing.send(commands.news, bodies.key.encode({ key }));
  }

  /** Without metadata: they would come before those of older messages. */
  #sendLate(id: number): void {
    const ack = this.#acks.get(id);
    if (ack === undefined) return;
    ack.isSent = true;
    this.acknowledge(ack.sequence, ackStatus.ok, ack.isSuperGroup ? flags.superGroup : 0);
  }

  /** The ack of a message that was stored before has the metadata of the stored one. */
  async #repeatAck(sequence: number, id: number, isSuperGroup: boolean): Promise<void> {
    const { appid, uid } = this.#device;
    const { database } = this.#context;
    if (isSuperGroup) return this.acknowledge(sequence, ackStatus.ok, flags.superGroup);
    const previousKey = (await newestQueuedId(database, appid, uid, id - 1)) ?? 0;
    await this.exclusively(async () => this.#sendAck(sequence, id, previousKey, false));
  }
}
