import type { ErrorKind, HttpError } from '../../errors.ts';
import { html } from '../../html.ts';
import type { ErrorScene } from '../../http/api.ts';
import { DeniedError, OAuthError } from '../errors.ts';
import type { Text } from '../profile.ts';
import { type Page, type PageData, page, pageData } from './page.ts';

const t = {
  denied: {
    'zh-CN': '你拒绝了请求，应用什么也得不到。可以关闭这个页面了。',
    en: 'You denied the request, and the application gets nothing. You can close this page.',
  },
  failed: { 'zh-CN': '请求无法完成', en: 'The request cannot be completed' },
  requestId: { 'zh-CN': '请求编号', en: 'Request id' },
} satisfies Record<string, Text>;

/** The page for an error, in JSON where the contract has it and the caller prefers it. It has no links and no forms. */
export function errorPage(
  error: HttpError,
  { request, mediaTypes }: ErrorScene,
): Page<number> | PageData<number, { error: string; error_description: string }> {
  if (request.prefersJson && mediaTypes.includes('application/json')) {
    const code = error instanceof OAuthError ? error.code : error.kind;
    return pageData(error.status, request, undefined, { error: code, error_description: error.message });
  }
  return page(error.status, request, undefined, (say) => ({
    title: say(t.failed),
    body: html`<div class="card">
<h1>${say(t.failed)}</h1>
<p>${say(describe(error))}</p>
<p class="soft">${say(t.requestId)} <code>${request.id}</code></p>
</div>`,
  }));
}

/** The text for the user. A message for the application's developer stays in English, as in the protocol. */
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
  unavailable: { 'zh-CN': '服务器正忙，请稍后再试。', en: 'The server is busy. Try again later.' },
  internal: { 'zh-CN': '服务器出错了，请稍后再试。', en: 'Something went wrong here. Try again later.' },
};
