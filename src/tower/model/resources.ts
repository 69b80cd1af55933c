import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import { requireMember } from './members.ts';
import { requireProject } from './projects.ts';

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
  await requireMember(team_id, userId, context);
  const found = /^\d{1,9}$/.test(resource_id) ? await findNumber(team_id, Number(resource_id), context) : undefined;
  if (found === undefined) throw new HttpError('not_found', NOT_FOUND);
  await requireProject(found.project_id, userId, context, NOT_FOUND);
  return found;
}

const NOT_FOUND = 'There is no such resource, or you cannot see it';

async function findNumber(teamId: string, number: number, { database }: Pick<Context, 'database'>) {
  for (const type of types) {
    const row = await database
      .selectFrom(tables[type])
      .select(['id', 'project_id'])
      .where('team_id', '=', teamId)
      .where('team_wide_id', '=', number)
      .where('is_active', '=', 1)
      .executeTakeFirst();
    if (row !== undefined) return { ...row, type };
  }
  return undefined;
}
