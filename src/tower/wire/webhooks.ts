import { CHINA_OFFSET_MS } from '../../clock.ts';
import { type Html, html } from '../../html.ts';
import type { RequestInfo } from '../../http/request.ts';
import type { QueuedMessage } from '../../messages/queue.ts';
import type { Client } from '../../oauth/clients/clients.ts';
import { hidden, type Page, page, type Say, signedInAs } from '../../oauth/pages/page.ts';
import type { Text } from '../../oauth/profile.ts';
import { csrfToken } from '../../oauth/sign-in/csrf.ts';
import type { Browser } from '../../oauth/sign-in/sessions.ts';
import type { NewWebhook, Webhook, WebhookProblem } from '../model/webhooks.ts';
import { profile } from '../profile.ts';
import { applicationsPath } from './applications.ts';

/** The pages of the webhooks of an application (T-63 to T-66). */

/** The application that a page belongs to, and the browser of an owner or admin. */
interface Scene {
  browser: Browser;
  client: Client;
}

interface ApplicationParams {
  team_id: string;
  client_id: string;
}

/** Below the API's base. */
export const webhooksPath = ({ team_id, client_id }: ApplicationParams): string =>
  `${applicationsPath(team_id)}/${encodeURIComponent(client_id)}/webhooks`;

export const deliveriesPath = (params: ApplicationParams & { webhook_id: string }): string =>
  `${webhooksPath(params)}/${encodeURIComponent(params.webhook_id)}/deliveries`;

/** Lists the webhooks of an application, with the form for a new one. */
export function webhooksPage<Status extends number>(
  status: Status,
  request: RequestInfo,
  { browser, client }: Scene,
  webhooks: readonly Webhook[],
  rejected?: RejectedWebhook,
): Page<Status> {
  const forms = { action: request.basePath + pathOf(client), csrf: hidden({ csrf_token: csrfToken(browser) }) };
  return page(status, request, browser, (say) => ({
    title: say(t.title),
    body: html`<h1>${client.name}：${say(t.title)}</h1>
<p class="soft">${say(t.explanation)}</p>
${webhooks.length === 0 && html`<p class="soft">${say(t.none)}</p>`}
${webhooks.map((webhook) => webhookCard(say, webhook, forms))}
${newWebhookCard(say, forms, rejected)}
<p><a href="${request.basePath}${applicationsPath(client.ownerId ?? '')}">${say(t.backToApplications)}</a></p>
${signedInAs(profile, request, browser, say)}`,
  }));
}

/** Shows the secret of a new webhook, or a new secret. It is never shown again. */
export const webhookSecretPage = (
  request: RequestInfo,
  { browser, client }: Scene,
  webhook: Webhook,
  secret: string,
): Page<200> =>
  page(200, request, browser, (say) => ({
    title: say(t.title),
    body: html`<div class="card">
<h1>${say(t.secretTitle)}</h1>
<p><code>${webhook.url}</code></p>
<p>${say(t.secret)}</p><output id="webhook_secret">${secret}</output>
<p class="bad">${say(t.once)}</p>
<p><a href="${request.basePath}${pathOf(client)}">${say(t.back)}</a></p>
</div>`,
  }));

/** The newest deliveries of a webhook. */
export const deliveriesPage = (
  request: RequestInfo,
  { browser, client }: Scene,
  webhook: Webhook,
  deliveries: readonly QueuedMessage[],
): Page<200> =>
  page(200, request, browser, (say) => {
    const action = `${request.basePath}${pathOf(client)}/${webhook.id}/deliveries`;
    const csrf = hidden({ csrf_token: csrfToken(browser) });
    return {
      title: say(t.deliveries),
      wide: true,
      body: html`<h1>${say(t.deliveries)}</h1>
<p><code>${webhook.url}</code></p>
${deliveries.length === 0 && html`<p class="soft">${say(t.noDeliveries)}</p>`}
${deliveries.map((delivery) => deliveryCard(say, delivery, { action, csrf }))}
<p><a href="${request.basePath}${pathOf(client)}">${say(t.back)}</a></p>
${signedInAs(profile, request, browser, say)}`,
    };
  });

