import type { ResizeOptions, Sharp, SharpOptions } from 'sharp';
import { lazy } from '../lazy.ts';

/** Thumbnails of pictures. Each one has a whole picture in memory, so a node makes few at a time: in `thumbnailTurns`. */

/** Larger pictures are not decoded: it would take too much memory. */
const MAX_PIXELS = 50_000_000;

/** Some files are made so that they take for ever. A picture of `MAX_PIXELS` takes a second. */
const MAX_SECONDS = 20;

/** The thumbnails that a node makes at a time, and how many requests may wait for one. */
export const thumbnailTurns = { atOnce: 2, waiting: 50 };

/** The key of `thumbnailTurns`, for `Limits.inTurn`. */
export const THUMBNAILS = 'thumbnails';

export interface Thumbnail {
  bytes: Uint8Array;
  type: 'image/png' | 'image/jpeg';
}

/** Whether this machine can make thumbnails. The library has no binaries for some machines; its import fails there. */
export const canMakeThumbnails = async (): Promise<boolean> => (await loadSharp()) !== undefined;

/** A thumbnail: PNG when the picture has an alpha channel, otherwise JPEG. Undefined for bytes that cannot be decoded. */
export async function makeThumbnail(picture: Uint8Array, size: ResizeOptions): Promise<Thumbnail | undefined> {
  const sharp = await loadSharp();
  if (sharp === undefined) return undefined;
  try {
    const image = sharp(picture, { limitInputPixels: MAX_PIXELS }).timeout({ seconds: MAX_SECONDS }).autoOrient();
    const { hasAlpha } = await image.metadata();
    const small = image.resize(size);
    const bytes = await (hasAlpha ? small.png() : small.jpeg()).toBuffer();
    return { bytes, type: hasAlpha ? 'image/png' : 'image/jpeg' };
  } catch {
    return undefined;
  }
}

/** Width and height of a picture as it is shown, in pixels. Undefined for bytes that are no picture. */
export async function measurePicture(picture: Uint8Array): Promise<{ width: number; height: number } | undefined> {
  const sharp = await loadSharp();
  if (sharp === undefined) return undefined;
  try {
    const { autoOrient } = await sharp(picture, { limitInputPixels: MAX_PIXELS }).metadata();
    return autoOrient;
  } catch {
    return undefined;
  }
}

type MakeSharp = (bytes: Uint8Array, options: SharpOptions) => Sharp;

const loadSharp = lazy(async (): Promise<MakeSharp | undefined> => {
  try {
    const { default: sharp } = await import('sharp');
    // One thread for each picture: `thumbnailTurns` says how many there are.
    sharp.concurrency(1);
    return sharp;
  } catch {
    return undefined;
  }
});
