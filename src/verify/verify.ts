import { type Actor, createActors, withHeader } from './actors.ts';
import { type BadInput, badInputs } from './bad-input.ts';
import { type Fields, toCredentials } from './credentials.ts';
import { VerifyError } from './error.ts';
import { type Exchange, toWire, type Wire } from './exchange.ts';
import { type Answer, createJudge, type Judge } from './judge.ts';
import type { Operation } from './operations.ts';
import { Pool } from './pool.ts';
import { type Candidate, positives } from './positive.ts';
import { type Problem, Recorder, type Verification } from './recorder.ts';
import { Redactor } from './redact.ts';
import type { Node } from './references.ts';
import { type Compile, compiler } from './schemas.ts';
import { send } from './send.ts';
import { withoutAuthentication } from './unauthorized.ts';

export interface VerifyOptions {
  api: string;
  /** Bundled. */
  contract: Node;
  /** Path of the operation that gives tokens. */
  tokenPath: string | undefined;
  /** The API's base. */
  url: string;
  credentials: Fields | undefined;
  /** Whether operations that change data may be called. */
  write: boolean;
  slowMs: number;
  /** Whether undeclared members and headers are violations, too. */
  strict: boolean;
  /** Gets a line about what is done, now and then. */
  onProgress?: (line: string) => void;
}

/**
 * Calls every operation of a running server as the contract allows, and in ways that it forbids, and judges the answers.
 *
 * @throws VerifyError when the server stops answering
 */
export async function verify(options: VerifyOptions): Promise<Verification> {
  const { api, url, write } = options;
  const run = new Run(options);
  await run.start();
  return run.recorder.conclude({ api, url, mode: write ? 'write' : 'read-only' });
}

const REACH_MS = 10_000;

/** @throws VerifyError when the server cannot be reached */
export async function requireServer(url: string): Promise<void> {
  const probe = { method: 'GET', target: '/', headers: {} };
  await send(url, probe, { timeoutMs: REACH_MS }).catch((error: NodeJS.ErrnoException) => {
    throw new VerifyError(`No server answers at ${url}: ${error.code ?? error.message}`);
  });
}

/** How many requests that must be refused are under way at once. */
const AT_ONCE = 4;
const PROGRESS_MS = 2_000;

/** After so many requests without an answer an operation is not called any more, and after so many in a row none is. */
const MAX_FAILURES = 3;
const MAX_SILENT = 20;

/** When an operation is called: reads first, then what makes something, then what ends something, then tokens. */
type Phase = 'read' | 'write' | 'destroy' | 'token';
const phases: readonly Phase[] = ['read', 'write', 'destroy', 'token'];

class Run {
  readonly recorder: Recorder;
  readonly #options: VerifyOptions;
  readonly #judge: Judge;
  readonly #compile: Compile;
  readonly #redactor = new Redactor();
  readonly #pool = new Pool();
  #actors: Actor[] = [];
  /** The requests that have succeeded, by operation and variant. */
  readonly #succeeded = new Map<string, Exchange>();
  /** Requests without an answer, by operation. */
  readonly #failures = new Map<string, number>();
  /** Requests without an answer since the newest answer. */
  #silent = 0;
  #done = 0;
  #shownAt = performance.now();

