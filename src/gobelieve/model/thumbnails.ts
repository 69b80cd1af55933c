import type { Sharp, SharpOptions } from 'sharp';
import { refuse } from './actors.ts';

/** What a suffix such as `@128w_128h_1c` asks for. */
export interface Size {
  width: number;
  height: number;
  /** Fills the square and cuts off what stands out; otherwise the width is kept to and nothing is cut off. */
  crop: boolean;
}

/** In pixels: larger pictures take more memory than a thumbnail is worth. */
const LARGEST = 50_000_000;

/**
 * Makes a small picture: PNG when the original has an alpha channel, else JPEG.
 *
 * @returns `undefined` where the library for it is not installed
 * @throws HttpError 400 for bytes that are no picture, or too large a one
 */
export async function makeThumbnail(bytes: Uint8Array, { width, height, crop }: Size) {
  const sharp = await loadSharp();
  if (sharp === undefined) return undefined;
  try {
    const picture = sharp(bytes, { limitInputPixels: LARGEST }).autoOrient();
    const { hasAlpha } = await picture.metadata();
    const small = crop ? picture.resize(width, height) : picture.resize({ width, withoutEnlargement: true });
    const data = await (hasAlpha ? small.png() : small.jpeg()).toBuffer();
    return { data, type: hasAlpha ? 'image/png' : 'image/jpeg' } as const;
  } catch {
    throw refuse('The picture cannot be read');
  }
}

/** Its binaries do not exist for every machine. */
async function loadSharp(): Promise<((bytes: Uint8Array, options: SharpOptions) => Sharp) | undefined> {
  try {
    return (await import('sharp')).default;
  } catch {
    return undefined;
  }
}
