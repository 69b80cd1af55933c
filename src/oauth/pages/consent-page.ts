import { html } from '../../html.ts';
import type { RequestInfo } from '../../http/request.ts';
import type { Client } from '../clients/clients.ts';
import { OUT_OF_BAND } from '../clients/redirect-uris.ts';
import type { PagesProfile, Text } from '../profile.ts';
import { csrfToken } from '../sign-in/csrf.ts';
import type { Browser } from '../sign-in/sessions.ts';
import {
  type FormData,
  formData,
  hidden,
  languageOf,
  type Page,
  type PageData,
  page,
  pageData,
  signedInAs,
} from './page.ts';

const t = {
  asks: { 'zh-CN': '请求访问你的账号', en: 'asks for access to your account' },
  willSee: { 'zh-CN': '允许之后，该应用可以：', en: 'If you allow it, the application can:' },
  goesTo: { 'zh-CN': '完成后将前往', en: 'Afterwards you are sent to' },
  showsCode: {
    'zh-CN': '完成后页面会显示一个授权码，请把它复制到应用里',
    en: 'Afterwards a page shows a code to copy into the application',
  },
  allow: { 'zh-CN': '允许', en: 'Allow' },
  deny: { 'zh-CN': '拒绝', en: 'Deny' },
} satisfies Record<string, Text>;

/** The consent page for a program: the caller adds `decision` to the fields of its form. */
interface ConsentForm {
  application: string;
  /** What the application will have access to. */
  access: string[];
  redirect_uri: string;
  form: FormData;
}

export type ConsentPage = Page<200> | PageData<200, ConsentForm>;

/** The consent page: lists what the application will have access to, with buttons to allow and deny it. */
export function consentPage(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  form: { client: Client; scopes: readonly string[]; target: string; fields: Record<string, string | undefined> },
): ConsentPage {
  const { client, scopes, target, fields } = form;
  const lines = [...profile.access, ...scopes.flatMap((name) => profile.scopes[name] ?? [])];
  const sent = { csrf_token: csrfToken(browser), ...fields };
  if (request.prefersJson) {
    const access = lines.map((line) => line[languageOf(request)]);
    const form = formData(request, profile.paths.authorize, sent);
    return pageData(200, request, browser, { application: client.name, access, redirect_uri: target, form });
  }
  return page(200, request, browser, (say) => ({
    title: `${client.name} · ${say(profile.title)}`,
    body: html`<div class="card">
<h1>${client.name} ${say(t.asks)}</h1>
<p>${say(t.willSee)}</p>
<ul>${lines.map((line) => html`<li>${say(line)}</li>`)}</ul>
<form method="post" action="${request.basePath}${profile.paths.authorize}">
${hidden(sent)}
<div class="actions">
<button type="submit" name="decision" value="allow">${say(t.allow)}</button>
<button type="submit" name="decision" value="deny" class="quiet">${say(t.deny)}</button>
</div>
</form>
<p class="soft">${target === OUT_OF_BAND ? say(t.showsCode) : html`${say(t.goesTo)} <code>${target}</code>`}</p>
</div>
${signedInAs(profile, request, browser, say)}`,
  }));
}
