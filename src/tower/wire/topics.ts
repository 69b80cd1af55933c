import type { components } from '../../../generated/tower.ts';
import type { Attfile } from '../model/attfiles.ts';
import type { Comment } from '../model/comments.ts';
import { isBlankHtml, sanitizeHtml } from '../model/rich-text.ts';
import type { Topic, TopicChanges } from '../model/topics.ts';
import { requireText } from '../model/values.ts';
import { toAttachments } from './attachments.ts';
import { toMany, toOne, toTimestamp } from './document.ts';

type Schemas = components['schemas'];

/** @param related also the comments and attachments of other topics */
export const toTopic = (
  topic: Topic,
  { comments, attachments }: { comments: readonly Comment[]; attachments: readonly Attfile[] },
): Schemas['Topic'] => ({
  id: topic.id,
  type: 'topics',
  attributes: {
    title: topic.title,
    content: topic.content,
    is_archived: topic.is_archived === 1,
    created_at: toTimestamp(topic.created_at),
  },
  relationships: {
    creator: toOne('members', topic.creator_id),
    comments: toMany(
      'comments',
      comments.filter(({ target_id }) => target_id === topic.id).map(({ id }) => id),
    ),
    attachments: toAttachments(attachments.filter(({ target_id }) => target_id === topic.id)),
  },
});

/** What a request writes of a topic. The documents have the attachments beside the message (T-53). */
export async function fromTopic({ message = {}, attfile_guids }: Schemas['TopicChanges']): Promise<TopicChanges> {
  const { subject, content } = message;
  const isBeside = attfile_guids !== undefined;
  return {
    title: subject === undefined ? undefined : requireText(subject, '/message/subject'),
    content: content === undefined ? undefined : await toContent(content),
    attfileIds: isBeside ? attfile_guids : message.attfile_guids,
    pointer: isBeside ? '/attfile_guids' : '/message/attfile_guids',
  };
}

/** Sanitised HTML; '' for HTML that shows nothing. */
async function toContent(html: string): Promise<string> {
  const content = await sanitizeHtml(html);
  return isBlankHtml(content) ? '' : content;
}
