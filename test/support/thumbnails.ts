import { THUMBNAILS, thumbnailTurns } from '../../src/files/thumbnails.ts';
import type { Limits } from '../../src/limits.ts';

/** A picture of one pixel. */
export const tinyPng = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);

/** From now on no thumbnail is made, and no request may wait for one. */
export function fillThumbnailTurns(limits: Limits): void {
  const { atOnce, waiting } = thumbnailTurns;
  const works = Array.from({ length: atOnce + waiting }, () =>
    limits.inTurn(THUMBNAILS, () => new Promise<void>(() => {}), thumbnailTurns),
  );
  for (const work of works) work.catch(() => {});
}
