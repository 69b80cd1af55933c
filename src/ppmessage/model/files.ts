import { randomUUID } from 'node:crypto';
import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { keepFile } from '../../files/files.ts';
import { sniffMediaType } from '../../files/media-types.ts';
import { cleanFileName } from '../../files/names.ts';
import type { Content } from '../../files/store.ts';
import type { FileRow } from '../database/tables.ts';
import { PpmessageError } from './errors.ts';

/** Uploaded files: content of messages, and icons (P-90 to P-92). */

export interface NewFile {
  /** Null for an upload that names no app: the first app that uses the file gets it. */
  appUuid: string | null;
  name: string;
  content: Content;
}

/**
 * Stores a file. It is deleted a day later unless a message or an icon uses it.
 *
 * @throws PpmessageError invalidValue for an empty file
 */
export async function saveFile({ appUuid, name, content }: NewFile, context: Context): Promise<FileRow> {
  if (content.size === 0) throw new PpmessageError('invalidValue', 'The file is empty');
  const type = await sniffMediaType(content);
  const key = await context.files.put(content, { type });
  const file = {
    uuid: randomUUID(),
    app_uuid: appUuid,
    key,
    name: cleanFileName(name),
    type,
    size: content.size,
    is_used: 0 as const,
    created_at: context.clock.now(),
  };
  try {
    await transact(context.database, async (trx) => {
      await keepFile(trx, key);
      await trx.insertInto('ppmessage_files').values(file).execute();
    });
  } finally {
    await context.files.discard(key);
  }
  return file;
}

export const findFile = (uuid: string, { database }: Pick<Context, 'database'>): Promise<FileRow | undefined> =>
  database.selectFrom('ppmessage_files').selectAll().where('uuid', '=', uuid).executeTakeFirst();

/** @throws PpmessageError noSuchFile */
export async function requireFile(uuid: string, context: Context): Promise<FileRow> {
  const file = await findFile(uuid, context);
  if (file === undefined) throw new PpmessageError('noSuchFile');
  return file;
}

/**
 * Keeps a file of an app, or of no app yet, because a message of the app uses it.
 *
 * @returns false when the app may not use it: it is another app's, or the app only takes files with a token
 */
export async function useFile(database: Database | Transaction, uuid: string, appUuid: string): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('ppmessage_files')
    .set({ app_uuid: appUuid, is_used: 1 })
    .where('uuid', '=', uuid)
    .where(({ eb, not, exists, and, or, selectFrom }) =>
      or([
        eb('app_uuid', '=', appUuid),
        and([
          eb('app_uuid', 'is', null),
          not(
            exists(
              selectFrom('ppmessage_apps')
                .select('uuid')
                .where('uuid', '=', appUuid)
                .where('upload_needs_token', '=', 1),
            ),
          ),
        ]),
      ]),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Keeps a file of an app that an icon names, by its id or by an address that ends with it. It stays when the icon changes:
 * conversations still show it (P-90).
 */
export async function keepIcon(database: Database, icon: string, appUuid: string): Promise<void> {
  const [, uuid] = /(?:^|\/)([0-9a-f-]{36})(?:\?|$)/.exec(icon) ?? [];
  if (uuid !== undefined) await useFile(database, uuid, appUuid);
}

/**
 * Finds the app of an upload without a token: the app of the user whom it names (P-92).
 *
 * @returns null when the upload names no user, or an unknown one
 * @throws PpmessageError noAccessToken when the app only takes files with a token
 */
export async function findAppOfUpload(userUuid: string | undefined, { database }: Context): Promise<string | null> {
  if (userUuid === undefined) return null;
  const apps = await database
    .selectFrom('ppmessage_users as user')
    .innerJoin('ppmessage_apps as app', 'app.uuid', 'user.app_uuid')
    .select(['app.uuid', 'app.upload_needs_token'])
    .where('user.uuid', '=', userUuid)
    .where('user.removed_at', 'is', null)
    .where('app.removed_at', 'is', null)
    .execute();
  if (apps.some(({ upload_needs_token }) => upload_needs_token === 1))
    throw new PpmessageError('noAccessToken', 'This app takes files only with an access token');
  // The owner of several apps has the same uuid in each.
  return apps.length === 1 ? (apps[0]?.uuid ?? null) : null;
}

const HOUR_SECONDS = 60 * 60;

/**
 * Counts one upload of an address and, where it is known, of an app.
 *
 * @throws HttpError too_many_requests
 */
export async function limitUploads(
  { limits, config }: Context,
  network: string,
  appUuid: string | null,
): Promise<void> {
  const points = limitOf(config, 'PPMESSAGE_UPLOAD_LIMIT');
  const inAnHour = { seconds: HOUR_SECONDS, block: 0 };
  await limits.consume({ name: 'ppmessage-uploads', points, ...inAnHour }, network);
  if (appUuid !== null)
    await limits.consume({ name: 'ppmessage-app-uploads', points: points * 100, ...inAnHour }, appUuid);
}
