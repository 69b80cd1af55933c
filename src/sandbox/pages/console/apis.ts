import type { Config } from '../../../config.ts';
import { type Html, html } from '../../../html.ts';
import type { Api, DemoPerson } from '../../../http/api.ts';
import { DEMO_APP, peopleThere } from '../../model/demo-names.ts';
import { streamsOf } from '../events-page.ts';
import { badge, copyable, copyButton } from './parts.ts';
import type { ConsoleState } from './state.ts';
import type { ConsoleTexts } from './texts.ts';

/** What is shown of an API, in the language of the page. */
export interface ApiInfo {
  title: string;
  version: string;
  summary?: string;
}

export interface ApisView {
  apis: readonly Api[];
  /** By the name of the API. */
  infos: ReadonlyMap<string, ApiInfo>;
  /** The address of the server or of the world, without a slash at its end. */
  base: string;
  mockUrl: string | undefined;
  config: Config;
  language: 'zh' | 'en';
}

/** The addresses of the APIs, their docs and the accounts of the demo data and of seeds. */
export const apisPart = (state: Pick<ConsoleState, 'names' | 'seeded'>, view: ApisView, text: ConsoleTexts): Html =>
  html`<section class="card part" id="apis" aria-labelledby="apis-title">
<header><h2 id="apis-title">${text.sections.apis}</h2><div class="row"><a class="button small quiet" href="sandbox/credentials">${text.json}</a></div></header>
<ul class="list apis">${view.apis.map((api) => apiItem(api, state, view, text))}</ul>
</section>
`;

function apiItem(
  { name, demo }: Api,
  { names, seeded }: Pick<ConsoleState, 'names' | 'seeded'>,
  view: ApisView,
  text: ConsoleTexts,
): Html {
  const { infos, base, mockUrl, config, language } = view;
  const { title, summary } = infos.get(name) ?? { title: name };
  const baseUrl = `${base}/${name}`;
  const { people = [], apps = [] } = seeded.get(name) ?? {};
  const ofDemo = names.get(name) ?? new Map();
  const docs = `docs/${name}/${language === 'en' ? 'en/' : ''}`;
  return html`<li id="${name}"><p class="row"><b>${title}</b><a class="end" href="${docs}">${text.reference}</a></p>
${summary && html`<p class="soft">${summary}</p>`}
<p class="place"><span class="soft">${text.base}</span>${copyable(baseUrl, text)}</p>
${mockUrl && html`<p class="place"><span class="soft">${text.mock}</span>${copyable(`${mockUrl}/${name}`, text)}</p>`}
${
  demo &&
  html`<details><summary>${text.accounts}</summary>
${ofDemo.has(DEMO_APP) && html`<table>${flatten(demo.credentials(baseUrl, config)).map(([key, value]) => key !== 'base_url' && html`<tr><th scope="row"><code>${key}</code></th><td>${copyable(value, text)}</td></tr>`)}</table>`}
<div data-part="${name}-people"><h3>${text.people}</h3>
<table>${[...peopleThere(demo, ofDemo), ...people].map((person) => personRow(person, text))}</table>
${apps.length > 0 && html`<h3>${text.apps}</h3><table>${apps.map((app) => appRow(app, text))}</table>`}</div>
</details>
<details><summary>${text.tryIt}</summary>
<div class="copyable"><pre tabindex="0">${demo.tryIt(baseUrl)}</pre>${copyButton(demo.tryIt(baseUrl), text)}</div>
</details>`
}</li>
`;
}

function personRow({ key, name, state, ...fields }: DemoPerson, text: ConsoleTexts): Html {
  return html`<tr><th scope="row">${name} <code>${key}</code> ${state && badge(text.states[state])}</th>${valuesCell(fields, text)}</tr>`;
}

const appRow = ({ key, ...fields }: Record<string, unknown>, text: ConsoleTexts): Html =>
  html`<tr><th scope="row"><code>${String(key)}</code></th>${valuesCell(fields, text)}</tr>`;

function valuesCell(fields: object, text: ConsoleTexts): Html {
  const values = flatten(fields).filter(([, value]) => value !== 'undefined');
  return html`<td>${values.map(([field, value]) => html`<span class="soft">${field}</span> ${copyable(value, text)} `)}</td>`;
}

/** `{ user: { username: 'a' } }` → `[['user.username', 'a']]`. */
function flatten(value: object, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, child]): [string, string][] =>
    typeof child === 'object' && child !== null ? flatten(child, `${prefix}${key}.`) : [[prefix + key, String(child)]],
  );
}

/** The pages that show the APIs in use, and those for operators. */
export function pagesPart({ apis, language }: ApisView, text: ConsoleTexts): Html {
  const pages = apis.flatMap(({ name, demo }) =>
    (demo?.pages ?? []).map(({ path, title }) => ({ path: `${name}/${path}`, title: title[language] })),
  );
  return html`<section class="card part" id="pages" aria-labelledby="pages-title">
<header><h2 id="pages-title">${text.sections.pages}</h2></header>
<ul class="list">
${pages.map(({ path, title }) => html`<li><a href="sandbox/${path}">${title}</a></li>`)}
${streamsOf(apis).length > 0 && html`<li><a href="sandbox/events.html">${text.events}</a></li>`}
<li><a href="sandbox/outbox.html">${text.outboxPage}</a></li>
<li><a href="docs/sandbox/${language === 'en' && 'en/'}">${text.control}</a></li>
<li class="row"><a href="readyz">${text.ready}</a> <a href="metrics">${text.metrics}</a></li>
</ul>
</section>
`;
}
