import type { Insertable } from 'kysely';
import type { Config } from '../../config.ts';
import type { Transaction } from '../../database/open.ts';
import type { PpmessageUsersTable } from '../database/tables.ts';
import { insertKey, type Level, type NewKey, prepareKey } from './keys.ts';
import { profile } from '../profile.ts';

/** Apps: a team with its owner and its keys, as the API, the demo and the command line make them. */

export interface NewTeam {
  uuid: string;
  name: string;
  /** The owner's account in this app. */
  owner: Insertable<PpmessageUsersTable>;
  redirectUris: readonly string[];
  /** Made by the server when absent. */
  keys?: Partial<Record<keyof typeof levelsOf, Pick<NewKey, 'apiKey' | 'apiSecret'>>>;
}

const levelsOf = {
  own: ['THIRD_PARTY_KEFU', 'THIRD_PARTY_CONSOLE'],
  kefu: ['THIRD_PARTY_KEFU'],
  console: ['THIRD_PARTY_CONSOLE'],
} satisfies Record<string, Level[]>;

/** A new app's rows: one key for each third-party level, and the app's own, which has both. */
export async function prepareTeam(config: Config, { uuid, name, owner, redirectUris, keys }: NewTeam) {
  const prepare = (kind: keyof typeof levelsOf) =>
    prepareKey(config, { appUuid: uuid, appName: name, levels: levelsOf[kind], redirectUris, ...keys?.[kind] });
  const [own, kefu, console] = await Promise.all([prepare('own'), prepare('kefu'), prepare('console')]);
  const now = Date.now();
  const app = {
    uuid,
    app_name: name,
    user_uuid: owner.uuid,
    app_key: own.apiKey,
    app_billing_email: owner.user_email ?? null,
    welcome_message: '您好，有什么可以帮您？',
    offline_message: '现在没有客服在线，请留言，我们会尽快回复。',
    created_at: now,
    updated_at: now,
  };
  return { app, owner, own, kefu, console };
}

export async function insertTeam(trx: Transaction, team: Awaited<ReturnType<typeof prepareTeam>>): Promise<void> {
  await trx.insertInto('ppmessage_apps').values(team.app).execute();
  await trx.insertInto('ppmessage_users').values(team.owner).execute();
  for (const key of [team.own, team.kefu, team.console]) await insertKey(trx, key);
}

/** Deletes an app with everything in it. False when there was none. */
export async function removeTeam(trx: Transaction, uuid: string): Promise<boolean> {
  // The app first: whoever is about to write something into it waits here.
  const { numDeletedRows } = await trx.deleteFrom('ppmessage_apps').where('uuid', '=', uuid).executeTakeFirst();
  await trx.deleteFrom('oauth_clients').where('api', '=', profile.api).where('owner_id', '=', uuid).execute();
  return numDeletedRows > 0n;
}
