import type { components } from '../../../generated/tower.ts';
import type { Comment } from '../model/comments.ts';
import { toOne, toTimestamp } from './document.ts';

export const toComment = (comment: Comment): components['schemas']['Comment'] => ({
  id: comment.id,
  type: 'comments',
  attributes: {
    content: comment.content,
    created_at: toTimestamp(comment.created_at),
    updated_at: toTimestamp(comment.updated_at),
  },
  relationships: { creator: toOne('members', comment.creator_id) },
});
