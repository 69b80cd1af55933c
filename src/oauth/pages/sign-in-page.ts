import { html } from '../../html.ts';
import type { RequestInfo } from '../../http/request.ts';
import type { PagesProfile, Text } from '../profile.ts';
import { csrfToken } from '../sign-in/csrf.ts';
import type { Browser } from '../sign-in/sessions.ts';
import { type FormData, formData, hidden, type Page, type PageData, page, pageData } from './page.ts';

const t = {
  signIn: { 'zh-CN': '登录', en: 'Sign in' },
  signInTo: { 'zh-CN': '登录', en: 'Sign in to' },
  password: { 'zh-CN': '密码', en: 'Password' },
  code: { 'zh-CN': '验证码', en: 'Verification code' },
  codeSent: {
    'zh-CN': '验证码已通过微信发出，10 分钟内有效。',
    en: 'A code was sent through WeChat. It is valid for 10 minutes.',
  },
  verify: { 'zh-CN': '继续', en: 'Continue' },
  again: { 'zh-CN': '重新登录', en: 'Start again' },
} satisfies Record<string, Text>;

/** Why a sign-in failed. */
export const signInProblems = {
  credentials: { 'zh-CN': '账号或密码不正确。', en: 'The user name or the password is wrong.' },
  code: { 'zh-CN': '验证码不正确或已失效。', en: 'The code is wrong or no longer valid.' },
  undeliverable: {
    'zh-CN': '这个账号要用验证码登录，但服务器现在发不出验证码。',
    en: 'This account signs in with a code, and the server cannot send one at present.',
  },
  missing: { 'zh-CN': '请填写账号和密码。', en: 'Enter user name and password.' },
} satisfies Record<string, Text>;

export type SignInProblem = keyof typeof signInProblems;

/** A form to sign in for a program: the caller adds `username` and `password`, or `captcha` where there is a `challenge`. */
interface SignInForm {
  problem?: SignInProblem;
  form: FormData;
}

export type SignInPage<Status extends number> = Page<Status> | PageData<Status, SignInForm>;

const signInData = <Status extends number>(
  status: Status,
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  fields: Record<string, string | undefined>,
  problem: SignInProblem | undefined,
): PageData<Status, SignInForm> =>
  pageData(status, request, browser, {
    ...(problem && { problem }),
    form: formData(request, profile.paths.signIn, fields),
  });

/** The sign-in form. */
export function signInPage<Status extends number>(
  status: Status,
  profile: PagesProfile,
  request: RequestInfo,
  browser: Browser,
  form: { returnTo: string | undefined; login?: string | undefined; problem?: SignInProblem },
): SignInPage<Status> {
  const { problem, returnTo } = form;
  const fields = { csrf_token: csrfToken(browser), return_to: returnTo };
  if (request.prefersJson) return signInData(status, profile, request, browser, fields, problem);
  return page(status, request, browser, (say) => ({
    title: `${say(t.signIn)} · ${say(profile.title)}`,
    body: html`<div class="card">
<h1>${say(t.signInTo)} ${say(profile.title)}</h1>
${problem && html`<p class="bad" role="alert">${say(signInProblems[problem])}</p>`}
<form method="post" action="${request.basePath}${profile.paths.signIn}">
${hidden(fields)}
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
  form: { returnTo: string | undefined; challenge: string; problem?: SignInProblem },
): SignInPage<Status> {
  const { problem, returnTo, challenge } = form;
  const fields = { csrf_token: csrfToken(browser), return_to: returnTo, challenge };
  if (request.prefersJson) return signInData(status, profile, request, browser, fields, problem);
  const again = returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
  return page(status, request, browser, (say) => ({
    title: `${say(t.code)} · ${say(profile.title)}`,
    body: html`<div class="card">
<h1>${say(t.code)}</h1>
<p>${say(t.codeSent)}</p>
${problem && html`<p class="bad" role="alert">${say(signInProblems[problem])}</p>`}
<form method="post" action="${request.basePath}${profile.paths.signIn}">
${hidden(fields)}
<label for="captcha">${say(t.code)}</label>
<input id="captcha" name="captcha" inputmode="numeric" autocomplete="one-time-code" maxlength="6" required autofocus>
<div class="actions"><button type="submit">${say(t.verify)}</button></div>
</form>
<p class="soft"><a href="${request.basePath}${profile.paths.signIn}${again}">${say(t.again)}</a></p>
</div>`,
  }));
}
