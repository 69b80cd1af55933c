import type { components } from '../../../generated/tower.ts';
import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import { HttpError } from '../../errors.ts';
import type { RequestInfo } from '../../http/request.ts';
import {
  type Comment,
  commentOnTodo,
  commentOnTopic,
  listCommentAuthors,
  listComments as readComments,
} from '../model/comments.ts';
import { listMembersById, type Member } from '../model/members.ts';
import type { Page, PageRows } from '../model/pages.ts';
import { isBlankHtml, sanitizeHtml } from '../model/rich-text.ts';
import { requireTodo } from '../model/todos.ts';
import { requireTopic } from '../model/topics.ts';
import { unusable } from '../model/values.ts';
import { toComment } from '../wire/comments.ts';
import { toDocument } from '../wire/document.ts';
import { toMemberSummary } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { SHORT_PAGE, toPage, toPageLinks } from '../wire/pages.ts';

export const listComments: Operation<'listComments'> = async ({ params, query, actor, request }, context) => {
  const page = toPage(query, SHORT_PAGE);
  const [, comments, authors] = await together(context.database, (database) => [
    requireTodo(params.todo_id, actor.userId, { database }),
    readComments(database, params.todo_id, page),
    listCommentAuthors(database, params.todo_id, page),
  ]);
  return toPageAnswer(comments, authors, page, request);
};

export const createComment: Operation<'createComment'> = async ({ params, body, actor }, context) => {
  const inTodo = await requireTodo(params.todo_id, actor.userId, context);
  return toAnswer(await commentOnTodo(inTodo, await fromComment(body), context), context);
};

export const listTopicComments: Operation<'listTopicComments'> = async ({ params, query, actor, request }, context) => {
  const page = toPage(query, SHORT_PAGE);
  const [, comments, authors] = await together(context.database, (database) => [
    requireTopic(params.topic_id, actor.userId, { database }),
    readComments(database, params.topic_id, page),
    listCommentAuthors(database, params.topic_id, page),
  ]);
  return toPageAnswer(comments, authors, page, request);
};

export const createTopicComment: Operation<'createTopicComment'> = async ({ params, body, actor }, context) => {
  const inTopic = await requireTopic(params.topic_id, actor.userId, context);
  return toAnswer(await commentOnTopic(inTopic, await fromComment(body), context), context);
};

/** The content of a comment as sanitised HTML, which shows something. */
async function fromComment(body: components['schemas']['NewComment']): Promise<string> {
  const [key, written] = body.comment ? ['comment', body.comment] : ['todos_comment', body.todos_comment];
  if (written === undefined) {
    const details = [{ path: '/body/comment', message: 'is required', keyword: 'required' }];
    throw new HttpError('invalid_request', 'comment is required', { details });
  }
  const content = await sanitizeHtml(written.content);
  if (isBlankHtml(content)) throw unusable(`/${key}/content`, 'must not be blank');
  return content;
}

async function toAnswer(comment: Comment, { database }: Context) {
  const members = await listMembersById(database, [comment.creator_id]);
  return { status: 200 as const, body: toDocument(toComment(comment), members.map(toMemberSummary)) };
}

function toPageAnswer(comments: PageRows<Comment>, authors: readonly Member[], page: Page, request: RequestInfo) {
  const document = toDocument(comments.rows.map(toComment), authors.map(toMemberSummary));
  return { status: 200 as const, body: { ...document, links: toPageLinks(request, page, comments) } };
}
