import type { Exchange } from '../../../src/verify/exchange.ts';
import type { Suite } from '../../contract/harness.ts';
import type { Copies, Dialect } from './multiply.ts';

/** One request whose cost is measured with few and with many rows. */
export interface GrowingRequest<World> {
  /** Its operationId. */
  operation: string;
  /** What is special about it. */
  what: string;
  prepare(world: World): Exchange | Promise<Exchange>;
}

/** How the tables of an API grow, all rows in one team, application or app: that of the demo data. */
export interface GrowingApi<World> {
  suite: Suite;
  /** @param find the one value that a query finds */
  copies(world: World, rows: number, dialect: Dialect, find: (query: string) => Promise<string>): Promise<Copies[]>;
  /** Statements before the copies, which make room for their ids, and after them. */
  before?(world: World, rows: number): string[];
  after?(world: World, rows: number): string[];
  /** Requests in addition to the first success of each operation in the contract tests: long lists and their ends. */
  requests(rows: number): GrowingRequest<World>[];
}
