import { HttpError } from '../../errors.ts';
import { invalidField } from '../model/errors.ts';
import { worldOf } from '../model/here.ts';
import * as kept from '../model/snapshots.ts';
import { worldsOf } from '../model/worlds.ts';
import { noStore } from '../wire/no-store.ts';
import type { Operation } from '../wire/operation.ts';
import { toSnapshot } from '../wire/snapshots.ts';

/** All worlds share the names of snapshots (S-5). */
export const listSnapshots: Operation<'listSnapshots'> = async ({ request }, { parts }) => {
  const { context } = worldsOf(worldOf(request)).outside;
  const body = (await kept.listSnapshots(context, parts)).map(toSnapshot);
  return { status: 200, headers: noStore, body };
};

export const getSnapshot: Operation<'getSnapshot'> = async ({ params: { name }, request }, { parts }) => {
  const { context } = worldsOf(worldOf(request)).outside;
  const found = (await kept.listSnapshots(context, parts)).find((one) => one.name === name);
  if (found === undefined) throw unknownSnapshot(name);
  return { status: 200, headers: noStore, body: toSnapshot(found) };
};

/** Keeps this moment of the world of the request. */
export const putSnapshot: Operation<'putSnapshot'> = async ({ params: { name }, request }, { parts }) => {
  if (name === 'demo' || name === 'empty') throw invalidField('params', 'name', 'must not be demo or empty');
  const world = worldOf(request);
  const { context } = worldsOf(world).outside;
  const { isNew, snapshot } = await kept.keepSnapshot(context, parts, name, await world.read());
  return { status: isNew ? 201 : 200, headers: noStore, body: toSnapshot(snapshot) };
};

export const deleteSnapshot: Operation<'deleteSnapshot'> = async ({ params: { name }, request }) => {
  const { context } = worldsOf(worldOf(request)).outside;
  if (!(await kept.deleteSnapshot(context, name))) throw unknownSnapshot(name);
  return { status: 204, headers: noStore };
};

const unknownSnapshot = (name: string) => new HttpError('not_found', `There is no snapshot ${name}`);
