import { Html, html } from '../../html.ts';
import type { Api } from '../../http/api.ts';
import type { OperationObject } from '../../http/contract.ts';
import { lazy } from '../../lazy.ts';
import { type Addresses, withAddresses } from '../addresses.ts';
import { readContract } from '../contract.ts';
import { type Frame, type Place, upFrom } from '../frame.ts';
import { createPage, folderOf, hashedName, type Language, type Page } from '../page.ts';
import { listOperations } from '../samples/example.ts';
import { type TryData, tryData } from './data.ts';
import { texts } from './texts.ts';

const style = `
main.wide { max-width: 76rem }
.try { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1rem; align-items: start }
@media (max-width: 52rem) { .try { grid-template-columns: minmax(0, 1fr) } }
select { width: 100%; padding: .65rem .75rem; border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: inherit; font: inherit; text-overflow: ellipsis }
select:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
textarea { min-height: 11rem; font: .85rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
fieldset { border: 0; margin: 1.25rem 0 0; padding: 0 }
legend { font-weight: 600; padding: 0 }
fieldset label { font-weight: 400; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
fieldset label small { color: var(--soft); font-family: system-ui, sans-serif }
.request { overflow-wrap: anywhere }
.world { display: flex; gap: .25rem .75rem; flex-wrap: wrap; align-items: center; margin: .5rem 0 0; color: var(--soft); font-size: .9rem }
.world button { padding: .1rem .6rem; font-size: .85rem; font-weight: 400 }
.facts { display: flex; gap: .5rem 1.5rem; flex-wrap: wrap; margin: 0 0 .75rem }
.facts div { display: flex; gap: .5rem }
.facts dt { color: var(--soft) }
.facts dd { margin: 0; font-weight: 600 }
[data-verdict=broken] { color: var(--bad) }
[data-try=answer] { max-height: 34rem; overflow: auto; margin: 0 }
[data-try=answer] img { max-width: 100% }
[data-try=curl] { max-height: 16rem; overflow: auto }
.line { display: flex; gap: .75rem; justify-content: space-between; align-items: center; margin-top: 1.25rem }
.line h2 { margin: 0 }
.line button { padding: .2rem .7rem; font-size: .85rem; font-weight: 400 }
`;

/** The script of the pages, the same for all. */
export const tryScript = lazy(
  async (): Promise<Page> => createPage('js', (await import('./try.browser.ts?script')).script),
);

/** The page for trying the operations of an API: `try/#<operationId>` below its reference. */
export async function tryPage(api: Api, language: Language, at: Addresses, frame: Frame): Promise<Page> {
  const contract = withAddresses(api.name, await readContract(api, language), language, at);
  const text = texts[language];
  const data = tryData(api, language, at, contract);
  const folders = { zh: `${folderOf(api.name, 'zh')}/try`, en: `${folderOf(api.name, 'en')}/try` };
  const title = `${text.title} · ${contract.info.title}`;
  const place: Place = { language, folders, title, api: api.name, style };
  const body = html`<h1>${title}</h1>
<p class="soft">${text.lead}</p>
<noscript><p class="bad">${text.noScript}</p></noscript>
<div class="try">
<form class="card" data-part="form">
<label for="operation">${text.operation}</label><select id="operation" data-try="operation"></select>
<p class="request"><code data-part="request"></code> <a data-link="reference" href="../index.html">${text.reference}</a></p>
<label for="server">${text.server}</label><select id="server" data-try="server"></select>
<p class="world" data-try="world" role="status" hidden></p>
<div data-part="people"><label for="person">${text.person}</label><select id="person" data-try="person"></select></div>
<div data-part="credentials"><label for="credential"></label><input id="credential" data-try="credential" autocomplete="off" spellcheck="false"></div>
<fieldset data-part="parameters"><legend>${text.parameters}</legend></fieldset>
<fieldset data-part="body"><legend>${text.body}</legend></fieldset>
<div class="actions"><button type="submit" data-try="send">${text.send}</button><button type="button" class="quiet" data-try="stop" hidden>${text.stop}</button></div>
</form>
<section class="card" aria-label="${text.answer}">
<dl class="facts" aria-live="polite"><div><dt>${text.status}</dt><dd data-try="status">–</dd></div><div><dt>${text.time}</dt><dd data-try="time">–</dd></div><div><dt>${text.verdict}</dt><dd data-try="verdict">–</dd></div></dl>
<p data-part="notice" hidden></p>
<pre data-try="answer" tabindex="0" role="region" aria-label="${text.answer}"></pre>
<div class="line"><h2>curl</h2><button type="button" class="quiet" data-part="copy">${text.curl}</button></div>
<pre data-try="curl" tabindex="0" role="region" aria-label="curl"></pre>
</section>
</div>
<script type="application/json" id="data">${new Html(JSON.stringify(data).replaceAll('<', '\\u003c'))}</script>
<script src="${upFrom(place)}${hashedName('try.js', await tryScript())}"></script>`;
  const page = await frame(place, body);
  return createPage('html', String(page.body), policyFor(page.policy, data));
}

/** The page calls the servers that it names, and shows pictures that it got from them. */
function policyFor(policy: string, { servers }: TryData): string {
  const urls = servers.flatMap(({ url }) => (URL.canParse(url) ? [new URL(url).origin] : []));
  const pictures = policy.replace("img-src 'self'", "img-src 'self' blob:");
  return `${pictures}; connect-src 'self' ${[...new Set(urls)].join(' ')}`;
}

/** Begins the description of each operation with a link to the page that tries it. */
export function addTryLinks<C extends Api['contract']>(contract: C, language: Language): C {
  for (const { operation } of listOperations({ contract })) {
    const described = operation as OperationObject & { description?: string };
    const link = `[${texts[language].title}](try/#${operation.operationId})`;
    described.description = [link, described.description].filter(Boolean).join('\n\n');
  }
  return contract;
}
