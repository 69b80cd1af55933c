import { isJson } from '../../http/respond.ts';
import { Blanker } from '../model/blank-secrets.ts';
import type { LoggedExchange } from '../model/exchange.ts';
import { requestVerdict, responseVerdict } from '../model/verdicts.ts';
import { toCurl } from './curl.ts';
import type { Schemas } from './operation.ts';

/** An exchange without headers and bodies, as lists show it. */
export async function toExchangeSummary(exchange: LoggedExchange): Promise<Schemas['ExchangeSummary']> {
  const { api, operation, method, path, query, status, durationMs, fault, number, requestId, time } = exchange;
  const [request, response] = await Promise.all([requestVerdict(exchange), responseVerdict(exchange)]);
  return {
    id: `r${number}`,
    time: new Date(time).toISOString(),
    api: api.name,
    operation: operation?.id ?? null,
    method,
    path,
    query: new Blanker().address(`?${query}`).slice(1),
    status: status ?? null,
    duration_ms: Math.round(durationMs * 1000) / 1000,
    fault: fault ?? null,
    request_id: requestId,
    verdict: { request: request ?? null, response: response ?? null },
  };
}

/**
 * An exchange with everything except its secrets.
 *
 * @param protocol of the addresses that callers see: `http:`
 */
export async function toExchange(exchange: LoggedExchange, protocol: string): Promise<Schemas['Exchange']> {
  const { headers: sent, head, requestBody, isRequestCut, isResponseCut, method, url } = exchange;
  const blanker = new Blanker();
  const headers = blanker.headers(sent);
  const body = blanker.body(toBody(requestBody), true) ?? null;
  const request = { headers, body, truncated: isRequestCut };
  const response = {
    headers: blanker.headers(toHeaders(head)),
    body: blanker.body(toResponseBody(exchange), false) ?? null,
    truncated: isResponseCut,
  };
  const address = `${protocol}//${exchange.header('host') ?? 'localhost'}${blanker.address(url)}`;
  const scheme = /^(\w+) /.exec(exchange.header('authorization') ?? '')?.[1];
  const curl = toCurl({ method, url: address, headers, body, scheme });
  const { query, path, verdict, ...summary } = await toExchangeSummary(exchange);
  return { ...summary, ...blanker.everywhere({ path, query, verdict, request, response, curl }) };
}

type Headers = Schemas['Message']['headers'];

/** `['Vary', 'Accept', …]` → `{ vary: 'Accept' }` */
function toHeaders(head: LoggedExchange['head']): Headers {
  const headers: Headers = {};
  for (let index = 0; index < head.length; index += 2) {
    const value = head[index + 1];
    headers[String(head[index]).toLowerCase()] = Array.isArray(value) ? value : String(value);
  }
  return headers;
}

function toResponseBody({ responseText: text, head, isResponseCut }: LoggedExchange): unknown {
  const type = String(toHeaders(head)['content-type'] ?? '').split(';', 1)[0];
  return text === undefined || isResponseCut || !isJson(type) ? text : JSON.parse(text);
}

interface NamedFile {
  stream?: unknown;
  name?: string;
  type?: string;
  size?: number;
}

/** Files are named; their bytes are not kept. */
function toBody(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toBody);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { file: '', type: '', size: value.length };
  const { stream, name = '', type = '', size = 0 } = value as NamedFile;
  if (typeof stream === 'function') return { file: name, type, size };
  return Object.fromEntries(Object.entries(value).map(([member, one]) => [member, toBody(one)]));
}
