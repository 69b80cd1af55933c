import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';

/** Pictures of what has no picture of its own: a pattern of five by five squares that mirrors itself, in one colour. */

const SQUARES = 5;
const SQUARE_PIXELS = 40;
const MARGIN_PIXELS = 20;
const SIZE = SQUARES * SQUARE_PIXELS + 2 * MARGIN_PIXELS;

/** The picture of a name, as a PNG. */
export function drawIdenticon(name: string): Buffer {
  const digest = createHash('sha256').update(name).digest();
  const isFilled = (row: number, column: number) =>
    ((digest[row * 3 + Math.min(column, SQUARES - 1 - column)] ?? 0) & 1) === 1;
  // One byte per pixel names a colour of the palette; each row begins with the number of its filter.
  const pixels = Buffer.alloc((SIZE + 1) * SIZE);
  for (let row = 0; row < SQUARES; row++)
    for (let column = 0; column < SQUARES; column++) {
      if (!isFilled(row, column)) continue;
      const left = 1 + MARGIN_PIXELS + column * SQUARE_PIXELS;
      const top = MARGIN_PIXELS + row * SQUARE_PIXELS;
      for (let y = top; y < top + SQUARE_PIXELS; y++)
        pixels.fill(1, y * (SIZE + 1) + left, y * (SIZE + 1) + left + SQUARE_PIXELS);
    }
  return toPng(pixels, [[240, 240, 240], colourOf(digest)]);
}

/** A colour that is dark enough to stand out against the background. */
const colourOf = (digest: Buffer) => [29, 30, 31].map((index) => 40 + ((digest[index] ?? 0) % 140));

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function toPng(pixels: Buffer, palette: readonly (readonly number[])[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIZE, 0);
  header.writeUInt32BE(SIZE, 4);
  // Eight bits per pixel, with a palette.
  header.set([8, 3], 8);
  const chunks = [
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([SIGNATURE, ...chunks]);
}

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8);
  return bytes;
}
