import { html } from '../html.ts';
import type { Api } from '../http/api.ts';
import { readContract } from './contract.ts';
import { chapters, documentFiles } from './documents.ts';
import { type Frame, langOf, type Place, wayTo } from './frame.ts';
import { folderOf, type Language, type Page } from './page.ts';
import { NEWEST, type Version } from './versions.ts';

const words = {
  zh: {
    title: '文档',
    heading: '契约 · Qiyue',
    lead: '中国的几套 SaaS 接口，原来只有文字说明。这里每一套都有契约、能自己部署的服务器、模拟服务、带类型的客户端和这份文档，全部出自同一份 OpenAPI。',
    start: '第一个请求',
    reference: '参考文档',
    readings: '解读',
    changelog: '变更记录',
    more: '还有',
    versions: '版本',
    newest: '最新版本',
    pages: { security: '安全', clients: '通用的 OAuth 程序', rfc: 'OAuth 标准', scale: '能走多远' },
  },
  en: {
    title: 'Docs',
    heading: 'Qiyue · 契约',
    lead: 'Chinese SaaS APIs that existed only as prose. Each has a contract, a server to host yourself, a mock, a typed client and these docs, all of them made from one OpenAPI document.',
    start: 'First request',
    reference: 'Reference',
    readings: 'Readings',
    changelog: 'Changelog',
    more: 'More',
    versions: 'Versions',
    newest: 'Newest version',
    pages: { security: 'Security', clients: 'General OAuth clients', rfc: 'OAuth standards', scale: 'How far it goes' },
  },
};

const style = `.systems { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: .5rem; margin: .5rem 0; font-size: .9rem; line-height: 1.45 }
.systems .card { margin: 0; padding: .5rem 1rem }
.systems p { margin: .15rem 0 }
.systems h2 { margin: 0 }
.systems nav, .pages { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin-top: .25rem }`;

/** The guide to begin with. */
const START = 'guides/first-request';

/** The first page of the docs: what each system is and for whom, on one screen. */
export async function frontPage(
  apis: readonly Api[],
  language: Language,
  frame: Frame,
  versions: readonly Version[] = [],
): Promise<Page> {
  const text = words[language];
  const place: Place = { language, folders: { zh: '', en: 'en' }, title: text.title, style };
  const cards = apis.map(async (api) => {
    const { info } = await readContract(api, language);
    const to = (folder: string) => wayTo(place, `${folderOf(api.name, language)}${folder}`);
    return html`<section class="card">
<h2><a href="${to('')}">${info.title}</a></h2>
<p>${info.summary}</p>
<p class="soft">${info['x-audience']}</p>
<nav aria-label="${info.title}">${documentFiles(api.name, language).has(START) && html`<a href="${to(`/${START}`)}">${text.start}</a>`}<a href="${to('')}">${text.reference}</a><a href="${to('/readings')}">${text.readings}</a><a href="${to('/changelog')}">${text.changelog}</a><a href="${to('/evidence')}">${chapters[language].evidence}</a><a href="${to('').replace('index.html', 'openapi.json')}">OpenAPI</a></nav>
</section>`;
  });
  const pages = Object.entries(text.pages).map(
    ([folder, label]) => html`<a href="${wayTo(place, language === 'zh' ? folder : `${folder}/en`)}">${label}</a>`,
  );
  const others = versions.map(
    ({ name, folder }) =>
      html`<a href="${wayTo(place, language === 'zh' ? folder : `${folder}/en`)}">${name === NEWEST ? text.newest : name}</a>`,
  );
  const body = html`<h1 lang="${langOf(language)}">${text.heading}</h1>
<p>${text.lead}</p>
<div class="systems">${await Promise.all(cards)}</div>
<nav class="pages" aria-label="${text.more}">${pages}</nav>${
    others.length > 0 &&
    html`
<nav class="pages" aria-label="${text.versions}">${text.versions}: ${others}</nav>`
  }`;
  return frame(place, body);
}
