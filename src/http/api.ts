import type { IncomingHttpHeaders } from 'node:http';
import type { Commands } from '../commands.ts';
import type { LimitVariable } from '../config.ts';
import type { Context } from '../context.ts';
import type { TableOwner } from '../database/owner.ts';
import type { HttpError } from '../errors.ts';
import type { Contract } from './contract.ts';
import type { AnyOperation, AnyOutput } from './operation.ts';
import type { RequestInfo } from './request.ts';

/** What a security handler may look at: credentials can stand in any of these. */
export interface CredentialSource {
  headers: IncomingHttpHeaders;
  query: Record<string, unknown>;
  body: unknown;
  /** The value of one cookie, percent-decoded; `undefined` when it was not sent. */
  cookie(name: string): string | undefined;
  request: RequestInfo;
}

/**
 * Finds out who calls, for one security scheme. Returns the actor, or `undefined` when the request carries no
 * credentials of this kind (so that the next alternative of the contract can be tried); throws when it carries wrong ones.
 */
export type SecurityHandler = (source: CredentialSource, context: Context, scopes: readonly string[]) => unknown;

/** What `renderError` may look at to choose the body. */
export interface ErrorScene {
  request: RequestInfo;
  /** Absent when no operation was found: an unknown path or method. */
  operationId: string | undefined;
  /** As far as it was read; unchecked. */
  body: unknown;
  /** The media types that the contract declares for this status of this operation, best match with Accept first. */
  mediaTypes: readonly string[];
}

/** One API as a value: everything that the house knows of it. `name` is also its folder, its prefix and its host. */
export interface Api extends TableOwner {
  contract: Contract;
  operations: Readonly<Record<string, AnyOperation>>;
  /** One handler for each of the contract's security schemes. */
  security: Readonly<Record<string, SecurityHandler>>;
  /** Tells an error in this API's own words. Must not throw. */
  renderError(error: HttpError, scene: ErrorScene): AnyOutput;
  /** What operators can bound, by the name of the environment variable. */
  limits?: Readonly<Record<string, LimitVariable>>;
  /** Demo data for the sandbox. */
  demo?: Demo;
  /** What operators can do from the command line. */
  commands?: Commands;
}

/** What the sandbox makes for an API in an empty database, and how its pages show it. */
export interface Demo {
  /** Makes the data unless the database has data of this API already. May be called by several nodes at once. */
  create(context: Context): Promise<void>;
  /** The API's member of `GET /sandbox/credentials`. `baseUrl` has no slash at its end. */
  credentials(baseUrl: string): Record<string, unknown>;
  /** A command that can be pasted into a terminal and succeeds. */
  tryIt(baseUrl: string): string;
  /** A stream of events that the sandbox can show. */
  stream?: DemoStream;
}

export interface DemoStream {
  /** Below the API's base. */
  path: string;
  /** The header of a demo user. */
  authorization: string;
  /** A command that makes an event appear in the stream. */
  send(baseUrl: string): string;
}
