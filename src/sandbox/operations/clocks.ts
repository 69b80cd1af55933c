import { changeClock, movableClockOf } from '../model/clocks.ts';
import { followClock } from '../model/follow-clock.ts';
import { toClock } from '../wire/clocks.ts';
import { noStore } from '../wire/no-store.ts';
import type { Operation } from '../wire/operation.ts';

/** The time of the world of the request (S-6). */
export const getClock: Operation<'getClock'> = (_input, context) => ({
  status: 200,
  headers: noStore,
  body: toClock(movableClockOf(context)),
});

/** Moves the clock, stops it or lets it go on. What is due by the new time is done at once. */
export const updateClock: Operation<'updateClock'> = async ({ body }, context) => {
  const clock = movableClockOf(context);
  const before = clock.now();
  changeClock(clock, body);
  await followClock(context, before);
  return { status: 200, headers: noStore, body: toClock(clock) };
};

/** Returns to real time. */
export const resetClock: Operation<'resetClock'> = async (_input, context) => {
  const clock = movableClockOf(context);
  const before = clock.now();
  clock.restore();
  await followClock(context, before);
  return { status: 204, headers: noStore };
};
