import { type Html, html } from '../../../html.ts';
import type { Api } from '../../../http/api.ts';
import { operationsOf } from '../../model/calls.ts';
import { codesOfAny } from '../../model/fault-answers.ts';
import type { Schemas } from '../../wire/operation.ts';
import { badge, copyButton, statusBadge, timeOf } from './parts.ts';
import { option, queryOf, toDuration } from './requests.ts';
import type { ConsoleState } from './state.ts';
import type { ConsoleTexts } from './texts.ts';

/** One request in a dialog: what was sent and answered, what the contract says of it, and what to do with it. */
export function requestDetail({ opened, filter }: ConsoleState, apis: readonly Api[], text: ConsoleTexts): Html {
  if (opened === undefined) return html`<dialog id="detail" aria-label="${text.request}"></dialog>`;
  const close = html`<a class="button small quiet" href="?${queryOf(filter)}" data-close>${text.close}</a>`;
  if (opened === null)
    return html`<dialog id="detail" aria-label="${text.request}" open><header>${close}</header><p>${text.gone}</p></dialog>`;
  const { id, method, path, query, status, api, operation, time, duration_ms, fault, request_id, curl } = opened;
  return html`<dialog id="detail" aria-labelledby="detail-title" data-request="${id}" open>
<header><h2 id="detail-title" tabindex="-1"><b class="method">${method}</b> ${operation ?? text.unknownOperation}</h2>${close}</header>
<p class="address"><code>${path}${query && `?${query}`}</code></p>
<p class="row">${statusBadge(status, text)}${badge(api)}${fault && badge(fault, 'fault')}<span class="soft">${timeOf(time, true)} · ${toDuration(duration_ms)} · ${id} · <code>${request_id}</code></span></p>
<h3>${text.verdict}</h3>
${verdictOf('request', opened, text)}
${verdictOf('response', opened, text)}
${operation !== null && faultForm(opened, apis, text)}
<h3>${text.curl}</h3>
<div class="copyable"><pre tabindex="0">${curl}</pre>${copyButton(curl, text)}</div>
${messageOf(text.request, opened.request, text)}
${messageOf(text.response, opened.response, text)}
</dialog>`;
}

function verdictOf(of: 'request' | 'response', opened: Schemas['Exchange'], text: ConsoleTexts): Html {
  const verdict = opened.verdict[of];
  if (verdict === null) return html`<p class="row">${text[of]} <span class="soft">${text.unchecked}</span></p>`;
  if (verdict.valid) return html`<p class="row">${text[of]} ${badge(text.valid, 's2')}</p>`;
  return html`<p class="row">${text[of]} ${badge(text.broken[of], of === 'request' ? 's4' : 's5')}</p>
<ul class="violations">${verdict.violations.map(
    ({ path, rule, message, contract }) =>
      html`<li><code>${path}</code> ${message} <span class="soft">${rule}${contract && html` · <code>${contract}</code>`}</span></li>`,
  )}</ul>`;
}

function messageOf(title: string, { headers, body, truncated }: Schemas['Message'], text: ConsoleTexts): Html {
  return html`<h3>${title}</h3>
<details><summary>${text.headers} <span class="soft">${Object.keys(headers).length}</span></summary>
<table>${Object.entries(headers).map(([name, value]) => html`<tr><th scope="row"><code>${name}</code></th><td>${[value].flat().join(', ')}</td></tr>`)}</table>
</details>
${
  body === null
    ? html`<p class="soft">${headers['content-length'] === undefined || headers['content-length'] === '0' ? text.noBody : text.bodyNotKept}</p>`
    : html`<pre tabindex="0" aria-label="${text.body}">${typeof body === 'string' ? body : JSON.stringify(body, null, 2)}</pre>`
}
${truncated && html`<p class="soft">${text.truncated}</p>`}`;
}

/** Proxies answer with these in place of any server. */
const OF_PROXIES = ['502', '503', '504'];

function faultForm({ api, operation }: Schemas['Exchange'], apis: readonly Api[], text: ConsoleTexts): Html {
  const found = operationsOf(apis).find((one) => one.api.name === api && one.id === operation);
  const declared = Object.keys(found?.object.responses ?? {});
  const statuses = [...new Set([...declared, ...OF_PROXIES])].sort();
  const codes = found === undefined ? [] : codesOfAny([found]);
  return html`<details><summary>${text.makeFault}</summary>
<form class="fault" data-api="${api}" data-operation="${operation}">
<label>${text.faultStatus}<select name="status"><option value="">${text.faultUsual}</option>${statuses.map((one) => option(one, one))}</select></label>
${codes.length > 0 && html`<label>${text.faultCode}<select name="code"><option value="">${text.faultUsual}</option>${codes.map((one) => option(one, one))}</select></label>`}
<label>${text.faultDelay}<input name="delay" placeholder="800ms" pattern="\\d+(\\.\\d+)?(ms|s|m|h|d)" autocomplete="off"></label>
<label>${text.faultDrop}<select name="drop"><option value="">${text.faultUsual}</option>${(['before', 'after'] as const).map((one) => option(one, text.faultDrops[one]))}</select></label>
<label>${text.faultTimes}<input name="times" type="number" min="1" placeholder="∞"></label>
<button hidden>${text.faultCreate}</button>
</form></details>`;
}
