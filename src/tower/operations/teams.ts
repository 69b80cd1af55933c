import { together } from '../../database/together.ts';
import { requireAdmin } from '../model/members.ts';
import { foundTeam, listTeams as readTeams, renameTeam } from '../model/teams.ts';
import { getUser } from '../model/users.ts';
import { requireText } from '../model/values.ts';
import { toDocument } from '../wire/document.ts';
import type { Operation } from '../wire/operation.ts';
import { LONG_PAGE, toPage, toPageLinks } from '../wire/pages.ts';
import { toTeam } from '../wire/teams.ts';

export const listTeams: Operation<'listTeams'> = async ({ query, actor, request }, { database }) => {
  const page = toPage(query, LONG_PAGE);
  const [teams] = await together(database, (view) => [readTeams(view, actor.userId, page)]);
  return { status: 200, body: { ...toDocument(teams.rows.map(toTeam)), links: toPageLinks(request, page, teams) } };
};

export const createTeam: Operation<'createTeam'> = async ({ body, actor }, context) => {
  const name = requireText(body.team.name, '/team/name');
  const owner = await getUser(context.database, actor.userId);
  return { status: 200, body: toDocument(toTeam(await foundTeam(name, owner, context))) };
};

export const updateTeam: Operation<'updateTeam'> = async ({ params, body, actor }, context) => {
  const { team_id } = await requireAdmin(params.team_id, actor.userId, context);
  const name = requireText(body.team.name, '/team/name');
  return { status: 200, body: toDocument(toTeam(await renameTeam(team_id, name, context))) };
};
