/**
 * Frames of the socket protocol (G-53). A frame is a header of twelve bytes and a body:
 *
 *     0   4 bytes  length of the body
 *     4   4 bytes  sequence
 *     8   1 byte   command
 *     9   1 byte   version of the protocol
 *     10  1 byte   flags
 *     11  1 byte   zero
 *
 * All integers are big-endian and signed.
 */

const HEADER_BYTES = 12;

/** Longer bodies are refused before they are read. */
export const MAX_BODY_BYTES = 32_767;

export interface Frame {
  sequence: number;
  command: number;
  version: number;
  flags: number;
  body: Buffer;
}

/** What a client sent is no frame. The connection ends. */
export class BrokenFrameError extends Error {
  override name = 'BrokenFrameError';
}

export function encodeFrame({ sequence, command, version, flags, body }: Frame): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeInt32BE(body.length, 0);
  frame.writeInt32BE(sequence, 4);
  frame.writeUInt8(command, 8);
  frame.writeUInt8(version, 9);
  frame.writeUInt8(flags, 10);
  frame.writeUInt8(0, 11);
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** Cuts a stream of bytes into frames. The bytes may arrive in any pieces. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;
  /** How many bytes the next step needs: a header, or a header and its body. */
  #needed = HEADER_BYTES;
  readonly #maxBodyBytes: number;

  /** @param maxBodyBytes of what clients send; a server's frames may be longer (G-66) */
  constructor(maxBodyBytes = MAX_BODY_BYTES) {
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** Whether a frame has begun and is not complete. */
  get isWithinFrame(): boolean {
    return this.#length > 0;
  }

  /**
   * Takes the next bytes.
   *
   * @returns the frames that they complete
   * @throws BrokenFrameError when the length of a body is not allowed
   */
  read(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return [];
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const frames: Frame[] = [];
    let start = 0;
    this.#needed = HEADER_BYTES;
    while (bytes.length - start >= HEADER_BYTES) {
      const length = bytes.readInt32BE(start);
      if (length < 0 || length > this.#maxBodyBytes) throw new BrokenFrameError(`a body cannot have ${length} bytes`);
      this.#needed = HEADER_BYTES + length;
      if (bytes.length - start < this.#needed) break;
      frames.push(frameAt(bytes, start, length));
      start += this.#needed;
      this.#needed = HEADER_BYTES;
    }
    this.#chunks = start < bytes.length ? [bytes.subarray(start)] : [];
    this.#length = bytes.length - start;
    return frames;
  }
}

const frameAt = (bytes: Buffer, start: number, length: number): Frame => ({
  sequence: bytes.readInt32BE(start + 4),
  command: bytes.readUInt8(start + 8),
  version: bytes.readUInt8(start + 9),
  flags: bytes.readUInt8(start + 10),
  body: bytes.subarray(start + HEADER_BYTES, start + HEADER_BYTES + length),
});
