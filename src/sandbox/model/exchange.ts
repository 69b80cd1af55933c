import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from 'express';
import type { Clock } from '../../clock.ts';
import type { Api } from '../../http/api.ts';
import type { Exchange, FoundOperation, SentHead } from '../../http/exchange.ts';
import type { RequestRecord } from '../../http/log.ts';

/** As much of a body as the log keeps, in bytes. */
export const KEPT_BYTES = 16_384;

/**
 * One request and its answer, as the log keeps them. Only references are taken while the request is processed, and
 * everything is rendered when it is read. A long body is the exception: its beginning is copied, so that 500 of them do
 * not fill the memory.
 */
export class LoggedExchange implements Exchange {
  /** Given when the answer is sent: the log is in the order of the answers. */
  number = 0;
  operation: FoundOperation | undefined;
  fault: string | undefined;
  isChecked = false;
  requestError: unknown;
  responseError: unknown;
  durationMs = 0;
  /** As Express parsed it, or the beginning of its text. Undefined when it was not read. */
  requestBody: unknown;
  isRequestCut = false;
  /** Undefined when the connection was cut in place of an answer. */
  status: number | undefined;
  head: SentHead = [];
  /** The text that was sent; undefined without one, for bytes and for streams. */
  responseText: string | undefined;
  isResponseCut = false;

  readonly api: Api;
  /** The time of the request, in milliseconds. */
  readonly time: number;
  readonly requestId: string;
  readonly method: string;
  readonly url: string;
  /** What the URL has before the path of the contract. */
  readonly prefix: string;
  /** Names and values in turn. */
  private readonly rawHeaders: readonly string[];

  /** Of the request, by their names in lower case. */
  get headers(): Record<string, string | string[]> {
    const headers: Record<string, string | string[]> = {};
    for (let index = 0; index < this.rawHeaders.length; index += 2) {
      const name = (this.rawHeaders[index] as string).toLowerCase();
      const value = this.rawHeaders[index + 1] as string;
      headers[name] = headers[name] === undefined ? value : [headers[name], value].flat();
    }
    return headers;
  }

  /** The first value of a header. */
  header(name: string): string | undefined {
    return [this.headers[name]].flat()[0];
  }

  /** Of the request, without its prefix. */
  get path(): string {
    const [path = ''] = this.url.split('?', 1);
    return path.startsWith(this.prefix) ? path.slice(this.prefix.length) || '/' : path;
  }

  /** Without its question mark. */
  get query(): string {
    const at = this.url.indexOf('?');
    return at < 0 ? '' : this.url.slice(at + 1);
  }

  /** By `performance.now()`. */
  private readonly started: number;
  private readonly keep: (exchange: LoggedExchange) => void;

  constructor(
    api: Api,
    request: Request,
    record: RequestRecord,
    clock: Clock,
    keep: (exchange: LoggedExchange) => void,
  ) {
    this.api = api;
    this.requestId = record.id;
    this.started = record.started;
    this.time = clock.now();
    this.method = request.method;
    this.url = request.originalUrl;
    this.rawHeaders = request.rawHeaders;
    this.prefix = request.baseUrl;
    this.keep = keep;
  }

  sent(request: Request, status: number, head: SentHead, body: string | Uint8Array | undefined): void {
    this.status = status;
    this.head = head;
    if (typeof body === 'string') {
      this.isResponseCut = body.length > KEPT_BYTES;
      this.responseText = this.isResponseCut ? beginningOf(body) : body;
    }
    this.end(request);
  }

  cut(request: Request): void {
    this.end(request);
  }

  private end(request: Request): void {
    this.durationMs = performance.now() - this.started;
    const { body, headers } = request as { body: unknown; headers: IncomingHttpHeaders };
    if (body !== undefined) this.keepBody(body, headers);
    this.keep(this);
  }

  private keepBody(body: unknown, headers: IncomingHttpHeaders): void {
    const { 'content-length': length, 'content-type': type = '' } = headers;
    if (Number(length ?? Infinity) <= KEPT_BYTES || type.startsWith('multipart/')) {
      this.requestBody = body;
      return;
    }
    const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
    this.isRequestCut = text.length > KEPT_BYTES;
    this.requestBody = this.isRequestCut ? beginningOf(text) : body;
  }
}

/** A copy: a part of a string in V8 keeps the whole. */
const beginningOf = (text: string): string => Buffer.from(text.slice(0, KEPT_BYTES)).subarray(0, KEPT_BYTES).toString();
