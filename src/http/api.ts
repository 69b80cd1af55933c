import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Commands } from '../commands.ts';
import type { Config } from '../config.ts';
import type { LimitVariable, PortVariable } from '../config-variables.ts';
import type { Context } from '../context.ts';
import type { Database, Transaction } from '../database/open.ts';
import type { TableOwner } from '../database/owner.ts';
import type { HttpError } from '../errors.ts';
import type { Html } from '../html.ts';
import type { Transport } from '../messages/transport.ts';
import type { Contract } from './contract.ts';
import type { DemoPerson, DemoSamples } from './demo-samples.ts';
import type { AnyOperation, AnyOutput } from './operation.ts';
import type { RequestInfo } from './request.ts';

export type { DemoPerson, DemoState } from './demo-samples.ts';

/** The parts of a request that can hold credentials. */
export interface CredentialSource {
  headers: IncomingHttpHeaders;
  query: Record<string, unknown>;
  body: unknown;
  /** The value of one cookie, percent-decoded; `undefined` when it was not sent. */
  cookie(name: string): string | undefined;
  request: RequestInfo;
}

/**
 * Identifies the caller by one security scheme. Returns the actor, or `undefined` when the request has no credentials of
 * this scheme, so that the contract's next alternative is tried. Throws for wrong credentials.
 */
export type SecurityHandler = (source: CredentialSource, context: Context, scopes: readonly string[]) => unknown;

/** What `renderError` can use to choose the body. */
export interface ErrorScene {
  request: RequestInfo;
  /** Undefined for an unknown path or method. */
  operationId: string | undefined;
  /** Not validated; undefined when it was not read. */
  body: unknown;
  /** The media types that the contract declares for this status, the best match with Accept first. */
  mediaTypes: readonly string[];
}

/** One API as a value. `name` is also its folder, its prefix and the first part of its host name. */
export interface Api extends TableOwner {
  contract: Contract;
  operations: Readonly<Record<string, AnyOperation>>;
  /** One handler for each of the contract's security schemes. */
  security: Readonly<Record<string, SecurityHandler>>;
  /** Writes an error in this API's format. Must not throw. */
  renderError(error: HttpError, scene: ErrorScene): AnyOutput;
  /** Completes a JSON body before it is validated, for callers whose token tells what they leave out. */
  completeBody?(body: unknown, actor: unknown, request: RequestInfo): unknown;
  /** Whether a POST can name another method in X-HTTP-Method-Override or in the field `_method` of a form. */
  overridesMethod?: boolean;
  /** Other beginnings of paths, which clients of older addresses send, and what each stands for; the first match counts. */
  aliases?: Readonly<Record<string, string>>;
  /**
   * Starts the work of this API that no request causes. Only a running server does, no command and no mock.
   *
   * @returns finishes what is under way and stops; called when the requests have ended
   */
  start?(context: Context): () => Promise<void>;
  /** Limits that operators can set, by the name of the environment variable. */
  limits?: Readonly<Record<string, LimitVariable>>;
  /** Connections that stay open, beside those of HTTP. */
  sockets?: Sockets;
  /** Sends the webhooks that callers have registered. */
  webhooks?(context: Context): Transport;
  /** Demo data for the sandbox. */
  demo?: Demo;
  /** How the sandbox makes data that a test describes, by kind; a kind comes after those that its entries name. */
  seed?: Readonly<Record<string, SeedKind>>;
  /** How a fault of the sandbox finds its answer among the examples of the contract. */
  faults?: FaultBodies;
  /** The tokens, which the sandbox lists and ends. */
  tokens?: TokenKeeper;
  /** Commands of the command line. */
  commands?: Commands;
}

/** The tokens of an API, as the sandbox sees them. No token itself: they are stored as hashes. */
export interface TokenKeeper {
  /** The newest first. Leaves out revoked ones, and those that neither open nor renew anything any more. */
  list(context: Context, limit: number): Promise<KeptToken[]>;
  find(context: Context, id: string): Promise<KeptToken | undefined>;
  /** Sets the time at which a token expires, in milliseconds. Absent where tokens are valid until they are revoked. */
  expire?(context: Context, id: string, expiresAt: number): Promise<void>;
  /** Revokes a token, together with the refresh token and the connections that it has. */
  revoke(context: Context, id: string): Promise<void>;
}

/** A token without the token itself. Times in milliseconds. */
export interface KeptToken {
  /** Unique in its API. */
  id: string;
  client: TokenParty | null;
  /** Null when the client acts for itself. */
  user: TokenParty | null;
  /** Separated by spaces. */
  scope: string;
  createdAt: number;
  /** Null where tokens are valid until they are revoked. */
  expiresAt: number | null;
  /** Whether a refresh token can renew it. */
  isRenewable: boolean;
}

/** A client or a user of a token. */
export interface TokenParty {
  id: string;
  name: string;
}

