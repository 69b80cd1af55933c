import { type Html, html, inlinePolicy, inlineScript, inlineStyle, renderPage } from '../../html.ts';
import type { OutboxFilter, OutboxMessage } from '../../messages/outbox.ts';

const texts = {
  zh: {
    title: '发件箱',
    lead: '沙箱不真的寄出任何东西：服务器发出的短信、微信消息和邮件都在这里，有新消息时页面自己更新。',
    recipient: '收件人（手机号、邮箱或用户名）',
    show: '查看',
    clear: '清空',
    empty: '还没有消息。登录时要求验证码，消息就会出现在这里。',
    home: '首页',
  },
  en: {
    title: 'Outbox',
    lead: 'The sandbox sends nothing to the outside: text messages, WeChat messages and mails stay here. This page updates by itself.',
    recipient: 'Recipient (phone number, mail address or user name)',
    show: 'Show',
    clear: 'Clear',
    empty: 'No messages yet. They appear here as soon as the server sends one, for instance a code to sign in.',
    home: 'Home',
  },
};

/** The messages of the outbox as a page that updates itself. */
export function outboxPage(messages: OutboxMessage[], { to = '' }: OutboxFilter, language: 'zh' | 'en'): string {
  const text = texts[language];
  return renderPage({
    language: language === 'zh' ? 'zh-CN' : 'en',
    title: text.title,
    wide: true,
    head: inlineStyle(style),
    body: html`
<p><a href="../">${text.home}</a></p>
<h1>${text.title}</h1>
<p class="soft">${text.lead}</p>
<form class="filter" action="outbox.html">
  <input name="to" value="${to}" aria-label="${text.recipient}" placeholder="${text.recipient}">
  <button>${text.show}</button>
  <button type="button" class="danger" id="clear" hidden>${text.clear}</button>
</form>
<div id="messages" aria-live="polite">
${messages.length === 0 ? html`<p class="card soft empty">${text.empty}</p>` : messages.map(showMessage)}
</div>
${inlineScript(script)}`,
  });
}

const showMessage = ({
  channel,
  to,
  subject,
  body,
  code,
  created_at,
}: OutboxMessage): Html => html`<article class="card">
<p class="soft head"><b>${channel}</b> <span>${to}</span> <time datetime="${created_at}">${created_at.replace('T', ' ').slice(0, 19)} UTC</time></p>
${subject && html`<h2>${subject}</h2>`}
<p class="text">${body}</p>
${code && html`<output>${code}</output>`}
</article>
`;

const style = `
.filter { display: flex; gap: .5rem; flex-wrap: wrap; margin: 1rem 0 }
.filter input { flex: 1 1 10rem; min-width: 0; width: auto; background: var(--paper) }
.head { display: flex; gap: .25rem 1rem; flex-wrap: wrap; margin-top: 0 }
.head time { margin-left: auto }
.text { white-space: pre-wrap; overflow-wrap: anywhere }
`;

/**
 * Fetches this page again and replaces the list, so that messages become HTML in one place only. `wait` returns at once
 * when there are messages, hence the pause.
 */
const script = `
const list = document.getElementById('messages');
const clear = document.getElementById('clear');
const to = encodeURIComponent(new URLSearchParams(location.search).get('to') || '');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function update() {
  const wait = list.querySelector('.empty') ? '20s' : '0';
  const response = await fetch('outbox.html?to=' + to + '&wait=' + wait);
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = page.getElementById('messages');
  if (fresh && fresh.innerHTML !== list.innerHTML) list.replaceChildren(...fresh.childNodes);
}
clear.hidden = false;
clear.addEventListener('click', async () => {
  await fetch('outbox?to=' + to, { method: 'DELETE' });
  await update();
});
(async () => {
  for (;;) {
    if (!document.hidden) await update().catch(() => pause(3000));
    await pause(1000);
  }
})();
`;

/** The policy of the page: its own style and script, and connections to this server. */
export const outboxPolicy: string = inlinePolicy(style, script);
