import type { Sharp, SharpOptions } from 'sharp';
import { GobelieveError } from './errors.ts';

/** In pixels. */
export interface ThumbnailSize {
  width: number;
  height: number;
  /** Fill the square and cut off the rest. Otherwise scale to the width and cut off nothing. */
  crop: boolean;
}

/** Decoding a larger image takes more memory than a thumbnail is worth. */
const MAX_PIXELS = 50_000_000;

/**
 * Makes a thumbnail: PNG when the image has an alpha channel, otherwise JPEG. Returns undefined where the library for it
 * is not installed. Throws `unreadableImage` (400) for bytes that are no image, and for too large an image.
 */
export async function makeThumbnail(bytes: Uint8Array, { width, height, crop }: ThumbnailSize) {
  const sharp = await loadSharp();
  if (sharp === undefined) return undefined;
  try {
    const image = sharp(bytes, { limitInputPixels: MAX_PIXELS }).autoOrient();
    const { hasAlpha } = await image.metadata();
    const small = crop ? image.resize(width, height) : image.resize({ width, withoutEnlargement: true });
    const data = await (hasAlpha ? small.png() : small.jpeg()).toBuffer();
    return { data, type: hasAlpha ? 'image/png' : 'image/jpeg' } as const;
  } catch {
    throw new GobelieveError('unreadableImage');
  }
}

/** An optional dependency: its binaries do not exist for every machine. */
async function loadSharp(): Promise<((bytes: Uint8Array, options: SharpOptions) => Sharp) | undefined> {
  try {
    return (await import('sharp')).default;
  } catch {
    return undefined;
  }
}
