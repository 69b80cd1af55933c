import { HttpError } from '../../errors.ts';
import type { RequestInfo } from '../../http/request.ts';
import { type SandboxWorld, type SandboxWorlds, worldsOf } from './worlds.ts';

/** The world that a control call is about: the one that it was sent to. */
export function worldOf({ world }: RequestInfo): SandboxWorld {
  if (world === undefined) throw new Error('The request has not entered a world');
  return world as SandboxWorld;
}

/** The worlds of the server, for calls that are about all of them. @throws HttpError not_found inside a world (S-3) */
export function allWorlds(request: RequestInfo): SandboxWorlds {
  const world = worldOf(request);
  if (world.id !== undefined) throw new HttpError('not_found', 'There are no worlds inside a world');
  return worldsOf(world);
}
