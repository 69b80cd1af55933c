import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import { type Html, html } from '../../html.ts';
import type { RequestInfo } from '../../http/request.ts';
import {
  type Client,
  createClient as createOAuthClient,
  deleteClient,
  findClient,
  listClients,
  rotateSecret,
  splitScope,
} from '../../oauth/clients.ts';
import { hidden, page, redirect, whoAmI } from '../../oauth/pages.ts';
import type { Text } from '../../oauth/profile.ts';
import { type Browser, csrfToken, requireCsrfToken } from '../../oauth/sessions.ts';
import { toSignIn } from '../../oauth/sign-in.ts';
import { requireAdmin, requireMember } from '../model/members.ts';
import type { Operation } from '../wire/operation.ts';
import { profile } from '../profile.ts';
import { browserOf } from './sessions.ts';

/** The app centre: where the members of a team see its applications, and its owners and admins make them. */

const t = {
  title: { 'zh-CN': '应用中心', en: 'App centre' },
  chooseTeam: { 'zh-CN': '选择团队', en: 'Choose a team' },
  noTeams: { 'zh-CN': '你还没有加入任何团队。', en: 'You have not joined any team.' },
  none: { 'zh-CN': '这个团队还没有应用。', en: 'This team has no applications yet.' },
  newApplication: { 'zh-CN': '创建新应用', en: 'Create an application' },
  name: { 'zh-CN': '名称', en: 'Name' },
  redirectUris: { 'zh-CN': '回调地址（每行一个）', en: 'Callback addresses (one per line)' },
  scopes: { 'zh-CN': 'Scopes（可以留空）', en: 'Scopes (may stay empty)' },
  create: { 'zh-CN': '创建', en: 'Create' },
  rotate: { 'zh-CN': '更换私钥', en: 'New secret' },
  remove: { 'zh-CN': '删除', en: 'Delete' },
  confirmRemove: { 'zh-CN': '确认删除，令牌一并作废', en: 'Delete it, and its tokens with it' },
  id: { 'zh-CN': '应用 ID（client_id）', en: 'Application ID (client_id)' },
  secret: { 'zh-CN': '私钥（client_secret）', en: 'Secret (client_secret)' },
  once: {
    'zh-CN': '私钥只显示这一次，请马上保存在服务器上。',
    en: 'The secret is shown only this once. Keep it on your server.',
  },
  back: { 'zh-CN': '返回应用列表', en: 'Back to the applications' },
  nameMissing: { 'zh-CN': '请填写名称。', en: 'Enter a name.' },
  uriMissing: { 'zh-CN': '请至少填写一个回调地址。', en: 'Enter at least one callback address.' },
  uriBad: {
    'zh-CN': '回调地址必须是完整的网址，不带 # 片段，不能使用 javascript: 一类的协议：',
    en: 'A callback address must be an absolute URL without a fragment and with a harmless scheme:',
  },
} satisfies Record<string, Text>;

export const showAppCenter: Operation<'showAppCenter'> = async ({ actor, request }, { database }) => {
  const browser = browserOf(actor);
  if (browser.account === undefined) return redirectToSignIn(profile, request, '/app_center');
  const teams = await database
    .selectFrom('tower_teams')
    .innerJoin('tower_members', 'tower_members.team_id', 'tower_teams.id')
    .select(['tower_teams.id', 'tower_teams.name'])
    .where('tower_members.user_id', '=', browser.account.id)
    .where('tower_members.is_active', '=', 1)
    .orderBy('tower_teams.created_at')
    .execute();
  return page(200, request, browser, (say) => ({
    title: say(t.title),
    body: html`<div class="card">
<h1>${say(t.title)}</h1>
<h2>${say(t.chooseTeam)}</h2>
${teams.length === 0 && html`<p>${say(t.noTeams)}</p>`}
<ul>${teams.map(({ id, name }) => html`<li><a href="${request.basePath}${applicationsPath(id)}">${name}</a></li>`)}</ul>
</div>
${signedInAs(profile, request, browser, say)}`,
  }));
};

export const listApplications: Operation<'listApplications'> = async ({ params, actor, request }, context) => {
  const browser = browserOf(actor);
  const path = applicationsPath(params.team_id);
  if (browser.account === undefined) return redirectToSignIn(profile, request, path);
  await requireMember(params.team_id, browser.account.id, context);
  return applicationsPage(200, request, browser, params.team_id, context);
};

export const createApplication: Operation<'createApplication'> = async ({ params, body, actor, request }, context) => {
  const browser = browserOf(actor);
  requireCsrfToken(browser, body.csrf_token);
  if (browser.account === undefined) return redirectToSignIn(profile, request, applicationsPath(params.team_id));
  await requireAdmin(params.team_id, browser.account.id, context);
  const name = body.name.trim();
  const redirectUris = [...new Set(splitScope(body.redirect_uris))];
  const bad = redirectUris.find((uri) => redirectUriProblem(uri) !== undefined);
  const problems: [Text, string?][] = [];
  if (name === '') problems.push([t.nameMissing]);
  if (redirectUris.length === 0) problems.push([t.uriMissing]);
  if (bad !== undefined) problems.push([t.uriBad, bad]);
  if (problems.length > 0)
    return applicationsPage(400, request, browser, params.team_id, context, { ...body, problems });
  const scopes = splitScope(body.scopes ?? '');
  const { client, secret } = await createOAuthClient(context, profile, {
    name,
    redirectUris,
    scopes,
    ownerId: params.team_id,
  });
  return secretPage(request, browser, params.team_id, client, secret as string);
};

