import type { LinkOfAnswer } from '../../src/http/links.ts';
import { type Exchange, toWire, type Wire } from '../../src/verify/exchange.ts';
import type { Answer } from '../../src/verify/judge.ts';
import type { Operation } from '../../src/verify/operations.ts';
import { evaluate, type FinishedCall, parametersOf } from '../../src/verify/runtime-expressions.ts';
import { send } from '../../src/verify/send.ts';

/** A call that is over, with what was sent and received. */
export interface Call extends FinishedCall {
  exchange: Exchange;
  wire: Wire;
  answer: Answer;
}

/** Calls an operation. */
export async function call(base: string, operation: Operation, exchange: Exchange): Promise<Call> {
  const wire = toWire(operation, exchange);
  const answer = await send(base, wire);
  const { params = {}, query = {}, headers = {}, json, form } = exchange;
  const header = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    exchange,
    wire,
    answer,
    url: base + wire.target,
    method: wire.method,
    request: { path: params, query, header, body: json ?? form },
    statusCode: answer.status,
    response: { header: answer.headers, body: jsonOf(answer) },
  };
}

function jsonOf({ headers, body }: Answer): unknown {
  return /json/.test(String(headers['content-type'])) ? JSON.parse(body.toString()) : undefined;
}

/**
 * The request of a link: that of its target with the values of the link, and with the credentials of the call that it
 * comes from where both send the same header.
 *
 * @throws Error when the answer does not have what the link takes
 */
export function follow(link: LinkOfAnswer, made: Call, target: Operation, start: Exchange): Exchange {
  const exchange: Exchange = { ...start, params: { ...start.params }, query: { ...start.query } };
  const require = (name: string, value: unknown) => {
    if (value === undefined) throw new Error(`${link.source} → ${link.operationId}: nothing for ${name}`);
    return value;
  };
  for (const { name, value } of parametersOf(link, made)) {
    const place = target.parameters.find((parameter) => parameter.name === name)?.in === 'path' ? 'params' : 'query';
    Object.assign(exchange[place] as object, { [name]: String(require(name, value)) });
  }
  const { Authorization } = made.exchange.headers ?? {};
  if (Authorization !== undefined && start.headers?.Authorization !== undefined)
    exchange.headers = { ...start.headers, Authorization };
  if (link.requestBody === undefined) return exchange;
  const body = evaluate(link.requestBody, made) as Record<string, unknown>;
  for (const [name, value] of Object.entries(body)) require(name, value);
  // The fields of a form belong together, as those of one grant; a body in JSON is completed.
  if (start.form !== undefined) return { ...exchange, form: body as Record<string, string> };
  return { ...exchange, json: { ...(start.json as object), ...body } };
}
