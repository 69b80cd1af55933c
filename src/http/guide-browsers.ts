import { html, pagePolicy, renderPage } from '../html.ts';
import type { Api } from './api.ts';
import type { AnyOutput } from './operation.ts';
import type { RequestInfo } from './request.ts';

const texts = {
  zh: {
    title: '这个地址是给程序用的',
    lead: '契约里没有这个地址。接口的地址都从这里开始：',
    docs: '参考文档：有哪些地址，怎样调用',
    home: '首页：账号、请求和全部文档',
    request: '请求编号',
  },
  en: {
    title: 'This address is for programs',
    lead: 'The contract has no such address. All addresses of the API begin with:',
    docs: 'Reference: which addresses there are, and how to call them',
    home: 'Front page: accounts, requests and all docs',
    request: 'Request',
  },
};

/** The API with a page for a person whose browser opens an address that it does not have. Programs get its own error. */
export const guideBrowsers = (api: Api): Api => ({
  ...api,
  renderError(error, scene) {
    const { operationId, request } = scene;
    const isLost = operationId === undefined && error.kind === 'not_found' && request.isNavigation;
    return isLost ? lostPage(api.name, request) : api.renderError(error, scene);
  },
});

function lostPage(name: string, request: RequestInfo): AnyOutput {
  const { baseUrl, serverUrl, id } = request;
  const language = request.language(['zh', 'en']);
  const text = texts[language];
  // On a host name of its own, the API does not know that of the docs.
  const links =
    baseUrl !== serverUrl &&
    html`<ul><li><a href="${serverUrl}/docs/${name}/${language === 'en' && 'en/'}">${text.docs}</a></li><li><a href="${serverUrl}/">${text.home}</a></li></ul>`;
  const body = html`<div class="card"><h1>${text.title}</h1><p>${text.lead}</p><p><code>${baseUrl}</code></p>${links}<p class="soft">${text.request} <code>${id}</code></p></div>`;
  return {
    status: 404,
    type: 'text/html',
    headers: {
      'Cache-Control': 'no-store',
      'Content-Security-Policy': pagePolicy,
      Vary: 'Accept, Accept-Language',
    },
    body: renderPage({ language: language === 'zh' ? 'zh-CN' : 'en', title: text.title, body }),
  };
}
