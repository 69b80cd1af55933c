import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../src/root.ts';
import type { Finding } from './judges.ts';

/** Findings that are no faults of the contract or the server. */
export interface Accepted {
  judge: string;
  rule: string;
  /** The APIs; all where it is absent. */
  apis?: string[];
  /** A part of the place, or of the message. */
  where?: string;
  reason: string;
}

export const readAccepted = async (): Promise<Accepted[]> =>
  parse(await readFile(join(projectRoot(), 'test/judges/accepted.yaml'), 'utf8')) as Accepted[];

/** The findings that nothing accepts, how many are accepted, and the entries that accept none. */
export function sort(
  findings: readonly Finding[],
  accepted: readonly Accepted[],
): { open: Finding[]; explained: number; stale: Accepted[] } {
  const open = findings.filter((finding) => !accepted.some((one) => covers(one, finding)));
  const stale = accepted.filter((one) => !findings.some((finding) => covers(one, finding)));
  return { open, explained: findings.length - open.length, stale };
}

const covers = ({ rule, apis, where = '' }: Accepted, finding: Finding): boolean =>
  rule === finding.rule &&
  (apis === undefined || apis.includes(finding.api)) &&
  (finding.where.includes(where) || finding.message.includes(where));
