import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { listSubgroups, type Member, requireTeamMembers, type Subgroup } from './members.ts';
import { notify } from './notifications.ts';
import { lockProject } from './projects.ts';
import { type InTodo, requireTodoStill } from './todos.ts';

/** The active members in the cc of a todo, in the order of joining the team. */
export const listCcMembers = (database: Database, todoId: string): Promise<Member[]> =>
  ccMembersOf(database, todoId).selectAll('tower_members').orderBy('created_at').orderBy('id').execute();

/** The subgroups of the members in the cc of a todo. */
export const listCcSubgroups = (database: Database, todoId: string): Promise<Subgroup[]> =>
  listSubgroups(database, ccMembersOf(database, todoId).select('tower_members.id'));

const ccMembersOf = (database: Database, todoId: string) =>
  database
    .selectFrom('tower_members')
    .innerJoin('tower_todo_cc_members', 'tower_todo_cc_members.member_id', 'tower_members.id')
    .where('todo_id', '=', todoId)
    .where('is_active', '=', 1);

/** Replaces the whole cc of a todo. Members that are new in it get a notification (T-46). */
export const replaceCcMembers = (
  { todo, project, caller }: InTodo,
  memberIds: readonly string[],
  { bus, clock, database }: Pick<Context, 'bus' | 'clock' | 'database'>,
): Promise<void> =>
  transact(database, async (trx) => {
    await lockProject(trx, project.id);
    await requireTodoStill(trx, todo.id);
    const ids = await requireTeamMembers(trx, project.team_id, memberIds, '/guids');
    const before = await trx
      .deleteFrom('tower_todo_cc_members')
      .where('todo_id', '=', todo.id)
      .returning('member_id')
      .execute();
    if (ids.length > 0) {
      await trx
        .insertInto('tower_todo_cc_members')
        .values(ids.map((member_id) => ({ todo_id: todo.id, member_id })))
        .execute();
    }
    const known = new Set(before.map(({ member_id }) => member_id));
    await notify(
      trx,
      {
        caller,
        projectId: project.id,
        recipientIds: ids.filter((id) => !known.has(id)),
        progressType: 'todo_cc',
        notifyableType: 'Todo',
        targetId: todo.id,
        subject: todo.content,
      },
      clock.now(),
      bus,
    );
  });
