import { filePolicy, type Html, html, inlineStyle, renderPage } from '../html.ts';
import type { Api } from '../http/api.ts';
import { lazy } from '../lazy.ts';
import { noServer } from './addresses.ts';
import type { Server } from './documents.ts';
import { createPage, folderOf, hashedName, type Language, type Page } from './page.ts';
import { script as searchBox } from './search/box.browser.ts?script';
import { searchScript } from './search/script.ts';

/** Where a page stands in the site. */
export interface Place {
  language: Language;
  /** Its folder below the root of the site in each language; the root itself is empty. */
  folders: Readonly<Record<Language, string>>;
  title: string;
  /** The name of the API that the page is about. */
  api?: string;
  /** Its own style, beside that of all pages. */
  style?: string;
}

/** Puts a page into the frame that all pages have: the way to the others, the search and the other language. */
export type Frame = (place: Place, body: Html) => Promise<Page>;

export const createFrame =
  (apis: readonly Api[], at: Server = noServer): Frame =>
  async (place, body) => {
    const { language, title } = place;
    const style = headerStyle + (place.style ?? '');
    const head = html`${inlineStyle(style)}${await searchScripts(apis, place, at)}`;
    const page = {
      language: langOf(language),
      title: `${title} · Qiyue`,
      wide: true,
      head,
      header: siteHeader(place),
      body,
    };
    return createPage('html', renderPage(page), filePolicy(style));
  };

/** The value of `lang`. */
export const langOf = (language: Language): string => (language === 'zh' ? 'zh-CN' : language);

/** The way from a page to the root of the site: `../../`. */
export const upFrom = ({ language, folders }: Place): string =>
  '../'.repeat(folders[language].split('/').filter(Boolean).length);

/** From one page to the page of another folder. Files are named in full, because a site on a disk has no folders' pages. */
export const wayTo = (place: Place, folder: string): string => `${upFrom(place)}${folder && `${folder}/`}index.html`;

const texts = {
  zh: {
    home: '全部文档',
    search: '搜索全部文档',
    hint: '搜索 /',
    found: '找到的',
    reference: '参考',
    guides: '指南',
    readings: '解读',
    changelog: '变更记录',
    other: 'English',
  },
  en: {
    home: 'All docs',
    search: 'Search all docs',
    hint: 'Search /',
    found: 'Results',
    reference: 'Reference',
    guides: 'Guides',
    readings: 'Readings',
    changelog: 'Changelog',
    other: '中文',
  },
};

/** The first element of every page. */
export function siteHeader(place: Place): Html {
  const { language, folders, title, api } = place;
  const text = texts[language];
  const other = language === 'zh' ? 'en' : 'zh';
  const root = language === 'zh' ? '' : language;
  const below = (folder: string, label: string) => {
    const path = [folderOf(api ?? '', language), folder].filter(Boolean).join('/');
    return path !== folders[language] && html`<a class="more" href="${wayTo(place, path)}">${label}</a>`;
  };
  return html`<header class="qiyue">
<a href="${wayTo(place, root)}">${text.home}</a><b>${folders.zh && title}</b>
<div class="search" role="search"><input type="search" role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list" aria-label="${text.search}" placeholder="${text.hint}" autocomplete="off" spellcheck="false"><div id="found" role="listbox" aria-label="${text.found}" hidden></div><span role="status"></span></div>
<nav>${api !== undefined && [below('', text.reference), below('guides', text.guides), below('readings', text.readings), below('changelog', text.changelog)]}<a lang="${langOf(other)}" href="${wayTo(place, folders[other])}">${text.other}</a></nav>
</header>`;
}

/** The field's script for all pages, and the address of the index, which is loaded when a reader searches. */
export async function searchScripts(apis: readonly Api[], place: Place, at: Server): Promise<Html> {
  const up = upFrom(place);
  const index = hashedName(`search.${place.language}.js`, await searchScript(apis, place.language, at));
  const box = hashedName('search.js', await searchBoxScript());
  return html`<script src="${up}${box}" data-root="${up || './'}" data-search="${index}"${place.api !== undefined && html` data-api="${place.api}"`} defer></script>`;
}

/** The script of the field. */
export const searchBoxScript = lazy(async (): Promise<Page> => createPage('js', searchBox));

export const HEADER_HEIGHT_PX = 48;

/** In Redoc's colours where Redoc is, which follow its switch between light and dark. */
export const headerStyle = `
.qiyue { --back: var(--bg-color, var(--paper, canvas)); --front: var(--text-color-primary, var(--ink, canvastext)); --edge: var(--border-color-secondary, var(--line, #8884)); position: sticky; top: 0; z-index: 20; box-sizing: border-box; height: ${HEADER_HEIGHT_PX}px; display: flex; gap: 1rem; align-items: center; padding: 0 1rem; background: var(--back); color: var(--front); border-bottom: 1px solid var(--edge); font: 14px/1.4 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
.qiyue a { color: inherit; white-space: nowrap }
.qiyue > b { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.qiyue nav { display: flex; gap: 1rem }
.qiyue .search { position: relative; flex: 0 1 22rem; min-width: 6rem }
.qiyue input { box-sizing: border-box; width: 100%; padding: .35rem .7rem; border: 1px solid var(--edge); border-radius: 8px; background: transparent; color: inherit; font: inherit }
.qiyue input::placeholder { color: inherit; opacity: .75 }
.qiyue [role=listbox] { position: absolute; right: 0; top: calc(100% + 6px); width: max(100%, min(34rem, 92vw)); max-height: 70vh; overflow: auto; background: var(--back); border: 1px solid var(--edge); border-radius: 10px; box-shadow: 0 8px 30px #0004 }
.qiyue [role=option] { display: grid; grid-template-columns: 1fr auto; gap: 0 .75rem; padding: .5rem .8rem; text-decoration: none; white-space: normal; overflow-wrap: anywhere }
.qiyue [role=option] span { grid-column: 1 / -1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; opacity: .85 }
.qiyue [role=option][aria-selected=true], .qiyue [role=option]:hover { background: color-mix(in srgb, currentcolor 12%, transparent) }
.qiyue [role=status] { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
@media (max-width: 52rem) { .qiyue > b, .qiyue .more:not(:first-child) { display: none } .qiyue, .qiyue nav { gap: .6rem } .qiyue .search { flex: 1; min-width: 4rem } .qiyue [role=listbox] { position: fixed; left: .5rem; right: .5rem; top: ${HEADER_HEIGHT_PX + 4}px; width: auto } }
@media print { .qiyue { display: none } }
`;
