import { createHash } from 'node:crypto';
import type { Derived } from '../../http/api.ts';

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The time in the ids of the first entry of each kind. Each further entry is a millisecond later. */
const FIRST_TIME = Date.UTC(2020, 0, 1);

/**
 * What follows from the name of an entry. It is no secret: a sandbox shows its credentials to every caller.
 *
 * @param index of the entry among those of its kind in the document
 */
export function derivedOf(api: string, ref: string, index: number): Derived {
  const bytesOf = (part: string, size: number): Buffer =>
    createHash('shake256', { outputLength: size })
      .update(JSON.stringify([api, ref, part]))
      .digest();
  return {
    hex: (bytes, part = 'id') => bytesOf(part, bytes).toString('hex'),
    uuid: (part = 'id') => toUuid(bytesOf(part, 16), 4),
    alphanumeric: (length, part) =>
      Array.from(bytesOf(part, length), (byte) => ALPHANUMERICS[byte % ALPHANUMERICS.length]).join(''),
    sortableId(part = 'id') {
      const bytes = bytesOf(part, 16);
      bytes.writeUIntBE(FIRST_TIME + index, 0, 6);
      return toUuid(bytes, 7);
    },
  };
}

/** A UUID with the bits of its version and its variant (RFC 9562, section 4). */
function toUuid(bytes: Buffer, version: number): string {
  bytes.writeUInt8((version << 4) | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
