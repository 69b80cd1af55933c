import { html, pagePolicy, renderPage } from '../html.ts';
import type { Api } from '../http/api.ts';
import type { Addresses } from './addresses.ts';
import { clientsPage } from './clients-page.ts';
import { readContract } from './contract.ts';
import { downloadsOf } from './downloads/downloads.ts';
import { createPage, type Language, languages, type Page } from './page.ts';
import { redocPage, redocScript } from './redoc.ts';
import { scalePage } from './scale-page.ts';
import { securityPage } from './security-page.ts';

/** The pages of a site by their paths below its root. Paths and links are relative, so the root can be any folder. */
export type Site = Map<string, () => Promise<Page>>;

/** Every page, for one set of addresses. */
export function createSite(apis: readonly Api[], addresses: Addresses): Site {
  const site: Site = new Map([
    ['index.html', () => frontPage(apis)],
    ['redoc.js', redocScript],
    ['security/index.html', () => securityPage('zh')],
    ['security/en/index.html', () => securityPage('en')],
    ['clients/index.html', () => clientsPage('zh')],
    ['clients/en/index.html', () => clientsPage('en')],
    ['scale/index.html', () => scalePage('zh')],
    ['scale/en/index.html', () => scalePage('en')],
  ]);
  for (const api of apis) {
    for (const language of languages) {
      const folder = folderOf(api, language);
      site.set(`${folder}/index.html`, () => redocPage(api, language, addresses));
      for (const [name, make] of downloadsOf(api, language, addresses)) site.set(`${folder}/${name}`, make);
    }
  }
  return site;
}

const folderOf = (api: Api, language: Language) => (language === 'zh' ? api.name : `${api.name}/${language}`);

async function frontPage(apis: readonly Api[]): Promise<Page> {
  const cards = apis.map(async (api) => {
    const [chinese, english] = await Promise.all([readContract(api, 'zh'), readContract(api, 'en')]);
    return html`<section class="card">
<h2>${chinese.info.title}</h2>
<p lang="zh-CN">${chinese.info.summary}</p>
<p lang="en" class="soft">${english.info.summary}</p>
<p class="actions">
<a class="button" href="${folderOf(api, 'zh')}/index.html">中文文档</a>
<a class="button" lang="en" href="${folderOf(api, 'en')}/index.html">English reference</a>
</p>
<p class="soft">OpenAPI：<a href="${folderOf(api, 'zh')}/openapi.json">中文</a> · <a lang="en" href="${folderOf(api, 'en')}/openapi.json">English</a></p>
</section>`;
  });
  const body = html`<h1>契约 · Qiyue</h1>
<p lang="zh-CN">接口文档，每份都有中文和英文。</p>
<p lang="en" class="soft">The reference of each API, in Chinese and in English.</p>
${await Promise.all(cards)}
<p><a href="security/index.html" lang="zh-CN">安全</a> · <a href="security/en/index.html" lang="en">Security</a></p>
<p><a href="clients/index.html" lang="zh-CN">通用的 OAuth 程序</a> · <a href="clients/en/index.html" lang="en">General OAuth clients</a></p>
<p><a href="scale/index.html" lang="zh-CN">能走多远</a> · <a href="scale/en/index.html" lang="en">How far it goes</a></p>`;
  return createPage(
    'html',
    renderPage({ language: 'zh-CN', title: '接口文档 · API reference', wide: true, body }),
    pagePolicy,
  );
}
