import type { components } from '../../../generated/tower.ts';
import type { ListedNotification } from '../model/notifications.ts';
import { toOne, toTimestamp } from './document.ts';

type Schemas = components['schemas'];

/** The phrase for each kind of thing and of act. */
const phrases: Record<string, string> = {
  'Todo.todo_assign': '指派给你任务',
  'Todo.todo_cc': '邀请你关注任务',
  'Todo.comment_add': '评论了任务',
  'Message.comment_add': '评论了讨论',
  'Message.message_add': '发起了讨论',
};

export const toNotification = (notification: ListedNotification): Schemas['Notification'] => ({
  id: notification.id,
  type: 'notifications',
  attributes: {
    notifyable_type: notification.notifyable_type,
    read: notification.is_read === 1,
    target_guid: notification.target_id,
    created_at: toTimestamp(notification.created_at),
    extra_info: {},
  },
  relationships: { progress: toOne('progresses', String(notification.progress_id)) },
});

/** The act that caused a notification. */
export const toProgress = (notification: ListedNotification): Schemas['Progress'] => ({
  id: String(notification.progress_id),
  type: 'progresses',
  attributes: {
    nickname: notification.nickname,
    avatar: notification.gavatar,
    subject_str: notification.subject,
    action_str: phrases[`${notification.notifyable_type}.${notification.progress_ty}`] ?? '',
    content_str: notification.content,
    progress_ty: notification.progress_ty,
  },
});
