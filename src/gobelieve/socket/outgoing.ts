import type { Connection } from '../../live/connection.ts';
import { encodeFrame } from './frames.ts';

const EMPTY = Buffer.alloc(0);

/** Clients read the sequence as a signed number of 32 bits. */
const MAX_SEQUENCE = 2 ** 31 - 1;

/** The frames to one client. They are counted from 1: clients see by the numbers whether metadata belong to a frame. */
export class Outgoing {
  /** The version of the client's log-in. It decides the layout of some bodies. */
  version = 0;
  readonly connection: Connection;
  #sequence = 0;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Sends one frame with one write. */
  send(command: number, body: Buffer = EMPTY, flags = 0): void {
    this.#sequence = this.#sequence === MAX_SEQUENCE ? 1 : this.#sequence + 1;
    const { version } = this;
    this.connection.write(encodeFrame({ sequence: this.#sequence, command, version, flags, body }));
  }
}
