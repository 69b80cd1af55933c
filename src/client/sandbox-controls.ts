import type { components, operations } from '../../generated/sandbox.ts';
import type { SandboxClient } from './sandbox-client.ts';
import { requireAnswer, SandboxError } from './sandbox-error.ts';

type Schemas = components['schemas'];
type Query<Operation extends keyof operations> = NonNullable<operations[Operation]['parameters']['query']>;

/** How long the functions `waitFor` wait, unless their filter has another `wait`. */
const USUAL_WAIT = '5s';

/** The time of everything that looks at it: expiry, timestamps, retries. */
export interface SandboxClock {
  get(): Promise<Schemas['Clock']>;
  /** @param duration `90s`, `2h`, `1.5d` */
  advance(duration: string): Promise<Schemas['Clock']>;
  /** Shows another time, from which a running clock goes on. */
  set(now: Date | string): Promise<Schemas['Clock']>;
  /** Stops the clock, now or at another time. */
  freeze(now?: Date | string): Promise<Schemas['Clock']>;
  /** Back to the machine's time. */
  reset(): Promise<void>;
}

/** Calls that fail on purpose. */
export interface SandboxFaults {
  add(fault: Schemas['NewFault']): Promise<Schemas['Fault']>;
  list(): Promise<Schemas['Fault'][]>;
  clear(): Promise<void>;
}

/** The requests that the APIs got, newest first. */
export interface SandboxRequests {
  /** Without headers and bodies. */
  list(filter?: Query<'listRequests'>): Promise<Schemas['ExchangeSummary'][]>;
  /**
   * The newest request that fits, with headers and bodies.
   *
   * @throws SandboxError when none comes within five seconds, or the filter's `wait`
   */
  waitFor(filter: Query<'listRequests'>): Promise<Schemas['Exchange']>;
}

/** The messages that the APIs sent, newest first. */
export interface SandboxOutbox {
  list(filter?: Query<'listOutbox'>): Promise<Schemas['OutboxMessage'][]>;
  /**
   * The newest message that fits.
   *
   * @example
   * const { code } = await sandbox.outbox.waitFor({ to: '+8613800000000' });
   * @throws SandboxError when none comes within five seconds, or the filter's `wait`
   */
  waitFor(filter: Query<'listOutbox'>): Promise<Schemas['OutboxMessage']>;
}

export function clockOf(client: SandboxClient): SandboxClock {
  const change = (changes: Schemas['ClockChanges']) => requireAnswer(client.PATCH('/clock', { body: changes }));
  const iso = (time: Date | string) => new Date(time).toISOString();
  return {
    get: () => requireAnswer(client.GET('/clock')),
    advance: (duration) => change({ advance: duration }),
    set: (now) => change({ now: iso(now) }),
    freeze: (now) => change({ frozen: true, ...(now !== undefined && { now: iso(now) }) }),
    reset: () => requireAnswer(client.DELETE('/clock')),
  };
}

export const faultsOf = (client: SandboxClient): SandboxFaults => ({
  add: (fault) => requireAnswer(client.POST('/faults', { body: fault })),
  list: () => requireAnswer(client.GET('/faults')),
  clear: () => requireAnswer(client.DELETE('/faults')),
});

export function requestsOf(client: SandboxClient): SandboxRequests {
  const list: SandboxRequests['list'] = (query = {}) => requireAnswer(client.GET('/requests', { params: { query } }));
  return {
    list,
    async waitFor(filter) {
      const { id } = firstOf(await list({ wait: USUAL_WAIT, ...filter, limit: 1 }), 'request', filter);
      return requireAnswer(client.GET('/requests/{request_id}', { params: { path: { request_id: id } } }));
    },
  };
}

export function outboxOf(client: SandboxClient): SandboxOutbox {
  const list: SandboxOutbox['list'] = (query = {}) => requireAnswer(client.GET('/outbox', { params: { query } }));
  return {
    list,
    waitFor: async (filter) => firstOf(await list({ wait: USUAL_WAIT, ...filter, limit: 1 }), 'message', filter),
  };
}

function firstOf<Item>([first]: readonly Item[], what: string, filter: { wait?: string }): Item {
  const { wait = USUAL_WAIT, ...wanted } = filter;
  if (first !== undefined) return first;
  throw new SandboxError(`No ${what} ${JSON.stringify(wanted)} has come within ${wait}`, 200);
}
