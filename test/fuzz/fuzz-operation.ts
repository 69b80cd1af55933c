import type { Wire } from '../../src/verify/exchange.ts';
import type { Answer, Judge } from '../../src/verify/judge.ts';
import { errorNumbersOf, type Operation } from '../../src/verify/operations.ts';
import type { Node } from '../../src/verify/references.ts';
import { send } from '../../src/verify/send.ts';
import { type Expectation, type Material, plan } from './plan.ts';
import { reachedBy } from './reached.ts';

/** A kind of failure, with the shortest request that has shown it. */
export interface Failure {
  operation: string;
  /** The number of the request in the run, from 0. */
  run: number;
  what: string;
  problem: string;
  expects: Expectation | undefined;
  wire: Wire;
}

export interface FuzzTarget {
  /** The address of the API. */
  base: string;
  judge: Judge;
  contract: Node;
}

export interface FuzzOptions {
  seed: number;
  /** How many requests. */
  runs: number;
  /** Only this one of them. */
  only?: number | undefined;
  /** Called for every answer; awaited before the next request. */
  onAnswer?: ((answer: Answer, wire: Wire) => Promise<void> | void) | undefined;
}

/** Sends an operation the requests of its plan, and returns each kind of failure once. */
export async function fuzzOperation(
  target: FuzzTarget,
  operation: Operation,
  material: Material,
  { seed, runs, only, onAnswer }: FuzzOptions,
): Promise<Failure[]> {
  const failures = new Map<string, Failure>();
  let run = -1;
  for (const planned of plan(operation, material, seed)) {
    run += 1;
    if (run >= runs) break;
    if (only !== undefined && run !== only) continue;
    const problem = await attempt(target, operation, planned, onAnswer);
    if (problem === undefined) continue;
    const kind = problem.replace(/\d+/g, '0').slice(0, 300);
    const known = failures.get(kind);
    const { wire, what, expects } = planned;
    if (known === undefined || sizeOf(wire) < sizeOf(known.wire))
      failures.set(kind, { operation: operation.id, run, what, problem, expects, wire });
  }
  return [...failures.values()];
}

const sizeOf = ({ target, headers, body }: Wire) =>
  target.length + JSON.stringify(headers).length + Buffer.byteLength(body ?? '');

/** Sends one request. Returns what is wrong with the answer. */
export async function attempt(
  target: FuzzTarget,
  operation: Operation,
  { wire, expects }: { wire: Wire; expects?: Expectation | undefined },
  onAnswer?: FuzzOptions['onAnswer'],
): Promise<string | undefined> {
  let answer: Answer;
  try {
    answer = await send(target.base, wire);
  } catch (error) {
    return `there is no answer: ${(error as Error).message}`;
  }
  await onAnswer?.(answer, wire);
  return problemOf(target, operation, { wire, expects }, answer);
}

function problemOf(
  { judge, contract }: FuzzTarget,
  operation: Operation,
  { wire, expects }: { wire: Wire; expects: Expectation | undefined },
  answer: Answer,
): string | undefined {
  const { status } = answer;
  if (status >= 500) return `the server answers ${status}`;
  if (expects === 'method-not-allowed') {
    if (status !== 405) return `another method gets ${status} instead of 405`;
    return answer.headers.allow === undefined ? 'a 405 without Allow' : undefined;
  }
  const reached = reachedBy(wire, operation, judge.operations.values());
  if (reached === undefined && [400, 404, 405].includes(status)) return undefined;
  const violations = judge.judge(reached ?? operation, wire, answer).map(({ message }) => message);
  if (violations.length > 0) return `${status}: ${violations.join('; ')}`;
  if (reached !== operation) return undefined;
  const succeeds = isSuccess(judge, contract, answer);
  if (expects === 'refused' && succeeds) return `a request that the contract forbids succeeds with ${status}`;
  if (expects === 'authentication-required' && succeeds) return `the operation succeeds with ${status}`;
  if (expects === 'accepted' && isRefusal(status)) return `a request that the contract allows gets ${status}`;
  return undefined;
}

/** Statuses that say that the request itself is wrong; others are about who asks, for what, and when. */
const isRefusal = (status: number) => [400, 405, 406, 411, 413, 414, 415, 422, 431].includes(status);

/** Whether the operation has done what was asked; an API with error numbers refuses with a successful status, too. */
export function isSuccess(judge: Judge, contract: Node, answer: Answer): boolean {
  if (answer.status < 200 || answer.status > 299) return false;
  const numbers = errorNumbersOf(contract);
  const code = judge.errorCodeOf(answer);
  return numbers === undefined || code === undefined || code === String(numbers.success);
}
