import type { MovableClock } from '../../clock.ts';
import type { Schemas } from './operation.ts';

export const toClock = (clock: MovableClock): Schemas['Clock'] => ({
  now: new Date(clock.now()).toISOString(),
  frozen: clock.isFrozen,
  offset: clock.offset,
});
