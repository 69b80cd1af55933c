import type { Api } from '../http/api.ts';
import type { Addresses } from './addresses.ts';
import { agentPages } from './agents/llms.ts';
import { clientsPage } from './clients-page.ts';
import { documentPage, guidesPage } from './document-page.ts';
import { documentFiles } from './documents.ts';
import { downloadsOf } from './downloads/downloads.ts';
import { evidencePage } from './evidence-page.ts';
import { createFrame, searchBoxScript } from './frame.ts';
import { frontPage } from './front-page.ts';
import { folderOf, languages, type Page } from './page.ts';
import { redocPage, redocScript } from './redoc.ts';
import { rfcPages } from './rfc/pages.ts';
import { scalePage } from './scale-page.ts';
import { searchScript } from './search/script.ts';
import { securityPage } from './security-page.ts';
import { tryPage, tryScript } from './try/page.ts';
import type { Version } from './versions.ts';

/** The pages of a site by their paths below its root. Paths and links are relative, so the root can be any folder. */
export type Site = Map<string, () => Promise<Page>>;

/**
 * Every page, for one set of addresses.
 *
 * @param versions to which the front page leads
 */
export function createSite(apis: readonly Api[], addresses: Addresses, versions: readonly Version[] = []): Site {
  const frame = createFrame(apis, addresses);
  const site: Site = new Map([
    ['index.html', () => frontPage(apis, 'zh', frame, versions)],
    ['en/index.html', () => frontPage(apis, 'en', frame, versions)],
    ['redoc.js', redocScript],
    ['search.js', searchBoxScript],
    ['try.js', tryScript],
    ...languages.map((language) => [`search.${language}.js`, () => searchScript(apis, language, addresses)] as const),
    ['security/index.html', () => securityPage('zh', frame)],
    ['security/en/index.html', () => securityPage('en', frame)],
    ['clients/index.html', () => clientsPage('zh', frame)],
    ['clients/en/index.html', () => clientsPage('en', frame)],
    ['scale/index.html', () => scalePage('zh', frame)],
    ['scale/en/index.html', () => scalePage('en', frame)],
    ...rfcPages(frame),
  ]);
  for (const api of apis) {
    for (const language of languages) {
      const folder = folderOf(api.name, language);
      site.set(`${folder}/index.html`, () => redocPage(apis, api, language, addresses));
      site.set(`${folder}/try/index.html`, () => tryPage(api, language, addresses, frame));
      site.set(`${folder}/evidence/index.html`, () => evidencePage(api, language, frame));
      site.set(`${folder}/guides/index.html`, () => guidesPage(api, language, addresses, frame));
      for (const [name, make] of downloadsOf(api, language, addresses)) site.set(`${folder}/${name}`, make);
      for (const path of documentFiles(api.name, language, addresses).keys())
        site.set(`${folder}/${path}/index.html`, () => documentPage(api, path, language, addresses, frame));
    }
  }
  for (const [path, make] of agentPages(apis, addresses)) site.set(path, make);
  return site;
}
