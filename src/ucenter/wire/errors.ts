import contract from '../../../generated/ucenter.json' with { type: 'json' };
import { type ErrorKind, HttpError } from '../../errors.ts';
import type { ErrorScene } from '../../http/api.ts';
import type { AnyOutput } from '../../http/operation.ts';
import { clientChallenge } from '../../oauth/credentials.ts';
import { errorPage } from '../../oauth/pages.ts';
import { type Fault, faultsIn } from './field-errors.ts';

/** The request is understood and cannot be carried out: code 0, and HTTP 200 as the clients of that time want it. */
export class Failure extends HttpError {
  readonly fault: Fault | undefined;

  /** @param field the field at fault, when there is one */
  constructor(message: string, field?: string) {
    super('invalid_request', message);
    this.fault = field === undefined ? undefined : { field, message };
  }
}

/** An OAuth parameter is missing or wrong: code 1000. */
export class ParameterError extends HttpError {
  constructor(parameter: string) {
    super('invalid_request', `参数错误, ${parameter}`);
  }
}

/** Credentials are wrong, an application's or a person's or a token: code 1001, with the challenge that HTTP wants. */
export class CredentialError extends HttpError {
  readonly of: 'client' | 'token';

  constructor(message: string, of: CredentialError['of']) {
    super('unauthorized', message);
    this.of = of;
  }
}

export const tokenError = () => new CredentialError('access_token错误', 'token');

const challenge = ({ of }: CredentialError, { request }: ErrorScene) =>
  of === 'token' ? 'Bearer realm="UCenter", error="invalid_token"' : clientChallenge(request, 'UCenter');

interface Envelope {
  status: number;
  code: 0 | 1000 | 1001 | 1003 | 1004 | -1;
  message: string;
  faults?: readonly Fault[];
}

/** Tells an error on a page where a person looks at it, and as `{code, message, data}` everywhere else. Facts, section 1. */
export function renderError(error: HttpError, scene: ErrorScene): AnyOutput {
  if (scene.mediaTypes[0] === 'text/html') return errorPage(error, scene.request);
  const { status, code, message, faults = [] } = envelope(error, scene);
  return {
    status,
    type: 'application/json',
    headers: {
      'Cache-Control': 'no-store',
      ...(error instanceof CredentialError && { 'WWW-Authenticate': challenge(error, scene) }),
    },
    body: { code, message, data: faults.length > 0 ? { errors: faults } : {} },
  };
}

function envelope(error: HttpError, scene: ErrorScene): Envelope {
  const { kind, status, message } = error;
  if (error instanceof Failure) return { status: 200, code: 0, message, faults: error.fault ? [error.fault] : [] };
  if (error instanceof ParameterError) return { status, code: 1000, message };
  if (kind === 'invalid_request') return invalid(error, scene);
  if (error instanceof CredentialError) return { status, code: 1001, message };
  // No token is a malformed request and not a wrong credential: facts, section 7, no. 24.
  if (kind === 'unauthorized') return { status: 400, code: 1000, message: '参数错误, access_token' };
  if (kind === 'malformed_request') {
    const what = message.startsWith('The address') ? '地址' : '请求体';
    return { status, code: 1000, message: `参数错误, ${what}无法解析` };
  }
  const [code, text] = texts[kind];
  return { status, code, message: text };
}

const texts: Record<
  Exclude<ErrorKind, 'invalid_request' | 'unauthorized' | 'malformed_request'>,
  [Envelope['code'], string]
> = {
  forbidden: [1003, '无权访问'],
  not_found: [1004, '资源不存在'],
  method_not_allowed: [1004, '不支持这个方法'],
  not_acceptable: [1000, '参数错误, Accept'],
  conflict: [1000, '参数错误'],
  payload_too_large: [1000, '参数错误, 请求体过大'],
  unsupported_media_type: [1000, '参数错误, 请求体的格式不受支持'],
  too_many_requests: [1003, '请求过于频繁，请稍后再试'],
  internal: [-1, '系统错误'],
  not_implemented: [-1, '系统错误'],
};

/** What the contract does not allow: a field is a failure where the operation has that answer. */
function invalid({ details }: HttpError, { operationId, body }: ErrorScene): Envelope {
  const faultIn = (place: string) => details.find(({ path }) => path.startsWith(place));
  if (faultIn('/params/')) return { status: 404, code: 1004, message: texts.not_found[1] };
  const faults = faultsIn(details, body);
  const [first] = faults;
  if (first !== undefined && failing.has(operationId)) return { status: 200, code: 0, message: first.message, faults };
  return { status: 400, code: 1000, message: `参数错误, ${first?.field ?? '请求体'}` };
}

/** The operations whose 200 can be a failure. */
const failing = new Set<string | undefined>(
  Object.values(contract.paths)
    .flatMap((path) => Object.values(path) as { operationId: string; responses: Record<string, unknown> }[])
    .filter(({ responses }) => {
      const ok = responses['200'] as { content?: { 'application/json'?: { schema: object } } } | undefined;
      return 'oneOf' in (ok?.content?.['application/json']?.schema ?? {});
    })
    .map(({ operationId }) => operationId),
);
