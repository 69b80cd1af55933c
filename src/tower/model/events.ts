import type { Transaction } from '../../database/open.ts';
import { lockInTransaction } from '../../database/transact.ts';
import type { Caller } from './members.ts';

/** What happened. The wire format has a phrase for each. */
export type EventAction =
  | 'project.created'
  | 'project.updated'
  | 'todolist.created'
  | 'todolist.updated'
  | 'todolist.deleted'
  | 'todo.created'
  | 'todo.updated'
  | 'todo.assigned'
  | 'todo.unassigned'
  | 'todo.due_changed'
  | 'todo.completed'
  | 'todo.reopened'
  | 'todo.deleted'
  | 'todo.commented';

/**
 * Records one visible change of a project. Call it last in a transaction: it takes a lock of the team, so that ids of
 * one team grow in the order of the commits and a reader that has seen an id has seen all before it.
 */
export async function recordEvent(
  trx: Transaction,
  {
    caller,
    projectId,
    action,
    title,
    targetId,
  }: { caller: Caller; projectId: string; action: EventAction; title: string; targetId: string },
  now: number,
): Promise<void> {
  await lockInTransaction(trx, `tower:events:${caller.team_id}`);
  await trx
    .insertInto('tower_events')
    .values({
      team_id: caller.team_id,
      project_id: projectId,
      creator_id: caller.id,
      action,
      title,
      target_id: targetId,
      created_at: now,
    })
    .execute();
}
