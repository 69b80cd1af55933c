import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { emptyProject, emptyProjectOnce } from '../database/empty-project.ts';
import type { TowerProjectsTable } from '../database/tables.ts';
import { recordEvent } from './events.ts';
import { newId } from './ids.ts';
import { type Caller, isAdmin, listSubgroups, type Member, requireTeamMembers, type Subgroup } from './members.ts';
import { onShortPage, type Page, type PageRows, readCountedPage, readPage } from './pages.ts';

export type Project = Selectable<TowerProjectsTable>;

/** A project that the caller can see, and the caller's own member in its team. */
export interface InProject {
  project: Project;
  caller: Caller;
}

const NOT_FOUND = 'There is no such project, or you cannot see it';

type Services = Pick<Context, 'bus' | 'clock' | 'database'>;

/** Something that is not deleted, by its id or by its number in the team. */
export type InSomeProject = {
  table: 'tower_todos' | 'tower_todolists' | 'tower_topics' | 'tower_uploads' | 'tower_time_logs';
} & ({ id: string | number } | TeamNumber);

/** What stands for a todo, a topic or an upload in its team (T-40). */
export interface TeamNumber {
  teamId: string;
  number: number;
}

/**
 * A project that the user can see: members see those that they belong to, owners and admins all of their team (T-42).
 *
 * @param projectId or something in the project
 * @param message of the error, which names what the request is about
 * @throws HttpError not_found
 */
export async function requireProject(
  projectId: string | InSomeProject,
  userId: string | null,
  { database }: Pick<Context, 'database'>,
  message = NOT_FOUND,
): Promise<InProject> {
  const row = await database
    .selectFrom('tower_projects as project')
    .innerJoin('tower_members as caller', 'caller.team_id', 'project.team_id')
    .selectAll('project')
    .select(['caller.id as caller_id', 'caller.role as caller_role'])
    .where('project.id', '=', typeof projectId === 'string' ? projectId : selectProject(database, projectId))
    .where('project.is_active', '=', 1)
    .where('caller.user_id', '=', userId)
    .where('caller.is_active', '=', 1)
    .where((eb) =>
      eb.or([
        eb('caller.role', '!=', 'member'),
        eb.exists(
          eb
            .selectFrom('tower_project_members as own')
            .select('own.project_id')
            .whereRef('own.project_id', '=', 'project.id')
            .whereRef('own.member_id', '=', 'caller.id'),
        ),
      ]),
    )
    .executeTakeFirst();
  if (row === undefined) throw new HttpError('not_found', message);
  const { caller_id: id, caller_role: role, ...project } = row;
  return { project, caller: { id, role, team_id: project.team_id } };
}

function selectProject(database: Database, { table, ...thing }: InSomeProject) {
  // The tables differ, but not in these columns.
  const things = database
    .selectFrom(table as 'tower_todos')
    .select('project_id')
    .where('is_active', '=', 1);
  return 'id' in thing
    ? things.where('id', '=', thing.id as string)
    : things.where('team_id', '=', thing.teamId).where('team_wide_id', '=', thing.number);
}

/** Throws forbidden unless the caller created the project, or is an owner or admin of the team (T-42). */
export function requireManager({ project, caller }: InProject): void {
  if (!isAdmin(caller) && project.creator_id !== caller.id)
    throw new HttpError('forbidden', 'Only the creator of the project and owners and admins of the team may do this');
}

/** Throws forbidden unless the caller created the thing in the project or is as in `requireManager` (T-51). */
export function requireAuthor({ project, caller }: InProject, { creator_id }: { creator_id: string }): void {
  if (creator_id !== caller.id && project.creator_id !== caller.id && !isAdmin(caller))
    throw new HttpError('forbidden', 'Only its creator, the creator of the project and owners and admins may do this');
}

/** The projects of a team that a member can see, oldest first. */
export const listProjects = (
  database: Database,
  caller: Caller,
  page: Page,
): Promise<PageRows<Project & { is_pinned: 0 | 1 | null }>> => {
  const projects = database.selectFrom('tower_projects');
  // A member's own projects are few among many, so that the join begins with them.
  const visible = isAdmin(caller)
    ? projects.leftJoin('tower_project_members as own', (join) =>
        join.onRef('own.project_id', '=', 'tower_projects.id').on('own.member_id', '=', caller.id),
      )
    : projects.innerJoin('tower_project_members as own', (join) =>
        join.onRef('own.project_id', '=', 'tower_projects.id').on('own.member_id', '=', caller.id),
      );
  return readPage(
    visible
      .selectAll('tower_projects')
      .select('own.is_pinned')
      .where('team_id', '=', caller.team_id)
      .where('is_active', '=', 1)
      .orderBy('created_at')
      .orderBy('id'),
    page,
  );
};

/** What can be written of a project; undefined stays. */
export interface ProjectChanges {
  name?: string | undefined;
  description?: string | undefined;
  colorId?: number | undefined;
  iconId?: number | undefined;
  /** All members; the creator is one in any case. */
  memberIds?: readonly string[] | undefined;
}

