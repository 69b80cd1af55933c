import { html } from '../html.ts';
import type { Api } from '../http/api.ts';
import { type Addresses, withServer } from './addresses.ts';
import { infoOf } from './contract.ts';
import { chapters, readDocuments, readGuides, sectionsOf } from './documents.ts';
import { type Frame, type Place, wayTo } from './frame.ts';
import { journeyStyle, readJourneys, withJourneys } from './journeys.ts';
import { renderMarkdown } from './markdown.ts';
import { folderOf, type Language, type Page } from './page.ts';

const words = {
  zh: { contents: '目录' },
  en: { contents: 'Contents' },
};

const style = `
.contents { padding: .75rem 1.25rem }
.contents ul { columns: 18rem; font-size: .9rem }
.contents summary { cursor: pointer; font-weight: 600 }
article h2 { margin: 2rem 0 .5rem; scroll-margin-top: 4rem }
article h2:target { outline: 2px solid var(--accent); outline-offset: 6px; border-radius: 4px }
`;

/**
 * The page of a document beside a contract: its readings, its changelog or a guide.
 *
 * @param path its folder below that of the API
 */
export async function documentPage(
  api: Api,
  path: string,
  language: Language,
  addresses: Addresses,
  frame: Frame,
): Promise<Page> {
  const document = (await readDocuments(api.name, language, addresses)).find((one) => one.path === path);
  if (document === undefined) throw new Error(`${api.name} has no ${path} in the language ${language}`);
  const sections = sectionsOf(document.markdown);
  const contents =
    document.kind === 'readings' &&
    html`<details class="card contents"><summary>${words[language].contents}</summary><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title.replaceAll('`', '')}</a></li>`)}</ul></details>`;
  const folders = { zh: `${folderOf(api.name, 'zh')}/${path}`, en: `${folderOf(api.name, 'en')}/${path}` };
  const text = withJourneys(
    await renderMarkdown(withServer(document.markdown, addresses)),
    await readJourneys(language),
    language,
  );
  const place = { language, folders, title: document.title, api: api.name, style: style + journeyStyle };
  return frame(place, html`${contents}<article>${text}</article>`);
}

/** The page that lists the guides of an API. */
export async function guidesPage(api: Api, language: Language, addresses: Addresses, frame: Frame): Promise<Page> {
  const { guides: title, evidence } = chapters[language];
  const folders = { zh: `${folderOf(api.name, 'zh')}/guides`, en: `${folderOf(api.name, 'en')}/guides` };
  const place: Place = { language, folders, title, api: api.name };
  const to = (path: string) => wayTo(place, `${folderOf(api.name, language)}/${path}`);
  const guides = await readGuides(api.name, language, addresses);
  const links = [...guides, { path: 'evidence', title: evidence }].map(
    ({ path, title }) => html`<li><a href="${to(path)}">${title}</a></li>`,
  );
  return frame(place, html`<h1>${(await infoOf(api, language)).title} · ${title}</h1><ul>${links}</ul>`);
}
