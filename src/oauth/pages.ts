import type { ErrorKind, HttpError } from '../errors.ts';
import { type Html, html, pagePolicy, renderPage } from '../html.ts';
import type { RequestInfo } from '../http/request.ts';
import type { Client } from './clients.ts';
import { DeniedError } from './errors.ts';
import type { Language, PagesProfile, Text } from './profile.ts';
import { type Browser, cookieForForm, csrfToken } from './sessions.ts';

/** The pages' headers, declared for each of them in the contracts. */
export type PageHeaders = {
  'Content-Security-Policy': string;
  'Cache-Control': 'no-store';
  'Set-Cookie'?: string;
};

export interface Page<Status extends number> {
  status: Status;
  type: 'text/html';
  headers: PageHeaders;
  body: string;
}

export interface Redirect {
  status: 302;
  headers: { Location: string; 'Cache-Control': 'no-store'; 'Set-Cookie'?: string };
}

/** Sends the browser on. `location` may be absolute, or begin with `/` for an address below the API's base. */
export function redirect(request: RequestInfo, location: string, cookie?: string): Redirect {
  const absolute = encodeAddress(location.startsWith('/') ? request.basePath + location : location);
  return {
    status: 302,
    headers: { Location: absolute, 'Cache-Control': 'no-store', ...(cookie && { 'Set-Cookie': cookie }) },
  };
}

