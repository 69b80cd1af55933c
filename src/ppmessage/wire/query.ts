import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import { withoutNulls } from '../../http/nulls.ts';
import type { RequestInfo } from '../../http/request.ts';
import { requestValidator, type ValidateRequest } from '../../http/validate-request.ts';
import { PpmessageError } from '../model/errors.ts';
import { findCaller } from '../security.ts';
import { completeBody } from './complete-body.ts';
import { contract, schemaOf } from './contract.ts';
import { operationAt } from './envelope.ts';
import { renderError } from './errors.ts';
import type { Operations } from './operation.ts';

/** An answer with the envelope. */
type Answer = Awaited<ReturnType<Operations['runQuery']>>['body'];

/** Made on first use. */
const validators = new Map<string, ValidateRequest>();

/**
 * Runs an operation below `/api` by its name, with the checks of a request for it: token, level, fields (P-62).
 *
 * @param request that of the query; its token counts
 * @returns the answer of the operation, also when it refuses
 * @throws HttpError for what is no refusal, such as an internal error
 */
export async function runByName(
  name: string,
  data: Record<string, unknown>,
  request: RequestInfo,
  context: Context,
): Promise<Answer> {
  const path = `/api/${name.replace(/^\//, '')}`;
  const inner: RequestInfo = Object.create(request, { path: { value: path } });
  const operation = operationAt(path);
  try {
    if (operation === undefined) throw new PpmessageError('noSuchOperation');
    const actor = await findCaller({ headers: { authorization: request.authorization }, request: inner }, context);
    const body = completeBody(withoutNulls(contract, data, schemaOf(path)), actor, inner);
    const { body: valid } = validate(path, body);
    const output = await operation({ body: valid as object, actor, request: inner }, context);
    return output.body as Answer;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const scene = { request: inner, operationId: path, body: data, mediaTypes: ['application/json'] };
    const output = renderError(error, scene);
    if (output.status !== 200) throw error;
    return output.body as Answer;
  }
}

function validate(path: string, body: unknown) {
  const known = validators.get(path) ?? requestValidator(contract, path);
  validators.set(path, known);
  const empty = { params: {}, query: {}, headers: { 'content-type': 'application/json' } };
  return known({ ...empty, method: 'post', originalUrl: path, mediaType: 'application/json', body });
}
