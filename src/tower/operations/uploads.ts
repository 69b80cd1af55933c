import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { together, type ValuesOrQuery } from '../../database/together.ts';
import type { RequestInfo } from '../../http/request.ts';
import { listAttachments } from '../model/attfiles.ts';
import { listFirstComments } from '../model/comments.ts';
import { listMembersById } from '../model/members.ts';
import type { Page } from '../model/pages.ts';
import { requireProject } from '../model/projects.ts';
import * as uploads from '../model/uploads.ts';
import { attachmentView } from '../wire/attachments.ts';
import { toComment } from '../wire/comments.ts';
import { toDocument } from '../wire/document.ts';
import { toMemberSummary } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { LONG_PAGE, toPage, toPageLinks } from '../wire/pages.ts';
import { toUpload } from '../wire/uploads.ts';

export const listUploads: Operation<'listUploads'> = async ({ params, query, actor, request }, context) => {
  const page = toPage(query, LONG_PAGE);
  const [, found, parts] = await together(context.database, (database) => [
    requireProject(params.project_id, actor.userId, { database }),
    uploads.listUploads(database, params.project_id, page),
    readPartsOnPage(params.project_id, page, database),
  ]);
  const { comments, included } = await toRelated(parts, request, context);
  const data = found.rows.map((upload) => toUpload(upload, comments));
  return { status: 200, body: { ...toDocument(data, included), links: toPageLinks(request, page, found) } };
};

export const createUpload: Operation<'createUpload'> = async ({ params, body, actor, request }, context) => {
  const inProject = await requireProject(params.project_id, actor.userId, context);
  return toAnswer(await uploads.createUpload(inProject, body.attfile_guid, context), request, context);
};

export const getUpload: Operation<'getUpload'> = async ({ params, actor, request }, context) => {
  const [{ upload }, parts] = await together(context.database, (database) => [
    uploads.requireUpload(params.upload_id, actor.userId, { database }),
    readParts([params.upload_id], database),
  ]);
  return toAnswer(upload, request, context, parts);
};

export const deleteUpload: Operation<'deleteUpload'> = async ({ params, actor }, context) => {
  await uploads.deleteUpload(await uploads.requireUpload(params.upload_id, actor.userId, context), context);
  return { status: 204 };
};

/** @param parts when they were read with the upload */
async function toAnswer(upload: uploads.Upload, request: RequestInfo, context: Context, parts?: Parts) {
  const read = parts ?? (await readParts([upload.id], context.database));
  const { comments, included } = await toRelated(read, request, context);
  return { status: 200 as const, body: toDocument(toUpload(upload, comments), included) };
}

type Parts = Awaited<ReturnType<typeof readParts>>;

/** The files and the comments of uploads. */
const readParts = (uploadIds: ValuesOrQuery<string>, database: Database) =>
  together(database, (view) => [listAttachments(view, uploadIds), listFirstComments(view, uploadIds)]);

const readPartsOnPage = async (projectId: string, page: Page, database: Database) =>
  readParts(uploads.uploadIdsOnPage(database, projectId, page), database);

async function toRelated([attachments, comments]: Parts, request: RequestInfo, { clock, database }: Context) {
  const members = await listMembersById(
    database,
    [...attachments, ...comments].map(({ creator_id }) => creator_id),
  );
  const included = [
    ...attachments.map(attachmentView(request, clock.now())),
    ...comments.map(toComment),
    ...members.map(toMemberSummary),
  ];
  return { comments, included };
}
