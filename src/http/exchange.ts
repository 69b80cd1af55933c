import type { Request } from 'express';
import type { Method } from './contract.ts';

/** An operation of a contract. */
export interface FoundOperation {
  id: string;
  method: Method;
  /** As the contract writes it: `/todos/{todo_id}`. */
  path: string;
}

/** The record of one request and its answer. It keeps references, and nothing is rendered before it is read. */
export interface Exchange {
  operation: FoundOperation | undefined;
  fault: string | undefined;
  /** Whether the request was found to be as the contract says. */
  isChecked: boolean;
  /** What was wrong with the request, found before the operation was called. */
  requestError: unknown;
  /** How the answer breaks the contract. */
  responseError: unknown;
  /** The head of the answer is written. `body` is undefined where it has none, and for a stream. */
  sent(request: Request, status: number, head: SentHead, body: string | Uint8Array | undefined): void;
  /** The connection is cut in place of an answer. */
  cut(request: Request): void;
}

/** Names and values in turn. */
export type SentHead = readonly (string | number | string[])[];
