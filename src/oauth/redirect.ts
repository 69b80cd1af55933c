import type { RequestInfo } from '../http/request.ts';

export interface Redirect {
  status: 302;
  headers: { Location: string; 'Cache-Control': 'no-store'; 'Set-Cookie'?: string };
}

/**
 * Redirects the browser.
 *
 * @param location absolute, or a path below the API's base that begins with `/`
 */
export function redirect(request: RequestInfo, location: string, cookie?: string): Redirect {
  const absolute = encodeAddress(location.startsWith('/') ? request.basePath + location : location);
  return {
    status: 302,
    headers: { Location: absolute, 'Cache-Control': 'no-store', ...(cookie && { 'Set-Cookie': cookie }) },
  };
}

/** Percent-encodes the characters that RFC 3986 does not allow; existing percent-encoding stays. */
export function encodeAddress(address: string): string {
  // Square brackets are allowed in the host alone, around an IPv6 address.
  const [host = ''] = /^([a-z][\w+.-]*:)?\/\/[^/?#]*/i.exec(address) ?? [];
  const encode = (character: string) => encodeURIComponent(character.toWellFormed());
  const rest = address.slice(host.length);
  return host.replace(/[^\w\-.~:/@!$&'()*+,;=%[\]]/gu, encode) + rest.replace(/[^\w\-.~:/?#@!$&'()*+,;=%]/gu, encode);
}

/** A query string without the absent parameters. */
export function toQuery(parameters: Record<string, string | undefined>): string {
  // `%20` and not `+`: clients differ in how they read a plus sign, and `state` has to come back unchanged.
  return Object.entries(parameters)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value.toWellFormed())}`]))
    .join('&');
}
