import type { Database } from '../../database/open.ts';
import {
  listSubgroups,
  type Member,
  listMembers as readMembers,
  requireMember,
  requireTeammate,
} from '../model/members.ts';
import { getTeam } from '../model/teams.ts';
import { toDocument } from '../wire/document.ts';
import { toMember, toSubgroup } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { LONG_PAGE, toPage, toPageLinks } from '../wire/pages.ts';
import { toTeam } from '../wire/teams.ts';

export const getCurrentMember: Operation<'getCurrentMember'> = async ({ params, actor }, context) => {
  const member = await requireMember(params.team_id, actor.userId, context);
  return { status: 200, body: await toMemberDocument(context.database, member) };
};

export const getMember: Operation<'getMember'> = async ({ params, actor }, context) => {
  const { member } = await requireTeammate(params.member_id, actor.userId, context);
  return { status: 200, body: await toMemberDocument(context.database, member) };
};

export const listMembers: Operation<'listMembers'> = async ({ params, query, actor, request }, context) => {
  const { database } = context;
  const { team_id } = await requireMember(params.team_id, actor.userId, context);
  const page = toPage(query, LONG_PAGE);
  const members = await readMembers(database, team_id, page);
  const team = await getTeam(database, team_id);
  const subgroups = await listSubgroups(
    database,
    members.rows.map(({ id }) => id),
  );
  const data = members.rows.map((member) => toMember(member, subgroups));
  const document = toDocument(data, [toTeam(team), ...subgroups.map(toSubgroup)]);
  return { status: 200, body: { ...document, links: toPageLinks(request, page, members) } };
};

async function toMemberDocument(database: Database, member: Member) {
  const team = await getTeam(database, member.team_id);
  const subgroups = await listSubgroups(database, [member.id]);
  return toDocument(toMember(member, subgroups), [toTeam(team), ...subgroups.map(toSubgroup)]);
}
