import { randomBytes } from 'node:crypto';

let lastTime = 0;
let counter = 0;

/**
 * A new UUID of version 7 (RFC 9562, with a counter as in section 6.2, method 1): ids sort by creation, within a process
 * also when several are made in one millisecond or the clock is set back. Not from a package: packages read the time of
 * the machine, and these ids follow the clock of the context, which the sandbox can move.
 *
 * @param now in milliseconds
 */
export function newSortableId(now: number): string {
  if (now > lastTime) {
    lastTime = now;
    counter = 0;
  } else {
    counter += 1;
    if (counter > 0xfff) {
      lastTime += 1;
      counter = 0;
    }
  }
  const bytes = randomBytes(16);
  bytes.writeUIntBE(lastTime, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
