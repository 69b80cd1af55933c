import type { components } from '../../../generated/tower.ts';
import type { Member } from '../model/members.ts';
import { toTimestamp } from './document.ts';

/** The full view of a member (T-30). The team and the subgroups are references. */
export const toMember = (member: Member, subgroupIds: readonly string[]): components['schemas']['Member'] => ({
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
    groups: { data: subgroupIds.map((id) => ({ id, type: 'subgroups' })) },
  },
});