  constructor(options: VerifyOptions) {
    const { contract, url, strict, slowMs, credentials } = options;
    this.#options = options;
    this.#judge = createJudge(contract, { strict });
    this.#compile = compiler(contract);
    this.#redactor.learn(credentials);
    this.recorder = new Recorder(url, { judge: this.#judge, contract, redactor: this.#redactor, slowMs });
  }

  async start(): Promise<void> {
    const operations = [...this.#judge.operations.values()];
    const token = operations.find(({ path, method }) => path === this.#options.tokenPath && method === 'POST');
    const credentials = toCredentials(this.#options.credentials ?? {});
    this.#pool.learn({ path: '', method: 'GET', extensions: {} } as Operation, this.#options.credentials);
    this.#actors = await createActors(credentials, (form, client) => this.#requestToken(token, form, client?.id));
    const allowed = operations.filter((one) => this.#options.write || isSafe(one) || one === token);
    const phaseOf = (one: Operation): Phase =>
      one === token ? 'token' : isSafe(one) ? 'read' : isDestructive(one) ? 'destroy' : 'write';
    for (const phase of phases) {
      const inOrder = allowed.filter((one) => phaseOf(one) === phase);
      // A contract goes from the whole to its parts, which end first.
      const ofPhase = phase === 'destroy' ? inOrder.toReversed() : inOrder;
      for (const operation of ofPhase) {
        // What ends something is refused first, and then done.
        if (phase === 'destroy') await this.#refuse(operation);
        await this.#succeed(operation, phase);
        if (phase !== 'destroy') await this.#refuse(operation);
        this.#done += 1;
        this.#showProgress(allowed.length);
      }
      // Later answers have named what some reads lacked.
      if (phase === 'read' || phase === 'write')
        for (const operation of allowed.filter((one) => phaseOf(one) === 'read' && !this.#hasSucceeded(one)))
          await this.#succeed(operation, 'read');
    }
  }

  #hasSucceeded = ({ id }: Operation) => [...this.#succeeded.keys()].some((key) => key.startsWith(`${id} `));

  /** Calls an operation as the contract allows, as each actor, until each variant of the request has succeeded. */
  async #succeed(operation: Operation, phase: Phase): Promise<void> {
    const callers = this.#actors.length > 0 ? this.#actors : [nobody];
    for (const actor of callers) {
      const open = positives(operation, actor, this.#pool, { isDestructive: phase === 'destroy' }).filter(
        ({ variant }) => !this.#succeeded.has(`${operation.id} ${variant}`),
      );
      if (open.length === 0 && this.#hasSucceeded(operation)) break;
      for (const candidate of open) await this.#attempt(operation, candidate);
      // One actor's rights are enough; another would do the same once more.
      if (this.#hasSucceeded(operation)) break;
    }
    const success = this.#exampleOf(operation);
    for (const type of acceptable(operation)) await this.#call(operation, withHeader(success, 'Accept', type));
    const isStream = [...operation.responses.values()].flat().includes('text/event-stream');
    if (operation.method === 'GET' && !isStream && phase === 'read') await this.#head(operation, success);
  }

  async #attempt(operation: Operation, { exchange, variant }: Candidate): Promise<void> {
    const answer = await this.#call(operation, exchange);
    if (answer === undefined) return;
    const body = jsonOf(answer);
    this.#redactor.learn(body);
    if (!this.recorder.isSuccess(operation, answer)) return;
    this.#succeeded.set(`${operation.id} ${variant}`, exchange);
    this.#pool.learn(operation, body);
  }

  /** A server that has no HEAD may say so, but must not fail. */
  async #head(operation: Operation, exchange: Exchange): Promise<void> {
    const wire = { ...toWire(operation, exchange), method: 'HEAD' };
    const { answer, ms } = await this.#send(operation, wire);
    if (answer === undefined) return;
    if (answer.status >= 500 || operation.responses.has(answer.status))
      this.recorder.record(operation, wire, answer, ms);
  }

  /** Calls an operation without credentials, with wrong ones, and with input that the contract forbids. */
  async #refuse(operation: Operation): Promise<void> {
    const start = this.#exampleOf(operation);
    const { contract } = this.#options;
    const attempts: (() => Promise<void>)[] = [];
    for (const { what, exchange } of withoutAuthentication(operation, start, this.#actors))
      attempts.push(() =>
        this.#expectRefusal(operation, exchange, {
          kind: 'authentication',
          message: `the operation succeeds ${what}`,
          pointer: `${operation.pointer}/security`,
        }),
      );
    for (const bad of badInputs(operation, start, contract, this.#compile))
      attempts.push(() => this.#expectRefusal(operation, bad.exchange, acceptedBadInput(bad)));
    for (let at = 0; at < attempts.length; at += AT_ONCE)
      await Promise.all(attempts.slice(at, at + AT_ONCE).map((attempt) => attempt()));
  }

  async #expectRefusal(operation: Operation, exchange: Exchange, problem: Problem): Promise<void> {
    const answer = await this.#call(operation, exchange);
    if (answer === undefined || !this.recorder.isSuccess(operation, answer)) return;
    // A page can refuse with a successful status: it shows the form again.
    if (String(answer.headers['content-type']).startsWith('text/html')) return;
    this.recorder.add(operation, toWire(operation, exchange), problem, answer);
  }

  /** A request that has succeeded, or else one that the contract's examples make. */
  #exampleOf(operation: Operation): Exchange {
    const [, known] = [...this.#succeeded].find(([key]) => key.startsWith(`${operation.id} `)) ?? [];
    if (known !== undefined) return known;
    const [candidate] = positives(operation, this.#actors[0] ?? nobody, this.#pool, {
      isDestructive: isDestructive(operation),
    });
    return candidate?.exchange ?? {};
  }

  async #requestToken(operation: Operation | undefined, form: Fields, clientId?: string): Promise<string | undefined> {
    if (operation === undefined || clientId === undefined) return undefined;
    const isForm = Object.keys(operation.requestBody?.content ?? {}).includes('application/x-www-form-urlencoded');
    const texts = Object.entries(form).filter(([, value]) => value !== undefined && value !== '');
    const fields = Object.fromEntries(texts.map(([name, value]) => [name, String(value)]));
    const answer = isForm ? await this.#call(operation, { form: fields }) : undefined;
    if (answer === undefined) return undefined;
    const body = jsonOf(answer);
    this.#redactor.learn(body);
    if (!this.recorder.isSuccess(operation, answer)) return undefined;
    const { access_token, data } = (body ?? {}) as { access_token?: string; data?: { access_token?: string } };
    return access_token ?? data?.access_token;
  }

  async #call(operation: Operation, exchange: Exchange): Promise<Answer | undefined> {
    const wire = toWire(operation, exchange);
    const { answer, ms } = await this.#send(operation, wire);
    if (answer !== undefined) this.recorder.record(operation, wire, answer, ms);
    return answer;
  }

  async #send(operation: Operation, wire: Wire): Promise<{ answer?: Answer; ms: number }> {
    const { url, slowMs } = this.#options;
    const failures = this.#failures.get(operation.id) ?? 0;
    if (failures >= MAX_FAILURES) return { ms: 0 };
    const start = performance.now();
    try {
      const answer = await send(url, wire, { timeoutMs: 2 * slowMs + 2_000 });
      this.#silent = 0;
      return { answer, ms: performance.now() - start };
    } catch (error) {
      this.recorder.recordFailure(operation, wire, error as Error);
      this.#failures.set(operation.id, failures + 1);
      this.#silent += 1;
      if (this.#silent >= MAX_SILENT)
        throw new VerifyError(`The server does not answer any more: ${(error as Error).message}`);
      return { ms: performance.now() - start };
    }
  }

  #showProgress(all: number): void {
    if (performance.now() - this.#shownAt < PROGRESS_MS) return;
    this.#shownAt = performance.now();
    const { requests, findings } = this.recorder;
    const { api, onProgress } = this.#options;
    onProgress?.(`${api}: ${this.#done} of ${all} operations, ${requests} requests, ${findings.length} findings`);
  }
}

const nobody: Actor = { name: 'nobody', client: undefined, token: undefined, fields: {} };

const acceptedBadInput = ({ what, pointer, parameter }: BadInput): Problem => ({
  kind: 'accepted-bad-input',
  message: `the operation succeeds although ${what}`,
  pointer,
  ...(parameter !== undefined && { parameter }),
});

/** Media types to ask for: the others of success, and one that no contract has. A server may ignore what is asked. */
function acceptable({ responses, method, extensions }: Operation): string[] {
  // What changes something is done once.
  if (method !== 'GET' && extensions['x-safe'] !== true) return [];
  const [, ...others] = responses.get(Math.min(...responses.keys())) ?? [];
  return [...others, ...(responses.has(406) ? ['application/x-not-in-the-contract'] : [])];
}

/** Whether it only reads. */
const isSafe = ({ method, extensions }: Operation): boolean =>
  ['GET', 'HEAD', 'OPTIONS'].includes(method) || extensions['x-safe'] === true;

/** Whether it ends something: such an operation is called for what this run has made, or what the examples name. */
const isDestructive = ({ method, id }: Operation): boolean =>
  method === 'DELETE' ||
  /^(delete|remove|dissolve|revoke|leave|logOut|cancel|close|rotate|unbind|updatePassword)/.test(id);

function jsonOf({ headers, body }: Answer): unknown {
  if (!/json/.test(String(headers['content-type']))) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
