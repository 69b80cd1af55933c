import { html } from '../../html.ts';
import type { DemoPage } from '../../http/api.ts';
import type { DeskPageData, Key } from './page-data.ts';
import { conversationStyle } from './style.ts';

const texts = {
  zh: {
    lead: '这是客服的工作台：左边是对话，右边是其中一个。',
    customer: '在另一个窗口打开顾客的网页',
    agent: '客服',
    status: '状态',
    statuses: { READY: '就绪', BUSY: '忙碌', REST: '休息' },
    conversations: '对话',
    message: '消息',
    send: '发送',
    file: '图片或文件',
    noScript: '这个页面需要 JavaScript。',
    page: {
      empty: '请选择一个对话。',
      picture: '[图片]',
      file: '[文件]',
      failed: '没有发出',
      noConversations: '还没有对话。',
      states: { offline: '正在登录', online: '在线' },
    },
  },
  en: {
    lead: "This is an agent's desk: the conversations at the left, and one of them at the right.",
    customer: "Open the customer's page in another window",
    agent: 'Agent',
    status: 'Status',
    statuses: { READY: 'ready', BUSY: 'busy', REST: 'resting' },
    conversations: 'Conversations',
    message: 'Message',
    send: 'Send',
    file: 'Picture or file',
    noScript: 'This page needs JavaScript.',
    page: {
      empty: 'Choose a conversation.',
      picture: '[Picture]',
      file: '[File]',
      failed: 'Not sent',
      noConversations: 'No conversations yet.',
      states: { offline: 'signing in', online: 'online' },
    },
  },
};

/** The desk of an agent. */
export const deskPage = (key: Key, agents: DeskPageData['agents']): DemoPage => ({
  path: 'desk.html',
  title: { zh: '客服：工作台', en: 'Agent: the desk' },
  style,
  script: async () => (await import('./desk.browser.ts?script')).script,
  body(language) {
    const { page, statuses, ...text } = texts[language];
    const data: DeskPageData = { key, agents, texts: page };
    return html`
<p class="soft">${text.lead} <a href="customer.html" target="_blank">${text.customer}</a></p>
<noscript><p class="card bad">${text.noScript}</p></noscript>
<div class="desk" data-page="${JSON.stringify(data)}">
<section class="card" aria-label="${text.conversations}">
<div class="fields">
<label>${text.agent} <select name="agent">${agents.map(({ name }) => html`<option>${name}</option>`)}</select></label>
<label>${text.status} <select name="status">${Object.entries(statuses).map(
      ([status, name]) => html`<option value="${status}">${name}</option>`,
    )}</select></label>
</div>
<p class="soft state"><span class="dot"></span> <span role="status"></span></p>
<ul class="conversations" aria-label="${text.conversations}"></ul>
<p class="soft none">${page.noConversations}</p>
</section>
<section class="card" aria-label="${text.message}">
<ol class="messages" aria-live="polite" tabindex="0" aria-label="${text.message}"></ol>
<form class="send" hidden><label>${text.message} <input name="text" autocomplete="off" maxlength="1000"></label> <button>${text.send}</button>
<label>${text.file} <input name="file" type="file"></label></form>
</section>
</div>`;
  },
});

const style = `${conversationStyle}
.desk { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem }
.desk .card { margin: 0; padding: 1rem; min-width: 0 }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem }
.fields label { margin: 0 }
.state { display: flex; align-items: center; gap: .5rem }
.dot { width: .7rem; height: .7rem; border-radius: 50%; border: 2px solid var(--soft) }
.dot.online { background: #1a7f37; border-color: #1a7f37 }
.conversations { list-style: none; margin: 0; padding: 0; max-height: 18rem; overflow-y: auto; display: flex; flex-direction: column; gap: .4rem }
.conversations button { width: 100%; text-align: left; overflow-wrap: anywhere }
.conversations button[aria-current=true] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent) }
.conversations small { display: block; color: var(--soft); white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
`;
