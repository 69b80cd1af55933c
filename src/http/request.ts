import type { Request } from 'express';
import type { Logger, RequestRecord } from './log.ts';
import { networkOf } from './network.ts';
import { callerOf } from './own-calls.ts';
import { placeOf, type World } from './world.ts';

/** What an operation can read of the request beyond its input. Getters: most operations use none of them. */
export class RequestInfo {
  private readonly request: Request;
  private readonly record: RequestRecord;
  private readonly publicUrl: string | undefined;
  private readonly prefix: string;

  /** @param prefix the path of the API on the public URL: `/tower` */
  constructor(request: Request, record: RequestRecord, publicUrl: string | undefined, prefix: string) {
    this.request = request;
    this.record = record;
    this.publicUrl = publicUrl;
    this.prefix = prefix;
  }

  get id(): string {
    return this.record.id;
  }

  get log(): Logger {
    return this.record.log;
  }

  /** Aborted when the client has disconnected or has got the answer. */
  get disconnected(): AbortSignal {
    const controller = new AbortController();
    this.request.res?.once('close', () => controller.abort());
    return controller.signal;
  }

  get method(): string {
    return this.request.method;
  }

  /** Path below the base URL of the API, without the query. */
  get path(): string {
    return this.request.path;
  }

  /** The query as it was sent, with its question mark; '' without a query. */
  get search(): string {
    const at = this.request.originalUrl.indexOf('?');
    return at < 0 ? '' : this.request.originalUrl.slice(at);
  }

  /** An API with its own host name is at the root of it and has no prefix. */
  private get onOwnHost(): boolean {
    return this.request.baseUrl === '';
  }

  /** `https://example.com`: of the public URL if it is configured, otherwise of the Host header. */
  get origin(): string {
    const publicOrigin = this.publicUrl === undefined ? undefined : new URL(this.publicUrl);
    if (publicOrigin !== undefined && !this.onOwnHost) return publicOrigin.origin;
    const protocol = publicOrigin?.protocol ?? `${this.request.protocol}:`;
    // Behind a proxy the header may have the port of this server, which callers cannot reach.
    const host = publicOrigin === undefined ? this.request.host : withPort(this.request.hostname, publicOrigin.port);
    // The header becomes a part of URLs in responses, so only host names are accepted.
    return `${protocol}//${host !== undefined && /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`) ? host : 'localhost'}`;
  }

  /** Absolute URL of the API without a trailing slash: `https://example.com/tower`. */
  get baseUrl(): string {
    return this.origin + this.basePath;
  }

  /** Path of `baseUrl`: `/tower`, or '' on the API's own host. */
  get basePath(): string {
    if (this.publicUrl === undefined || this.onOwnHost) return this.request.baseUrl;
    return new URL(this.publicUrl + (placeOf(this.request)?.prefix ?? '') + this.prefix).pathname;
  }

  /**
   * What stands before the paths of all APIs, by the kind of address that the request has: `https://example.com`, or
   * `https://example.com/w/a1b2c3`; the host of an API that has its own. No slash at its end.
   */
  get rootUrl(): string {
    const { baseUrl, prefix } = this;
    return prefix !== '' && baseUrl.endsWith(prefix) ? baseUrl.slice(0, -prefix.length) : baseUrl;
  }

  /** The world of the request; undefined where there is no sandbox. */
  get world(): World | undefined {
    return placeOf(this.request)?.world;
  }

  /** The address of the whole server, or of the world of the request: `https://example.com/w/a1b2c3`. No slash at its end. */
  get serverUrl(): string {
    const { id } = this.world ?? {};
    return `${this.publicUrl ?? this.origin.replace(OWN_HOST, '$1localhost')}${id === undefined ? '' : `/w/${id}`}`;
  }

  /** The id of the world whose session cookies need a name of their own, because others share the addresses. */
  get cookieWorld(): string | undefined {
    const place = placeOf(this.request);
    return place?.isByHeader ? place.world.id : undefined;
  }

  get secure(): boolean {
    return this.origin.startsWith('https:');
  }

  /** Whether the request has an Authorization header for HTTP Basic. */
  get usesBasic(): boolean {
    return /^basic /i.test(this.request.headers.authorization ?? '');
  }

  /** Whether the caller prefers JSON to a page. Browsers, and callers that accept anything, do not. */
  get prefersJson(): boolean {
    return this.request.accepts(['html', 'json']) === 'json';
  }

  /** Whether a person waits for a page: browsers send these types first, and libraries that take HTML among others do not. */
  get isNavigation(): boolean {
    const { method, headers } = this.request;
    return method === 'GET' && /^text\/html(?:,\s*application\/xhtml\+xml|$)/.test(headers.accept ?? '');
  }

  /** The header as it was sent, for operations with optional credentials. */
  get authorization(): string | undefined {
    return this.request.headers.authorization;
  }

  /** IP address of the caller, or of a proxy that is not trusted. */
  get address(): string {
    return callerOf(this.request);
  }

  /** The network of the address: what every limit by address counts. */
  get network(): string {
    return networkOf(this.address);
  }

  /** The best match of `offered` with Accept-Language; the first of them without a match. */
  language<L extends string>(offered: readonly [L, ...L[]]): L {
    const best = this.request.headers['accept-language'] && this.request.acceptsLanguages([...offered]);
    return (best || offered[0]) as L;
  }
}

/** `http://tower.localhost`, `http://tower.a1b2c3.localhost`. */
const OWN_HOST = /^(https?:\/\/)[^/]+\.localhost(?=$|:)/;

const withPort = (hostname: string | undefined, port: string) =>
  hostname === undefined || port === '' ? hostname : `${hostname}:${port}`;
