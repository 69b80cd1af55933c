import { encodeAddress } from '../redirect.ts';

/**
 * The address to return to after sign-in or sign-out, percent-encoded. It must be a path below the API's base: anything
 * else would be an open redirect (RFC 9700 §4.11).
 *
 * @returns undefined for any other address
 */
export function localAddress(address: string | undefined): string | undefined {
  if (address === undefined || !/^\/(?![/\\])/.test(address)) return undefined;
  const encoded = encodeAddress(address);
  if (!URL.canParse(encoded, 'http://local')) return undefined;
  const { host, pathname } = new URL(encoded, 'http://local');
  // Dot segments would change the path.
  return host === 'local' && pathname === encoded.split(/[?#]/, 1)[0] ? encoded : undefined;
}
