import type { Context } from '../../context.ts';
import type { OutboxMessage } from '../../messages/outbox.ts';
import { movableClockOf } from './clocks.ts';
import type { Control } from './control.ts';
import type { LoggedExchange } from './exchange.ts';
import type { SetFault } from './faults.ts';
import type { InnerWorld } from './inner-world.ts';
import { LOG_SIZE } from './request-log.ts';

/** Something that has changed in a sandbox since the look before. */
export type Change =
  | { kind: 'request'; exchange: LoggedExchange }
  | { kind: 'message'; message: OutboxMessage }
  | { kind: 'faults'; faults: SetFault[] }
  | { kind: 'worlds'; worlds: InnerWorld[] }
  | { kind: 'clock' }
  | { kind: 'seed' }
  | { kind: 'token' }
  | { kind: 'cleared'; what: 'requests' | 'outbox' };

/** What a look goes over. */
export interface Watched {
  context: Context;
  control: Control;
  /** Undefined inside a world, which has none. */
  worlds: { list(): InnerWorld[] } | undefined;
}

/** More messages than this do not come between two looks. */
const OUTBOX_LIMIT = 100;

/** What has changed in a sandbox from one look to the next one (S-13). */
export class News {
  readonly #watched: Watched;
  /** The number of the last request that was seen. */
  #lastRequest: number;
  #clears: number;
  #counts: Control['counts'];
  #faults: string;
  #worlds: string;
  #clock: unknown;
  #messages: readonly OutboxMessage[];

  private constructor(watched: Watched, lastRequest: number, messages: readonly OutboxMessage[]) {
    const { context, control, worlds } = watched;
    this.#watched = watched;
    this.#lastRequest = lastRequest;
    this.#clears = control.requests.clears;
    this.#counts = { ...control.counts };
    this.#faults = JSON.stringify(control.faults.list());
    this.#worlds = idsOf(worlds?.list());
    this.#clock = movableClockOf(context).setting;
    this.#messages = messages;
  }

  /** @param lastRequest the requests after this number are news */
  static async since(watched: Watched, lastRequest: number): Promise<News> {
    return new News(watched, lastRequest, await listMessages(watched));
  }

  async look(): Promise<Change[]> {
    return [...this.#lookAtRequests(), ...this.#lookAtSettings(), ...(await this.#lookAtOutbox())];
  }

  #lookAtRequests(): Change[] {
    const { requests } = this.#watched.control;
    const isCleared = requests.clears !== this.#clears;
    this.#clears = requests.clears;
    const found = requests.list({ afterNumber: this.#lastRequest, limit: LOG_SIZE }).reverse();
    this.#lastRequest = found.at(-1)?.number ?? this.#lastRequest;
    return [
      ...(isCleared ? [{ kind: 'cleared', what: 'requests' } as const] : []),
      ...found.map((exchange) => ({ kind: 'request', exchange }) as const),
    ];
  }

  #lookAtSettings(): Change[] {
    const { context, control, worlds: all } = this.#watched;
    const changes: Change[] = [];
    const faults = control.faults.list();
    const seenFaults = JSON.stringify(faults);
    if (seenFaults !== this.#faults) changes.push({ kind: 'faults', faults });
    this.#faults = seenFaults;
    const worlds = all?.list() ?? [];
    const seenWorlds = idsOf(worlds);
    if (seenWorlds !== this.#worlds) changes.push({ kind: 'worlds', worlds });
    this.#worlds = seenWorlds;
    const { setting } = movableClockOf(context);
    if (setting !== this.#clock) changes.push({ kind: 'clock' });
    this.#clock = setting;
    for (const kind of ['seed', 'token'] as const)
      if (control.counts[kind] !== this.#counts[kind]) changes.push({ kind });
    this.#counts = { ...control.counts };
    return changes;
  }

  async #lookAtOutbox(): Promise<Change[]> {
    const before = this.#messages;
    const messages = await listMessages(this.#watched);
    this.#messages = messages;
    const known = new Set(before.map(({ id }) => id));
    const ids = new Set(messages.map(({ id }) => id));
    // With a full list, older messages may have fallen out of it.
    const oldest = messages.length < OUTBOX_LIMIT ? '' : (messages.at(-1)?.id ?? '');
    const isCleared = before.some(({ id }) => id > oldest && !ids.has(id));
    return [
      ...(isCleared ? [{ kind: 'cleared', what: 'outbox' } as const] : []),
      ...messages
        .filter(({ id }) => !known.has(id) && id > (before[0]?.id ?? ''))
        .reverse()
        .map((message) => ({ kind: 'message', message }) as const),
    ];
  }
}

const listMessages = ({ context }: Watched) => context.messages.listOutbox({ limit: OUTBOX_LIMIT });

const idsOf = (worlds: readonly InnerWorld[] = []): string => worlds.map(({ id }) => id).join();
