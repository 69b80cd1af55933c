import type { Transaction } from '../../database/open.ts';
import { newId } from './ids.ts';
import type { Caller } from './members.ts';

/** An act that members get a notification of. */
export interface Notice {
  caller: Caller;
  /** Only members that can see this project get a notification. */
  projectId: string;
  /** Repeated ids, the caller's own and those of other teams count for nothing. */
  recipientIds: readonly (string | null)[];
  /** The kind of the act, such as `todo_assign` or `comment_add`. */
  progressType: string;
  /** The kind of the thing, such as `Todo`. */
  notifyableType: string;
  targetId: string;
  /** The name of the thing. */
  subject: string;
  /** HTML or text; may be empty. */
  content?: string;
}

/** Makes one notification for each recipient, never for the caller (T-46). */
export async function notify(trx: Transaction, notice: Notice, now: number): Promise<void> {
  const { caller, projectId, progressType, notifyableType, targetId, subject, content = '' } = notice;
  const ids = new Set(notice.recipientIds.filter((id) => id !== null && id !== caller.id));
  if (ids.size === 0) return;
  const recipients = await trx
    .selectFrom('tower_members')
    .select('id')
    .where('id', 'in', [...ids] as string[])
    .where('team_id', '=', caller.team_id)
    .where('is_active', '=', 1)
    .where((eb) =>
      eb.or([
        eb('role', '!=', 'member'),
        eb.exists(
          eb
            .selectFrom('tower_project_members as own')
            .select('own.member_id')
            .whereRef('own.member_id', '=', 'tower_members.id')
            .where('own.project_id', '=', projectId),
        ),
      ]),
    )
    .execute();
  if (recipients.length === 0) return;
  const progress = await trx
    .insertInto('tower_progresses')
    .values({ creator_id: caller.id, progress_ty: progressType, subject, content, created_at: now })
    .returning('id')
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('tower_notifications')
    .values(
      recipients.map(({ id }) => ({
        id: newId(now),
        team_id: caller.team_id,
        member_id: id,
        progress_id: progress.id,
        notifyable_type: notifyableType,
        target_id: targetId,
        created_at: now,
      })),
    )
    .execute();
}
