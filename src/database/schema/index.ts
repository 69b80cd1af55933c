import type { DeliveryTables } from './delivery.ts';
import type { GobelieveTables } from './gobelieve.ts';
import type { OauthTables } from './oauth.ts';
import type { PpmessageTables } from './ppmessage.ts';
import type { TowerTables } from './tower.ts';
import type { UcenterTables } from './ucenter.ts';

/**
 * All tables. Both engines store the same shapes: ids as text, times as integer milliseconds since 1970, booleans as
 * 0 and 1, lists as JSON text.
 */
export interface Tables
  extends OauthTables,
    TowerTables,
    DeliveryTables,
    GobelieveTables,
    UcenterTables,
    PpmessageTables {}
