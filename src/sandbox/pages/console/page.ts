import { type Html, html, inlineScript, inlineStyle, renderPage } from '../../../html.ts';
import { type ApisView, apisPart, pagesPart } from './apis.ts';
import { clockPart, faultsPart, outboxPart, tokensPart, worldsPart } from './panels.ts';
import { callButton } from './parts.ts';
import { requestDetail } from './request-detail.ts';
import { queryOf, type RequestsView, requestsPart } from './requests.ts';
import type { ConsoleState } from './state.ts';
import { consoleStyle } from './style.ts';
import { type ConsoleTexts, consoleTexts } from './texts.ts';

/**
 * The console of one world as a page. It shows everything without a script; the script refreshes it when the sandbox has
 * news, and sends the calls of its buttons.
 */
export function consolePage(state: ConsoleState, view: ApisView & RequestsView, script: string): string {
  const { language } = view;
  const text = consoleTexts[language];
  return renderPage({
    language: language === 'zh' ? 'zh-CN' : 'en',
    title: `${state.worldId === undefined ? '' : `${state.worldId} · `}${text.title} · Qiyue 契约`,
    wide: true,
    head: inlineStyle(consoleStyle),
    body: html`
${bar(state, view, text)}
<noscript><p class="card soft">${text.noScript}</p></noscript>
<p class="note" role="alert" data-failed="${text.failed}" hidden></p>
${requestDetail(state, view.apis, text)}
<div class="columns">
<div class="column">
${apisPart(state, view, text)}
${requestsPart(state, view, text)}
${outboxPart(state, text)}
</div>
<div class="column">
${clockPart(state, text)}
${faultsPart(state, text)}
${worldsPart(state, text)}
${tokensPart(state, text)}
${pagesPart(view, text)}
</div>
</div>
${inlineScript(script)}`,
  });
}

function bar({ worldId, filter, opened }: ConsoleState, { language }: ApisView, text: ConsoleTexts): Html {
  const names = (['apis', 'requests', 'outbox', 'clock', 'faults', 'worlds', 'tokens', 'pages'] as const).filter(
    (name) => name !== 'worlds' || worldId === undefined,
  );
  const inLanguage = (other: string) => `?${queryOf(filter)}${opened ? `request=${opened.id}&` : ''}lang=${other}`;
  const reset = { method: 'POST', path: 'reset', body: {}, confirms: true } as const;
  return html`<div class="bar">
<div class="row"><h1><span class="mark" aria-hidden="true">契</span>${text.title}</h1>
${worldId !== undefined && html`<span class="badge s3">${text.world} ${worldId}</span><a class="button small quiet" href="../../">${text.outsideLink}</a>`}
<span class="live" role="status" data-live="${text.live}" data-offline="${text.offline}" data-ended="${worldId !== undefined && text.worldEnded}"></span>
<span class="row end">${callButton(text.resetHere, reset, text)}<a class="button small quiet" href="docs/">${text.allDocs}</a>${
    language === 'zh'
      ? html`<a class="button small quiet" href="${inLanguage('en')}" lang="en" hreflang="en">English</a>`
      : html`<a class="button small quiet" href="${inLanguage('zh')}" lang="zh-CN" hreflang="zh-CN">中文</a>`
  }</span></div>
<nav aria-label="${text.title}">${names.map((name) => html`<a href="#${name}">${text.sections[name]}</a>`)}</nav>
</div>`;
}
