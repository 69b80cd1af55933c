import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodies, type Layout, versioned } from '../../../src/gobelieve/socket/bodies.ts';
import { BrokenFrameError, encodeFrame, type Frame, FrameReader } from '../../../src/gobelieve/socket/frames.ts';
import { commands } from '../../../src/gobelieve/socket/protocol.ts';

const bytesOf = (hex: string) => Buffer.from(hex.replace(/[\s|,]/g, ''), 'hex');

const token = '44656d6f546f6b656e4f66557365723130303031 6f6641707031 78787878';
const hello = '7b 22 74 65 78 74 22 3a 22 e4 bd a0 e5 a5 bd 22 7d';
const padding = '00'.repeat(16);

/** Frames as the original's clients and server send them, with what they mean. */
const worked: [name: string, hex: string, frame: Omit<Frame, 'body'>, layout: Layout<never>, body: object][] = [
  [
    'a log-in',
    `00000025 00000001 0f020000 02 1e ${token} 04 61316232`,
    { sequence: 1, command: 15, version: 2, flags: 0 },
    bodies.login,
    { platform: 2, token: 'DemoTokenOfUser10001ofApp1xxxx', deviceId: 'a1b2' },
  ],
  [
    'an accepted log-in',
    '00000004 00000001 03020000 00000000',
    { sequence: 1, command: 3, version: 2, flags: 0 },
    bodies.loginStatus,
    { status: 0 },
  ],
  [
    'a refused log-in',
    '00000004 00000001 03000000 00000001',
    { sequence: 1, command: 3, version: 0, flags: 0 },
    bodies.loginStatus,
    { status: 1 },
  ],
  [
    'a sync from the position of the server',
    '00000008 00000002 1a010000 0000000000000000',
    { sequence: 2, command: 26, version: 1, flags: 0 },
    bodies.key,
    { key: 0 },
  ],
  [
    'the end of a sync',
    '00000008 00000006 1c010000 0000000000001267',
    { sequence: 6, command: 28, version: 1, flags: 0 },
    bodies.key,
    { key: 4711 },
  ],
  [
    'a peer message of a client',
    `00000029 00000003 04020100 0000000000002711 0000000000002712 00000000 00000007 ${hello}`,
    { sequence: 3, command: 4, version: 2, flags: 1 },
    versioned.message(2),
    { sender: 10001, receiver: 10002, timestamp: 0, localId: 7, content: '{"text":"你好"}' },
  ],
  [
    'metadata',
    `00000020 00000007 25020000 0000000000001268 0000000000001267 ${padding}`,
    { sequence: 7, command: 37, version: 2, flags: 0 },
    bodies.metadata,
    { key: 4712, previousKey: 4711, unused1: 0, unused2: 0 },
  ],
  [
    'the same peer message of the server',
    `00000029 00000008 04021100 0000000000002711 0000000000002712 69a4e818 00000007 ${hello}`,
    { sequence: 8, command: 4, version: 2, flags: 17 },
    versioned.message(2),
    { sender: 10001, receiver: 10002, timestamp: 1_772_415_000, localId: 7, content: '{"text":"你好"}' },
  ],
  [
    'an ack of version 2',
    '00000005 00000005 05020000 00000003 00',
    { sequence: 5, command: 5, version: 2, flags: 0 },
    versioned.ack(2),
    { sequence: 3, status: 0 },
  ],
  [
    'an ack of version 1',
    '00000004 00000005 05010000 00000003',
    { sequence: 5, command: 5, version: 1, flags: 0 },
    versioned.ack(1),
    { sequence: 3, status: 0 },
  ],
  [
    'a message of a super group',
    '0000001a 0000000a 08023000 0000000000002711 000000000000002a 69a4e818 00000000 6869',
    { sequence: 10, command: 8, version: 2, flags: 48 },
    versioned.message(2),
    { sender: 10001, receiver: 42, timestamp: 1_772_415_000, localId: 0, content: 'hi' },
  ],
  [
    'news of a super group',
    '00000010 0000000b 21020000 000000000000002a 0000000000001269',
    { sequence: 11, command: 33, version: 2, flags: 0 },
    bodies.groupKey,
    { gid: 42, key: 4713 },
  ],
  [
    'a customer message',
    `00000031 00000005 40020000 0000000000000001 0000010000000001 0000000000000001 00000000000001f4 00000000
     7b2274657874223a226869227d`,
    { sequence: 5, command: 64, version: 2, flags: 0 },
    bodies.customerMessage,
    {
      senderAppid: 1,
      sender: 2 ** 40 + 1,
      receiverAppid: 1,
      receiver: 500,
      timestamp: 0,
      content: '{"text":"hi"}',
    },
  ],
  [
    'a room message',
    '00000012 00000006 14020000 0000000000002711 0000000000000384 796f',
    { sequence: 6, command: 20, version: 2, flags: 0 },
    bodies.live,
    { sender: 10001, receiver: 900, content: 'yo' },
  ],
] as never;

const id = fc.maxSafeInteger();
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const byte = fc.integer({ min: 0, max: 255 });
const text = fc.string({ unit: 'binary', maxLength: 200 });
const short = fc.string({ unit: 'binary', maxLength: 60 });