/** Percent-encodes what RFC 3986 has no place for; what is encoded already stays as it is. */
export function encodeAddress(address: string): string {
  // Square brackets belong to the host alone, around an IPv6 address.
  const [host = ''] = /^([a-z][\w+.-]*:)?\/\/[^/?#]*/i.exec(address) ?? [];
  const encode = (character: string) => encodeURIComponent(character.toWellFormed());
  const rest = address.slice(host.length);
  return host.replace(/[^\w\-.~:/@!$&'()*+,;=%[\]]/gu, encode) + rest.replace(/[^\w\-.~:/?#@!$&'()*+,;=%]/gu, encode);
}

/** The language of a page: Chinese unless the browser prefers English. */
export const languageOf = (request: RequestInfo): Language => request.language(['zh-CN', 'en']);

/** A page in the caller's language with the headers that it needs. */
export function page<Status extends number>(
  status: Status,
  request: RequestInfo,
  browser: Browser | undefined,
  content: (say: (text: Text) => string) => { title: string; wide?: boolean; body: Html },
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

/** Hidden fields of a form, those without a value left out. */
export const hidden = (fields: Record<string, string | undefined>): Html[] =>
  Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [html`<input type="hidden" name="${name}" value="${value}">`],
  );

const t = {
  signIn: { 'zh-CN': '登录', en: 'Sign in' },
  password: { 'zh-CN': '密码', en: 'Password' },
  code: { 'zh-CN': '验证码', en: 'Verification code' },
  codeSent: {
    'zh-CN': '验证码已通过微信发出，10 分钟内有效。',
    en: 'A code was sent through WeChat. It is valid for 10 minutes.',
  },
  verify: { 'zh-CN': '继续', en: 'Continue' },
  again: { 'zh-CN': '重新登录', en: 'Start again' },
  asks: { 'zh-CN': '请求访问你的账号', en: 'asks for access to your account' },
  willSee: { 'zh-CN': '允许之后，该应用可以：', en: 'If you allow it, the application can:' },
  goesTo: { 'zh-CN': '完成后将前往', en: 'Afterwards you are sent to' },
  allow: { 'zh-CN': '允许', en: 'Allow' },
  deny: { 'zh-CN': '拒绝', en: 'Deny' },
  signedInAs: { 'zh-CN': '当前账号', en: 'Signed in as' },
  signOut: { 'zh-CN': '退出登录', en: 'Sign out' },
  yourCode: { 'zh-CN': '授权码', en: 'Authorization code' },
  copyCode: {
    'zh-CN': '请把下面的授权码复制到应用里，10 分钟内有效，只能使用一次。',
    en: 'Copy this code into the application. It is valid for 10 minutes and works once.',
  },
  denied: {
    'zh-CN': '你拒绝了请求，应用什么也得不到。可以关闭这个页面了。',
    en: 'You denied the request, and the application gets nothing. You can close this page.',
  },
  failed: { 'zh-CN': '请求无法完成', en: 'The request cannot be completed' },
  requestId: { 'zh-CN': '请求编号', en: 'Request id' },
} satisfies Record<string, Text>;

/** What went wrong with a sign-in. */
export const signInProblems = {
  credentials: { 'zh-CN': '账号或密码不正确。', en: 'The user name or the password is wrong.' },
  code: { 'zh-CN': '验证码不正确或已失效。', en: 'The code is wrong or no longer valid.' },
  missing: { 'zh-CN': '请填写账号和密码。', en: 'Enter user name and password.' },
} satisfies Record<string, Text>;

/** The sign-in form. */
export function signInPage<Status extends number>(
  status: Status,
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  form: { returnTo: string | undefined; login?: string | undefined; problem?: Text },
): Page<Status> {
  return page(status, request, browser, (say) => ({
    title: `${say(t.signIn)} · ${say(profile.title)}`,
    body: html`<div class="card">
<h1>${say(t.signIn)} ${say(profile.title)}</h1>
${form.problem && html`<p class="bad" role="alert">${say(form.problem)}</p>`}
<form method="post" action="${request.basePath}${profile.paths.signIn}">
${hidden({ csrf_token: csrfToken(browser), return_to: form.returnTo })}
<label for="username">${say(profile.labels.login)}</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" placeholder="${say(profile.labels.loginHint)}" value="${form.login}" required autofocus>
<label for="password">${say(t.password)}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<div class="actions"><button type="submit">${say(t.signIn)}</button></div>
</form>
</div>`,
  }));
}

/** The form for the code of the second step. */
export function secondStepPage<Status extends number>(
  status: Status,
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  form: { returnTo: string | undefined; challenge: string; problem?: Text },
): Page<Status> {
  const again = form.returnTo === undefined ? '' : `?return_to=${encodeURIComponent(form.returnTo)}`;
  return page(status, request, browser, (say) => ({
    title: `${say(t.code)} · ${say(profile.title)}`,
    body: html`<div class="card">
<h1>${say(t.code)}</h1>
<p>${say(t.codeSent)}</p>
${form.problem && html`<p class="bad" role="alert">${say(form.problem)}</p>`}
<form method="post" action="${request.basePath}${profile.paths.signIn}">
${hidden({ csrf_token: csrfToken(browser), return_to: form.returnTo, challenge: form.challenge })}
<label for="captcha">${say(t.code)}</label>
<input id="captcha" name="captcha" inputmode="numeric" autocomplete="one-time-code" maxlength="6" required autofocus>
<div class="actions"><button type="submit">${say(t.verify)}</button></div>
</form>
<p class="soft"><a href="${request.basePath}${profile.paths.signIn}${again}">${say(t.again)}</a></p>
</div>`,
  }));
}

/** The consent page: what the application will see; allow or deny. */
export function consentPage(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  form: { client: Client; scopes: readonly string[]; target: string; fields: Record<string, string | undefined> },
): Page<200> {
  const { client, scopes, target, fields } = form;
  const lines = [...profile.access, ...scopes.flatMap((name) => profile.scopes[name] ?? [])];
  return page(200, request, browser, (say) => ({
    title: `${client.name} · ${say(profile.title)}`,
    body: html`<div class="card">
<h1>${client.name} ${say(t.asks)}</h1>
<p>${say(t.willSee)}</p>
<ul>${lines.map((line) => html`<li>${say(line)}</li>`)}</ul>
<form method="post" action="${request.basePath}${profile.paths.authorize}">
${hidden({ csrf_token: csrfToken(browser), ...fields })}
<div class="actions">
<button type="submit" name="decision" value="allow">${say(t.allow)}</button>
<button type="submit" name="decision" value="deny" class="quiet">${say(t.deny)}</button>
</div>
</form>
<p class="soft">${say(t.goesTo)} <code>${target}</code></p>
</div>
${whoAmI(profile, request, browser, say)}`,
  }));
}

/** Who is signed in, with the way out, which leads back to this page for another account. */
export function whoAmI(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  say: (text: Text) => string,
): Html {
  return html`<form class="soft" method="post" action="${request.basePath}${profile.paths.signOut}">
${hidden({ csrf_token: csrfToken(browser), return_to: request.path + request.search })}
${say(t.signedInAs)} ${browser.account?.name}
<button type="submit" class="quiet">${say(t.signOut)}</button>
</form>`;
}

/** The page that shows a code for `urn:ietf:wg:oauth:2.0:oob`. */
export function codePage(
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  { code, state }: { code: string; state?: string | undefined },
): Page<200> {
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

/** A page that tells what went wrong; nothing on it can be clicked. */
export function errorPage(error: HttpError, request: RequestInfo): Page<number> {
  return page(error.status, request, undefined, (say) => ({
    title: say(t.failed),
    body: html`<div class="card">
<h1>${say(t.failed)}</h1>
<p>${say(describe(error))}</p>
<p class="soft">${say(t.requestId)} <code>${request.id}</code></p>
</div>`,
  }));
}

/** What people are told of an error. What is for the application's developer stays in English, as in the protocol. */
function describe(error: HttpError): Text {
  const { kind, message } = error;
  if (error instanceof DeniedError) return t.denied;
  return errorTexts[kind] ?? { 'zh-CN': `请求有误：${message}`, en: message };
}

const errorTexts: Partial<Record<ErrorKind, Text>> = {
  forbidden: {
    'zh-CN': '表单已失效，或者没有权限。请返回上一页，刷新后重试。',
    en: 'The form is no longer valid, or you may not do this. Go back, reload and try again.',
  },
  not_found: { 'zh-CN': '页面不存在，或者你没有权限查看。', en: 'There is no such page, or you may not see it.' },
  too_many_requests: { 'zh-CN': '尝试次数过多，请稍后再试。', en: 'Too many attempts. Try again later.' },
  internal: { 'zh-CN': '服务器出错了，请稍后再试。', en: 'Something went wrong here. Try again later.' },
};
