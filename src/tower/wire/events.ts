import type { components } from '../../../generated/tower.ts';
import type { EventAction, ListedEvent } from '../model/events.ts';
import { toOne, toTimestamp } from './document.ts';

/** The phrase for each action. */
const phrases: Record<EventAction, string> = {
  'project.created': '创建了项目',
  'project.updated': '更改了项目',
  'todolist.created': '创建了任务清单',
  'todolist.updated': '更改了任务清单',
  'todolist.deleted': '删除了任务清单',
  'todo.created': '创建了任务',
  'todo.updated': '更改了任务',
  'todo.assigned': '指派了任务',
  'todo.unassigned': '取消了任务的指派',
  'todo.due_changed': '更改了任务的截止日期',
  'todo.completed': '完成了任务',
  'todo.reopened': '重新打开了任务',
  'todo.deleted': '删除了任务',
  'todo.commented': '回复了任务',
  'todo.time_logged': '记录了工时',
  'topic.created': '发起了讨论',
  'topic.updated': '更改了讨论',
  'topic.deleted': '删除了讨论',
  'topic.commented': '回复了讨论',
  'upload.created': '上传了文件',
  'upload.deleted': '删除了文件',
};

export const toEvent = (event: ListedEvent): components['schemas']['Event'] => ({
  id: String(event.id),
  type: 'events',
  attributes: {
    ancestor_type: 'Project',
    ancestor_name: event.project_name,
    created_at: toTimestamp(event.created_at),
    action: phrases[event.action],
    title: event.title,
  },
  relationships: { creator: toOne('members', event.creator_id) },
});
