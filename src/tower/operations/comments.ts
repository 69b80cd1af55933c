import { HttpError } from '../../errors.ts';
import { commentOnTodo, listComments as readComments } from '../model/comments.ts';
import { listMembersById } from '../model/members.ts';
import { isBlankHtml, sanitizeHtml } from '../model/rich-text.ts';
import { requireTodo } from '../model/todos.ts';
import { unusable } from '../model/values.ts';
import { toComment } from '../wire/comments.ts';
import { toDocument } from '../wire/document.ts';
import { toMemberSummary } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { SHORT_PAGE, toPage, toPageLinks } from '../wire/pages.ts';

export const listComments: Operation<'listComments'> = async ({ params, query, actor, request }, context) => {
  const { database } = context;
  const { todo } = await requireTodo(params.todo_id, actor.userId, context);
  const page = toPage(query, SHORT_PAGE);
  const comments = await readComments(database, todo.id, page);
  const authors = new Set(comments.rows.map(({ creator_id }) => creator_id));
  const members = await listMembersById(database, [...authors]);
  const document = toDocument(comments.rows.map(toComment), members.map(toMemberSummary));
  return { status: 200, body: { ...document, links: toPageLinks(request, page, comments) } };
};

export const createComment: Operation<'createComment'> = async ({ params, body, actor }, context) => {
  const inTodo = await requireTodo(params.todo_id, actor.userId, context);
  const [key, written] = body.comment ? ['comment', body.comment] : ['todos_comment', body.todos_comment];
  if (written === undefined) {
    const details = [{ path: '/body/comment', message: 'is required', keyword: 'required' }];
    throw new HttpError('invalid_request', 'comment is required', { details });
  }
  const content = sanitizeHtml(written.content);
  if (isBlankHtml(content)) throw unusable(`/${key}/content`, 'must not be blank');
  const comment = await commentOnTodo(inTodo, content, context);
  const members = await listMembersById(context.database, [comment.creator_id]);
  return { status: 200, body: toDocument(toComment(comment), members.map(toMemberSummary)) };
};
