import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import type { RequestInfo } from '../../http/request.ts';
import { listAttachments } from '../model/attfiles.ts';
import { listFirstComments } from '../model/comments.ts';
import { listMembersById } from '../model/members.ts';
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
  const [, found] = await together(context.database, (database) => [
    requireProject(params.project_id, actor.userId, { database }),
    topics.listTopics(database, params.project_id, page),
  ]);
  const related = await readRelated(found.rows, request, context);
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
  const { topic } = await topics.requireTopic(params.topic_id, actor.userId, context);
  return toAnswer(topic, request, context);
};

export const updateTopic: Operation<'updateTopic'> = async ({ params, body, actor, request }, context) => {
  const inTopic = await topics.requireTopic(params.topic_id, actor.userId, context);
  return toAnswer(await topics.updateTopic(inTopic, await fromTopic(body), context), request, context);
};

export const deleteTopic: Operation<'deleteTopic'> = async ({ params, actor }, context) => {
  await topics.deleteTopic(await topics.requireTopic(params.topic_id, actor.userId, context), context);
  return { status: 204 };
};

async function toAnswer(topic: topics.Topic, request: RequestInfo, context: Context) {
  const related = await readRelated([topic], request, context);
  return { status: 200 as const, body: toDocument(toTopic(topic, related), related.included) };
}

async function readRelated(rows: readonly topics.Topic[], request: RequestInfo, { clock, database }: Context) {
  const ids = rows.map(({ id }) => id);
  const [attachments, comments] = await together(database, (view) => [
    listAttachments(view, ids),
    listFirstComments(view, ...ids),
  ]);
  const authors = new Set([...rows, ...attachments, ...comments].map(({ creator_id }) => creator_id));
  const members = await listMembersById(database, [...authors]);
  const included = [
    ...comments.map(toComment),
    ...attachments.map(attachmentView(request, clock.now())),
    ...members.map(toMemberSummary),
  ];
  return { attachments, comments, included };
}
