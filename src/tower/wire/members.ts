import type { Selectable } from 'kysely';
import type { components } from '../../../generated/tower.ts';
import type { TowerMembersTable, TowerSubgroupsTable, TowerTeamsTable } from '../database/tables.ts';

type Schemas = components['schemas'];

/** A time in milliseconds as Tower writes it: ISO 8601 with milliseconds in China's zone. */
export const toTimestamp = (time: number): string =>
  `${new Date(time + 8 * 3_600_000).toISOString().slice(0, -1)}+08:00`;

export function toTeam(team: TowerTeamsTable): Schemas['Team'] {
  return {
    id: team.id,
    type: 'teams',
    attributes: { name: team.name, created_at: toTimestamp(team.created_at), updated_at: toTimestamp(team.updated_at) },
  };
}

/** The full view of a member; its teams and groups are references, to be told in `included`. */
export function toMember(
  member: Selectable<TowerMembersTable>,
  subgroups: readonly Pick<TowerSubgroupsTable, 'id'>[],
): Schemas['Member'] {
  return {
    id: member.id,
    type: 'members',
    attributes: {
      nickname: member.nickname,
      is_active: member.is_active === 1,
      gavatar: member.gavatar,
      role: member.role,
      comment: member.comment,
      phone: member.phone,
      created_at: toTimestamp(member.created_at),
      updated_at: toTimestamp(member.updated_at),
    },
    relationships: {
      team: { data: { id: member.team_id, type: 'teams' } },
      groups: { data: subgroups.map(({ id }) => ({ id, type: 'subgroups' })) },
    },
  };
}
