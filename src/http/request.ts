import type { Request } from 'express';
import type { Logger } from './log.ts';

/**
 * What a handler may know of the request beyond its input. Getters, because most operations need none of it.
 */
export class RequestInfo {
  readonly id: string;
  readonly log: Logger;
  private readonly request: Request;
  private readonly publicUrl: string | undefined;
  private readonly prefix: string;

  /** `prefix` is the path that the API has on the public URL: `/tower`. */
  constructor(request: Request, log: Logger, id: string, publicUrl: string | undefined, prefix: string) {
    this.request = request;
    this.log = log;
    this.id = id;
    this.publicUrl = publicUrl;
    this.prefix = prefix;
  }

  get method(): string {
    return this.request.method;
  }

  /** Path below the API's base, without the query. */
  get path(): string {
    return this.request.path;
  }

  /** The query as it was sent, with its question mark, or ''. */
  get search(): string {
    const at = this.request.originalUrl.indexOf('?');
    return at < 0 ? '' : this.request.originalUrl.slice(at);
  }

  /** At the root of a host name of its own an API has no prefix, and its addresses are on that host. */
  private get onOwnHost(): boolean {
    return this.request.baseUrl === '';
  }

  /** `https://example.com`: the public URL's when one is configured, else where the request was sent to. */
  get origin(): string {
    const publicOrigin = this.publicUrl === undefined ? undefined : new URL(this.publicUrl);
    if (publicOrigin !== undefined && !this.onOwnHost) return publicOrigin.origin;
    const { host } = this.request;
    const protocol = publicOrigin?.protocol ?? `${this.request.protocol}:`;
    // Whatever stands in the header ends up in addresses that we hand out.
    return `${protocol}//${host !== undefined && /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`) ? host : 'localhost'}`;
  }

  /** Absolute URL of the API without a slash at its end: `https://example.com/tower`. */
  get baseUrl(): string {
    return this.origin + this.basePath;
  }

  /** Path of `baseUrl`: `/tower`, or '' at the root of the API's own host. */
  get basePath(): string {
    if (this.publicUrl === undefined || this.onOwnHost) return this.request.baseUrl;
    return new URL(this.publicUrl + this.prefix).pathname;
  }

  get secure(): boolean {
    return this.origin.startsWith('https:');
  }

  /** The caller authenticates, or tries to, with HTTP Basic. */
  get usesBasic(): boolean {
    return /^basic /i.test(this.request.headers.authorization ?? '');
  }

  /** The header as it was sent, for operations that need no credentials and yet heed them. */
  get authorization(): string | undefined {
    return this.request.headers.authorization;
  }

  /** Address of the caller; of the proxy, unless that is trusted. */
  get address(): string {
    return this.request.ip ?? '';
  }

  /** The first of `offered` that the caller's Accept-Language prefers, else the first of all. */
  language<L extends string>(offered: readonly [L, ...L[]]): L {
    const best = this.request.headers['accept-language'] && this.request.acceptsLanguages([...offered]);
    return (best || offered[0]) as L;
  }
}
