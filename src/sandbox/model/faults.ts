import { randomUUID } from 'node:crypto';
import { MAX_DELAY_MS, parseDuration } from '../../duration.ts';
import { HttpError } from '../../errors.ts';
import type { Api } from '../../http/api.ts';
import type { Fault, FoundCall } from '../../http/hooks.ts';
import { type CallFilter, matcherOf, operationsOf, requireMatching } from './calls.ts';
import { invalidField } from './errors.ts';
import { answerOf, requireCommonStatus, type WantedAnswer, withCode } from './fault-answers.ts';
import { createRandom } from './random.ts';

/** A fault as a caller describes it. */
export interface NewFault extends CallFilter, WantedAnswer {
  /** A duration: `800ms`. */
  delay?: string;
  drop?: 'before' | 'after';
  /** The number of matching calls that it may act on. Defaults to any. */
  times?: number;
  /** The number of matching calls before the first one that it acts on. Defaults to 0. */
  after?: number;
  /** How likely it acts on a matching call. Defaults to 1. */
  chance?: number;
  /** Makes the calls that `chance` chooses the same ones again. */
  seed?: string | number;
}

/** A fault that is set, with the calls that it has seen. */
export interface SetFault extends NewFault {
  id: string;
  /** Matching calls so far. */
  matched: number;
  /** Calls that it has acted on. */
  fired: number;
}

interface Entry {
  view: SetFault;
  matches(call: FoundCall): boolean;
  random(): number;
  faultOf(call: FoundCall): Fault;
}

/** The faults of one sandbox, the oldest first. */
export class Faults {
  readonly #apis: readonly Api[];
  readonly #entries = new Map<string, Entry>();
  #count = 0;

  constructor(apis: readonly Api[]) {
    this.#apis = apis;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  list(): SetFault[] {
    return [...this.#entries.values()].map(({ view }) => ({ ...view }));
  }

  /** @throws HttpError 400 that names the wrong field, and what would be right */
  create(wanted: NewFault): SetFault {
    const matching = requireMatching(wanted, operationsOf(this.#apis));
    const delayMs = delayOf(wanted);
    const { status, code, example, body, drop, seed = randomUUID() } = wanted;
    const answered = (['status', 'code', 'example', 'body'] as const).filter((name) => wanted[name] !== undefined);
    if (drop !== undefined && answered.length > 0)
      throw invalidField('body', 'drop', `cannot be given with ${answered.join(', ')}: a dropped call has no answer`);
    // Where no operation is named, a code means those that have it, and a status has to be one of all.
    const operations = wanted.operation === undefined ? withCode(wanted, matching) : matching;
    if (wanted.operation === undefined) requireCommonStatus(wanted, operations);
    const isLate = drop === undefined && answered.length === 0 && delayMs > 0;
    const answers = new Map(
      operations.flatMap((one) =>
        drop !== undefined || isLate
          ? []
          : [[`${one.api.name} ${one.id}`, answerOf(one, { status, code, example, body } as WantedAnswer)] as const],
      ),
    );
    this.#count += 1;
    const id = `f${this.#count}`;
    const entry: Entry = {
      view: { ...wanted, id, matched: 0, fired: 0 },
      matches: matcherOf(wanted, operations),
      random: createRandom(String(seed)),
      faultOf: ({ api, operation }) => ({ id, delayMs, drop, answer: answers.get(`${api} ${operation.id}`) }),
    };
    this.#entries.set(id, entry);
    return { ...entry.view };
  }

  delete(id: string): void {
    if (!this.#entries.delete(id)) throw new HttpError('not_found', `There is no fault ${id}`);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Counts a call at every fault that it matches. The oldest one that acts on it wins. */
  find(call: FoundCall): Fault | undefined {
    let found: Fault | undefined;
    for (const { view, matches, random, faultOf } of this.#entries.values()) {
      if (!matches(call)) continue;
      view.matched += 1;
      const { after = 0, times = Infinity, chance = 1 } = view;
      if (view.matched <= after || view.matched > after + times) continue;
      // Drawn for each call, so that other faults do not change which ones are chosen.
      const isChosen = random() < chance;
      if (!isChosen || found !== undefined) continue;
      view.fired += 1;
      found = faultOf(call);
    }
    return found;
  }
}

function delayOf({ delay }: NewFault): number {
  if (delay === undefined) return 0;
  const milliseconds = parseDuration(delay);
  if (milliseconds === undefined || milliseconds > MAX_DELAY_MS)
    throw invalidField('body', 'delay', 'must be a duration up to 24h, such as 800ms, 1.5s or 2m');
  return milliseconds;
}
