import { type Html, html } from '../../html.ts';
import type { RequestInfo } from '../../http/request.ts';
import type { Client } from '../../oauth/clients/clients.ts';
import { hidden, type Page, page, signedInAs } from '../../oauth/pages/page.ts';
import type { Text } from '../../oauth/profile.ts';
import { csrfToken } from '../../oauth/sign-in/csrf.ts';
import type { Browser } from '../../oauth/sign-in/sessions.ts';
import type { ApplicationProblem } from '../model/applications.ts';
import { isAdmin, type Member } from '../model/members.ts';
import type { Team } from '../model/teams.ts';
import { profile } from '../profile.ts';

/** The pages of the app centre (T-3). */

type Say = (text: Text) => string;

/** Below the API's base. */
export const applicationsPath = (teamId: string): string =>
  `${profile.paths.home}/teams/${encodeURIComponent(teamId)}/applications`;

/** Lets the user choose among the teams that the user has joined. */
export const teamsPage = (request: RequestInfo, browser: Browser, teams: readonly Team[]): Page<200> =>
  page(200, request, browser, (say) => ({
    title: say(t.title),
    body: html`<div class="card">
<h1>${say(t.title)}</h1>
<h2>${say(t.chooseTeam)}</h2>
${teams.length === 0 && html`<p>${say(t.noTeams)}</p>`}
<ul>${teams.map(({ id, name }) => html`<li><a href="${request.basePath}${applicationsPath(id)}">${name}</a></li>`)}</ul>
</div>
${signedInAs(profile, request, browser, say)}`,
  }));

/** Lists the applications of a member's team. Owners and admins also get the forms that change them. */
export function applicationsPage<Status extends number>(
  status: Status,
  request: RequestInfo,
  browser: Browser,
  content: { member: Member; clients: readonly Client[]; rejected?: RejectedForm },
): Page<Status> {
  const { member, clients, rejected } = content;
  const canChange = isAdmin(member);
  const forms = {
    action: request.basePath + applicationsPath(member.team_id),
    csrf: hidden({ csrf_token: csrfToken(browser) }),
  };
  return page(status, request, browser, (say) => ({
    title: say(t.title),
    body: html`<h1>${say(t.title)}</h1>
${clients.length === 0 && html`<p class="soft">${say(t.none)}</p>`}
${clients.map((client) => applicationCard(say, client, canChange && forms))}
${canChange && newApplicationCard(say, forms, rejected)}
${signedInAs(profile, request, browser, say)}`,
  }));
}

/** Shows the secret of a new application, or a new secret. It is never shown again (T-4). */
export const secretPage = (
  request: RequestInfo,
  browser: Browser,
  teamId: string,
  client: Client,
  secret: string,
): Page<200> =>
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

/** A form for a new application that did not pass its checks, as it was filled in. */
interface RejectedForm {
  form: { name: string; redirect_uris: string; scopes?: string | undefined };
  problems: readonly ApplicationProblem[];
}

/** What the forms of a page have in common. */
interface Forms {
  action: string;
  csrf: Html[];
}

const applicationCard = (say: Say, { id, name, redirectUris }: Client, forms: Forms | false): Html =>
  html`<div class="card">
<h2>${name}</h2>
<p>${say(t.id)}<br><code>${id}</code></p>
<p class="soft">${redirectUris.map((uri) => html`<code>${uri}</code> `)}</p>
${
  forms &&
  html`<p><a href="${forms.action}/${encodeURIComponent(id)}/webhooks">${say(t.webhooks)}</a></p>
<div class="actions">
<form method="post" action="${forms.action}/${encodeURIComponent(id)}/secret">${forms.csrf}<button class="quiet">${say(t.rotate)}</button></form>
<details><summary>${say(t.remove)}</summary><form method="post" action="${forms.action}/${encodeURIComponent(id)}/delete">${forms.csrf}<button class="danger">${say(t.confirmRemove)}</button></form></details>
</div>`
}
</div>`;

const newApplicationCard = (say: Say, { action, csrf }: Forms, rejected: RejectedForm | undefined): Html =>
  html`<div class="card">
<h2>${say(t.newApplication)}</h2>
${rejected?.problems.map(
  (problem) =>
    html`<p class="bad" role="alert">${say(problemTexts[problem.name])} ${'redirectUri' in problem && html`<code>${problem.redirectUri}</code>`}</p>`,
)}
<form method="post" action="${action}">
${csrf}
<label for="name">${say(t.name)}</label><input id="name" name="name" maxlength="256" value="${rejected?.form.name}" required>
<label for="redirect_uris">${say(t.redirectUris)}</label>
<textarea id="redirect_uris" name="redirect_uris" rows="3" placeholder="https://www.example.com/oauth2/callback" required>${rejected?.form.redirect_uris}</textarea>
<label for="scopes">${say(t.scopes)}</label><input id="scopes" name="scopes" value="${rejected?.form.scopes}">
<div class="actions"><button type="submit">${say(t.create)}</button></div>
</form>
</div>`;

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
  webhooks: { 'zh-CN': 'Webhook', en: 'Webhooks' },
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
} satisfies Record<string, Text>;

const problemTexts: Record<ApplicationProblem['name'], Text> = {
  nameMissing: { 'zh-CN': '请填写名称。', en: 'Enter a name.' },
  tooMany: {
    'zh-CN': '你创建的应用已经达到上限，请先删除不用的。',
    en: 'You have created as many applications as one user may. Delete one that is not used first.',
  },
  redirectUriMissing: { 'zh-CN': '请至少填写一个回调地址。', en: 'Enter at least one callback address.' },
  redirectUriInvalid: {
    'zh-CN': '回调地址必须是完整的 https 网址，不带 # 片段；在本机可以用 http，应用自己的协议名称里要有点：',
    en: 'A callback address must be an absolute https URL without a fragment, http on the local machine, or have a scheme of its own with a dot:',
  },
};
