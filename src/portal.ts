import type { RequestHandler } from 'express';
import type { Context } from './context.ts';
import { type Html, html, inlinePolicy, inlineScript, inlineStyle, renderPage } from './html.ts';
import type { Api } from './http/api.ts';
import type { Contract } from './http/contract.ts';
import { recordOf } from './http/log.ts';
import { RequestInfo } from './http/request.ts';

const texts = {
  zh: {
    lead: '四套开放接口，由契约驱动：同一份 OpenAPI 文档既是服务器的校验规则，也是模拟服务、参考文档和客户端类型的来源。',
    base: '接口地址',
    mock: '模拟服务',
    docs: '参考文档',
    allDocs: '全部文档：接口、安全、通用的 OAuth 程序、能走多远',
    copy: '复制',
    copied: '已复制',
    operator: '运行状况',
    ready: '是否就绪',
    metrics: '指标（Prometheus）',
  },
  en: {
    lead: 'APIs driven by their contracts: the server validates against one OpenAPI document, and the mock, the docs and the client types are made from it.',
    base: 'Base URL',
    mock: 'Mock',
    docs: 'Reference',
    allDocs: 'All docs: APIs, security, general OAuth clients, how far it goes',
    copy: 'Copy',
    copied: 'Copied',
    operator: 'Operation',
    ready: 'Readiness',
    metrics: 'Metrics (Prometheus)',
  },
};

type Texts = (typeof texts)['en'];

/**
 * `GET /` where no sandbox is: the APIs of this server. Only the copy buttons need JavaScript.
 *
 * @param infoOf what a contract says of its API, in one language
 */
export function portal(
  apis: readonly Api[],
  infoOf: (api: Api, language: 'zh' | 'en') => Promise<Contract['info']>,
  { config, log }: Context,
): RequestHandler {
  return async (request, response) => {
    const info = new RequestInfo(request, recordOf(request, log), config.publicUrl, '');
    const language = info.language(['zh', 'en']);
    const text = texts[language];
    const base = info.serverUrl;
    // The mock has its own port. Behind a public URL only the operator knows whether that can be reached.
    const mockUrl =
      config.publicUrl === undefined && config.mockPort !== undefined
        ? `http://${request.hostname}:${config.mockPort}`
        : undefined;
    const cards = await Promise.all(
      apis.map(async (api) => apiCard(await infoOf(api, language), { name: api.name, base, mockUrl, text })),
    );
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
${cards}
<section class="card"><h2>${text.operator}</h2><ul><li><a href="readyz">${text.ready}</a></li><li><a href="metrics">${text.metrics}</a></li></ul></section>
${inlineScript(script)}`,
      }),
    );
  };
}

interface CardView {
  name: string;
  base: string;
  mockUrl: string | undefined;
  text: Texts;
}

const apiCard = (
  { title, version, summary }: Contract['info'],
  { name, base, mockUrl, text }: CardView,
): Html => html`<section class="card" id="${name}">
<h2>${title} <span class="soft">${version}</span></h2>
${summary && html`<p class="soft">${summary}</p>`}
<table>
${row(text.base, copyable(`${base}/${name}`, text))}
${mockUrl && row(text.mock, copyable(`${mockUrl}/${name}`, text))}
${row(text.docs, html`<a href="docs/${name}/" lang="zh-CN">中文</a> · <a href="docs/${name}/en/" lang="en">English</a>`)}
</table>
</section>`;

const row = (head: string, value: Html) => html`<tr><th scope="row">${head}</th><td>${value}</td></tr>
`;

const copyable = (value: string, text: Texts) =>
  html`<div class="copyable"><code>${value}</code>${copyButton(value, text)}</div>`;

// Hidden until the script runs: the button does nothing without it.
const copyButton = (value: string, { copy, copied }: Texts) =>
  html`<button type="button" class="quiet" data-copy="${value}" data-done="${copied}" hidden>${copy}</button>`;

const style = `
.card ul { margin: 0 }
tr:last-child > * { border-bottom: 0 }
th { width: 15rem; font-weight: 600 }
.copyable { display: flex; gap: .5rem; align-items: flex-start; justify-content: space-between }
.copyable code { flex: 0 1 auto; min-width: 0 }
.copyable button { padding: .1rem .6rem; font-size: .8rem; font-weight: 400; flex: none }
@media (max-width: 36rem) {
  th, td { display: block; width: auto; padding: .1rem 0 }
  th { border: 0 }
  td { padding-bottom: .5rem; margin-bottom: .4rem }
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
