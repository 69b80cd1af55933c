import type { Transaction } from '../../database/open.ts';
import { findTodo } from './todos.ts';
import { unusable } from './values.ts';

/** Checks that a todo may be below another one: in the same list, and neither the todo itself nor below it (T-44). */
export async function requireParent(
  trx: Transaction,
  { id, todolist_id }: { id: string | undefined; todolist_id: string },
  parentId: string,
): Promise<void> {
  const parent = await findTodo(trx, parentId);
  if (parent?.todolist_id !== todolist_id) throw unusable('/todo/parent_id', 'must name a todo of the same list');
  if (id === undefined) return;
  const above = await trx
    .withRecursive('above', (db) =>
      db
        .selectFrom('tower_todos')
        .select(['id', 'parent_id'])
        .where('id', '=', parentId)
        .union(
          db
            .selectFrom('tower_todos')
            .innerJoin('above', 'above.parent_id', 'tower_todos.id')
            .select(['tower_todos.id', 'tower_todos.parent_id']),
        ),
    )
    .selectFrom('above')
    .select('id')
    .where('id', '=', id)
    .executeTakeFirst();
  if (above !== undefined) throw unusable('/todo/parent_id', 'must not name the todo itself or one below it');
}
