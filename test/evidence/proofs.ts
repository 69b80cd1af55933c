import type { Axis } from '../../src/docs/evidence.ts';

/** A test has received this answer, and the checker of the contract found nothing wrong with it. */
export interface Proof {
  api: string;
  operation: string;
  status: number;
  /** Media type of the answer; null without a body. */
  media: string | null;
  /** Error number in the body, where the contract lists numbers. */
  code: string | null;
  by: Axis | 'client';
  /** The program of others that received the answer. */
  client?: { name: string; version: string };
  /** `<file> > <name>`. */
  test: string;
}