const anyBody: Record<keyof typeof bodies, fc.Arbitrary<object>> = {
  loginStatus: fc.record({ status: int32 }),
  login: fc.record({ platform: byte, token: short, deviceId: short }),
  content: fc.record({ content: text }),
  live: fc.record({ sender: id, receiver: id, content: text }),
  room: fc.record({ room: id }),
  unreadBadge: fc.record({ count: int32 }),
  key: fc.record({ key: id }),
  groupKey: fc.record({ gid: id, key: id }),
  metadata: fc.record({ key: id, previousKey: id, unused1: fc.constant(0), unused2: fc.constant(0) }),
  customerMessage: fc.record({
    senderAppid: id,
    sender: id,
    receiverAppid: id,
    receiver: id,
    timestamp: int32,
    content: text,
  }),
  oldCustomerMessage: fc.record({
    customerAppid: id,
    customer: id,
    storeId: id,
    seller: id,
    timestamp: int32,
    content: text,
  }),
};

const anyFrame = fc.record({
  sequence: int32,
  command: byte,
  version: byte,
  flags: byte,
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

describe('the worked frames', () => {
  it.each(worked)('%s', (_name, hex, header, layout, body) => {
    const bytes = bytesOf(hex);
    const [frame, ...others] = new FrameReader().read(bytes);
    expect(others).toEqual([]);
    const { body: encoded, ...rest } = frame as Frame;
    expect(rest).toEqual(header);
    expect(layout.decode(encoded)).toEqual(body);
    expect(encodeFrame({ ...header, body: layout.encode(body as never) })).toEqual(bytes);
  });
});

describe('bodies', () => {
  it.each(Object.keys(bodies) as (keyof typeof bodies)[])('come back as they were: %s', (name) => {
    const { encode, decode } = bodies[name] as Layout<object>;
    fc.assert(
      fc.property(anyBody[name], (body) => {
        expect(decode(encode(body))).toEqual(body);
      }),
    );
  });

  it.each([0, 1, 2, 9])('come back as they were in version %i: message and ack', (version) => {
    const message = fc.record({
      sender: id,
      receiver: id,
      timestamp: version === 0 ? fc.constant(0) : int32,
      localId: int32,
      content: text,
    });
    const ack = fc.record({ sequence: int32, status: version < 2 ? fc.constant(0) : byte });
    fc.assert(
      fc.property(message, ack, (one, other) => {
        const { message, ack } = { message: versioned.message(version), ack: versioned.ack(version) };
        expect(message.decode(message.encode(one))).toEqual(one);
        expect(ack.decode(ack.encode(other))).toEqual(other);
      }),
    );
  });

  it('may be longer, and not shorter', () => {
    const body = bodies.groupKey.encode({ gid: 42, key: 4711 });
    expect(bodies.groupKey.decode(Buffer.concat([body, Buffer.alloc(4)]))).toEqual({ gid: 42, key: 4711 });
    for (let length = 0; length < body.length; length++)
      expect(() => bodies.groupKey.decode(body.subarray(0, length))).toThrow(BrokenFrameError);
  });

  it('have their texts in UTF-8', () => {
    expect(() => bodies.content.decode(Buffer.from([0x61, 0xff]))).toThrow(BrokenFrameError);
  });
});

describe('a stream of frames', () => {
  it('may arrive in any pieces', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.array(fc.nat({ max: 40 })), (frames, cuts) => {
        const reader = new FrameReader();
        const read: Frame[] = [];
        let rest = Buffer.concat(frames.map(encodeFrame));
        for (const cut of cuts) {
          read.push(...reader.read(rest.subarray(0, cut)));
          rest = rest.subarray(cut);
        }
        read.push(...reader.read(rest));
        expect(read).toEqual(frames);
        expect(reader.isWithinFrame).toBe(false);
      }),
    );
  });

  it('has bodies of at most 32767 bytes', () => {
    const frame = (length: number) => {
      const header = Buffer.alloc(12);
      header.writeInt32BE(length);
      return header;
    };
    expect(new FrameReader().read(frame(32_767))).toEqual([]);
    for (const length of [32_768, -1, 2 ** 31 - 1, -(2 ** 31)])
      expect(() => new FrameReader().read(frame(length))).toThrow(BrokenFrameError);
    // A request of HTTP on this port.
    expect(() => new FrameReader().read(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow(BrokenFrameError);
  });

  it('breaks off in no other way than this', () => {
    const layouts = [...Object.values(bodies), versioned.message(0), versioned.message(2), versioned.ack(2)];
    const started = process.memoryUsage().heapUsed;
    let seed = 1;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647);
    let broken = 0;
    for (let count = 0; count < 100_000; count++) {
      const bytes = Buffer.alloc(random() % 64);
      for (let offset = 0; offset < bytes.length; offset++) bytes[offset] = random();
      // In every other one the length is right, so that its body is read too.
      if (count % 2 === 0 && bytes.length >= 12) bytes.writeInt32BE(bytes.length - 12);
      try {
        for (const { body } of new FrameReader().read(bytes)) layouts[count % layouts.length]?.decode(body);
      } catch (error) {
        if (!(error instanceof BrokenFrameError)) throw error;
        broken++;
      }
    }
    expect(broken).toBeGreaterThan(10_000);
    expect(process.memoryUsage().heapUsed - started).toBeLessThan(200 * 2 ** 20);
  });
});

it('has one number for each command', () => {
  const numbers = Object.values(commands);
  expect(new Set(numbers).size).toBe(numbers.length);
});
