import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import type { TowerUploadsTable } from '../database/tables.ts';
import { attach, notAttachable } from './attfiles.ts';
import { recordEvent } from './events.ts';
import { newId } from './ids.ts';
import { oldestFirst, onPage, type Page, type PageRows, readIndexedPage } from './pages.ts';
import { type InProject, lockProject, requireAuthor, requireProject, requireProjectStill } from './projects.ts';
import { takeTeamWideId } from './teams.ts';

export type Upload = Selectable<TowerUploadsTable>;

export interface InUpload extends InProject {
  upload: Upload;
}

type Services = Pick<Context, 'bus' | 'clock' | 'database'>;

const NOT_FOUND = 'There is no such upload, or you cannot see it';

/** An upload that the user can see. @throws HttpError not_found */
export async function requireUpload(
  uploadId: string,
  userId: string | null,
  context: Pick<Context, 'database'>,
): Promise<InUpload> {
  const [inProject, upload] = await together(context.database, (database) => [
    requireProject({ table: 'tower_uploads', id: uploadId }, userId, { database }, NOT_FOUND),
    database
      .selectFrom('tower_uploads')
      .selectAll()
      .where('id', '=', uploadId)
      .where('is_active', '=', 1)
      .executeTakeFirst(),
  ]);
  if (upload === undefined) throw new HttpError('not_found', NOT_FOUND);
  return { upload, ...inProject };
}

/** The uploads of a project, oldest first. */
export const listUploads = (database: Database, projectId: string, page: Page): Promise<PageRows<Upload>> =>
  readIndexedPage(uploadsOf(database, projectId), oldestFirst, page);

/** A query for the ids of the uploads on a page of `listUploads`. */
export const uploadIdsOnPage = (database: Database, projectId: string, page: Page) =>
  onPage(uploadsOf(database, projectId), oldestFirst, page).clearSelect().select('id');

const uploadsOf = (database: Database, projectId: string) =>
  database.selectFrom('tower_uploads').selectAll().where('project_id', '=', projectId).where('is_active', '=', 1);

/** Adds a stored file to a project (T-50). @throws HttpError as `attach` */
export const createUpload = (
  { project, caller }: InProject,
  attfileId: string,
  { bus, clock, database }: Services,
): Promise<Upload> =>
  transact(database, async (trx) => {
    await lockProject(trx, project.id);
    await requireProjectStill(trx, project.id);
    const now = clock.now();
    const id = newId(now);
    await attach(trx, caller, [attfileId], { type: 'upload', id, pointer: '/attfile_guid' }, now);
    const { filename } = await trx
      .selectFrom('tower_attfiles')
      .select('filename')
      .where('id', '=', attfileId)
      .executeTakeFirstOrThrow(() => notAttachable('/attfile_guid'));
    const upload = await trx
      .insertInto('tower_uploads')
      .values({
        id,
        team_id: project.team_id,
        project_id: project.id,
        team_wide_id: await takeTeamWideId(trx, project.team_id),
        creator_id: caller.id,
        attfile_id: attfileId,
        name: filename,
        description: filename,
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const event = { action: 'upload.created', title: filename, targetId: id } as const;
    await recordEvent(trx, { caller, projectId: project.id, ...event }, now, bus);
    return upload;
  });

/** Deletes an upload (T-43). @throws HttpError forbidden for other members than T-51 allows */
export async function deleteUpload(inUpload: InUpload, { bus, clock, database }: Services): Promise<void> {
  const { upload, project, caller } = inUpload;
  requireAuthor(inUpload, upload);
  await transact(database, async (trx) => {
    const now = clock.now();
    const { numUpdatedRows } = await trx
      .updateTable('tower_uploads')
      .set({ is_active: 0, updated_at: now })
      .where('id', '=', upload.id)
      .where('is_active', '=', 1)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new HttpError('not_found', NOT_FOUND);
    const event = { action: 'upload.deleted', title: upload.name, targetId: upload.id } as const;
    await recordEvent(trx, { caller, projectId: project.id, ...event }, now, bus);
  });
}
