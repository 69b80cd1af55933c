import type { Sharp, SharpOptions } from 'sharp';
import { GobelieveError } from './errors.ts';

/** In pixels. */
export interface ThumbnailSize {
  width: number;
  height: number;
  /** Fill width and height and cut off the rest. Otherwise scale to the width and cut off nothing. */
  crop: boolean;
}

/** Larger images are not decoded: it would take too much memory. */
const MAX_PIXELS = 50_000_000;

/**
 * Makes a thumbnail: PNG when the image has an alpha channel, otherwise JPEG.
 *
 * @returns undefined where the library is not installed
 * @throws GobelieveError unreadableImage for bytes that are not an image, and for too large an image
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

/** The library has no binaries for some machines; its import fails there. */
async function loadSharp(): Promise<((bytes: Uint8Array, options: SharpOptions) => Sharp) | undefined> {
  try {
    return (await import('sharp')).default;
  } catch {
    return undefined;
  }
}