/** How an API serves sockets: as WebSockets at a path below its URL, and on ports of its own. */
export interface Sockets {
  /** On the ports of WebSockets it stands at the root. */
  path: string;
  ports: Readonly<Record<string, PortVariable>>;
  /** Larger messages end a WebSocket. */
  maxMessageBytes: number;
  /** How often a WebSocket gets a ping. A client that did not answer the one before is cut off. By default no ping. */
  pingMs?: number;
  /**
   * Serves one connection until it ends. Never rejects.
   *
   * @param stream of bytes; of a WebSocket a stream of messages, where a string is a text message
   */
  serve(stream: Duplex, context: Context): Promise<void>;
}

/** The error bodies of an API, for calls that fail on purpose. */
export interface FaultBodies {
  /** The number or the name of the error in a JSON body; undefined where it has none. */
  codeOf(body: Record<string, unknown>): unknown;
  /** The answer of an operation that fails for no stated reason. Defaults to the contract's 500. */
  usual?(path: string): AnyOutput | undefined;
}

/** The demo data of an API, and how the pages of the sandbox show them. */
export interface Demo {
  /** Creates the data unless the database already has data of this API. Several nodes may call it at once. */
  create(context: Context): Promise<void>;
  /** The API's member of `GET /sandbox/credentials`, without the people. `baseUrl` has no slash at its end. */
  credentials(baseUrl: string, config: Config): Record<string, unknown>;
  /** The people whom tests can sign in as. The key `demo` stands for the first of them. */
  people: readonly DemoPerson[];
  /**
   * What is there of the demo data under a name: people by their keys, the application as `demo_app`, and what else a seed
   * may need. Data that were reset to nothing have none of them.
   */
  names(database: Database | Transaction): Promise<ReadonlyMap<string, DemoName>>;
  /** What the documentation sends to the sandbox. */
  samples?: DemoSamples;
  /** A shell command that succeeds. */
  tryIt(baseUrl: string): string;
  /** A stream of events that the sandbox can show. */
  stream?: DemoStream;
  /** Pages of the sandbox, at `/sandbox/<api>/<path>`. */
  pages?: readonly DemoPage[];
}

/** What a name of the demo data stands for, as an entry of a seed. */
export interface DemoName {
  kind: string;
  id: string | number;
}

/** A kind of the data that a test describes, such as `todos`. */
export interface SeedKind {
  /** Fields that name other entries, one or a list of them, and the kinds that each may name. */
  names?: Readonly<Record<string, readonly string[]>>;
  /** Whether its entries follow those of all other kinds, together with others in the order of their times. */
  inTime?: boolean;
  /** Fields that are entries themselves, created with this one, and their kinds. */
  contains?: Readonly<Record<string, string>>;
  /**
   * Creates an entry by the rules of the API.
   *
   * @param entry as the contract of the sandbox has it, with ids in place of names
   * @param context of the transaction. Its clock shows the time of the entry.
   * @param kinds of the entries that it names, by field
   * @throws HttpError when the rules forbid it; a unique violation when a value of it is taken
   */
  // biome-ignore lint/suspicious/noExplicitAny: the type depends on the kind
  create(entry: any, context: SeedContext, kinds: Readonly<Record<string, string>>): Promise<Seeded>;
}

export interface SeedContext extends Context {
  database: Transaction;
  derived: Derived;
}

/**
 * Ids and secrets that follow from the name of an entry: it has the same ones at each start, after a reset and in every
 * world. `part` tells those of one entry apart; it defaults to `id`.
 */
export interface Derived {
  /** Lower-case hex, two digits for each byte. */
  hex(bytes: number, part?: string): string;
  uuid(part?: string): string;
  /** Letters and digits. */
  alphanumeric(length: number, part: string): string;
  /** A UUID of version 7: entries of a kind sort by it as they stand in the document, before everything that calls make. */
  sortableId(part?: string): string;
}

/** What an entry has become. */
export interface Seeded {
  id: string | number;
  /** For an entry that can sign in. */
  person?: Omit<DemoPerson, 'key'>;
  /** The credentials of an application. */
  app?: Readonly<Record<string, unknown>>;
  /** The entries that it contains, by field. */
  contained?: Readonly<Record<string, Seeded>>;
}

/** A page of the sandbox that shows an API in use. */
export interface DemoPage {
  /** `chat.html` */
  path: string;
  title: Record<'zh' | 'en', string>;
  style: string;
  /** The script of the page, made at the first request. */
  script(): Promise<string>;
  body(language: 'zh' | 'en'): Html;
}

export interface DemoStream {
  /** Below the base URL of the API. */
  path: string;
  /** The Authorization header of a demo user. */
  authorization: string;
  /** A shell command that causes an event in the stream. */
  send(baseUrl: string): string;
}
