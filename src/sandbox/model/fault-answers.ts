import type { Request } from 'express';
import { HttpError } from '../../errors.ts';
import { type ResponseObject, resolve } from '../../http/contract.ts';
import type { Fault } from '../../http/hooks.ts';
import type { AnyOutput } from '../../http/operation.ts';
import { type ExampleAnswer, exampleAnswers, toOutput } from './answers.ts';
import type { KnownOperation } from './calls.ts';
import { invalidField } from './errors.ts';

/** Which answer a fault gives in place of the work. */
export interface WantedAnswer {
  status?: number;
  /** The number or the name of an error, as the bodies of the API have it. */
  code?: string | number;
  /** The name of an example. */
  example?: string;
  body?: unknown;
}

/** The statuses that a proxy can answer any operation with. Contracts need not declare them. */
const OF_PROXIES: readonly number[] = [502, 503, 504];

/**
 * The answer of an operation.
 *
 * @throws HttpError 400 when the contract has no such answer; it names what there is
 */
export function answerOf(operation: KnownOperation, wanted: WantedAnswer): NonNullable<Fault['answer']> {
  const { status, code, example, body } = wanted;
  const all = exampleAnswers(operation.api.contract, operation.object);
  const isUsual = status === undefined && example === undefined;
  const usual = isUsual ? operation.api.faults?.usual?.(operation.path) : undefined;
  if (usual !== undefined && (code === undefined || String(code) === String(codeOf(operation, usual.body))))
    return () => ({ ...usual, ...(body !== undefined && { body }) });
  if (status !== undefined && !(status in operation.object.responses)) {
    if (!OF_PROXIES.includes(status)) throw missing('status', operation, `no status ${status}`, statusesOf(operation));
    for (const [field, value] of Object.entries({ code, example }))
      if (value !== undefined)
        throw invalidField('body', field, `cannot be given with status ${status}, which the contract does not declare`);
    return (request, info) => withBody(ofProxy(operation, status, request, info), body);
  }
  const ofStatus = all.filter((one) => status === undefined || one.status === status);
  const where = status === undefined ? '' : ` for ${status}`;
  const ofCode =
    code === undefined ? ofStatus : ofStatus.filter((one) => String(codeOf(operation, one.body)) === String(code));
  if (ofCode.length === 0) throw missing('code', operation, `no code ${code}${where}`, codesOf(operation, ofStatus));
  const named = example === undefined ? ofCode : ofCode.filter((one) => one.name === example);
  if (named.length === 0) throw missing('example', operation, `no example ${example}${where}`, namesOf(ofCode));
  const chosen = chooseStatus(named, wanted);
  if (body !== undefined && chosen.every(({ type }) => type === undefined))
    throw invalidField('body', 'body', `cannot be sent with status ${chosen[0]?.status}`);
  return (request, { id }) => withBody(toOutput(chosen, request, id), body);
}

/**
 * The operations that can answer with a code; all of them without one.
 *
 * @throws HttpError 400 when none can; it names all codes
 */
export function withCode({ code }: WantedAnswer, operations: KnownOperation[]): KnownOperation[] {
  if (code === undefined) return operations;
  const having = operations.filter((one) => allCodesOf(one).includes(String(code)));
  if (having.length > 0) return having;
  const names = codesOfAny(operations).join(', ') || 'none';
  throw invalidField('body', 'code', `must be one that the contract declares: there is no code ${code}, but ${names}`);
}

/** @throws HttpError 400 when one of the operations does not declare the status; it names those that all of them do */
export function requireCommonStatus({ status }: WantedAnswer, operations: readonly KnownOperation[]): void {
  const lacking = operations.find((one) => !statusesOf(one).includes(String(status)));
  if (status === undefined || lacking === undefined) return;
  const [first, ...others] = operations.map(statusesOf);
  const common = first?.filter((one) => others.every((there) => there.includes(one))) ?? [];
  throw invalidField(
    'body',
    'status',
    `must be one that every operation declares, where none is named: ${lacking.id} of ${lacking.api.name} has no status ` +
      `${status}; all have ${common.join(', ')}`,
  );
}

/** The codes that one of the operations can answer with: numbers by their size, or names. */
export const codesOfAny = (operations: readonly KnownOperation[]): string[] =>
  [...new Set(operations.flatMap(allCodesOf))].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));

function allCodesOf(operation: KnownOperation): string[] {
  const { api, object, path } = operation;
  const answers = [...exampleAnswers(api.contract, object), api.faults?.usual?.(path)];
  return answers.flatMap((answer) => codeOf(operation, answer?.body) ?? []).map(String);
}

/** Of several statuses the wanted one, the smallest that has the code or the example, or else 500. */
function chooseStatus(answers: readonly ExampleAnswer[], { code, example }: WantedAnswer): ExampleAnswer[] {
  const statuses = answers.map(({ status }) => status);
  const isNamed = code !== undefined || example !== undefined;
  const chosen = !isNamed && statuses.includes(500) ? 500 : Math.min(...statuses);
  return answers.filter(({ status }) => status === chosen);
}

const withBody = (output: AnyOutput, body: unknown): AnyOutput => (body === undefined ? output : { ...output, body });

/** A status that the contract does not declare, in the error body of the API. */
class ProxyError extends HttpError {
  override readonly status: number;

  constructor(status: number) {
    super('unavailable', 'A fault of the sandbox');
    this.status = status;
  }
}

function ofProxy(
  { api, id, object }: KnownOperation,
  status: number,
  request: Request,
  info: Parameters<NonNullable<Fault['answer']>>[1],
): AnyOutput {
  const { content = {} } = resolve<ResponseObject>(api.contract, object.responses[500] ?? { description: '' });
  const types = Object.keys(content);
  const best = request.accepts(types) || types[0];
  const mediaTypes = best === undefined ? [] : [best, ...types.filter((type) => type !== best)];
  return api.renderError(new ProxyError(status), { request: info, operationId: id, body: undefined, mediaTypes });
}

const codeOf = ({ api }: KnownOperation, body: unknown): unknown =>
  typeof body === 'object' && body !== null
    ? (api.faults?.codeOf(body as Record<string, unknown>) ?? undefined)
    : undefined;

const statusesOf = ({ object }: KnownOperation) => [
  ...new Set([...Object.keys(object.responses), ...OF_PROXIES.map(String)]),
];
const codesOf = (operation: KnownOperation, answers: readonly ExampleAnswer[]) =>
  answers.flatMap(({ body }) => codeOf(operation, body) ?? []);
const namesOf = (answers: readonly ExampleAnswer[]) => answers.flatMap(({ name }) => name ?? []);

function missing(field: string, { api, id }: KnownOperation, what: string, there: readonly unknown[]): HttpError {
  const names = [...new Set(there.map(String))].join(', ') || 'none';
  return invalidField(
    'body',
    field,
    `must be one that the contract declares: ${id} of ${api.name} has ${what}; it has ${names}`,
  );
}
