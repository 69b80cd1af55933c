import { type Html, html } from '../../../html.ts';
import type { SetFault } from '../../model/faults.ts';
import type { Schemas } from '../../wire/operation.ts';
import { badge, callButton, copyButton, nothing, part, timeOf } from './parts.ts';
import type { ConsoleState } from './state.ts';
import type { ConsoleTexts } from './texts.ts';

export function outboxPart({ messages }: ConsoleState, text: ConsoleTexts): Html {
  const actions = html`<a class="button small quiet" href="sandbox/outbox.html">${text.allMessages}</a>${
    messages.length > 0 && callButton(text.clearOutbox, { method: 'DELETE', path: 'outbox', confirms: true }, text)
  }`;
  const list = messages.map(
    ({ channel, to, subject, body, code, created_at }) =>
      html`<li><p class="row">${badge(channel)}<span class="to">${to}</span><span class="soft end">${timeOf(created_at, true)}</span></p>
<p class="text">${subject && html`<b>${subject}</b> `}${body}</p>
${code && html`<p class="copyable"><output>${code}</output>${copyButton(code, text)}</p>`}</li>`,
  );
  return part(
    'outbox',
    text,
    actions,
    messages.length === 0 ? nothing(text.noMessages) : html`<ul class="list">${list}</ul>`,
  );
}

export function clockPart({ clock, tokens }: ConsoleState, text: ConsoleTexts): Html {
  const { now, frozen, offset } = clock;
  const move = (label: string, body: object) => callButton(label, { method: 'PATCH', path: 'clock', body }, text);
  const [expiry] = tokens.flatMap(({ expired, expires_at }) => (expired ? [] : (expires_at ?? []))).sort();
  const isReal = offset === 0 && !frozen;
  return part(
    'clock',
    text,
    false,
    html`<p class="clock"><time datetime="${now}" data-style="clock" data-frozen="${frozen && 'true'}" aria-label="${text.now}">${now.slice(0, 19).replace('T', ' ')}</time></p>
<p class="row soft">${isReal ? text.realTime : `${offset < 0 ? text.behind : text.ahead} ${toSpan(Math.abs(offset))}`}${frozen && badge(text.frozen, 's3')}</p>
<p class="row">${move(text.hour, { advance: '1h' })}${move(text.day, { advance: '1d' })}${expiry !== undefined && move(text.expiry, { now: expiry })}${move(frozen ? text.goOn : text.freeze, { frozen: !frozen })}${!isReal && callButton(text.backToReal, { method: 'DELETE', path: 'clock' }, text)}</p>`,
  );
}

/** The two greatest parts of a span of time: `1 d 2 h`. */
function toSpan(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

export function faultsPart({ faults }: ConsoleState, text: ConsoleTexts): Html {
  const clear = faults.length > 1 && callButton(text.clearFaults, { method: 'DELETE', path: 'faults' }, text);
  const list = faults.map(
    (fault) =>
      html`<li><p class="row">${badge(fault.id, 'fault')}<b>${fault.operation ?? fault.path ?? fault.api ?? text.anyCall}</b><span class="end">${callButton(text.remove, { method: 'DELETE', path: `faults/${fault.id}` }, text)}</span></p>
<p class="row soft">${effectOf(fault, text)} · ${text.matched} ${fault.matched} · ${text.fired} ${fault.fired}${fault.times !== undefined && `/${fault.times}`}</p></li>`,
  );
  return part(
    'faults',
    text,
    clear,
    faults.length === 0 ? nothing(text.noFaults) : html`<ul class="list">${list}</ul>`,
  );
}

function effectOf({ status, code, example, body, delay, drop }: SetFault, text: ConsoleTexts): string {
  const answer = [status, code, example, body && JSON.stringify(body)].filter((one) => one !== undefined).join(' ');
  const effects = [answer, delay && `${text.late} ${delay}`, drop && `${text.faultDrop} ${text.faultDrops[drop]}`];
  return effects.filter(Boolean).join(' · ') || text.serverError;
}

export function worldsPart({ worlds }: ConsoleState, text: ConsoleTexts): Html | false {
  if (worlds === undefined) return false;
  const make = callButton(text.newWorld, { method: 'POST', path: 'worlds', body: {} }, text);
  const list = worlds.map(
    ({ id, expires_at }) =>
      html`<li><p class="row"><code>${id}</code><span class="row end"><a class="button small quiet" href="w/${id}/">${text.open}</a>${callButton(text.reset, { method: 'POST', path: `w/${id}/sandbox/reset`, body: {}, confirms: true }, text)}${callButton(text.end, { method: 'DELETE', path: `worlds/${id}`, confirms: true }, text)}</span></p>
<p class="soft">${text.until} ${timeOf(expires_at)}</p></li>`,
  );
  return part('worlds', text, make, worlds.length === 0 ? nothing(text.noWorlds) : html`<ul class="list">${list}</ul>`);
}

export function tokensPart({ tokens }: ConsoleState, text: ConsoleTexts): Html {
  const list = tokens.map((token) => tokenItem(token, text));
  return part(
    'tokens',
    text,
    false,
    tokens.length === 0 ? nothing(text.noTokens) : html`<ul class="list">${list}</ul>`,
  );
}

function tokenItem({ id, api, user, client, expires_at, expired, renewable }: Schemas['Token'], text: ConsoleTexts) {
  const expire = { method: 'PATCH', path: `tokens/${id}`, body: { expires_in: '0s' } } as const;
  return html`<li id="${id}"><p class="row">${badge(api)}<b>${user?.name ?? text.clientItself}</b><span class="soft">${client?.name}</span><span class="row end">${expires_at !== null && !expired && callButton(text.expireNow, expire, text)}${callButton(text.revoke, { method: 'DELETE', path: `tokens/${id}`, confirms: true }, text)}</span></p>
<p class="row soft">${expires_at === null ? text.forever : html`→ ${timeOf(expires_at, true)}`}${expired && badge(text.expired, 's4')}${renewable && text.renewable}</p></li>`;
}
