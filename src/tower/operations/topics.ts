import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { together, type ValuesOrQuery } from '../../database/together.ts';
import type { RequestInfo } from '../../http/request.ts';
import { listAttachments } from '../model/attfiles.ts';
import { listFirstComments } from '../model/comments.ts';
import { listMembersById } from '../model/members.ts';
import type { Page } from '../model/pages.ts';
import { requireProject } from '../model/projects.ts';
import * as topics from '../model/topics.ts';
import { requireText } from '../model/values.ts';
import { attachmentView } from '../wire/attachments.ts';
import { toComment } from '../wire/comments.ts';
import { toDocument } from '../wire/document.ts';
import { toMemberSummary } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { SHORT_PAGE, toPage, toPageLinks } from '../wire/pages.ts';
import { fromTopic, toTopic } from '../wire/topics.ts';

export const listTopics: Operation<'listTopics'> = async ({ params, query, actor, request }, context) => {
  const page = toPage(query, SHORT_PAGE);
  const [, found, parts] = await together(context.database, (database) => [
    requireProject(params.project_id, actor.userId, { database }),
    topics.listTopics(database, params.project_id, page),
    readPartsOnPage(params.project_id, page, database),
  ]);
  const related = await toRelated(found.rows, parts, request, context);
  const data = found.rows.map((topic) => toTopic(topic, related));
  return { status: 200, body: { ...toDocument(data, related.included), links: toPageLinks(request, page, found) } };
};

export const createTopic: Operation<'createTopic'> = async ({ params, body, actor, request }, context) => {
  const inProject = await requireProject(params.project_id, actor.userId, context);
  const title = requireText(body.message.subject, '/message/subject');
  const topic = await topics.createTopic(inProject, { ...(await fromTopic(body)), title }, context);
  return toAnswer(topic, request, context);
};

export const getTopic: Operation<'getTopic'> = async ({ params, actor, request }, context) => {
  const [{ topic }, parts] = await together(context.database, (database) => [
    topics.requireTopic(params.topic_id, actor.userId, { database }),
    readParts([params.topic_id], database),
  ]);
  return toAnswer(topic, request, context, parts);
};

export const updateTopic: Operation<'updateTopic'> = async ({ params, body, actor, request }, context) => {
  const inTopic = await topics.requireTopic(params.topic_id, actor.userId, context);
  return toAnswer(await topics.updateTopic(inTopic, await fromTopic(body), context), request, context);
};

export const deleteTopic: Operation<'deleteTopic'> = async ({ params, actor }, context) => {
  await topics.deleteTopic(await topics.requireTopic(params.topic_id, actor.userId, context), context);
  return { status: 204 };
};

/** @param parts when they were read with the topic */
async function toAnswer(topic: topics.Topic, request: RequestInfo, context: Context, parts?: Parts) {
  const related = await toRelated([topic], parts ?? (await readParts([topic.id], context.database)), request, context);
  return { status: 200 as const, body: toDocument(toTopic(topic, related), related.included) };
}

type Parts = Awaited<ReturnType<typeof readParts>>;

/** The attachments and the comments of topics. */
const readParts = (topicIds: ValuesOrQuery<string>, database: Database) =>
  together(database, (view) => [listAttachments(view, topicIds), listFirstComments(view, topicIds)]);

const readPartsOnPage = async (projectId: string, page: Page, database: Database) =>
  readParts(topics.topicIdsOnPage(database, projectId, page), database);

async function toRelated(
  rows: readonly topics.Topic[],
  [attachments, comments]: Parts,
  request: RequestInfo,
  { clock, database }: Context,
) {
  const authors = new Set([...rows, ...attachments, ...comments].map(({ creator_id }) => creator_id));
  const members = await listMembersById(database, [...authors]);
  const included = [
    ...comments.map(toComment),
    ...attachments.map(attachmentView(request, clock.now())),
    ...members.map(toMemberSummary),
  ];
  return { attachments, comments, included };
}
