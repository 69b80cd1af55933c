import { toCurl } from './curl.ts';
import type { Wire } from './exchange.ts';
import type { Answer, Judge } from './judge.ts';
import { type ErrorNumbers, errorNumbersOf, type Operation } from './operations.ts';
import type { Redactor } from './redact.ts';
import type { Node } from './references.ts';
import type { Coverage, Finding, FindingKind, Report } from './report.ts';

/** Collects the findings and the coverage of a verification. Each kind of finding is kept once for an operation. */
export class Recorder {
  readonly findings: Finding[] = [];
  readonly evidence: Evidence[] = [];
  requests = 0;
  readonly #judge: Judge;
  readonly #numbers: ErrorNumbers | undefined;
  readonly #redactor: Redactor;
  readonly #slowMs: number;
  readonly #base: string;
  readonly #known = new Map<string, Finding>();
  readonly #seen = new Set<string>();
  readonly #called = new Set<string>();
  readonly #operations = new Set<string>();
  readonly #successes = new Set<string>();
  readonly #statuses = new Set<string>();
  readonly #mediaTypes = new Set<string>();

  constructor(
    base: string,
    { judge, contract, redactor, slowMs }: { judge: Judge; contract: Node; redactor: Redactor; slowMs: number },
  ) {
    this.#base = base;
    this.#judge = judge;
    this.#numbers = errorNumbersOf(contract);
    this.#redactor = redactor;
    this.#slowMs = slowMs;
  }

  /**
   * Judges one answer.
   *
   * @param ms how long it took
   * @param withoutBody whether the body is not known
   */
  record(
    operation: Operation,
    wire: Wire,
    answer: Answer,
    ms: number,
    { withoutBody = wire.method === 'HEAD' }: { withoutBody?: boolean } = {},
  ): void {
    this.requests += 1;
    this.#called.add(operation.id);
    const { status } = answer;
    const add = (problem: Problem) => this.add(operation, wire, problem, answer);
    if (ms > this.#slowMs) {
      const message = `the answer took ${(ms / 1000).toFixed(1)} s; at most ${this.#slowMs / 1000} s are allowed`;
      add({ kind: 'slow', message, pointer: operation.pointer });
    }
    if (status >= 500) {
      add({ kind: 'server-error', message: `the server answers ${status}`, pointer: `${operation.pointer}/responses` });
      return;
    }
    const violations = this.#judge.judge(operation, withoutBody ? { method: 'HEAD' } : wire, answer);
    for (const violation of violations) add(violation);
    this.#cover(operation, answer, wire.method === 'HEAD');
  }

  /** A request without an answer. */
  recordFailure(operation: Operation, wire: Wire, error: Error): void {
    this.requests += 1;
    this.#called.add(operation.id);
    this.add(operation, wire, { kind: 'network', message: error.message, pointer: operation.pointer });
  }

  add(operation: Operation, wire: Wire, problem: Problem, answer?: Answer): void {
    const { kind, message } = problem;
    const text = this.#redactor.text(message);
    const status = answer?.status ?? null;
    const key = JSON.stringify([
      kind,
      operation.id,
      status,
      kind === 'slow' || kind === 'network' ? '' : general(text),
    ]);
    const finding = this.#known.get(key) ?? this.#toFinding(operation, wire, { ...problem, message: text }, status);
    if (!this.#known.has(key)) {
      this.#known.set(key, finding);
      this.findings.push(finding);
    }
    const type = String(answer?.headers['content-type']);
    if (this.#seen.has(`${key} ${type}`)) return;
    this.#seen.add(`${key} ${type}`);
    this.evidence.push({ finding, problem, wire, answer });
  }

  #toFinding(
    { id, path, pointer: own }: Operation,
    wire: Wire,
    { kind, message, pointer }: Problem,
    status: number | null,
  ): Finding {
    return {
      kind,
      operation: id,
      method: wire.method,
      path,
      status,
      message,
      pointer: pointer.replace(/^#/, '') || own,
      curl: this.#redactor.text(toCurl(this.#base, wire)),
    };
  }

  /** Whether the operation has done what was asked; an API with error numbers refuses with a successful status, too. */
  isSuccess({ errorCodes }: Operation, answer: Answer): boolean {
    const { status } = answer;
    if (status < 200 || status > 299) return false;
    const code = this.#judge.errorCodeOf(answer);
    if (this.#numbers === undefined || (code === undefined && !errorCodes.has(status))) return true;
    return code === String(this.#numbers.success);
  }

  #cover(operation: Operation, answer: Answer, isHead: boolean): void {
    const { id, responses } = operation;
    const { status, headers } = answer;
    const types = responses.get(status);
    if (types === undefined || isHead) return;
    this.#operations.add(id);
    if (this.isSuccess(operation, answer) || status === Math.min(...responses.keys())) this.#successes.add(id);
    this.#statuses.add(`${id} ${status}`);
    const type = String(headers['content-type']).split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (types.includes(type)) this.#mediaTypes.add(`${id} ${status} ${type}`);
  }

  /** What all the answers say about the server. */
  conclude(about: Pick<Report, 'api' | 'url' | 'mode'>): Verification {
    const { requests, findings, evidence } = this;
    const report = { ...about, requests, findings, coverage: this.#coverage() };
    const uncalled = [...this.#judge.operations.keys()].filter((id) => !this.#called.has(id));
    const undeclared = [...this.#called].filter((id) => !this.#operations.has(id));
    const refused = [...this.#operations].filter((id) => !this.#successes.has(id));
    return { report, uncalled, undeclared, refused, evidence };
  }

  #coverage(): Coverage {
    const all = [...this.#judge.operations.values()];
    const statuses = all.flatMap(({ responses }) => [...responses.values()]);
    return {
      operations: { reached: this.#operations.size, declared: all.length },
      statuses: { reached: this.#statuses.size, declared: statuses.length },
      mediaTypes: { reached: this.#mediaTypes.size, declared: statuses.flat().length },
    };
  }
}

/** What a verification has found, and what it has seen. */
export interface Verification {
  report: Report;
  /** The operations that were not called. */
  uncalled: string[];
  /** Those that have answered with no status that the contract declares: undeclared ones, failures, or nothing at all. */
  undeclared: string[];
  /** Those that were called, but never did what was asked: they need better credentials or data. */
  refused: string[];
  evidence: readonly Evidence[];
}

/** What is wrong, and the part of the contract that it is about. */
export interface Problem {
  kind: FindingKind;
  message: string;
  pointer: string;
  header?: string;
  parameter?: string;
}

/** What was received, from which a change of the contract follows. A finding has one for each media type. */
export interface Evidence {
  finding: Finding;
  problem: Problem;
  wire: Wire;
  answer: Answer | undefined;
}

/** Two messages that differ in indexes or numbers of bytes are about the same. */
const general = (message: string) => message.replace(/\d+/g, '0');
