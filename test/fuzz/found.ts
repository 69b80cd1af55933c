import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/root.ts';
import type { Wire } from '../../src/verify/exchange.ts';
import type { Failure } from './fuzz-operation.ts';
import type { Expectation } from './plan.ts';

/** A request that was answered wrongly once. */
export interface Found {
  api: string;
  operation: string;
  /** What was wrong. */
  problem: string;
  expects?: Expectation;
  method: string;
  target: string;
  headers: Record<string, string>;
  /** In base64. */
  body?: string;
}

const file = () => join(projectRoot(), 'test', 'fuzz', 'found.jsonl');

export const readFound = (): Found[] => linesOf().map((line) => JSON.parse(line) as Found);

const linesOf = () => readFileSync(file(), 'utf8').split('\n').filter(Boolean);

export const wireOf = ({ method, target, headers, body }: Found): Wire => ({
  method,
  target,
  headers,
  ...(body !== undefined && { body: Buffer.from(body, 'base64') }),
});

/** Adds failures, one line each. Those that are there already are not added again. */
export function keepFound(api: string, failures: readonly Failure[]): void {
  const cases = failures.map(({ operation, problem, expects, wire: { method, target, headers, body } }): Found => {
    const encoded = body === undefined ? {} : { body: Buffer.from(body).toString('base64') };
    return { api, operation, problem, ...(expects && { expects }), method, target, headers, ...encoded };
  });
  const lines = new Set([...linesOf(), ...cases.map((one) => JSON.stringify(one))]);
  writeFileSync(file(), `${[...lines].join('\n')}\n`);
}
