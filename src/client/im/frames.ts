/**
 * Frames of GoBelieve's socket: a header of twelve bytes and a body. Integers are big-endian and signed, text is UTF-8
 * without an end mark. The contract describes them under `x-socket`.
 */

export interface Frame {
  /** Grows by one with each frame of a side. An acknowledgement names it. */
  sequence: number;
  command: number;
  /** A set of `flag`. */
  flags: number;
  body: Uint8Array;
}

export const command = {
  loginStatus: 3,
  peerMessage: 4,
  acknowledgement: 5,
  groupNotification: 7,
  groupMessage: 8,
  ping: 13,
  pong: 14,
  login: 15,
  realTimeMessage: 17,
  enterRoom: 18,
  leaveRoom: 19,
  roomMessage: 20,
  systemMessage: 21,
  badge: 22,
  sync: 26,
  syncBegin: 27,
  syncEnd: 28,
  news: 29,
  groupSync: 30,
  groupSyncBegin: 31,
  groupSyncEnd: 32,
  groupNews: 33,
  position: 34,
  groupPosition: 35,
  notification: 36,
  metadata: 37,
  customerMessage: 64,
} as const;

export const flag = {
  /** The content is JSON with a text. */
  text: 1,
  /** A stored message, live: a metadata frame stands before it. */
  pushed: 16,
  /** A message of a super group, live, or its acknowledgement. */
  superGroup: 32,
} as const;

/** The version in which an acknowledgement has a status. */
const VERSION = 2;

const HEADER_BYTES = 12;

/** The longest body that a server takes, in bytes. */
export const LONGEST_BODY = 32_767;

export function encodeFrame({ sequence, command, flags, body }: Frame): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  const header = new DataView(frame.buffer);
  header.setInt32(0, body.length);
  header.setInt32(4, sequence);
  frame.set([command, VERSION, flags, 0], 8);
  frame.set(body, HEADER_BYTES);
  return frame;
}

/**
 * @param data one message of the WebSocket, which holds one frame
 * @throws RangeError when the message ends before its frame
 */
export function decodeFrame(data: ArrayBuffer): Frame {
  const header = new DataView(data);
  const body = new Uint8Array(data, HEADER_BYTES, header.getInt32(0));
  return { sequence: header.getInt32(4), command: header.getUint8(8), flags: header.getUint8(10), body };
}

export function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
}

/** @param value a safe integer */
export function int64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
  return bytes;
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** The text with its length in one byte before it. */
export function shortText(value: string): Uint8Array {
  const bytes = text(value);
  if (bytes.length > 255) throw new RangeError('A token and a device id have at most 255 bytes');
  return join(Uint8Array.of(bytes.length), bytes);
}

export function join(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}

/** Reads the fields of a body in their order. What is missing throws a RangeError. */
export class BodyReader {
  readonly #view: DataView;
  #end = 0;

  constructor(body: Uint8Array) {
    this.#view = new DataView(body.buffer, body.byteOffset, body.length);
  }

  int8(): number {
    return this.#view.getInt8(this.#advance(1));
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4));
  }

  int64(): number {
    return Number(this.#view.getBigInt64(this.#advance(8)));
  }

  /** All that is left. */
  text(): string {
    const { buffer, byteOffset, byteLength } = this.#view;
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + this.#end, byteLength - this.#end));
  }

  #advance(bytes: number): number {
    this.#end += bytes;
    return this.#end - bytes;
  }
}
