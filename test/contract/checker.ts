import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/root.ts';
import { type Answer, createJudge, type Judge } from '../../src/verify/judge.ts';
import type { Operation } from '../../src/verify/operations.ts';

/** A strict judge: an answer may have no member and no header that the contract does not declare. */
export interface Checker extends Pick<Judge, 'operations' | 'errorCodeOf'> {
  /** All violations of the contract in an answer of an operation. */
  problems(operationId: string, answer: Answer): string[];
}

const checkers = new Map<string, Checker>();

/** Reads `generated/<api>.json`, once for all suites of a process. */
export function createChecker(api: string): Checker {
  const known = checkers.get(api);
  if (known !== undefined) return known;
  // The bench runs from a bundle, at another depth.
  const file = join(projectRoot(), 'generated', `${api}.json`);
  const judge = createJudge(JSON.parse(readFileSync(file, 'utf8')), { strict: true });
  const checker = { ...judge, problems: (id: string, answer: Answer) => problems(judge, id, answer) };
  checkers.set(api, checker);
  return checker;
}

function problems({ operations, judge }: Judge, operationId: string, answer: Answer): string[] {
  if (!operations.has(operationId)) return [`${operationId} is not in the contract`];
  const operation = operations.get(operationId) as Operation;
  const missing = answer.headers['x-request-id'] === undefined ? ['X-Request-Id is missing'] : [];
  return [...missing, ...judge(operation, operation, answer).map(({ message }) => message)];
}
