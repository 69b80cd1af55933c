import { type Commands, command, toId } from '../commands.ts';
import { insertWithId } from '../database/given-id.ts';
import type { Database } from '../database/open.ts';
import { isUniqueViolation, transact } from '../database/transact.ts';
import { app, onlyApp, toAppid, toNumber, toSwitch, uid } from './command-options.ts';
import { type AppOptions, readAppOptions, updateAppOptions } from './model/app-options.ts';
import { deleteApp, hasApp, prepareApp } from './model/apps.ts';
import { createStore, findStoreId } from './model/stores.ts';
import { addSupporter } from './model/supporters.ts';
import { listTokens, revokeTokens } from './model/tokens.ts';
import { blacklist, friend, word } from './option-commands.ts';

/** Generated ids follow the largest one, and the contract's largest id is 9007199254740991. */
const LARGEST_GIVEN_ID = 9_000_000_000_000_000;

/** Commands for what the API cannot create: apps, their stores and supporters. */
export const commands: Commands = {
  app: {
    create: command({
      description: 'Create an app; its secret is shown once',
      options: {
        name: { description: 'name', required: true },
        appid: { description: 'appid, for an app that has one already (default: the next one)' },
        secret: { description: 'appsecret, for an app that has one already (default: a new random one)' },
      },
      async run({ name, appid, secret: givenSecret }, context) {
        const givenId = toId('appid', appid, LARGEST_GIVEN_ID);
        const { row, secret } = await prepareApp({ id: givenId, name, secret: givenSecret }, context);
        const { id } = await transact(context.database, (trx) =>
          insertWithId(trx, 'gobelieve_apps', givenId, () =>
            trx.insertInto('gobelieve_apps').values(row).returning('id').executeTakeFirstOrThrow(),
          ),
        ).catch((error: unknown) => {
          throw isUniqueViolation(error) ? new Error(`There is an app ${appid} already`) : error;
        });
        return { appid: id, appsecret: secret, name };
      },
    }),
    list: command({
      description: 'List apps',
      options: {},
      run: (_options, { database }) =>
        database
          .selectFrom('gobelieve_apps as app')
          .leftJoin('gobelieve_stores as store', 'store.app_id', 'app.id')
          .select(['app.id as appid', 'app.name', 'store.id as store_id'])
          .orderBy('app.id')
          .execute(),
    }),
    update: command({
      description: 'Change options of an app; they apply to the next message',
      options: {
        id: app,
        'friend-check': { description: '1: devices may only write to friends (0)' },
        'blacklist-check': { description: '1: devices may not write to users who have blocked them (0)' },
        'kefu-appid': { description: 'appid of the app whose supporters talk to the customers; own: this app (own)' },
        'apns-topic': { description: 'bundle id for pushes to Apple devices; empty: the one in APNS_URL (empty)' },
      },
      async run({ id, 'friend-check': friendCheck, 'blacklist-check': blacklistCheck, ...others }, { database }) {
        const { 'kefu-appid': kefu, 'apns-topic': topic } = others;
        const appid = await toAppid(database, id);
        const changes = {
          friendCheck: toSwitch('friend-check', friendCheck),
          blacklistCheck: toSwitch('blacklist-check', blacklistCheck),
          kefuAppid: await toKefuAppid(database, kefu),
          apnsTopic: topic === '' ? null : topic,
        };
        await updateAppOptions(database, appid, changes);
        return { appid, ...toRow(await readAppOptions(database, appid)) };
      },
    }),
    delete: command({
      description: 'Delete an app with everything that belongs to it',
      options: { id: app },
      async run({ id }, context) {
        if (!(await deleteApp(context, toNumber('id', id)))) throw new Error(`There is no app ${id}`);
        return { deleted: Number(id) };
      },
    }),
  },

  store: {
    create: command({
      description: 'Create the store of an app, where its customers find supporters',
      options: { app, name: { description: 'name', required: true } },
      async run({ app, name }, { database }) {
        const appid = toNumber('app', app);
        if (!(await hasApp(database, appid))) throw new Error(`There is no app ${app}`);
        const store = await createStore(database, { appid, name }).catch((error: unknown) => {
          throw isUniqueViolation(error) ? new Error(`App ${app} has a store already`) : error;
        });
        return { store_id: store.id, appid, name };
      },
    }),
    list: command({
      description: 'List stores',
      options: {},
      run: (_options, { database }) =>
        database
          .selectFrom('gobelieve_stores')
          .select(['id as store_id', 'app_id as appid', 'name'])
          .orderBy('id')
          .execute(),
    }),
  },

  supporter: {
    create: command({
      description: 'Make a user of an app a supporter of its store',
      options: {
        app,
        uid,
        name: { description: 'name that customers see', required: true },
        avatar: { description: 'address of a picture' },
      },
      run: ({ app, uid, name, avatar = '' }, { database, clock }) =>
        transact(database, async (trx) => {
          const appid = toNumber('app', app);
          const storeId = await findStoreId(trx, appid);
          if (storeId === undefined) throw new Error(`There is no app ${app}, or it has no store`);
          const supporter = { uid: toNumber('uid', uid), name, avatar };
          await addSupporter(trx, { appid, storeId, ...supporter }, clock.now());
          return { store_id: storeId, ...supporter };
        }).catch((error: unknown) => {
          throw isUniqueViolation(error) ? new Error(`User ${uid} is a supporter already`) : error;
        }),
    }),
    list: command({
      description: 'List supporters',
      options: { app: { description: 'only those of this app' } },
      run: ({ app }, { database }) =>
        database
          .selectFrom('gobelieve_supporters')
          .select(['app_id as appid', 'store_id', 'uid', 'name', 'avatar'])
          .$if(app !== undefined, (query) => query.where('app_id', '=', toNumber('app', app as string)))
          .orderBy('app_id')
          .orderBy('uid')
          .execute(),
    }),
    delete: command({
      description: 'Remove a supporter from the store',
      options: { app, uid },
      async run({ app, uid }, { database }) {
        const { numDeletedRows } = await database
          .deleteFrom('gobelieve_supporters')
          .where('app_id', '=', toNumber('app', app))
          .where('uid', '=', toNumber('uid', uid))
          .executeTakeFirst();
        if (numDeletedRows === 0n) throw new Error(`There is no supporter ${uid} in app ${app}`);
        return { deleted: Number(uid) };
      },
    }),
  },

  friend,
  blacklist,
  word,

  token: {
    list: command({
      description: 'List the tokens of a user; the tokens themselves are not stored',
      options: { app: onlyApp, uid },
      async run({ app, uid }, { database }) {
        const appid = await toAppid(database, app);
        const tokens = await listTokens(database, { appid, uid: toNumber('uid', uid) });
        return tokens.map(({ platform_id, device_id, created_at }) => ({
          platform_id,
          device_id,
          created_at: new Date(created_at).toISOString(),
        }));
      },
    }),
    revoke: command({
      description: 'End all tokens of a user, or of one device, with their connections',
      options: {
        app: onlyApp,
        uid,
        device: { description: 'device_id with which the token was granted (default: all devices)' },
      },
      async run({ app, uid, device }, context) {
        const appid = await toAppid(context.database, app);
        const revoked = await revokeTokens(context, { appid, uid: toNumber('uid', uid), deviceId: device });
        if (revoked === 0) throw new Error(`User ${uid} of app ${appid} has no such token`);
        return { revoked };
      },
    }),
  },
};

/** `own` stands for the app itself. */
async function toKefuAppid(database: Database, value: string | undefined): Promise<number | null | undefined> {
  if (value === undefined) return undefined;
  return value === 'own' ? null : toAppid(database, value, 'kefu-appid');
}

const toRow = ({ friendCheck, blacklistCheck, kefuAppid, apnsTopic }: AppOptions) => ({
  friend_check: friendCheck,
  blacklist_check: blacklistCheck,
  kefu_appid: kefuAppid,
  apns_topic: apnsTopic ?? null,
});