/** A new project. The ids of it and of its default list are made by default. */
export type NewProject = ProjectChanges & { id?: string; todolistId?: string; name: string };

/** Creates a project with its default list (T-43). */
export const createProject = (
  caller: Caller,
  { id: given, todolistId, name, description = '', colorId, iconId, memberIds = [] }: NewProject,
  { bus, clock, database }: Services,
): Promise<Project> =>
  transact(database, async (trx) => {
    const now = clock.now();
    const id = given ?? newId(now);
    const times = { created_at: now, updated_at: now };
    const project = await trx
      .insertInto('tower_projects')
      .values({
        id,
        team_id: caller.team_id,
        creator_id: caller.id,
        name,
        description,
        color_id: colorId ?? null,
        icon_id: iconId ?? null,
        ...times,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await trx
      .insertInto('tower_todolists')
      .values({
        id: todolistId ?? newId(now),
        team_id: caller.team_id,
        project_id: id,
        creator_id: caller.id,
        archiver_id: null,
        name: '清单外任务',
        description: null,
        position: 0,
        is_default: 1,
        completed_at: null,
        ...times,
      })
      .execute();
    await replaceProjectMembers(trx, project, memberIds);
    await recordEvent(trx, { caller, projectId: id, action: 'project.created', title: name, targetId: id }, now, bus);
    return project;
  });

/** Changes a project. Members that are no longer in it cannot see it any more. */
export const updateProject = (
  { project, caller }: InProject,
  { name = project.name, description = project.description, colorId, iconId, memberIds }: ProjectChanges,
  { bus, clock, database }: Services,
): Promise<Project> =>
  transact(database, async (trx) => {
    await lockProject(trx, project.id);
    const now = clock.now();
    const changed = await trx
      .updateTable('tower_projects')
      .set({
        name,
        description,
        color_id: colorId ?? project.color_id,
        icon_id: iconId ?? project.icon_id,
        updated_at: now,
      })
      .where('id', '=', project.id)
      .where('is_active', '=', 1)
      .returningAll()
      .executeTakeFirst();
    if (changed === undefined) throw new HttpError('not_found', NOT_FOUND);
    if (memberIds !== undefined) await replaceProjectMembers(trx, project, memberIds);
    const event = { action: 'project.updated', title: name, targetId: project.id } as const;
    await recordEvent(trx, { caller, projectId: project.id, ...event }, now, bus);
    return changed;
  });

/**
 * Deletes a project with everything in it (T-43). In a large one most goes in steps after the project itself, so that no
 * other request waits for long; when these are interrupted, housekeeping goes on.
 */
export async function deleteProject({ project }: InProject, { clock, database }: Services): Promise<void> {
  const now = clock.now();
  const isMore = await transact(database, async (trx) => {
    await lockProject(trx, project.id);
    await trx
      .updateTable('tower_projects')
      .set({ is_active: 0, updated_at: now })
      .where('id', '=', project.id)
      .execute();
    return emptyProjectOnce(trx, project.id, now);
  });
  if (isMore) await emptyProject(database, project.id, now);
}

/**
 * Takes the lock of a project's structure. Transactions that add to a project or delete from it take it first, and read
 * afterwards whether what they add to is still there.
 */
export const lockProject = (trx: Transaction, projectId: string): Promise<void> =>
  lockInTransaction(trx, `tower:project:${projectId}`);

/** Checks in a transaction that holds the project's lock that the project is not deleted. @throws HttpError not_found */
export async function requireProjectStill(trx: Transaction, projectId: string): Promise<void> {
  const row = await trx
    .selectFrom('tower_projects')
    .select('id')
    .where('id', '=', projectId)
    .where('is_active', '=', 1)
    .executeTakeFirst();
  if (row === undefined) throw new HttpError('not_found', NOT_FOUND);
}

async function replaceProjectMembers(trx: Transaction, project: Project, memberIds: readonly string[]): Promise<void> {
  const others = await requireTeamMembers(trx, project.team_id, memberIds, '/project/member_ids');
  const ids = [...new Set([project.creator_id, ...others])];
  await trx
    .deleteFrom('tower_project_members')
    .where('project_id', '=', project.id)
    .where('member_id', 'not in', ids)
    .execute();
  await trx
    .insertInto('tower_project_members')
    .values(ids.map((member_id) => ({ project_id: project.id, member_id })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The active members of a project, in the order of joining the team. */
export const listProjectMembers = (database: Database, projectId: string, page: Page): Promise<PageRows<Member>> =>
  readCountedPage(projectMembersOf(database, projectId).selectAll('tower_members'), page);

/** The subgroups of the members on a page of `listProjectMembers`. */
export const listProjectSubgroups = (database: Database, projectId: string, page: Page): Promise<Subgroup[]> =>
  listSubgroups(database, onShortPage(projectMembersOf(database, projectId).select('tower_members.id'), page));

const projectMembersOf = (database: Database, projectId: string) =>
  database
    .selectFrom('tower_members')
    .innerJoin('tower_project_members', 'tower_project_members.member_id', 'tower_members.id')
    .where('project_id', '=', projectId)
    .where('is_active', '=', 1)
    .orderBy('created_at')
    .orderBy('id');
