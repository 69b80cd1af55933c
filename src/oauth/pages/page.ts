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
    headers: pageHeaders(request, browser),
    body: renderPage({ language, title, ...(wide && { wide }), body }),
  };
}

/** What a page tells a program that prefers JSON. */
export interface PageData<Status extends number, Body> {
  status: Status;
  type: 'application/json';
  headers: PageHeaders;
  body: Body;
}

/** The form of a page: where it goes, and the fields that it sends as they are. */
export interface FormData {
  action: string;
  fields: Record<string, string>;
}

/**
 * Answers a program that prefers JSON. The protections are those of the page: its form needs the cookie and the CSRF token.
 *
 * @param browser of a page with a form: the answer sets its cookie
 */
export const pageData = <Status extends number, Body>(
  status: Status,
  request: RequestInfo,
  browser: Browser | undefined,
  body: Body,
): PageData<Status, Body> => ({ status, type: 'application/json', headers: pageHeaders(request, browser), body });

/** @param path below the API's base */
export function formData(request: RequestInfo, path: string, fields: Record<string, string | undefined>): FormData {
  const present = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return { action: request.basePath + path, fields: Object.fromEntries(present) };
}

const pageHeaders = (request: RequestInfo, browser: Browser | undefined): PageHeaders => ({
  'Content-Security-Policy': pagePolicy,
  'Cache-Control': 'no-store',
  ...(browser && cookieForForm(browser, request)),
});

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
