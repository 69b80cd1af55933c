import type { components } from '../../../generated/tower.ts';
import type { Project } from '../model/projects.ts';
import { toMany, toOne, toTimestamp } from './document.ts';

type Schemas = components['schemas'];

/** The detail of a project. */
export const toProject = (project: Project, todolistIds: readonly string[]): Schemas['Project'] => ({
  id: project.id,
  type: 'projects',
  attributes: {
    name: project.name,
    desc: project.description,
    is_archived: project.is_archived === 1,
    created_at: toTimestamp(project.created_at),
    updated_at: toTimestamp(project.updated_at),
  },
  relationships: {
    team: toOne('teams', project.team_id),
    creator: toOne('members', project.creator_id),
    todolists: toMany('todolists', todolistIds),
  },
});

/** A project in a list. */
export const toProjectSummary = (project: Project & { is_pinned: 0 | 1 | null }): Schemas['ProjectSummary'] => ({
  id: project.id,
  type: 'projects',
  attributes: {
    name: project.name,
    desc: project.description,
    is_pinned: project.is_pinned === 1,
    is_archived: project.is_archived === 1,
  },
  relationships: { project_groups: { data: [] } },
});

/** A project that another resource mentions. */
export const toIncludedProject = (project: Project): Schemas['IncludedProject'] => ({
  id: project.id,
  type: 'projects',
  attributes: { name: project.name, is_archived: project.is_archived === 1 },
});
