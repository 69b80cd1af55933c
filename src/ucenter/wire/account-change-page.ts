import { html } from '../../html.ts';
import type { RequestInfo } from '../../http/request.ts';
import { hidden, type Page, page } from '../../oauth/pages/page.ts';
import type { Text } from '../../oauth/profile.ts';
import { type AccountLink, isConfirmable } from '../model/account-undo.ts';
import { profile } from '../profile.ts';
import { toTimestamp } from './views.ts';

const t = {
  title: { 'zh-CN': '账号变更', en: 'Account change' },
  changed: { 'zh-CN': '这个账号更换了：', en: 'What has changed in this account:' },
  username: { 'zh-CN': '用户名', en: 'User name' },
  email: { 'zh-CN': '邮箱', en: 'E-mail address' },
  phone: { 'zh-CN': '手机号', en: 'Phone number' },
  at: { 'zh-CN': '时间（北京）', en: 'Time (Beijing)' },
  mayUndo: {
    'zh-CN': '不是你本人操作？撤销会恢复原来的用户名、邮箱和手机号，并退出所有登录。',
    en: 'Was this not you? Undoing it restores user name, e-mail address and phone number, and signs the account out everywhere.',
  },
  mayConfirm: {
    'zh-CN': '是你本人操作？确认之后，新手机号马上可以用来重置密码，不必等待。',
    en: 'Was this you? Once confirmed, a new phone number can reset the password at once, without waiting.',
  },
  undo: { 'zh-CN': '撤销', en: 'Undo' },
  confirm: { 'zh-CN': '确认', en: 'Confirm' },
  undone: {
    'zh-CN': '已经撤销，所有登录都已退出。请重新登录并修改密码。',
    en: 'The change is undone, and all sign-ins have ended. Sign in again and change your password.',
  },
  confirmed: { 'zh-CN': '已经确认。', en: 'The change is confirmed.' },
  gone: { 'zh-CN': '链接已经用过或者过期了。', en: 'The link was used before or has expired.' },
} satisfies Record<string, Text>;

/** The page behind the link of a notice. Only its buttons change anything: mail programs open links by themselves. */
export function accountChangePage(request: RequestInfo, link: string, found: AccountLink): Page<200> {
  const changed = [found.new_username && t.username, found.new_email && t.email, found.new_phone && t.phone];
  return page(200, request, undefined, (say) => ({
    title: `${say(t.title)} · ${say(profile.title)}`,
    body: html`<div class="card">
<h1>${say(t.title)}</h1>
<p>${found.old_username}</p>
<p>${say(t.changed)}</p>
<ul>${changed.flatMap((what) => (what ? [html`<li>${say(what)}</li>`] : []))}</ul>
<p class="soft">${say(t.at)} ${toTimestamp(found.created_at)}</p>
<p>${say(t.mayUndo)}</p>
${isConfirmable(found) && html`<p>${say(t.mayConfirm)}</p>`}
<form method="post" action="${request.basePath}/oauth/account/change">
${hidden({ link })}
<div class="actions">
<button type="submit" name="decision" value="undo">${say(t.undo)}</button>
${isConfirmable(found) && html`<button type="submit" name="decision" value="confirm" class="quiet">${say(t.confirm)}</button>`}
</div>
</form>
</div>`,
  }));
}

/** The page after a decision, or for a link that cannot be used. */
export function accountChangeResult<Status extends number>(
  status: Status,
  request: RequestInfo,
  result: 'undone' | 'confirmed' | 'gone',
): Page<Status> {
  return page(status, request, undefined, (say) => ({
    title: `${say(t.title)} · ${say(profile.title)}`,
    body: html`<div class="card">
<h1>${say(t.title)}</h1>
<p role="status">${say(t[result])}</p>
</div>`,
  }));
}
