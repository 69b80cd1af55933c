import type { RequestHandler } from 'express';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { type Html, html, inlinePolicy, inlineScript, inlineStyle, renderPage } from './html.ts';
import type { Api } from './http/api.ts';
import { recordOf } from './http/log.ts';
import { RequestInfo } from './http/request.ts';

const texts = {
  zh: {
    lead: '四套开放接口，由契约驱动：同一份 OpenAPI 文档既是服务器的校验规则，也是模拟服务、参考文档和客户端类型的来源。',
    base: '接口地址',
    mock: '模拟服务',
    docs: '参考文档',
    allDocs: '全部文档：接口、安全、通用的 OAuth 程序、能走多远',
    credentials: '演示账号',
    tryIt: '在终端里试一试',
    copy: '复制',
    copied: '已复制',
    operator: '运行状况',
    sandbox: '沙箱',
    control: '控制接口：世界、重置、快照、时钟、故障、请求记录',
    outbox: '发件箱：服务器发出的验证码、短信和邮件',
    events: '实时事件：以演示用户的身份收消息',
    json: '全部演示账号（JSON）',
    ready: '是否就绪',
    metrics: '指标（Prometheus）',
  },
  en: {
    lead: 'APIs driven by their contracts: the server validates against one OpenAPI document, and the mock, the docs and the client types are made from it.',
    base: 'Base URL',
    mock: 'Mock',
    docs: 'Reference',
    allDocs: 'All docs: APIs, security, general OAuth clients, how far it goes',
    credentials: 'Demo credentials',
    tryIt: 'Try it in a terminal',
    copy: 'Copy',
    copied: 'Copied',
    operator: 'Operation',
    sandbox: 'Sandbox',
    control: 'Control API: worlds, resets, snapshots, clock, faults, request log',
    outbox: 'Outbox: codes, text messages and mails that the server sent',
    events: 'Live events: receive messages as a demo user',
    json: 'All demo credentials (JSON)',
    ready: 'Readiness',
    metrics: 'Metrics (Prometheus)',
  },
};

type Texts = (typeof texts)['en'];

/** `GET /`: the APIs of this server, and in the sandbox their demo credentials. Only the copy buttons need JavaScript. */
export function portal(apis: readonly Api[], { config, log }: Context): RequestHandler {
  return (request, response) => {
    const info = new RequestInfo(request, recordOf(request, log), config.publicUrl, '');
    const language = info.language(['zh', 'en']);
    const text = texts[language];
    const base = info.serverUrl;
    // The mock has its own port. Behind a public URL only the operator knows whether that can be reached.
    const mockUrl =
      config.publicUrl === undefined && config.mockPort !== undefined
        ? `http://${request.hostname}:${config.mockPort}`
        : undefined;
    response.vary('Accept-Language').set('Content-Security-Policy', inlinePolicy(style, script)).type('html');
    response.send(
      renderPage({
        language: language === 'zh' ? 'zh-CN' : 'en',
        title: 'Qiyue 契约',
        wide: true,
        head: inlineStyle(style),
        body: html`
<h1>Qiyue 契约</h1>
<p class="soft">${text.lead}</p>
<p><a href="docs/">${text.allDocs}</a></p>
${apis.map((api) => apiCard(api, { baseUrl: `${base}/${api.name}`, mockUrl, config, text }))}
${config.sandbox && html`<section class="card"><h2>${text.sandbox}</h2><ul><li><a href="docs/sandbox/${language === 'en' && 'en/'}">${text.control}</a>: <code>${base}/sandbox</code></li><li><a href="sandbox/outbox.html">${text.outbox}</a></li>${apis.some(({ demo }) => demo?.stream) && html`<li><a href="sandbox/events.html">${text.events}</a></li>`}${pagesOf(apis).map(({ path, title }) => html`<li><a href="sandbox/${path}">${title[language]}</a></li>`)}<li><a href="sandbox/credentials">${text.json}</a></li></ul></section>`}
<section class="card"><h2>${text.operator}</h2><ul><li><a href="readyz">${text.ready}</a></li><li><a href="metrics">${text.metrics}</a></li></ul></section>
${inlineScript(script)}`,
      }),
    );
  };
}

const pagesOf = (apis: readonly Api[]) =>
  apis.flatMap(({ name, demo }) => (demo?.pages ?? []).map(({ path, title }) => ({ path: `${name}/${path}`, title })));

interface CardView {
  baseUrl: string;
  mockUrl: string | undefined;
  config: Config;
  text: Texts;
}

function apiCard({ name, contract, demo }: Api, { baseUrl, mockUrl, config, text }: CardView): Html {
  const { title, version, summary } = contract.info;
  return html`<section class="card" id="${name}">
<h2 lang="zh-CN">${title} <span class="soft">${version}</span></h2>
${summary && html`<p lang="zh-CN" class="soft">${summary}</p>`}
<table>
${row(text.base, copyable(baseUrl, text))}
${mockUrl && row(text.mock, copyable(`${mockUrl}/${name}`, text))}
${row(text.docs, html`<a href="docs/${name}/" lang="zh-CN">中文</a> · <a href="docs/${name}/en/" lang="en">English</a>`)}
</table>
${
  config.sandbox &&
  demo &&
  html`<details><summary>${text.credentials}</summary>
<table>
${flatten(demo.credentials(baseUrl, config)).map(([key, value]) => key !== 'base_url' && row(html`<code>${key}</code>`, copyable(value, text)))}
</table>
</details>
<h3>${text.tryIt}</h3>
<div class="copyable"><pre>${demo.tryIt(baseUrl)}</pre>${copyButton(demo.tryIt(baseUrl), text)}</div>`
}
</section>`;
}

const row = (head: string | Html, value: Html) => html`<tr><th scope="row">${head}</th><td>${value}</td></tr>
`;

const copyable = (value: string, text: Texts) =>
  html`<div class="copyable"><code>${value}</code>${copyButton(value, text)}</div>`;

// Hidden until the script runs: the button does nothing without it.
const copyButton = (value: string, { copy, copied }: Texts) =>
  html`<button type="button" class="quiet" data-copy="${value}" data-done="${copied}" hidden>${copy}</button>`;

/** `{ user: { username: 'a' } }` → `[['user.username', 'a']]`. */
function flatten(value: Record<string, unknown>, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, child]) =>
    typeof child === 'object' && child !== null
      ? flatten(child as Record<string, unknown>, `${prefix}${key}.`)
      : [[prefix + key, String(child)] as [string, string]],
  );
}

const style = `
h3, summary { font-size: .95rem; font-weight: 600; margin: 1.25rem 0 .25rem }
summary { cursor: pointer }
.card ul { margin: 0 }
tr:last-child > * { border-bottom: 0 }
th { width: 15rem; font-weight: 600 }
th code { font-weight: 400; background: none; padding: 0 }
.copyable { display: flex; gap: .5rem; align-items: flex-start; justify-content: space-between }
.copyable code { flex: 0 1 auto; min-width: 0 }
.copyable pre { flex: 1; margin: 0 }
.copyable button { padding: .1rem .6rem; font-size: .8rem; font-weight: 400; flex: none }
@media (max-width: 36rem) {
  th, td { display: block; width: auto; padding: .1rem 0 }
  th { border: 0 }
  td { padding-bottom: .5rem; margin-bottom: .4rem }
  .copyable:has(pre) { flex-wrap: wrap }
  .copyable pre { flex: 1 0 100% }
}
`;

/** Pages over http from another machine may not use the clipboard; there the button selects the text. */
const script = `
for (const button of document.querySelectorAll('[data-copy]')) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = label; }, 1500);
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
    }
  });
}
`;
