import { BodyReader, command, int64, join } from './frames.ts';

/** A sync that has no end after this time can be begun again: the server does not answer one of a former member. */
const LONGEST_SYNC_MS = 4000;

/** Where a message stands in its queue, and the one before it. */
export interface Metadata {
  position: number;
  previous: number;
}

/** Sends a frame. */
type Send = (command: number, body: Uint8Array) => void;

/** A user's own queue, or that of a super group. */
export interface Queue {
  /** Everything up to this position was received. */
  readonly position: number;
  /** Asks for what is behind the position. */
  sync(): void;
  /** The queue reaches at least to this position. */
  announce(position: number): void;
  /** A live message or an acknowledgement. Whether nothing is missing before it: then the position moves. */
  advance(at: Metadata): boolean;
  /** A sync is over: everything up to this position was received. */
  end(position: number): void;
}

/**
 * Follows the position of a queue as the server expects it. A live message counts only when it stands directly behind
 * the position; everything else is fetched by a sync, so that nothing is missed or received twice.
 *
 * @param group id of a super group; undefined for the user's own queue
 * @param position where to begin; 0 is where the user's devices have got to
 */
export function createQueue(send: Send, group: number | undefined, position: number): Queue {
  const prefix = group === undefined ? new Uint8Array() : int64(group);
  const [syncCommand, positionCommand] =
    group === undefined ? [command.sync, command.position] : [command.groupSync, command.groupPosition];
  let announced = 0;
  let syncBegan: number | undefined;

  const isSyncing = () => syncBegan !== undefined && performance.now() - syncBegan < LONGEST_SYNC_MS;

  function sync(): void {
    syncBegan = performance.now();
    send(syncCommand, join(prefix, int64(position)));
  }

  function move(to: number): void {
    position = to;
    send(positionCommand, join(prefix, int64(to)));
  }

  function announce(to: number): void {
    announced = Math.max(announced, to);
    if (announced > position && !isSyncing()) sync();
  }

  return {
    get position() {
      return position;
    },
    sync,
    announce,
    advance(at) {
      const isNext = position !== 0 && at.previous === position && !isSyncing();
      if (isNext) move(at.position);
      return isNext;
    },
    end(to) {
      syncBegan = undefined;
      // Nothing was new: there is nothing to ask for again.
      if (to === position) announced = position;
      else move(to);
      announce(announced);
    },
  };
}

export function readMetadata(body: Uint8Array): Metadata {
  const reader = new BodyReader(body);
  return { position: reader.int64(), previous: reader.int64() };
}
