import type { Request } from 'express';
import type { Clock } from '../../clock.ts';
import { HttpError } from '../../errors.ts';
import type { Api } from '../../http/api.ts';
import type { RequestRecord } from '../../http/log.ts';
import { LoggedExchange } from './exchange.ts';

/** How many exchanges are kept. */
export const LOG_SIZE = 500;

/** Which exchanges a caller wants; a member that is absent means any. */
export interface ExchangeFilter {
  api?: string | undefined;
  operation?: string | undefined;
  status?: number | undefined;
  /** Exchanges with a greater number. */
  afterNumber?: number | undefined;
  /** Exchanges that began at this time or later, in milliseconds. */
  fromTime?: number | undefined;
  limit: number;
}

/** The last exchanges of one sandbox, in memory. */
export class RequestLog {
  readonly #kept: (LoggedExchange | undefined)[] = new Array(LOG_SIZE).fill(undefined);
  readonly #waiting = new Set<() => void>();
  #last = 0;
  #clears = 0;

  /** The number of the last exchange; 0 before the first one. */
  get newest(): number {
    return this.#last;
  }

  /** How often the log was cleared. */
  get clears(): number {
    return this.#clears;
  }

  begin(api: Api, request: Request, record: RequestRecord, clock: Clock): LoggedExchange {
    return new LoggedExchange(api, request, record, clock, this.#keep);
  }

  /** Newest first. */
  list({ api, operation, status, afterNumber = 0, fromTime = -Infinity, limit }: ExchangeFilter): LoggedExchange[] {
    const found: LoggedExchange[] = [];
    for (let number = this.#last; number > this.#last - LOG_SIZE && found.length < limit; number -= 1) {
      const one = this.#kept[number % LOG_SIZE];
      if (one === undefined || number <= afterNumber) break;
      const isWanted =
        (api === undefined || one.api.name === api) &&
        (operation === undefined || one.operation?.id === operation) &&
        (status === undefined || one.status === status) &&
        one.time >= fromTime;
      if (isWanted) found.push(one);
    }
    return found;
  }

  /** The same, after waiting for the first one. Returns an empty list when none comes in time. */
  async waitFor(
    filter: ExchangeFilter,
    milliseconds: number,
    ends: readonly (AbortSignal | undefined)[],
  ): Promise<LoggedExchange[]> {
    const end = AbortSignal.any([AbortSignal.timeout(milliseconds), ...ends.filter((one) => one !== undefined)]);
    for (;;) {
      const found = this.list(filter);
      if (found.length > 0 || milliseconds === 0 || end.aborted) return found;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          end.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        end.addEventListener('abort', wake);
      });
    }
  }

  /** @throws HttpError 404 when it is not kept any more */
  require(number: number): LoggedExchange {
    const one = this.#kept[number % LOG_SIZE];
    if (one?.number !== number) throw new HttpError('not_found', `There is no request r${number} in the log`);
    return one;
  }

  clear(): void {
    this.#kept.fill(undefined);
    this.#clears += 1;
  }

  readonly #keep = (exchange: LoggedExchange): void => {
    this.#last += 1;
    exchange.number = this.#last;
    this.#kept[this.#last % LOG_SIZE] = exchange;
    // An iterator costs more than the rest.
    if (this.#waiting.size > 0) for (const wake of this.#waiting) wake();
  };
}
