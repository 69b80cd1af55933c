import type { Context } from '../../context.ts';
import type { UnstoredEvent } from '../model/bus-events.ts';
import type { Device } from '../model/device-messages.ts';
import { isSentBy, type StoredMessage } from '../model/message-store.ts';
import { findDesk } from '../model/supporters.ts';
import { bodies } from './bodies.ts';
import { commands } from './protocol.ts';

/** A customer message, stored or not. */
type CustomerMessage =
  | Pick<StoredMessage, 'sender' | 'senderAppid' | 'receiver' | 'receiverAppid' | 'timestamp' | 'content'>
  | Extract<UnstoredEvent, { kind: 'unstored_message' }>;

/**
 * The two forms of customer messages on one connection: 64, and the older 24 and 25. Clients know one of them and ignore
 * the other, and only what they send shows which (G-63).
 */
export class CustomerForms {
  /** The form that the client has sent; undefined as long as it has sent none. */
  shown: 'current' | 'old' | undefined;
  readonly #context: Context;
  readonly #device: Device;
  #desk: ReturnType<typeof findDesk> | undefined;

  constructor(context: Context, device: Device) {
    this.#context = context;
    this.#device = device;
  }

  /** The frame of the older form. The user is a supporter, or else the customer. */
  async toOldFrame(message: CustomerMessage): Promise<{ command: number; body: Buffer }> {
    const { appid, uid } = this.#device;
    this.#desk ??= findDesk(this.#context.database, { appid, uid });
    const { isSupporter, storeId } = await this.#desk;
    const { sender, senderAppid = appid, receiver, receiverAppid = appid, timestamp, content } = message;
    const isFromSupporter = isSentBy(message, uid) === isSupporter;
    const [customerAppid, customer, seller] = isFromSupporter
      ? [receiverAppid, receiver, sender as number]
      : [senderAppid, sender as number, receiver];
    return {
      command: isFromSupporter ? commands.fromSupporter : commands.toSupporter,
      body: bodies.oldCustomerMessage.encode({ customerAppid, customer, storeId, seller, timestamp, content }),
    };
  }
}
