import type { Request } from 'express';

/** What a request holds until it ends, such as temporary files. */
interface Held {
  isReleased: boolean;
  releases: Release[];
}

/** Gives something back. */
type Release = () => void | Promise<void>;

const heldKey = Symbol('held');
type Holding = Request & { [heldKey]?: Held };

/** Calls the function when the request ends, or now when it has ended: its body may still be read after a timeout. */
export function hold(request: Request, release: Release): void {
  const held = (request as Holding)[heldKey] ?? { isReleased: false, releases: [] };
  (request as Holding)[heldKey] = held;
  if (held.isReleased) giveBack(release);
  else held.releases.push(release);
}

/** Releases all that the request holds. */
export function releaseHeld(request: Request): void {
  const held = (request as Holding)[heldKey];
  if (held === undefined) return;
  held.isReleased = true;
  for (const release of held.releases) giveBack(release);
}

/** Nothing waits for it, so its failure must not end the process: a temporary file has no name, and the system deletes it. */
function giveBack(release: Release): void {
  void (async () => release())().catch(() => {});
}