export const rotateApplicationSecret: Operation<'rotateApplicationSecret'> = async (
  { params, body, actor, request },
  context,
) => {
  const browser = browserOf(actor);
  requireCsrfToken(browser, body.csrf_token);
  if (browser.account === undefined) return redirectToSignIn(profile, request, applicationsPath(params.team_id));
  const client = await requireApplication(params, browser, context);
  return secretPage(request, browser, params.team_id, client, await rotateSecret(context, profile, client.id));
};

export const deleteApplication: Operation<'deleteApplication'> = async ({ params, body, actor, request }, context) => {
  const browser = browserOf(actor);
  requireCsrfToken(browser, body.csrf_token);
  if (browser.account === undefined) return redirectToSignIn(profile, request, applicationsPath(params.team_id));
  const client = await requireApplication(params, browser, context);
  await deleteClient(context.database, profile, client.id);
  return redirect(request, applicationsPath(params.team_id));
};

const applicationsPath = (teamId: string) => `/app_center/teams/${encodeURIComponent(teamId)}/applications`;

/** An application of a team whose owner or admin the browser's user is. */
async function requireApplication(
  params: { team_id: string; client_id: string },
  browser: Browser,
  context: Context,
): Promise<Client> {
  await requireAdmin(params.team_id, browser.account?.id, context);
  const client = await findClient(context.database, profile, params.client_id);
  if (client === undefined || client.ownerId !== params.team_id)
    throw new HttpError('not_found', 'This team has no such application');
  return client;
}

interface Draft {
  name: string;
  redirect_uris: string;
  scopes?: string | undefined;
  problems: [Text, string?][];
}

async function applicationsPage<Status extends number>(
  status: Status,
  request: RequestInfo,
  browser: Browser,
  teamId: string,
  { database }: Context,
  draft?: Draft,
) {
  const clients = await listClients(database, profile, teamId);
  const member = await database
    .selectFrom('tower_members')
    .select('role')
    .where('team_id', '=', teamId)
    .where('user_id', '=', browser.account?.id ?? '')
    .executeTakeFirst();
  const mayChange = member?.role !== 'member';
  const base = request.basePath + applicationsPath(teamId);
  const csrf = hidden({ csrf_token: csrfToken(browser) });
  return page(status, request, browser, (say) => {
    const application = ({ id, name, redirectUris }: Client): Html => html`<div class="card">
<h2>${name}</h2>
<p>${say(t.id)}<br><code>${id}</code></p>
<p class="soft">${redirectUris.map((uri) => html`<code>${uri}</code> `)}</p>
${
  mayChange &&
  html`<div class="actions">
<form method="post" action="${base}/${encodeURIComponent(id)}/secret">${csrf}<button class="quiet">${say(t.rotate)}</button></form>
<details><summary>${say(t.remove)}</summary><form method="post" action="${base}/${encodeURIComponent(id)}/delete">${csrf}<button class="danger">${say(t.confirmRemove)}</button></form></details>
</div>`
}
</div>`;
    const form = html`<div class="card">
<h2>${say(t.newApplication)}</h2>
${draft?.problems.map(([text, value]) => html`<p class="bad" role="alert">${say(text)} ${value && html`<code>${value}</code>`}</p>`)}
<form method="post" action="${base}">
${csrf}
<label for="name">${say(t.name)}</label><input id="name" name="name" maxlength="256" value="${draft?.name}" required>
<label for="redirect_uris">${say(t.redirectUris)}</label>
<textarea id="redirect_uris" name="redirect_uris" rows="3" placeholder="https://www.example.com/oauth2/callback" required>${draft?.redirect_uris}</textarea>
<label for="scopes">${say(t.scopes)}</label><input id="scopes" name="scopes" value="${draft?.scopes}">
<div class="actions"><button type="submit">${say(t.create)}</button></div>
</form>
</div>`;
    return {
      title: say(t.title),
      body: html`<h1>${say(t.title)}</h1>
${clients.length === 0 && html`<p class="soft">${say(t.none)}</p>`}
${clients.map(application)}
${mayChange && form}
${signedInAs(profile, request, browser, say)}`,
    };
  });
}

/** The only time that a secret is shown. */
const secretPage = (request: RequestInfo, browser: Browser, teamId: string, client: Client, secret: string) =>
  page(200, request, browser, (say) => ({
    title: client.name,
    body: html`<div class="card">
<h1>${client.name}</h1>
<p>${say(t.id)}</p><output id="client_id">${client.id}</output>
<p>${say(t.secret)}</p><output id="client_secret">${secret}</output>
<p class="bad">${say(t.once)}</p>
<p><a href="${request.basePath}${applicationsPath(teamId)}">${say(t.back)}</a></p>
</div>`,
  }));
