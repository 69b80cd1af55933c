import { isIPv4, isIPv6 } from 'node:net';

/**
 * The network that limits count an IP address for: the address itself in IPv4, the first 64 bits in IPv6, because one
 * subscriber has all addresses of such a network (RFC 4291 §2.5.4).
 */
export function networkOf(address: string): string {
  const [bare = ''] = address.split('%');
  // IPv4 as sockets have it, which is most: found without taking IPv6 apart.
  const short = bare.replace(/^::ffff:/i, '');
  if (isIPv4(short)) return short;
  if (!isIPv6(bare)) return bare;
  const groups = groupsOf(bare);
  // An IPv4 address in the form of IPv6 (RFC 4291 §2.5.5.2).
  if (groups.slice(0, 6).join() === '0,0,0,0,0,ffff') {
    const bytes = groups
      .slice(6)
      .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
    return bytes.join('.');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, in lower-case hex without leading zeros. `URL` knows all ways to write one. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const split = (part: string) => (part === '' ? [] : part.split(':'));
  if (tail === undefined) return split(head);
  const [before, after] = [split(head), split(tail)];
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}
