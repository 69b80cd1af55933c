import type { components } from '../../../generated/tower.ts';
import type { Member, Subgroup } from '../model/members.ts';
import { toMany, toOne, toTimestamp } from './document.ts';

type Schemas = components['schemas'];

/** The full view of a member (T-30). */
export const toMember = (member: Member, subgroups: readonly Subgroup[]): Schemas['Member'] =>
  toResource(member, subgroups, {
    created_at: toTimestamp(member.created_at),
    updated_at: toTimestamp(member.updated_at),
  });

/** The view of a member in the cc of a todo. */
export const toCcMember = (member: Member, subgroups: readonly Subgroup[]): Schemas['CcMember'] =>
  toResource(member, subgroups, { mailbox: '', is_incomplete_from_wxwork: false, is_locked_by_free_team_quota: false });

/** The short view, in which other resources include a member. */
export const toMemberSummary = (member: Member): Schemas['MemberSummary'] => ({
  id: member.id,
  type: 'members',
  attributes: toSummary(member),
});

const toSummary = ({ nickname, is_active, gavatar, role }: Member) => ({
  nickname,
  is_active: is_active === 1,
  gavatar,
  role,
});

/** @param subgroups also those of other members */
const toResource = <Attributes>(member: Member, subgroups: readonly Subgroup[], attributes: Attributes) => ({
  id: member.id,
  type: 'members' as const,
  attributes: { ...toSummary(member), comment: member.comment, phone: member.phone, ...attributes },
  relationships: {
    team: toOne('teams', member.team_id),
    groups: toMany(
      'subgroups',
      subgroups.filter(({ member_id }) => member_id === member.id).map(({ id }) => id),
    ),
  },
});

export const toSubgroup = ({ id, name }: Subgroup): Schemas['Subgroup'] => ({
  id,
  type: 'subgroups',
  attributes: { name },
});
