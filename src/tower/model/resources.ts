import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import { HttpError } from '../../errors.ts';
import { requireMember } from './members.ts';
import { requireProject, type TeamNumber } from './projects.ts';

/** What a number in a team stands for (T-60). A topic is a message here, as in the documents. */
export interface NumberedResource {
  id: string;
  type: 'todos' | 'messages' | 'uploads';
}

const tables = { todos: 'tower_todos', messages: 'tower_topics', uploads: 'tower_uploads' } as const;
const types = ['todos', 'messages', 'uploads'] as const;

/** The resource with a number in a team, when the user can see it. @throws HttpError not_found */
export async function requireResource(
  { team_id, resource_id }: { team_id: string; resource_id: string },
  userId: string | null,
  context: Pick<Context, 'database'>,
): Promise<NumberedResource> {
  // Nothing has the number -1.
  const number = /^\d{1,9}$/.test(resource_id) ? Number(resource_id) : -1;
  const [, ...found] = await together(context.database, (database) => [
    requireMember(team_id, userId, { database }),
    ...types.map((type) => findNumber(database, type, { teamId: team_id, number })),
  ]);
  const [resource] = (found as (NumberedResource | undefined)[]).filter((one) => one !== undefined);
  if (resource === undefined) throw new HttpError('not_found', NOT_FOUND);
  const { type, id } = resource;
  await requireProject({ table: tables[type], id }, userId, context, NOT_FOUND);
  return resource;
}

const NOT_FOUND = 'There is no such resource, or you cannot see it';

async function findNumber(
  database: Database,
  type: NumberedResource['type'],
  { teamId, number }: TeamNumber,
): Promise<NumberedResource | undefined> {
  const row = await database
    .selectFrom(tables[type])
    .select('id')
    .where('team_id', '=', teamId)
    .where('team_wide_id', '=', number)
    .where('is_active', '=', 1)
    .executeTakeFirst();
  return row && { id: row.id, type };
}