/** A form for a new webhook that did not pass its checks, as it was filled in. */
interface RejectedWebhook {
  form: NewWebhook;
  problems: readonly WebhookProblem[];
}

/** What the forms of a page have in common. */
interface Forms {
  action: string;
  csrf: Html[];
}

const pathOf = ({ id, ownerId }: Client): string => webhooksPath({ team_id: ownerId ?? '', client_id: id });

const webhookCard = (say: Say, webhook: Webhook, { action, csrf }: Forms): Html =>
  html`<div class="card">
<h2><code>${webhook.url}</code></h2>
<p>${webhook.wants_events === 1 && say(t.events)} ${webhook.wants_notifications === 1 && say(t.notifications)}</p>
${stateOf(say, webhook)}
<p><a href="${action}/${webhook.id}/deliveries">${say(t.deliveries)}</a></p>
<div class="actions">
${webhook.disabled_at !== null && html`<form method="post" action="${action}/${webhook.id}/enable">${csrf}<button>${say(t.enable)}</button></form>`}
<form method="post" action="${action}/${webhook.id}/secret">${csrf}<button class="quiet">${say(t.rotate)}</button></form>
<details><summary>${say(t.remove)}</summary><form method="post" action="${action}/${webhook.id}/delete">${csrf}<button class="danger">${say(t.confirmRemove)}</button></form></details>
</div>
</div>`;

function stateOf(say: Say, { disabled_at, disabled_reason, failing_since }: Webhook): Html {
  if (disabled_at !== null)
    return html`<p class="bad">${say(t.off)} ${toTime(disabled_at)}：${say(disabled_reason === 'gone' ? t.gone : t.failing)}</p>`;
  if (failing_since !== null) return html`<p class="bad">${say(t.failingSince)} ${toTime(failing_since)}</p>`;
  return html`<p class="soft">${say(t.on)}</p>`;
}

const newWebhookCard = (say: Say, { action, csrf }: Forms, rejected: RejectedWebhook | undefined): Html => {
  const { url = '', wantsEvents = true, wantsNotifications = false } = rejected?.form ?? {};
  const checkbox = (name: string, checked: boolean, text: Text) =>
    html`<label for="${name}"><input type="checkbox" id="${name}" name="${name}" value="1"${checked && html` checked`}> ${say(text)}</label>`;
  return html`<div class="card">
<h2>${say(t.newWebhook)}</h2>
${rejected?.problems.map((problem) => html`<p class="bad" role="alert">${say(problemTexts[problem])}</p>`)}
<form method="post" action="${action}">
${csrf}
<label for="url">${say(t.url)}</label><input id="url" name="url" maxlength="2048" value="${url}" placeholder="https://www.example.com/tower" required>
${checkbox('events', wantsEvents, t.events)}
${checkbox('notifications', wantsNotifications, t.notifications)}
<div class="actions"><button type="submit">${say(t.create)}</button></div>
</form>
</div>`;
};

const deliveryCard = (say: Say, delivery: QueuedMessage, { action, csrf }: Forms): Html =>
  html`<div class="card">
<h2>${delivery.subject}</h2>
<p class="soft">${toTime(delivery.created_at)} <code>${delivery.id}</code></p>
<p>${say(statusTexts[delivery.status])} · ${delivery.attempts} ${say(t.attempts)}${delivery.sent_at !== null && html` · ${toTime(delivery.sent_at)}`}</p>
${delivery.last_error !== null && html`<p class="bad">${delivery.last_error}</p>`}
${delivery.status === 'queued' && delivery.attempts > 0 && html`<p class="soft">${say(t.nextAttempt)} ${toTime(delivery.next_attempt_at)}</p>`}
<form method="post" action="${action}/${delivery.id}/resend">${csrf}<button class="quiet">${say(t.resend)}</button></form>
</div>`;

