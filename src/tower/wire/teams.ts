import type { components } from '../../../generated/tower.ts';
import type { Team } from '../model/teams.ts';
import { toTimestamp } from './document.ts';

export const toTeam = (team: Omit<Team, 'last_wide_id' | 'attfile_bytes'>): components['schemas']['Team'] => ({
  id: team.id,
  type: 'teams',
  attributes: { name: team.name, created_at: toTimestamp(team.created_at), updated_at: toTimestamp(team.updated_at) },
});
