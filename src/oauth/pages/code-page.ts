import { html } from '../../html.ts';
import type { RequestInfo } from '../../http/request.ts';
import type { PagesProfile, Text } from '../profile.ts';
import type { Browser } from '../sign-in/sessions.ts';
import { type Page, type PageData, page, pageData } from './page.ts';

const t = {
  yourCode: { 'zh-CN': '授权码', en: 'Authorization code' },
  copyCode: {
    'zh-CN': '请把下面的授权码复制到应用里，10 分钟内有效，只能使用一次。',
    en: 'Copy this code into the application. It is valid for 10 minutes and works once.',
  },
} satisfies Record<string, Text>;

export type CodePage = Page<200> | PageData<200, { code: string; state?: string }>;

/** The page that shows the code of an out-of-band authorization. */
export function codePage(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  { code, state }: { code: string; state?: string | undefined },
): CodePage {
  if (request.prefersJson) return pageData(200, request, browser, { code, ...(state && { state }) });
  return page(200, request, browser, (say) => ({
    title: `${say(t.yourCode)} · ${say(profile.title)}`,
    body: html`<div class="card">
<h1>${say(t.yourCode)}</h1>
<p>${say(t.copyCode)}</p>
<output id="code">${code}</output>
${state && html`<p class="soft">state <code id="state">${state}</code></p>`}
</div>`,
  }));
}
