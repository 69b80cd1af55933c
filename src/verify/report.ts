import type { Violation } from './judge.ts';

export type FindingKind =
  | Violation['kind']
  | 'authentication'
  | 'accepted-bad-input'
  | 'server-error'
  | 'slow'
  | 'network';

/** What each kind of finding means, as a report shows it. */
export const kinds: Readonly<Record<FindingKind, string>> = {
  'undeclared-status': 'The contract does not declare this status',
  'undeclared-code': 'The contract does not declare this error number',
  schema: 'The body breaks its schema',
  'broken-body': 'The body cannot be read',
  header: 'A declared header is missing or has a wrong value',
  'media-type': 'The contract does not declare this media type',
  authentication: 'The operation succeeds without valid credentials',
  'accepted-bad-input': 'The operation succeeds with a request that the contract does not allow',
  'server-error': 'The server fails',
  slow: 'The answer takes too long',
  network: 'There is no answer',
};

/** A difference between a server and the contract. Secrets are replaced in all texts. */
export interface Finding {
  kind: FindingKind;
  operation: string;
  method: string;
  /** Template below the API's base: `/teams/{team_id}`. */
  path: string;
  /** Null without an answer. */
  status: number | null;
  message: string;
  /** JSON pointer of the broken rule in the contract. */
  pointer: string;
  /** A shell command that sends the request again; empty for a recorded one. */
  curl: string;
}

export interface Share {
  reached: number;
  declared: number;
}

export interface Coverage {
  operations: Share;
  /** Of each operation. */
  statuses: Share;
  /** Of each status of each operation. */
  mediaTypes: Share;
}

export interface Report {
  api: string;
  /** The API's base. */
  url: string;
  mode: 'read-only' | 'write' | 'har';
  /** How many requests were sent, or read from a recording. */
  requests: number;
  findings: Finding[];
  coverage: Coverage;
}
