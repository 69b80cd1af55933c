import type { Updateable } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import type { GobelieveAppsTable } from '../database/tables.ts';

/** What an operator can switch on for one app (G-71 to G-73). Everything is off by default. */
export interface AppOptions {
  /** Devices may only write to users who are their friends, mutually. */
  friendCheck: boolean;
  /** Devices may not write to users who have put them on their blacklist. */
  blacklistCheck: boolean;
  /** The app whose store and supporters the customers of this app meet; its own by default. */
  kefuAppid: number;
  /** The bundle id for pushes to Apple devices; undefined for the one of the configuration. */
  apnsTopic: string | undefined;
  /** Changes with the words of the filter; 0 while there has been none. */
  wordsVersion: number;
}

/** The options of an app. An unknown app has the default ones. */
export async function readAppOptions(database: Database | Transaction, appid: number): Promise<AppOptions> {
  const app = await database
    .selectFrom('gobelieve_apps')
    .select(['friend_check', 'blacklist_check', 'kefu_appid', 'apns_topic', 'words_version'])
    .where('id', '=', appid)
    .executeTakeFirst();
  return {
    friendCheck: app?.friend_check === 1,
    blacklistCheck: app?.blacklist_check === 1,
    kefuAppid: app?.kefu_appid ?? appid,
    apnsTopic: app?.apns_topic ?? undefined,
    wordsVersion: app?.words_version ?? 0,
  };
}

/** New options. Absent ones stay as they are. */
export interface OptionChanges {
  friendCheck?: boolean | undefined;
  blacklistCheck?: boolean | undefined;
  /** Null: the app itself. */
  kefuAppid?: number | null | undefined;
  /** Null: the one of the configuration. */
  apnsTopic?: string | null | undefined;
}

/** Changes options of an app. They apply to the next message, on every node. */
export async function updateAppOptions(
  database: Database | Transaction,
  appid: number,
  { friendCheck, blacklistCheck, kefuAppid, apnsTopic }: OptionChanges,
): Promise<void> {
  const changes: Updateable<GobelieveAppsTable> = {
    ...(friendCheck !== undefined && { friend_check: friendCheck ? 1 : 0 }),
    ...(blacklistCheck !== undefined && { blacklist_check: blacklistCheck ? 1 : 0 }),
    ...(kefuAppid !== undefined && { kefu_appid: kefuAppid }),
    ...(apnsTopic !== undefined && { apns_topic: apnsTopic }),
  };
  if (Object.keys(changes).length === 0) return;
  await database.updateTable('gobelieve_apps').set(changes).where('id', '=', appid).execute();
}
