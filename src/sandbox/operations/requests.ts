import { HttpError } from '../../errors.ts';
import { operationsOf, requireMatching } from '../model/calls.ts';
import { controlOf } from '../model/control.ts';
import { readWait } from '../model/waits.ts';
import { toExchange, toExchangeSummary } from '../wire/exchanges.ts';
import { noStore } from '../wire/no-store.ts';
import type { Operation } from '../wire/operation.ts';

/** Newest first. With `wait` the answer comes with the first match, or when the time is over. */
export const listRequests: Operation<'listRequests'> = async ({ query, request }, { parts, closing }) => {
  const { api, operation, status, since, limit = 100, wait } = query;
  requireMatching({ ...(api && { api }), ...(operation && { operation }) }, operationsOf(parts.apis), 'query');
  const filter = { api, operation, status, limit, ...readSince(since) };
  const { requests } = controlOf(request, parts.controls);
  const found = await requests.waitFor(filter, readWait(wait), [request.disconnected, closing]);
  return { status: 200, headers: noStore, body: await Promise.all(found.map(toExchangeSummary)) };
};

export const getRequest: Operation<'getRequest'> = async ({ params, request }, { parts }) => {
  const exchange = controlOf(request, parts.controls).requests.require(Number(params.request_id.slice(1)));
  return { status: 200, headers: noStore, body: await toExchange(exchange, new URL(request.origin).protocol) };
};

export const clearRequests: Operation<'clearRequests'> = ({ request }, { parts }) => {
  controlOf(request, parts.controls).requests.clear();
  return { status: 204, headers: noStore };
};

/** The id of an exchange, or a time. In a query `+` means a blank; `+08:00`, written by hand, means a time zone. */
function readSince(since: string | undefined): { afterNumber?: number; fromTime?: number } {
  if (since === undefined || since === '') return {};
  if (/^r\d{1,15}$/.test(since)) return { afterNumber: Number(since.slice(1)) };
  const time = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+ -]\d\d:\d\d)$/.test(since) ? Date.parse(since.replace(' ', '+')) : NaN;
  if (!Number.isNaN(time)) return { fromTime: time };
  const message = 'must be the id of a request, such as r12, or a time, such as 2026-01-05T08:00:00Z';
  throw new HttpError('invalid_request', `since ${message}`, {
    details: [{ path: '/query/since', message, keyword: 'format' }],
  });
}
