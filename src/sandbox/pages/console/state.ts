import { type Context, contextOf } from '../../../context.ts';
import { HttpError } from '../../../errors.ts';
import type { Api, DemoName } from '../../../http/api.ts';
import type { RequestInfo } from '../../../http/request.ts';
import type { OutboxMessage } from '../../../messages/outbox.ts';
import { movableClockOf } from '../../model/clocks.ts';
import { type Controls, controlOf } from '../../model/control.ts';
import { readDemoNames } from '../../model/demo-names.ts';
import type { LoggedExchange } from '../../model/exchange.ts';
import type { SetFault } from '../../model/faults.ts';
import { worldOf } from '../../model/here.ts';
import { LOG_SIZE, type RequestLog } from '../../model/request-log.ts';
import { readSeededCredentials, type SeededCredentials } from '../../model/seed-entries.ts';
import { listTokens } from '../../model/tokens.ts';
import { worldsOf } from '../../model/worlds.ts';
import { toClock } from '../../wire/clocks.ts';
import { toExchange, toExchangeSummary } from '../../wire/exchanges.ts';
import type { Schemas } from '../../wire/operation.ts';
import { toToken } from '../../wire/tokens.ts';
import { toWorld } from '../../wire/worlds.ts';

/** How many requests, messages and tokens the console shows. */
const SHOWN = { requests: 100, messages: 20, tokens: 50 };

export const outcomes = ['2xx', '3xx', '4xx', '5xx', 'broken', 'faulty'] as const;

/** Which requests the console shows; '' means any. */
export interface ConsoleFilter {
  api: string;
  outcome: (typeof outcomes)[number] | '';
  /** A part of the path or the operation. */
  search: string;
}

/** Everything that the console shows of one world. */
export interface ConsoleState {
  /** Undefined outside. */
  worldId: string | undefined;
  filter: ConsoleFilter;
  requests: Schemas['ExchangeSummary'][];
  /** The request that is open; null when it is no longer in the log. */
  opened: Schemas['Exchange'] | null | undefined;
  messages: OutboxMessage[];
  faults: SetFault[];
  /** Undefined inside a world. */
  worlds: Schemas['World'][] | undefined;
  clock: Schemas['Clock'];
  tokens: Schemas['Token'][];
  /** What is there of the demo data, by API. */
  names: ReadonlyMap<string, ReadonlyMap<string, DemoName>>;
  /** People and applications of seeds, by API. */
  seeded: ReadonlyMap<string, SeededCredentials>;
}

/**
 * Reads what the console shows of the world of a request.
 *
 * @param opened the number of the request to open
 */
export async function readState(
  context: Context,
  apis: readonly Api[],
  controls: Controls,
  request: RequestInfo,
  { filter, opened }: { filter: ConsoleFilter; opened: number | undefined },
): Promise<ConsoleState> {
  const world = worldOf(request);
  const { requests, faults } = controlOf(request, controls);
  const names = new Map<string, ReadonlyMap<string, DemoName>>();
  for (const api of apis) names.set(api.name, await readDemoNames(context.database, api));
  const [exchanges, detail, messages, tokens, seeded] = await Promise.all([
    listExchanges(requests, filter),
    opened === undefined ? undefined : openExchange(requests, opened, request),
    context.messages.listOutbox({ limit: SHOWN.messages }),
    listTokens(contextOf(context, 'sandbox'), apis, { api: undefined, limit: SHOWN.tokens }),
    readSeededCredentials(context.database),
  ]);
  return {
    worldId: world.id,
    filter,
    requests: exchanges,
    opened: detail,
    messages,
    faults: faults.list(),
    worlds:
      world.id === undefined
        ? worldsOf(world)
            .list()
            .map((one) => toWorld(one, request))
        : undefined,
    clock: toClock(movableClockOf(context)),
    tokens: tokens.map((token) => toToken(token, context.clock)),
    names,
    seeded,
  };
}

async function listExchanges(log: RequestLog, { api, outcome, search }: ConsoleFilter) {
  const found: Schemas['ExchangeSummary'][] = [];
  for (const exchange of log.list({ api: api || undefined, limit: LOG_SIZE })) {
    if (found.length === SHOWN.requests) break;
    if (!isFound(exchange, search)) continue;
    const summary = await toExchangeSummary(exchange);
    if (outcome === '' || hasOutcome(summary, outcome)) found.push(summary);
  }
  return found;
}

const isFound = ({ operation, path }: LoggedExchange, search: string) =>
  [operation?.id ?? '', path].some((text) => text.toLowerCase().includes(search.toLowerCase()));

function hasOutcome(summary: Schemas['ExchangeSummary'], outcome: ConsoleFilter['outcome']): boolean {
  const { request, response } = summary.verdict;
  if (outcome === 'broken') return request?.valid === false || response?.valid === false;
  if (outcome === 'faulty') return summary.fault !== null;
  return String(summary.status).startsWith(outcome.charAt(0));
}

async function openExchange(log: RequestLog, number: number, request: RequestInfo) {
  try {
    return await toExchange(log.require(number), new URL(request.origin).protocol);
  } catch (error) {
    if (error instanceof HttpError) return null;
    throw error;
  }
}
