import type { Database } from '../../database/open.ts';

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
