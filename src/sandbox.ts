import cors from 'cors';
import { type Request, type Response, Router } from 'express';
import type { Context } from './context.ts';
import { HttpError } from './errors.ts';
import { eventsPage, eventsPolicy } from './events-page.ts';
import { type Html, html, inlinePolicy, inlineScript, inlineStyle, renderPage } from './html.ts';
import type { Api } from './http/api.ts';
import { recordOf } from './http/log.ts';
import { RequestInfo } from './http/request.ts';
import type { OutboxFilter, OutboxMessage } from './messages/outbox.ts';

/** In milliseconds. */
const LONGEST_WAIT = 60_000;

const MOST_MESSAGES = 1000;

/**
 * What only the sandbox has, below `/sandbox`: the demo credentials, and the outbox with everything that the server
 * sent. Any origin may read both, for a front end under development runs on an origin of its own.
 */
export function sandbox(apis: readonly Api[], context: Context): Router {
  const { messages } = context;
  const router = Router();
  router.use('/sandbox', cors({ methods: ['GET', 'DELETE'] }), (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  router.get('/sandbox/credentials', (request, response) => {
    const origin = context.config.publicUrl ?? infoOf(request, context).origin;
    const demos = apis.flatMap(({ name, demo }) => (demo ? [[name, demo.credentials(`${origin}/${name}`)]] : []));
    response.json({ origin, ...Object.fromEntries(demos) });
  });

  router.get(['/sandbox/outbox', '/sandbox/outbox.html'], async (request, response) => {
    const { filter, wait } = readQuery(request);
    const stop = AbortSignal.any([goneAway(response), context.closing]);
    const found = await messages.waitForOutbox(filter, wait, stop);
    const wantsPage = request.path.endsWith('.html') || request.accepts(['json', 'html']) === 'html';
    response.vary('Accept');
    if (!wantsPage) return void response.json(found);
    response.set('Content-Security-Policy', inlinePolicy(style, script)).type('html');
    response.send(outboxPage(found, filter, infoOf(request, context).language(['zh', 'en'])));
  });

  router.get('/sandbox/events.html', (request, response) => {
    const info = infoOf(request, context);
    const page = eventsPage(apis, context.config.publicUrl ?? info.origin, info.language(['zh', 'en']));
    response.vary('Accept-Language').set('Content-Security-Policy', eventsPolicy).type('html').send(page);
  });

  router.delete('/sandbox/outbox', async (request, response) => {
    await messages.clearOutbox(readQuery(request).filter.to);
    response.status(204).end();
  });
  return router;
}

const infoOf = (request: Request, { config, log }: Context) =>
  new RequestInfo(request, log, recordOf(request, log).id, config.publicUrl, '');

function goneAway(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

/** Reads `to`, `limit` and `wait`. An empty value, which is what an empty form field sends, counts as none. */
function readQuery({ query }: Request): { filter: OutboxFilter; wait: number } {
  const read = <T>(name: string, expected: string, parse: (value: string) => T | undefined): T | undefined => {
    const value = query[name];
    if (value === undefined || value === '') return undefined;
    const parsed = typeof value === 'string' ? parse(value) : undefined;
    if (parsed !== undefined) return parsed;
    const message = `must be ${expected}`;
    throw new HttpError('invalid_request', `${name} ${message}`, {
      details: [{ path: `/query/${name}`, message, keyword: 'format' }],
    });
  };
  return {
    filter: {
      // In a query `+` means a blank, but who writes to=+8613800000000 by hand means a phone number.
      to: read('to', 'one recipient', (value) => value.replace(/^ /, '+')),
      limit: read('limit', `a whole number from 1 to ${MOST_MESSAGES}`, parseLimit),
    },
    wait: read('wait', `a duration up to ${LONGEST_WAIT / 1000}s, such as 5s, 500ms or 5`, parseDuration) ?? 0,
  };
}

function parseLimit(value: string): number | undefined {
  const limit = /^\d+$/.test(value) ? Number(value) : 0;
  return limit >= 1 && limit <= MOST_MESSAGES ? limit : undefined;
}

/** `5s`, `1.5s`, `500ms`, or `5` for seconds → milliseconds. */
function parseDuration(value: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(value) ?? [];
  if (amount === undefined) return undefined;
  const milliseconds = Number(amount) * (unit === 'ms' ? 1 : 1000);
  return milliseconds <= LONGEST_WAIT ? milliseconds : undefined;
}

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

function outboxPage(messages: OutboxMessage[], { to = '' }: OutboxFilter, language: 'zh' | 'en'): string {
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
 * Fetches this very page again and takes over its list, so that there is one place where messages become HTML. With
 * messages on the page a waiting request would return at once, hence the pause.
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
