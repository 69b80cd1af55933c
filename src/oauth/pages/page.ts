import { type Html, html, pagePolicy, renderPage } from '../../html.ts';
import type { RequestInfo } from '../../http/request.ts';
import type { Language, PagesProfile, Text } from '../profile.ts';
import { csrfToken } from '../sign-in/csrf.ts';
import { type Browser, cookieForForm } from '../sign-in/sessions.ts';

export interface Page<Status extends number> {
  status: Status;
  type: 'text/html';
  headers: PageHeaders;
  body: string;
}

/** The headers that the contracts declare for each page. */
export type PageHeaders = {
  'Content-Security-Policy': string;
  'Cache-Control': 'no-store';
  'Set-Cookie'?: string;
};

/** Chooses a text's language. */
export type Say = (text: Text) => string;

/**
 * A page in the language that the browser prefers.
 *
 * @param browser of a page with a form: the page sets its cookie
 */
export function page<Status extends number>(
  status: Status,
  request: RequestInfo,
  browser: Browser | undefined,
  content: (say: Say) => { title: string; wide?: boolean; body: Html },
): Page<Status> {
  const language = languageOf(request);
  const { title, wide, body } = content((text) => text[language]);
  return {
    status,
    type: 'text/html',
    headers: {
      'Content-Security-Policy': pagePolicy,
      'Cache-Control': 'no-store',
      ...(browser && cookieForForm(browser, request)),
    },
    body: renderPage({ language, title, ...(wide && { wide }), body }),
  };
}

/** Chinese, unless the browser prefers English. */
export const languageOf = (request: RequestInfo): Language => request.language(['zh-CN', 'en']);

/** Hidden fields of a form, without the absent ones. */
export const hidden = (fields: Record<string, string | undefined>): Html[] =>
  Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [html`<input type="hidden" name="${name}" value="${value}">`],
  );

/** The account that is signed in, with a button to sign out and come back to this page with another account. */
export function signedInAs(profile: PagesProfile, request: RequestInfo, browser: Browser, say: Say): Html {
  return html`<form class="soft" method="post" action="${request.basePath}${profile.paths.signOut}">
${hidden({ csrf_token: csrfToken(browser), return_to: request.path + request.search })}
${say({ 'zh-CN': '当前账号', en: 'Signed in as' })} ${browser.account?.name}
<button type="submit" class="quiet">${say({ 'zh-CN': '退出登录', en: 'Sign out' })}</button>
</form>`;
}
