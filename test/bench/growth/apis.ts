import { growingGobelieve } from './gobelieve.ts';
import type { GrowingApi } from './growing-api.ts';
import { growingPpmessage } from './ppmessage.ts';
import { growingTower } from './tower.ts';
import { growingUcenter } from './ucenter.ts';

// biome-ignore lint/suspicious/noExplicitAny: each API has a world of its own
export const growingApis: Record<string, GrowingApi<any>> = {
  tower: growingTower,
  ucenter: growingUcenter,
  ppmessage: growingPpmessage,
  gobelieve: growingGobelieve,
};
