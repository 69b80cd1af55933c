import type { Database, Transaction } from '../../database/open.ts';
import type { Todo } from './todos.ts';
import { unusable } from './values.ts';

/** A label of a team. Todos are written with its id and read with its name (T-61). */
export interface Label {
  id: number;
  name: string;
}

/** Throws for a name that the team has already. */
export const createLabel = (database: Database, teamId: string, name: string): Promise<Label> =>
  database
    .insertInto('tower_labels')
    .values({ team_id: teamId, name })
    .returning(['id', 'name'])
    .executeTakeFirstOrThrow();

/** The labels of a team, oldest first. */
export const listLabels = (database: Database, teamId: string): Promise<Label[]> =>
  database.selectFrom('tower_labels').select(['id', 'name']).where('team_id', '=', teamId).orderBy('id').execute();

/** Replaces the labels of a todo. @throws HttpError unprocessable_content for a label of another team */
export async function replaceLabels(
  trx: Transaction,
  { id, team_id }: Todo,
  labelIds: readonly number[],
): Promise<void> {
  const ids = [...new Set(labelIds)];
  await trx.deleteFrom('tower_todo_labels').where('todo_id', '=', id).execute();
  if (ids.length === 0) return;
  const known = await trx
    .selectFrom('tower_labels')
    .select('id')
    .where('team_id', '=', team_id)
    .where('id', 'in', ids)
    .execute();
  if (known.length < ids.length) throw unusable('/todo/label_ids', 'must name labels of the team');
  await trx
    .insertInto('tower_todo_labels')
    .values(ids.map((label_id) => ({ todo_id: id, label_id })))
    .execute();
}