/** A time in China. */
const toTime = (time: number): string => new Date(time + CHINA_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');

const t = {
  title: { 'zh-CN': 'Webhook', en: 'Webhooks' },
  explanation: {
    'zh-CN': '团队里发生的事会发送到这些地址。应用得到的，只是登记者和允许过它的成员能看到的内容。',
    en: 'What happens in the team is sent to these addresses. The application gets only what you, who register the address, and the members who have allowed it can see.',
  },
  none: { 'zh-CN': '这个应用还没有登记地址。', en: 'This application has no addresses yet.' },
  newWebhook: { 'zh-CN': '登记新地址', en: 'Add an address' },
  url: { 'zh-CN': '地址', en: 'Address' },
  events: { 'zh-CN': '动态', en: 'Events' },
  notifications: { 'zh-CN': '通知', en: 'Notifications' },
  create: { 'zh-CN': '登记', en: 'Add' },
  on: { 'zh-CN': '正常', en: 'On' },
  off: { 'zh-CN': '已停用', en: 'Off since' },
  gone: { 'zh-CN': '对方回答 410，不再接收', en: 'the receiver answered 410, it wants no more' },
  failing: { 'zh-CN': '三天里没有一次送达', en: 'nothing was accepted for three days' },
  failingSince: { 'zh-CN': '送不到，开始于', en: 'Failing since' },
  enable: { 'zh-CN': '重新启用', en: 'Turn on again' },
  rotate: { 'zh-CN': '更换密钥', en: 'New secret' },
  remove: { 'zh-CN': '删除', en: 'Delete' },
  confirmRemove: { 'zh-CN': '确认删除，排队的也不再发送', en: 'Delete it; what waits is not sent' },
  secretTitle: { 'zh-CN': '签名密钥', en: 'Signing secret' },
  secret: { 'zh-CN': '密钥', en: 'Secret' },
  once: {
    'zh-CN': '密钥只显示这一次，请马上保存在接收的服务器上。',
    en: 'The secret is shown only this once. Keep it on the server that receives the calls.',
  },
  deliveries: { 'zh-CN': '发送记录', en: 'Deliveries' },
  noDeliveries: { 'zh-CN': '还没有发送过。', en: 'Nothing was sent yet.' },
  attempts: { 'zh-CN': '次尝试', en: 'attempts' },
  nextAttempt: { 'zh-CN': '下次尝试', en: 'Next attempt' },
  resend: { 'zh-CN': '再发一次', en: 'Send again' },
  back: { 'zh-CN': '返回地址列表', en: 'Back to the addresses' },
  backToApplications: { 'zh-CN': '返回应用列表', en: 'Back to the applications' },
} satisfies Record<string, Text>;

const statusTexts: Record<QueuedMessage['status'], Text> = {
  queued: { 'zh-CN': '等待发送', en: 'Waiting' },
  kept: { 'zh-CN': '等待发送', en: 'Waiting' },
  sent: { 'zh-CN': '已送达', en: 'Delivered' },
  failed: { 'zh-CN': '没有送达', en: 'Not delivered' },
};

const problemTexts: Record<WebhookProblem, Text> = {
  urlInvalid: {
    'zh-CN': '地址必须是完整的 https 网址，不带用户名和密码。',
    en: 'The address must be an absolute https URL without user name and password.',
  },
  urlPrivate: { 'zh-CN': '地址必须在公网上。', en: 'The address must be public.' },
  nothingWanted: { 'zh-CN': '请至少选择一项内容。', en: 'Choose what to send.' },
  noSecretKey: {
    'zh-CN': '这台服务器没有设置 SECRET_KEY，不能保存密钥。',
    en: 'This server has no SECRET_KEY, so it cannot keep secrets.',
  },
  tooMany: { 'zh-CN': '这个应用的地址已经达到上限。', en: 'This application has as many addresses as it may.' },
};
