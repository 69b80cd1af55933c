import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentRoot } from './content.ts';

/** Where an answer was received by a test: the server on a database, the mock, or the server under odd requests. */
export const axes = ['sqlite', 'postgresql', 'mock', 'fuzz'] as const;
export type Axis = (typeof axes)[number];

/** An answer that a contract declares, and the tests that received it, if any: `<file> > <name>`. */
export interface AnswerEvidence extends Partial<Record<Axis, string>> {
  status: number;
  /** Null for an answer without a body. */
  media: string | null;
  /** Error number in the body; null where the contract lists none. */
  code: string | null;
  /** Programs of others that received it, if any. */
  clients?: { name: string; version: string; test: string }[];
}

export interface OperationEvidence {
  api: string;
  operation: string;
  source: { document?: string; section?: string; kind: string }[];
  answers: AnswerEvidence[];
}

/** `generated/evidence.json`, which `npm run evidence` writes. */
export interface Evidence {
  operations: OperationEvidence[];
  /** Of a run that changes the code to see whether tests notice; null before the first one. */
  mutation: { score: number; survivors: { file: string; line: number; why: string }[] } | null;
}

/** Empty in a version that has none. */
export async function readEvidence(root = contentRoot()): Promise<Evidence> {
  const file = join(root, 'generated', 'evidence.json');
  if (!existsSync(file)) return { operations: [], mutation: null };
  return JSON.parse(await readFile(file, 'utf8')) as Evidence;
}
