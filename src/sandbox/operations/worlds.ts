import { beginningOf } from '../model/beginnings.ts';
import { changeClock } from '../model/clocks.ts';
import { durationOf } from '../model/durations.ts';
import { worldGone } from '../model/errors.ts';
import { allWorlds } from '../model/here.ts';
import type { InnerWorld } from '../model/inner-world.ts';
import { type SeededIds, seed } from '../model/seeds.ts';
import { noStore } from '../wire/no-store.ts';
import type { Operation } from '../wire/operation.ts';
import { toWorld } from '../wire/worlds.ts';

const DEFAULT_TTL = '15m';
const TTL_RANGE = { least: '1s', most: '24h' };

/** A copy of everything, under addresses of its own (S-3, S-4). */
export const createWorld: Operation<'createWorld'> = async ({ body, request }, { parts }) => {
  const { from = 'demo', ttl = DEFAULT_TTL, clock, seed: document } = body ?? {};
  const worlds = allWorlds(request);
  const ttlMs = durationOf('ttl', ttl, TTL_RANGE);
  let ids: SeededIds | undefined;
  const steps = {
    prepare(world: InnerWorld) {
      if (clock !== undefined) changeClock(world.clock, clock, 'clock.');
    },
    async fill({ context }: InnerWorld) {
      if (document !== undefined) ids = await seed(context, parts, document, { place: '/body/seed' });
    },
  };
  const world = await beginningOf('from', from, () => worlds.create(from, ttlMs, steps));
  return { status: 201, headers: noStore, body: { ...toWorld(world, request), ...(ids && { ids }) } };
};

/** The worlds that have not ended. To look at one is no use of it. */
export const listWorlds: Operation<'listWorlds'> = ({ request }) => ({
  status: 200,
  headers: noStore,
  body: allWorlds(request)
    .list()
    .map((world) => toWorld(world, request)),
});

export const getWorld: Operation<'getWorld'> = ({ params, request }) => {
  const world = allWorlds(request).find(params.id);
  if (world === undefined) throw worldGone(params.id);
  return { status: 200, headers: noStore, body: toWorld(world, request) };
};

/** Ends a world. Its calls under way finish, and its streams end. */
export const deleteWorld: Operation<'deleteWorld'> = async ({ params, request }) => {
  if (!(await allWorlds(request).end(params.id))) throw worldGone(params.id);
  return { status: 204, headers: noStore };
};
