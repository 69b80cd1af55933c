import { together } from '../../database/together.ts';
import { deleteClient, listClients, rotateSecret } from '../../oauth/clients/clients.ts';
import { redirect } from '../../oauth/redirect.ts';
import { splitScope } from '../../oauth/scope.ts';
import { requireCsrfToken } from '../../oauth/sign-in/csrf.ts';
import { browserOf } from '../../oauth/sign-in/sessions.ts';
import { redirectToSignIn } from '../../oauth/sign-in/sign-in.ts';
import * as applications from '../model/applications.ts';
import { requireAdmin, requireMember } from '../model/members.ts';
import { listJoinedTeams } from '../model/teams.ts';
import { profile } from '../profile.ts';
import { applicationsPage, applicationsPath, secretPage, teamsPage } from '../wire/applications.ts';
import type { Operation } from '../wire/operation.ts';

export const showAppCenter: Operation<'showAppCenter'> = async ({ actor, request }, { database }) => {
  const browser = browserOf(actor);
  if (browser.account === undefined) return redirectToSignIn(profile, request, profile.paths.home);
  return teamsPage(request, browser, await listJoinedTeams(database, browser.account.id));
};

export const listApplications: Operation<'listApplications'> = async ({ params, actor, request }, context) => {
  const browser = browserOf(actor);
  if (browser.account === undefined) return redirectToSignIn(profile, request, applicationsPath(params.team_id));
  const { id } = browser.account;
  const [member, clients] = await together(context.database, (database) => [
    requireMember(params.team_id, id, { database }),
    listClients(database, profile, params.team_id),
  ]);
  return applicationsPage(200, request, browser, { member, clients });
};

export const createApplication: Operation<'createApplication'> = async ({ params, body, actor, request }, context) => {
  const browser = browserOf(actor);
  requireCsrfToken(browser, body.csrf_token);
  if (browser.account === undefined) return redirectToSignIn(profile, request, applicationsPath(params.team_id));
  const member = await requireAdmin(params.team_id, browser.account.id, context);
  const application = {
    name: body.name.trim(),
    redirectUris: [...new Set(splitScope(body.redirect_uris))],
    scopes: splitScope(body.scopes ?? ''),
    ownerId: params.team_id,
    creatorId: browser.account.id,
  };
  const reject = async (problems: readonly applications.ApplicationProblem[]) => {
    const clients = await listClients(context.database, profile, params.team_id);
    return applicationsPage(400, request, browser, { member, clients, rejected: { form: body, problems } });
  };
  const problems = applications.checkNewApplication(application);
  if (problems.length > 0) return reject(problems);
  const created = await applications.createApplication(application, context);
  if (created === undefined) return reject([{ name: 'tooMany' }]);
  return secretPage(request, browser, params.team_id, created.client, created.secret as string);
};

export const rotateApplicationSecret: Operation<'rotateApplicationSecret'> = async (
  { params, body, actor, request },
  context,
) => {
  const browser = browserOf(actor);
  requireCsrfToken(browser, body.csrf_token);
  if (browser.account === undefined) return redirectToSignIn(profile, request, applicationsPath(params.team_id));
  await requireAdmin(params.team_id, browser.account.id, context);
  const client = await applications.requireApplication(params.team_id, params.client_id, context);
  return secretPage(request, browser, params.team_id, client, await rotateSecret(context, profile, client.id));
};

export const deleteApplication: Operation<'deleteApplication'> = async ({ params, body, actor, request }, context) => {
  const browser = browserOf(actor);
  requireCsrfToken(browser, body.csrf_token);
  if (browser.account === undefined) return redirectToSignIn(profile, request, applicationsPath(params.team_id));
  await requireAdmin(params.team_id, browser.account.id, context);
  const client = await applications.requireApplication(params.team_id, params.client_id, context);
  await deleteClient(context.database, profile, client.id);
  return redirect(request, applicationsPath(params.team_id));
};
