import type { Request } from 'express';
import type { Clock } from '../clock.ts';
import type { Api } from './api.ts';
import type { Exchange, FoundOperation } from './exchange.ts';
import type { RequestRecord } from './log.ts';
import type { AnyOutput } from './operation.ts';
import type { RequestInfo } from './request.ts';

/** What follows the requests of an API: the sandbox makes calls fail, and keeps a log of them. */
export interface Hooks {
  /**
   * Begins the record of a request below the address of the API; undefined where none is kept.
   *
   * @param clock of the world
   */
  begin(api: Api, request: Request, record: RequestRecord, clock: Clock): Exchange | undefined;
  /** Whether any call may fail on purpose: only then is `findFault` called. */
  readonly hasFaults: boolean;
  /** The fault that acts on a call; undefined for the others. */
  findFault(call: FoundCall): Fault | undefined;
}

/** The hooks of the world that a request is in. */
export type HooksOf = (request: Request) => Hooks;

/** A call whose operation was found. */
export interface FoundCall {
  api: string;
  operation: FoundOperation;
  /** Below the base URL, without the query. */
  path: string;
}

/** What goes wrong with one call on purpose. */
export interface Fault {
  id: string;
  delayMs: number;
  /** The connection is cut before or after the work. */
  drop: 'before' | 'after' | undefined;
  /** The answer in place of the work; undefined where the work is done. */
  answer: ((request: Request, info: RequestInfo) => AnyOutput) | undefined;
}
