import { isUtf8 } from 'node:buffer';
import { BrokenFrameError } from './frames.ts';
import { FIRST_WITH_STATUS, FIRST_WITH_TIMESTAMP } from './protocol.ts';

/**
 * The bodies of frames (G-53). A layout names the fields of a body in their order, and so describes both directions. Bytes
 * behind the last field are ignored; a shorter body is broken.
 */
export interface Layout<Body> {
  encode(body: Body): Buffer;
  /** @throws BrokenFrameError */
  decode(bytes: Buffer): Body;
}

interface Cursor {
  bytes: Buffer;
  offset: number;
}

interface Field<Value> {
  sizeOf(value: Value): number;
  write(bytes: Buffer, value: Value, offset: number): void;
  /** Moves the cursor behind the field. */
  read(cursor: Cursor): Value;
}

function layout<Body extends object>(fields: { [Name in keyof Body]: Field<Body[Name]> }): Layout<Body> {
  const entries = Object.entries(fields) as [keyof Body, Field<unknown>][];
  return {
    encode(body) {
      const bytes = Buffer.alloc(entries.reduce((size, [name, field]) => size + field.sizeOf(body[name]), 0));
      let offset = 0;
      for (const [name, field] of entries) {
        field.write(bytes, body[name], offset);
        offset += field.sizeOf(body[name]);
      }
      return bytes;
    },
    decode(bytes) {
      const cursor = { bytes, offset: 0 };
      return Object.fromEntries(entries.map(([name, field]) => [name, field.read(cursor)])) as Body;
    },
  };
}

/** Advances the cursor. Returns where it was. */
function advance(cursor: Cursor, size: number): number {
  const start = cursor.offset;
  if (start + size > cursor.bytes.length) throw new BrokenFrameError('a body is too short');
  cursor.offset += size;
  return start;
}

const uint8: Field<number> = {
  sizeOf: () => 1,
  write: (bytes, value, offset) => bytes.writeUInt8(value, offset),
  read: (cursor) => cursor.bytes.readUInt8(advance(cursor, 1)),
};

const int32: Field<number> = {
  sizeOf: () => 4,
  write: (bytes, value, offset) => bytes.writeInt32BE(value | 0, offset),
  read: (cursor) => cursor.bytes.readInt32BE(advance(cursor, 4)),
};

/** Numbers beyond 2^53 are rounded. No id is that large. */
const int64: Field<number> = {
  sizeOf: () => 8,
  write(bytes, value, offset) {
    bytes.writeInt32BE(Math.floor(value / 2 ** 32), offset);
    bytes.writeUInt32BE(value >>> 0, offset + 4);
  },
  read(cursor) {
    const start = advance(cursor, 8);
    return cursor.bytes.readInt32BE(start) * 2 ** 32 + cursor.bytes.readUInt32BE(start + 4);
  },
};

function toText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new BrokenFrameError('a text is not UTF-8');
  return bytes.toString();
}

/** A text of at most 255 bytes, after its length. */
const shortText: Field<string> = {
  sizeOf: (value) => 1 + Buffer.byteLength(value),
  write(bytes, value, offset) {
    bytes.writeUInt8(Buffer.byteLength(value), offset);
    bytes.write(value, offset + 1);
  },
  read(cursor) {
    const length = uint8.read(cursor);
    const start = advance(cursor, length);
    return toText(cursor.bytes.subarray(start, start + length));
  },
};

/** A text that fills the rest of the body. */
const text: Field<string> = {
  sizeOf: (value) => Buffer.byteLength(value),
  write: (bytes, value, offset) => bytes.write(value, offset),
  read(cursor) {
    const start = cursor.offset;
    cursor.offset = cursor.bytes.length;
    return toText(cursor.bytes.subarray(start));
  },
};

export interface Message {
  sender: number;
  /** A uid, or the id of a group. */
  receiver: number;
  /** In seconds. */
  timestamp: number;
  /** The sender's own number of the message. */
  localId: number;
  content: string;
}

const message = layout<Message>({ sender: int64, receiver: int64, timestamp: int32, localId: int32, content: text });
const messageOfVersion0 = layout<Omit<Message, 'timestamp'>>({
  sender: int64,
  receiver: int64,
  localId: int32,
  content: text,
});

const ack = layout<{ sequence: number }>({ sequence: int32 });
const ackWithStatus = layout<{ sequence: number; status: number }>({ sequence: int32, status: uint8 });

/** Bodies whose layout depends on the version of the protocol. */
export const versioned = {
  message: (version: number): Layout<Message> =>
    version >= FIRST_WITH_TIMESTAMP
      ? message
      : {
          encode: messageOfVersion0.encode,
          decode: (bytes) => ({ ...messageOfVersion0.decode(bytes), timestamp: 0 }),
        },
  ack: (version: number): Layout<{ sequence: number; status: number }> =>
    version >= FIRST_WITH_STATUS
      ? ackWithStatus
      : { encode: ack.encode, decode: (bytes) => ({ ...ack.decode(bytes), status: 0 }) },
};

/** The other bodies. */
export const bodies = {
  loginStatus: layout<{ status: number }>({ status: int32 }),
  login: layout<{ platform: number; token: string; deviceId: string }>({
    platform: uint8,
    token: shortText,
    deviceId: shortText,
  }),
  /** Group notification, system message, notification. */
  content: layout<{ content: string }>({ content: text }),
  /** Real-time message and room message. */
  live: layout<{ sender: number; receiver: number; content: string }>({
    sender: int64,
    receiver: int64,
    content: text,
  }),
  room: layout<{ room: number }>({ room: int64 }),
  unreadBadge: layout<{ count: number }>({ count: int32 }),
  /** Sync, its begin and end, news, position. */
  key: layout<{ key: number }>({ key: int64 }),
  /** The same of super groups. */
  groupKey: layout<{ gid: number; key: number }>({ gid: int64, key: int64 }),
  metadata: layout<{ key: number; previousKey: number; unused1: number; unused2: number }>({
    key: int64,
    previousKey: int64,
    unused1: int64,
    unused2: int64,
  }),
  customerMessage: layout<{
    senderAppid: number;
    sender: number;
    receiverAppid: number;
    receiver: number;
    timestamp: number;
    content: string;
  }>({
    senderAppid: int64,
    sender: int64,
    receiverAppid: int64,
    receiver: int64,
    timestamp: int32,
    content: text,
  }),
  /** The customer messages of old clients, in both directions. */
  oldCustomerMessage: layout<{
    customerAppid: number;
    customer: number;
    storeId: number;
    seller: number;
    timestamp: number;
    content: string;
  }>({ customerAppid: int64, customer: int64, storeId: int64, seller: int64, timestamp: int32, content: text }),
};
