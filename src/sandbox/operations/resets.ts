import { systemClock } from '../../clock.ts';
import { beginningOf } from '../model/beginnings.ts';
import { controlOf } from '../model/control.ts';
import { worldOf } from '../model/here.ts';
import { worldsOf } from '../model/worlds.ts';
import { noStore } from '../wire/no-store.ts';
import type { Operation } from '../wire/operation.ts';

/** Puts everything back in the world of the request (S-5). */
export const resetSandbox: Operation<'resetSandbox'> = async ({ body, request }, { parts }) => {
  const { to = 'demo' } = body ?? {};
  const world = worldOf(request);
  await beginningOf('to', to, () => world.reset(() => worldsOf(world).findBeginning(to, systemClock)));
  controlOf(request, parts.controls).faults.clear();
  return { status: 204, headers: noStore };
};
