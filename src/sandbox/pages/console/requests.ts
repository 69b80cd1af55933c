import { type Html, html } from '../../../html.ts';
import type { Api } from '../../../http/api.ts';
import type { Schemas } from '../../wire/operation.ts';
import { badge, callButton, nothing, part, statusBadge, timeOf } from './parts.ts';
import { type ConsoleFilter, type ConsoleState, outcomes } from './state.ts';
import type { ConsoleTexts } from './texts.ts';

/** What the list of requests needs beside them. */
export interface RequestsView {
  apis: readonly Api[];
  /** Whether the log of requests is on. */
  isLogged: boolean;
  /** A command that causes a request. */
  tryIt: string;
}

/** The last requests, below the form that filters them. */
export function requestsPart(state: ConsoleState, view: RequestsView, text: ConsoleTexts): Html {
  const { filter, requests } = state;
  const clear =
    requests.length > 0 && callButton(text.clearLog, { method: 'DELETE', path: 'requests', confirms: true }, text);
  return part(
    'requests',
    text,
    clear,
    html`${
      requests.length === 0
        ? none(filter, view, text)
        : html`<ol class="requests">
${requests.map((one) => requestRow(one, filter, text))}
</ol>`
    }`,
    filterForm(filter, view, text),
  );
}

const filterForm = ({ api, outcome, search }: ConsoleFilter, { apis }: RequestsView, text: ConsoleTexts): Html =>
  html`<form class="filter" role="search" aria-label="${text.filter}" method="get">
<input type="search" name="q" value="${search}" aria-label="${text.search}" placeholder="${text.search}" aria-keyshortcuts="/">
<select name="api" aria-label="${text.api}"><option value="">${text.api}: ${text.all}</option>${apis.map(({ name }) => option(name, name, api))}</select>
<select name="outcome" aria-label="${text.outcome}"><option value="">${text.outcome}: ${text.all}</option>${outcomes.map((one) => option(one, text.outcomes[one], outcome))}</select>
<button class="quiet">${text.filter}</button>
</form>`;

export const option = (value: string, label: string, chosen = ''): Html =>
  value === chosen
    ? html`<option value="${value}" selected>${label}</option>`
    : html`<option value="${value}">${label}</option>`;

function none({ api, outcome, search }: ConsoleFilter, { isLogged, tryIt }: RequestsView, text: ConsoleTexts): Html {
  if (!isLogged) return nothing(text.logOff);
  if (api !== '' || outcome !== '' || search !== '') return nothing(text.noMatch);
  return html`${nothing(text.noRequests)}<pre>${tryIt}</pre>`;
}

function requestRow(request: Schemas['ExchangeSummary'], filter: ConsoleFilter, text: ConsoleTexts): Html {
  const { id, time, method, path, query, status, operation, api, duration_ms, fault } = request;
  return html`<li id="${id}"><a href="?${queryOf(filter)}request=${id}" data-open="${id}">
<span class="when">${timeOf(time)}</span>
<b class="method">${method}</b>
${statusBadge(status, text)}
<span class="what"><span class="operation">${operation ?? text.unknownOperation}</span>
<span class="path"><span class="api">${api}</span>${path}${query && `?${query}`}</span></span>
<span class="marks">${breaches(request, text)}${fault && badge(fault, 'fault')}</span>
<span class="took">${toDuration(duration_ms)}</span>
</a></li>
`;
}

/** Which of request and answer breaks the contract. */
const breaches = ({ verdict }: Schemas['ExchangeSummary'], { broken }: ConsoleTexts): Html =>
  html`${verdict.request?.valid === false && badge(broken.request, 's4')}${verdict.response?.valid === false && badge(broken.response, 's5')}`;

/** The query of a link that keeps the filter. */
export function queryOf({ api, outcome, search }: ConsoleFilter): string {
  const members = Object.entries({ api, outcome, q: search }).filter(([, value]) => value !== '');
  const query = new URLSearchParams(members).toString();
  return query === '' ? '' : `${query}&`;
}

export const toDuration = (milliseconds: number): string =>
  milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
