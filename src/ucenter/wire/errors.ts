import contract from '../../../generated/ucenter.json' with { type: 'json' };
import type { ErrorKind, HttpError } from '../../errors.ts';
import type { ErrorScene, FaultBodies } from '../../http/api.ts';
import type { AnyOutput } from '../../http/operation.ts';
import { clientChallenge } from '../../oauth/clients/credentials.ts';
import { errorPage } from '../../oauth/pages/error-page.ts';
import { UcenterError, type UcenterErrorName } from '../model/errors.ts';
import { type Problem, toProblem } from './envelope.ts';
import { labelOf, toFieldErrors } from './field-errors.ts';

/** Renders an error: as a page where the operation answers with pages, otherwise as `{code, message, data}` (U-2, U-3). */
export function renderError(error: HttpError, scene: ErrorScene): AnyOutput {
  if (scene.mediaTypes.includes('text/html')) return errorPage(error, scene);
  if (!(error instanceof UcenterError)) return toProblem(withOAuthError(toCommonProblem(error, scene), scene));
  const output = toProblem(toUcenterProblem(error));
  const challenge = toChallenge(error, scene);
  return challenge === undefined
    ? output
    : { ...output, headers: { ...output.headers, 'WWW-Authenticate': challenge } };
}

/** `{label}` and `{field}` stand for the field at fault, `{limit}` for a number. */
const ucenterTexts: Record<UcenterErrorName, string> = {
  groupHasMembers: '分组里还有权限',
  insufficientScope: '权限范围不足, {field}',
  invalidClient: '客户端认证失败',
  invalidCredentials: '用户名或密码错误。',
  invalidParameter: '参数错误, {field}',
  invalidToken: 'access_token错误',
  mismatch: '验证失败，验证码不匹配',
  missing: '{label} 不能为空。',
  noGroup: '分组不存在',
  noRoom: '应用的文件空间已满',
  notText: '{label} 必须是字符串。',
  notVerified: '{label} 尚未验证。',
  phoneOfAnother: '{label} 不能是别人的手机号。',
  phoneTooNew: '{label} 刚刚更换，还不能用来重置密码。',
  taken: '{label} 已经存在。',
  tooLong: '{label} 不能大于 255 个字符。',
  tooMany: '超过每小时发送限制',
  tooManyToday: '超过每天发送限制',
  tooOften: '超过每小时{limit}次限制',
  tooSoon: '发送过于频繁，请稍后再试',
  twoProofs: '原密码和验证码只能选一种',
  unchanged: '未做修改',
  undeliverable: '发送失败',
  unknownUser: '未找到该用户',
  wrongCode: '验证码验证失败',
  wrongPassword: '原密码错误',
};

function toUcenterProblem({ reason, field = '', limit = 0, status, kind, oauth: error }: UcenterError): Problem {
  const oauth = error && { error: error.code, error_description: error.message };
  const message = ucenterTexts[reason]
    .replace('{label}', labelOf(field))
    .replace('{field}', field)
    .replace('{limit}', '零一二三四五六七八九十'[limit] ?? String(limit));
  if (kind === 'unauthorized') return { status, code: 1001, message, ...(oauth && { oauth }) };
  if (kind === 'forbidden') return { status, code: 1003, message };
  if (reason === 'invalidParameter') return { status, code: 1000, message, ...(oauth && { oauth }) };
  // HTTP 200: clients of the original look at `code` in the success callback of a request (U-3).
  return { status: 200, code: 0, message, errors: field === '' ? [] : [{ field, message }] };
}

/** The challenge that HTTP demands with a 401, and RFC 6750 with an insufficient scope. */
function toChallenge({ kind, reason, field }: UcenterError, { request }: ErrorScene): string | undefined {
  if (kind === 'forbidden') return `Bearer realm="UCenter", error="insufficient_scope", scope="${field}"`;
  if (kind !== 'unauthorized') return undefined;
  return reason === 'invalidToken'
    ? 'Bearer realm="UCenter", error="invalid_token"'
    : clientChallenge(request, 'UCenter');
}

const commonTexts: Record<
  Exclude<ErrorKind, 'invalid_request' | 'unauthorized' | 'malformed_request'>,
  [Problem['code'], string]
> = {
  forbidden: [1003, '无权访问'],
  not_found: [1004, '资源不存在'],
  method_not_allowed: [1004, '不支持这个方法'],
  not_acceptable: [1000, '参数错误, Accept'],
  request_timeout: [1000, '参数错误, 请求体没有发送完'],
  conflict: [1000, '参数错误'],
  payload_too_large: [1000, '参数错误, 请求体过大'],
  unsupported_media_type: [1000, '参数错误, 请求体的格式不受支持'],
  range_not_satisfiable: [1000, '参数错误, Range'],
  unprocessable_content: [1000, '参数错误'],
  too_many_requests: [1003, '请求过于频繁，请稍后再试'],
  internal: [-1, '系统错误'],
  not_implemented: [-1, '系统错误'],
  unavailable: [-1, '系统繁忙，请稍后再试'],
};

function toCommonProblem(error: HttpError, scene: ErrorScene): Problem {
  const { kind, status, message } = error;
  if (kind === 'invalid_request') return toInvalidRequest(error, scene);
  // A missing token is a malformed request, not a wrong credential (U-8).
  if (kind === 'unauthorized') return { status: 400, code: 1000, message: '参数错误, access_token' };
  if (kind === 'malformed_request') {
    const what = message.startsWith('The URL') ? '地址' : '请求体';
    return { status, code: 1000, message: `参数错误, ${what}无法解析` };
  }
  const [code, text] = commonTexts[kind];
  return { status, code, message: text };
}

const oauthOperations = new Set(['createAccessToken', 'revokeToken', 'introspectToken']);

/** A malformed request to the endpoints for clients, also in the words of RFC 6749 (U-50). */
function withOAuthError(problem: Problem, { operationId }: ErrorScene): Problem {
  if (problem.status !== 400 || !oauthOperations.has(operationId ?? '')) return problem;
  const description = 'A parameter is missing or invalid, or the body cannot be read';
  return { ...problem, oauth: { error: 'invalid_request', error_description: description } };
}

/** A violation of the contract: code 0 where the operation declares it, code 1000 elsewhere, 404 for a path parameter. */
function toInvalidRequest({ details, message }: HttpError, { operationId, body }: ErrorScene): Problem {
  if (details[0]?.path === '/headers/prefer') return { status: 400, code: 1000, message: `参数错误, ${message}` };
  if (details.some(({ path }) => path.startsWith('/params/')))
    return { status: 404, code: 1004, message: commonTexts.not_found[1] };
  const errors = toFieldErrors(details, body);
  const [first] = errors;
  if (first !== undefined && operationsWithFailure.has(operationId))
    return { status: 200, code: 0, message: first.message, errors };
  return { status: 400, code: 1000, message: `参数错误, ${first?.field ?? '请求体'}` };
}

/** Operations that can return code 0 with status 200. In the contract, their 200 is a union with a failure. */
const operationsWithFailure = new Set<string | undefined>(
  Object.values(contract.paths)
    .flatMap((path) => Object.values(path) as { operationId: string; responses: Record<string, unknown> }[])
    .filter(({ responses }) => {
      const ok = responses['200'] as { content?: { 'application/json'?: { schema: object } } } | undefined;
      return 'oneOf' in (ok?.content?.['application/json']?.schema ?? {});
    })
    .map(({ operationId }) => operationId),
);

export const faults: FaultBodies = { codeOf: ({ code }) => code };
